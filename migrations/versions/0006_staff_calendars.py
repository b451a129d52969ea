"""Events of the staff, and calendars that are read back: closures and rooms' bookings."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables, and let the database note whose feeds a staff event changes."""
    op.create_table(
        "staff_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("series", sa.String(length=22), nullable=True),
        sa.Column("alone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=True),
        sa.Column("ends_at", sa.Time(), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=False),
        sa.Column("for_unit", sa.Boolean(), nullable=False),
        sa.Column("uid", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.Column("removed_at", AT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('cases', 'method', 'absence', 'other')", name=op.f("ck_staff_event_kind")
        ),
        sa.CheckConstraint("title <> ''", name=op.f("ck_staff_event_titled")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_staff_event_span")),
        sa.CheckConstraint(
            "(starts_at IS NULL) = (ends_at IS NULL)"
            " AND (starts_at IS NULL OR (ends_at > starts_at AND first_day = last_day))",
            name=op.f("ck_staff_event_times"),
        ),
        sa.CheckConstraint("link = '' OR link LIKE 'https://%'", name=op.f("ck_staff_event_link")),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_staff_event_organiser_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_staff_event_unit_id")),
        sa.ForeignKeyConstraint(
            ["made_by"], ["staff_user.id"], name=op.f("fk_staff_event_made_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_event")),
        sa.UniqueConstraint("key", name=op.f("uq_staff_event_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_staff_event_uid")),
    )
    op.create_index("ix_staff_event_unit_day", "staff_event", ["unit_id", "last_day"])
    op.create_index("ix_staff_event_series", "staff_event", ["series"])
    op.create_table(
        "staff_event_person",
        sa.Column("event_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["staff_event.id"], name=op.f("fk_staff_event_person_event_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["staff_user.id"], name=op.f("fk_staff_event_person_user_id")
        ),
        sa.PrimaryKeyConstraint("event_id", "user_id", name=op.f("pk_staff_event_person")),
    )
    op.create_index(op.f("ix_staff_event_person_user_id"), "staff_event_person", ["user_id"])
    add_bookings()
    add_rooms()
    add_watch()


def of_one(*owners: str) -> str:
    """That a row has exactly one of these owners."""
    return " + ".join(f"CASE WHEN {each} IS NULL THEN 0 ELSE 1 END" for each in owners) + " = 1"


OWNERS = ("client_id", "user_id", "unit_id")


def add_rooms() -> None:
    """Let a place have a calendar of its own."""
    op.create_table(
        "room",
        sa.Column("id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_room_named")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_room_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("unit_id", "name", name=op.f("uq_room_unit_id_name")),
    )
    for table in ("feed_address", "kept_feed"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("room_id", ID, nullable=True))
            batch_op.create_foreign_key(
                batch_op.f(f"fk_{table}_room_id"), "room", ["room_id"], ["id"]
            )
            batch_op.drop_constraint(batch_op.f(f"ck_{table}_of_one"), type_="check")
            batch_op.create_check_constraint(
                batch_op.f(f"ck_{table}_of_one"), of_one(*OWNERS, "room_id")
            )
    op.create_index(op.f("ix_feed_address_room_id"), "feed_address", ["room_id"])
    with op.batch_alter_table("kept_feed", schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_kept_feed_room_id"), ["room_id"])


def drop_rooms() -> None:
    """Nothing but clients, colleagues and units have calendars."""
    op.execute("DELETE FROM kept_feed WHERE room_id IS NOT NULL")
    op.execute("DELETE FROM feed_address WHERE room_id IS NOT NULL")
    op.drop_index(op.f("ix_feed_address_room_id"), "feed_address")
    with op.batch_alter_table("kept_feed", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_kept_feed_room_id"), type_="unique")
    for table in ("feed_address", "kept_feed"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(f"ck_{table}_of_one"), type_="check")
            batch_op.drop_constraint(batch_op.f(f"fk_{table}_room_id"), type_="foreignkey")
            batch_op.create_check_constraint(batch_op.f(f"ck_{table}_of_one"), of_one(*OWNERS))
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("room_id")
    op.drop_table("room")


def add_bookings() -> None:
    """Calendars that are read back, and what they say."""
    op.create_table(
        "booking_source",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("shown", sa.String(length=260), nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("read_at", AT, nullable=True),
        sa.Column("read_by", ID, nullable=True),
        sa.Column("draft_at", AT, nullable=True),
        sa.Column("draft_by", ID, nullable=True),
        sa.CheckConstraint("what IN ('closures', 'rooms')", name=op.f("ck_booking_source_what")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_booking_source_named")),
        sa.CheckConstraint(
            "(address IS NULL) = (shown = '')", name=op.f("ck_booking_source_address")
        ),
        sa.CheckConstraint(
            "(read_at IS NULL) = (read_by IS NULL)", name=op.f("ck_booking_source_read")
        ),
        sa.CheckConstraint(
            "(draft_at IS NULL) = (draft_by IS NULL)", name=op.f("ck_booking_source_draft")
        ),
        sa.CheckConstraint(
            "read_at IS NOT NULL OR draft_at IS NOT NULL",
            name=op.f("ck_booking_source_something"),
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_booking_source_organiser_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_booking_source_unit_id")),
        sa.ForeignKeyConstraint(
            ["made_by"], ["staff_user.id"], name=op.f("fk_booking_source_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["read_by"], ["staff_user.id"], name=op.f("fk_booking_source_read_by")
        ),
        sa.ForeignKeyConstraint(
            ["draft_by"], ["staff_user.id"], name=op.f("fk_booking_source_draft_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_source")),
        sa.UniqueConstraint("key", name=op.f("uq_booking_source_key")),
        sa.UniqueConstraint("unit_id", "name", name=op.f("uq_booking_source_unit_id_name")),
    )
    op.create_table(
        "booking",
        sa.Column("id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("in_use", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("starts_at", AT, nullable=True),
        sa.Column("ends_at", AT, nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("uid", sa.String(length=200), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_booking_span")),
        sa.CheckConstraint(
            "(starts_at IS NULL) = (ends_at IS NULL)", name=op.f("ck_booking_times")
        ),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_booking_lasts")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["booking_source.id"], name=op.f("fk_booking_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
    )
    op.create_index("ix_booking_source", "booking", ["source_id", "in_use", "last_day"])


def downgrade() -> None:
    """Take it away; feeds that showed it are made anew."""
    drop_watch()
    drop_rooms()
    for table in ("booking", "booking_source", "staff_event_person", "staff_event"):
        op.drop_table(table)
    op.execute(
        "INSERT INTO feed_change (user_id, unit_id) SELECT user_id, unit_id FROM kept_feed"
        " WHERE client_id IS NULL"
    )


# -------------------------------------------------------------------------------------- watch

# Of an event: its unit's feed, those whom it names, and where it is the whole unit's all who
# have a role there or everywhere.
OF_EVENT = """
INSERT INTO feed_change (unit_id) VALUES ({row}.unit_id);
INSERT INTO feed_change (user_id)
  SELECT user_id FROM staff_event_person WHERE event_id = {row}.id;
INSERT INTO feed_change (user_id)
  SELECT DISTINCT role_grant.user_id
  FROM role_grant JOIN staff_user ON staff_user.id = role_grant.user_id
  WHERE {row}.for_unit AND staff_user.organiser_id = {row}.organiser_id
    AND (role_grant.unit_id = {row}.unit_id OR role_grant.unit_id IS NULL);
"""
# A unit's feed tells the names of whoever holds its meetings and is named in its events.
OF_NAME = (
    "INSERT INTO feed_change (unit_id) SELECT id FROM unit WHERE organiser_id = NEW.organiser_id;"
)
OF_USER = "INSERT INTO feed_change (user_id) VALUES ({row}.user_id);"
WATCHED = {"staff_event": OF_EVENT, "staff_event_person": OF_USER, "role_grant": OF_USER}
RENAMED = "feed_change_staff_name"
ROWS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}


def add_watch() -> None:
    """Note whom a change concerns, in the change's own transaction."""
    for table, note in WATCHED.items():
        for event, rows in ROWS.items():
            body = " ".join(note.format(row=row) for row in rows)
            name = f"feed_change_{table}_{event.lower()}"
            if on_sqlite():
                op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {body} END")
                continue
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN {body} RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION {name}()"
            )

    if on_sqlite():
        op.execute(
            f"CREATE TRIGGER {RENAMED} AFTER UPDATE OF name ON staff_user BEGIN {OF_NAME} END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {RENAMED}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {OF_NAME} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {RENAMED} AFTER UPDATE OF name ON staff_user"
        f" FOR EACH ROW EXECUTE FUNCTION {RENAMED}()"
    )


def drop_watch() -> None:
    """Note nothing of these any more."""
    op.execute(f"DROP TRIGGER {RENAMED}" + ("" if on_sqlite() else " ON staff_user"))
    if not on_sqlite():
        op.execute(f"DROP FUNCTION {RENAMED}()")
    for table in WATCHED:
        for event in ROWS:
            name = f"feed_change_{table}_{event.lower()}"
            op.execute(f"DROP TRIGGER {name}" + ("" if on_sqlite() else f" ON {table}"))
            if not on_sqlite():
                op.execute(f"DROP FUNCTION {name}()")


def on_sqlite() -> bool:
    """Whether the database is SQLite."""
    return bool(op.get_bind().dialect.name == "sqlite")

"""Feeds that are kept until something changes: whose an address is, kept feeds, what changed."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OWNERS = ("client_id", "user_id", "unit_id")
OF_ONE = " + ".join(f"CASE WHEN {owner} IS NULL THEN 0 ELSE 1 END" for owner in OWNERS) + " = 1"
PROGRAMS = "google apple outlook samsung android thunderbird browser other"
PROGRAM = "last_program IN (" + ", ".join(f"'{name}'" for name in PROGRAMS.split()) + ")"

# What tells whom a change of a row concerns: (client, group, user, unit), and the columns that
# some feed tells; None where each of the table's rows does by being there.
WATCHED = {
    "meeting": (
        ("client_id", "group_id", "instructor_id", "unit_id"),
        ("uid", "sequence", "changed_at", "day", "starts_at", "ends_at", "kind", "place",
         "cancelled_at"),
    ),
    "enrolment": (("client_id", "NULL", "NULL", "NULL"), ("group_id", "first_day", "last_day")),
    "service_decision": (
        ("client_id", "NULL", "NULL", "NULL"), ("valid_from", "valid_to", "ended_on"),
    ),
    "themed_group": (
        ("NULL", "id", "NULL", "unit_id"), ("name", "channel", "place", "last_day"),
    ),
    "group_instructor": (("NULL", "group_id", "user_id", "NULL"), ()),
    "client": (
        ("id", "NULL", "NULL", "NULL"),
        ("language", "hides_address", "non_disclosure", "calendar_title", "merged_into_id"),
    ),
    "staff_user": (("NULL", "NULL", "id", "NULL"), ("name", "language", "active")),
}  # fmt: skip
# A row of these changes no feed by coming: nothing stands on it yet.
NEVER_NEW = ("client", "staff_user", "themed_group")


def upgrade() -> None:
    """Say whose an address is, keep feeds, and let the database note what makes them stale."""
    with op.batch_alter_table("feed_address", schema=None) as batch_op:
        batch_op.alter_column("client_id", existing_type=ID, nullable=True)
        batch_op.alter_column("secret_hash", existing_type=sa.String(length=64), nullable=True)
        batch_op.add_column(sa.Column("user_id", ID, nullable=True))
        batch_op.add_column(sa.Column("unit_id", ID, nullable=True))
        batch_op.add_column(sa.Column("last_fetched_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("last_program", sa.String(length=12), nullable=True))
        batch_op.add_column(
            sa.Column("fetch_hour", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("fetches", sa.Integer(), server_default="0", nullable=False))
    # C3: what is revoked is unknown, to the database too.
    op.execute("UPDATE feed_address SET secret_hash = NULL WHERE revoked_at IS NOT NULL")
    with op.batch_alter_table("feed_address", schema=None) as batch_op:
        batch_op.create_foreign_key(
            batch_op.f("fk_feed_address_user_id"), "staff_user", ["user_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_feed_address_unit_id"), "unit", ["unit_id"], ["id"]
        )
        batch_op.create_check_constraint(batch_op.f("ck_feed_address_of_one"), OF_ONE)
        batch_op.create_check_constraint(
            batch_op.f("ck_feed_address_erased"), "(revoked_at IS NULL) = (secret_hash IS NOT NULL)"
        )
        batch_op.create_check_constraint(batch_op.f("ck_feed_address_program"), PROGRAM)
        batch_op.create_check_constraint(
            batch_op.f("ck_feed_address_fetched"),
            "(last_fetched_at IS NULL) = (last_program IS NULL)",
        )
        batch_op.create_index(batch_op.f("ix_feed_address_user_id"), ["user_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feed_address_unit_id"), ["unit_id"], unique=False)
    add_title()
    op.create_table(
        "kept_feed",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("change", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made_of", sa.Integer(), nullable=True),
        sa.Column("form", sa.Integer(), server_default="0", nullable=False),
        sa.Column("good_until", sa.Date(), nullable=True),
        sa.Column("etag", sa.String(length=24), server_default="", nullable=False),
        sa.Column("last_modified", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("packed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(OF_ONE, name=op.f("ck_kept_feed_of_one")),
        sa.CheckConstraint(
            "made_of IS NULL OR (good_until IS NOT NULL AND last_modified IS NOT NULL"
            " AND body IS NOT NULL AND packed IS NOT NULL AND etag <> '')",
            name=op.f("ck_kept_feed_whole"),
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_kept_feed_client_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_kept_feed_unit_id")),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_kept_feed_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_feed")),
        sa.UniqueConstraint("client_id", name=op.f("uq_kept_feed_client_id")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_kept_feed_unit_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_kept_feed_user_id")),
    )
    op.execute(
        "INSERT INTO kept_feed (client_id) SELECT DISTINCT client_id FROM feed_address"
        " WHERE revoked_at IS NULL"
    )
    op.create_table(
        "feed_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=True),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("unit_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_change")),
        # No number is used twice: who has seen a note knows that by its number.
        sqlite_autoincrement=True,
    )
    add_watch()


def add_title() -> None:
    """The client's own title; on SQLite without rebuilding a table that all others stand on."""
    op.add_column(
        "client",
        sa.Column("calendar_title", sa.String(length=40), server_default="", nullable=False),
    )


def downgrade() -> None:
    """Take it away: nobody's but clients' addresses stay, and no secret that was erased."""
    drop_watch()
    op.drop_table("feed_change")
    op.drop_table("kept_feed")
    if on_sqlite():
        op.execute("ALTER TABLE client DROP COLUMN calendar_title")
    else:
        op.drop_column("client", "calendar_title")
    op.execute("DELETE FROM feed_address WHERE client_id IS NULL")
    with op.batch_alter_table("feed_address", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feed_address_unit_id"))
        batch_op.drop_index(batch_op.f("ix_feed_address_user_id"))
        for name in ("of_one", "erased", "program", "fetched"):
            batch_op.drop_constraint(batch_op.f(f"ck_feed_address_{name}"), type_="check")
        for name in ("unit_id", "user_id"):
            batch_op.drop_constraint(batch_op.f(f"fk_feed_address_{name}"), type_="foreignkey")
    give_hashes()
    with op.batch_alter_table("feed_address", schema=None) as batch_op:
        for name in ("fetches", "fetch_hour", "last_program", "last_fetched_at"):
            batch_op.drop_column(name)
        batch_op.drop_column("unit_id")
        batch_op.drop_column("user_id")
        batch_op.alter_column("secret_hash", existing_type=sa.String(length=64), nullable=False)
        batch_op.alter_column("client_id", existing_type=ID, nullable=False)


def give_hashes() -> None:
    """A hash of nothing for each revoked address: the tables of before want one."""
    table = sa.table("feed_address", sa.column("id", ID), sa.column("secret_hash", sa.String))
    bind = op.get_bind()
    for row_id in bind.scalars(sa.select(table.c.id).where(table.c.secret_hash.is_(None))).all():
        erased = {"secret_hash": secrets.token_hex(32)}
        bind.execute(sa.update(table).where(table.c.id == row_id).values(erased))


def on_sqlite() -> bool:
    """Whether the database is SQLite."""
    return bool(op.get_bind().dialect.name == "sqlite")


# -------------------------------------------------------------------------------------- watch

WHOM = ("client_id", "group_id", "user_id", "unit_id")


def add_watch() -> None:
    """Note whom each change concerns; who fetches next works out whose feeds that makes stale.

    Noted in the change's own transaction, by whatever path it comes. Whose feeds it makes stale
    is worked out later, when it is committed: a place in a group and a meeting of it that are
    made at once do not see each other.
    """
    for table, (whom, columns) in WATCHED.items():
        for event in ("INSERT", "UPDATE", "DELETE"):
            if event != "INSERT" or table not in NEVER_NEW:
                add = watch_on_sqlite if on_sqlite() else watch_on_postgresql
                add(table, event, whom, columns)


def watch_on_sqlite(
    table: str, event: str, whom: tuple[str, ...], columns: tuple[str, ...]
) -> None:
    """Row by row."""
    when = ""
    if event == "UPDATE":
        named = [*(name for name in whom if name != "NULL"), *columns]
        when = " WHEN " + " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in named)
    rows = {"INSERT": ("NEW",), "UPDATE": ("NEW", "OLD"), "DELETE": ("OLD",)}[event]
    body = ""
    for row in rows:
        others = [name for name in whom if name != "NULL"]
        before = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in others)
        where = f" WHERE {before}" if (event, row) == ("UPDATE", "OLD") else ""
        body += note([f"{row}.{name}" if name != "NULL" else name for name in whom], where)
        if table == "client":  # when two records part, the feed of the other one changes too
            merged = f"{row}.merged_into_id"
            body += note([merged, "NULL", "NULL", "NULL"], f" WHERE {merged} IS NOT NULL")
    op.execute(
        f"CREATE TRIGGER feed_change_{table}_{event.lower()} AFTER {event} ON {table}{when}"
        f" BEGIN {body}END"
    )


def note(values: list[str], where: str) -> str:
    """The statement that notes whom a row concerns."""
    return f"INSERT INTO feed_change ({', '.join(WHOM)}) SELECT {', '.join(values)}{where}; "


def watch_on_postgresql(
    table: str, event: str, whom: tuple[str, ...], columns: tuple[str, ...]
) -> None:
    """Statement by statement: each whom once, however many rows."""
    name = f"feed_change_{table}_{event.lower()}"
    known = [each for each in whom if each != "NULL"]
    if event == "UPDATE":
        told = ", ".join(dict.fromkeys([*key_of(table), *known, *columns]))
        source = (
            f"((SELECT {told} FROM gone EXCEPT SELECT {told} FROM fresh)"
            f" UNION ALL (SELECT {told} FROM fresh EXCEPT SELECT {told} FROM gone)) AS differing"
        )
    else:
        source = "fresh" if event == "INSERT" else "gone"
    values = [f"{each}::bigint" for each in whom]
    body = f"INSERT INTO feed_change ({', '.join(WHOM)}) SELECT DISTINCT {', '.join(values)} FROM {source};"
    if table == "client":
        body += (
            " INSERT INTO feed_change (client_id)"
            f" SELECT DISTINCT merged_into_id FROM {source} WHERE merged_into_id IS NOT NULL;"
        )
    seen = {
        "INSERT": "NEW TABLE AS fresh",
        "UPDATE": "OLD TABLE AS gone NEW TABLE AS fresh",
        "DELETE": "OLD TABLE AS gone",
    }[event]
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {body} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {seen}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def key_of(table: str) -> tuple[str, ...]:
    """What tells the rows of a table apart."""
    return ("group_id", "user_id") if table == "group_instructor" else ("id",)


def drop_watch() -> None:
    """Note nothing any more."""
    for table in WATCHED:
        for event in ("INSERT", "UPDATE", "DELETE"):
            if event == "INSERT" and table in NEVER_NEW:
                continue
            name = f"feed_change_{table}_{event.lower()}"
            op.execute(f"DROP TRIGGER {name}" + ("" if on_sqlite() else f" ON {table}"))
            if not on_sqlite():
                op.execute(f"DROP FUNCTION {name}()")

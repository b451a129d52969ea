"""Marks that tablets send: entries and their answers, conflicts, reviews, devices, substitutes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEW_TABLES = (
    "entry_review", "mark_entry", "mark_conflict", "visit", "substitute_pass", "device_user",
    "device",
)  # fmt: skip
WAYS = "way IN ('tap', 'paper', 'file', 'review')"


def upgrade() -> None:
    """Add the tables and what the history of marks tells more, and guard them."""
    op.create_table(
        "device",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("secret_digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", ID, nullable=True),
        sa.Column("revoke_reason", sa.String(length=1000), nullable=False),
        sa.Column("wiped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_by IS NULL) AND (revoked_at IS NULL OR revoke_reason <> '')",
            name=op.f("ck_device_revoked"),
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_device_organiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"], ["staff_user.id"], name=op.f("fk_device_revoked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("key", name=op.f("uq_device_key")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_device_secret_digest")),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_organiser_id"), ["organiser_id"], unique=False)

    op.create_table(
        "device_user",
        sa.Column("id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=True),
        sa.Column("pin_failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_user_device_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["staff_user.id"], name=op.f("fk_device_user_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_user")),
        sa.UniqueConstraint("device_id", "user_id", name=op.f("uq_device_user_device_id_user_id")),
    )
    with op.batch_alter_table("device_user", schema=None) as batch_op:
        batch_op.create_index("ix_device_user_user", ["user_id"], unique=False)

    op.create_table(
        "substitute_pass",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", ID, nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_substitute_pass_named")),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_by IS NULL)", name=op.f("ck_substitute_pass_revoked")
        ),
        sa.CheckConstraint("ends_at > made_at", name=op.f("ck_substitute_pass_span")),
        sa.ForeignKeyConstraint(
            ["made_by"], ["staff_user.id"], name=op.f("fk_substitute_pass_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_substitute_pass_meeting_id")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_substitute_pass_organiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"], ["staff_user.id"], name=op.f("fk_substitute_pass_revoked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitute_pass")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_substitute_pass_code_digest")),
        sa.UniqueConstraint("key", name=op.f("uq_substitute_pass_key")),
    )
    with op.batch_alter_table("substitute_pass", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_substitute_pass_meeting_id"), ["meeting_id"], unique=False
        )

    op.create_table(
        "visit",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=True),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", ID, nullable=False),
        sa.Column("pass_id", ID, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL) AND (state = 'waiting' OR reason <> '')",
            name=op.f("ck_visit_decided"),
        ),
        sa.CheckConstraint("client_id IS NOT NULL OR who <> ''", name=op.f("ck_visit_somebody")),
        sa.CheckConstraint("state IN ('waiting', 'handled')", name=op.f("ck_visit_state")),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["staff_user.id"], name=op.f("fk_visit_by_user_id")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_visit_client_id")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff_user.id"], name=op.f("fk_visit_decided_by")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_visit_meeting_id")),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_visit_organiser_id")
        ),
        sa.ForeignKeyConstraint(["pass_id"], ["substitute_pass.id"], name=op.f("fk_visit_pass_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_visit_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("key", name=op.f("uq_visit_key")),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index("ix_visit_waiting", ["organiser_id", "state"], unique=False)

    op.create_table(
        "mark_conflict",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("first_id", ID, nullable=False),
        sa.Column("second_id", ID, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL)", name=op.f("ck_mark_conflict_settled")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_mark_conflict_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_id"], ["mark_change.id"], name=op.f("fk_mark_conflict_first_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_mark_conflict_meeting_id")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_mark_conflict_organiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["mark_change.id"], name=op.f("fk_mark_conflict_second_id")
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["staff_user.id"], name=op.f("fk_mark_conflict_settled_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark_conflict")),
        sa.UniqueConstraint("key", name=op.f("uq_mark_conflict_key")),
    )
    with op.batch_alter_table("mark_conflict", schema=None) as batch_op:
        batch_op.create_index("ix_mark_conflict_meeting", ["meeting_id"], unique=False)
        batch_op.create_index(
            "uq_mark_conflict_open",
            ["meeting_id", "client_id"],
            unique=True,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )

    op.create_table(
        "mark_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("entry", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("pass_id", ID, nullable=True),
        sa.Column("device_id", ID, nullable=True),
        sa.Column("meeting_key", sa.String(length=22), nullable=False),
        sa.Column("client_key", sa.String(length=22), nullable=False),
        sa.Column("meeting_id", ID, nullable=True),
        sa.Column("client_id", ID, nullable=True),
        sa.Column("mark", sa.String(length=10), nullable=True),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("based_on", sa.String(length=22), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_ahead", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("change_id", ID, nullable=True),
        sa.CheckConstraint(
            "(answer = 'review') = (cause <> '')", name=op.f("ck_mark_entry_caused")
        ),
        sa.CheckConstraint("answer IN ('accepted', 'review')", name=op.f("ck_mark_entry_answer")),
        sa.CheckConstraint(
            "cause = '' OR cause IN ('not-on-roster', 'enrolment-ended', 'cancelled', 'month-closed', 'too-late', 'too-early', 'right-removed', 'device-revoked', 'unknown')",
            name=op.f("ck_mark_entry_cause"),
        ),
        sa.CheckConstraint(
            "mark IN ('present', 'remote', 'excused', 'justified', 'absent')",
            name=op.f("ck_mark_entry_mark"),
        ),
        sa.ForeignKeyConstraint(
            ["change_id"], ["mark_change.id"], name=op.f("fk_mark_entry_change_id")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_mark_entry_client_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_mark_entry_device_id")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_mark_entry_meeting_id")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_mark_entry_organiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["pass_id"], ["substitute_pass.id"], name=op.f("fk_mark_entry_pass_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_mark_entry_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark_entry")),
        sa.UniqueConstraint("entry", name=op.f("uq_mark_entry_entry")),
    )
    with op.batch_alter_table("mark_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mark_entry_client_id"), ["client_id"], unique=False)
        batch_op.create_index(
            "ix_mark_entry_meeting_client", ["meeting_id", "client_id"], unique=False
        )

    op.create_table(
        "entry_review",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL) AND (state = 'waiting' OR reason <> '')",
            name=op.f("ck_entry_review_decided"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'applied', 'dismissed')", name=op.f("ck_entry_review_state")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff_user.id"], name=op.f("fk_entry_review_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["mark_entry.id"], name=op.f("fk_entry_review_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_entry_review_organiser_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_entry_review_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_review")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_entry_review_entry_id")),
        sa.UniqueConstraint("key", name=op.f("uq_entry_review_key")),
    )
    with op.batch_alter_table("entry_review", schema=None) as batch_op:
        batch_op.create_index("ix_entry_review_waiting", ["organiser_id", "state"], unique=False)

    add_columns()
    add_guards()


def add_columns() -> None:
    """How a mark came, and the substitute who made it.

    On SQLite without rebuilding the table: it may hold millions of rows, and loses no trigger.
    """
    if on_sqlite():
        op.execute(
            "ALTER TABLE mark_change ADD COLUMN way VARCHAR(10) DEFAULT 'tap' NOT NULL"
            f" CONSTRAINT ck_mark_change_way CHECK ({WAYS})"
        )
        op.execute(
            "ALTER TABLE mark_change ADD COLUMN pass_id INTEGER"
            " CONSTRAINT fk_mark_change_pass_id REFERENCES substitute_pass (id)"
        )
        return
    op.add_column(
        "mark_change", sa.Column("way", sa.String(length=10), server_default="tap", nullable=False)
    )
    op.create_check_constraint(op.f("ck_mark_change_way"), "mark_change", WAYS)
    op.add_column("mark_change", sa.Column("pass_id", ID, nullable=True))
    op.create_foreign_key(
        op.f("fk_mark_change_pass_id"), "mark_change", "substitute_pass", ["pass_id"], ["id"]
    )


def downgrade() -> None:
    """Take it all away; the marks and their history stay."""
    drop_guards()
    triggers = take_triggers()
    with op.batch_alter_table("mark_change", schema=None) as batch_op:
        if not on_sqlite():  # there it goes with its column
            batch_op.drop_constraint(op.f("fk_mark_change_pass_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("ck_mark_change_way"), type_="check")
        batch_op.drop_column("pass_id")
        batch_op.drop_column("way")
    for sql in triggers:
        op.get_bind().exec_driver_sql(sql)
    for table in NEW_TABLES:
        op.drop_table(table)


def on_sqlite() -> bool:
    """Whether the database is SQLite."""
    return bool(op.get_bind().dialect.name == "sqlite")


def take_triggers() -> list[str]:
    """Take all triggers away, for a rebuilt table loses its own; nothing on PostgreSQL."""
    if not on_sqlite():
        return []
    found = op.get_bind().exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid"
    )
    rows = [(row[0], row[1]) for row in found]
    for name, _ in rows:
        op.execute(f"DROP TRIGGER {name}")
    return [sql for _, sql in rows]


# ------------------------------------------------------------------------------------- guards

# The condition under which a row is settled, and the columns that never change.
KEPT = {
    "entry_review": ("OLD.state <> 'waiting'", ("key", "organiser_id", "entry_id")),
    "visit": (
        "OLD.state <> 'waiting'",
        ("key", "organiser_id", "meeting_id", "client_id", "who", "at", "by_user_id", "pass_id"),
    ),
    "mark_conflict": (
        "OLD.settled_at IS NOT NULL",
        ("key", "organiser_id", "meeting_id", "client_id", "first_id", "second_id", "found_at"),
    ),
    "substitute_pass": (
        "OLD.revoked_at IS NOT NULL",
        ("key", "organiser_id", "meeting_id", "name", "code_digest", "made_at", "made_by",
         "ends_at"),
    ),
    "device": (
        "OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL",
        ("key", "organiser_id", "secret_digest", "made_at"),
    ),
}  # fmt: skip
APPEND_ONLY = ("mark_entry",)


def add_guards() -> None:
    """What was answered stays answered, what was settled stays settled, and nothing is deleted."""
    for table in (*APPEND_ONLY, *KEPT):
        if on_sqlite():
            op.execute(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is kept'); END"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
    for table in APPEND_ONLY:
        refuse_update(table, "TRUE", f"{table} is append-only")
    differs = "IS NOT" if on_sqlite() else "IS DISTINCT FROM"
    for table, (settled, columns) in KEPT.items():
        changed = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in columns)
        refuse_update(table, f"({settled}) OR {changed}", f"{table} is settled")


def refuse_update(table: str, when: str, words: str) -> None:
    """A trigger that refuses to change a row where the condition holds."""
    if on_sqlite():
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE ON {table} WHEN {when}"
            f" BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN IF {when} THEN RAISE EXCEPTION '{words}'"
        " USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {table}_kept()"
    )


def drop_guards() -> None:
    """Take the guards away."""
    for table in (*APPEND_ONLY, *KEPT):
        on = "" if on_sqlite() else f" ON {table}"
        op.execute(f"DROP TRIGGER {table}_no_delete{on}")
        op.execute(f"DROP TRIGGER {table}_kept{on}")
        if not on_sqlite():
            op.execute(f"DROP TRIGGER {table}_no_truncate{on}")
            op.execute(f"DROP FUNCTION {table}_kept()")

"""Money that can be audited: seals, grounds of lines, payment results, proposals, tickets, merges."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

NEW_TABLES = (
    "client_merge", "list_run", "policy_proposal", "ticket", "list_seal", "reissue",
    "payment_result",
)  # fmt: skip
FORMATS = {"old": "format IN ('csv', 'xlsx')", "new": "format IN ('csv', 'xlsx', 'pdf', 'xml')"}


def upgrade() -> None:
    """Add the tables, fill what closed lists lack, let the database guard it."""
    triggers = take_triggers()
    op.create_table(
        "client_merge",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("kept_id", ID, nullable=False),
        sa.Column("merged_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", ID, nullable=False),
        sa.Column("back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("back_by", ID, nullable=True),
        sa.Column("back_reason", sa.String(length=1000), nullable=False),
        sa.CheckConstraint(
            "(back_at IS NULL) = (back_by IS NULL) AND (back_at IS NULL OR back_reason <> '')",
            name=op.f("ck_client_merge_back"),
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_client_merge_reasoned")),
        sa.CheckConstraint("kept_id <> merged_id", name=op.f("ck_client_merge_two_records")),
        sa.ForeignKeyConstraint(
            ["back_by"], ["staff_user.id"], name=op.f("fk_client_merge_back_by")
        ),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["staff_user.id"], name=op.f("fk_client_merge_by_user_id")
        ),
        sa.ForeignKeyConstraint(["kept_id"], ["client.id"], name=op.f("fk_client_merge_kept_id")),
        sa.ForeignKeyConstraint(
            ["merged_id"], ["client.id"], name=op.f("fk_client_merge_merged_id")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_client_merge_organiser_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_merge")),
        sa.UniqueConstraint("key", name=op.f("uq_client_merge_key")),
    )
    with op.batch_alter_table("client_merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_client_merge_kept_id"), ["kept_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_client_merge_merged_id"), ["merged_id"], unique=False)

    op.create_table(
        "list_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed')", name=op.f("ck_list_run_state")
        ),
        sa.CheckConstraint("what IN ('close', 'export')", name=op.f("ck_list_run_what")),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_list_run_organiser_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_list_run_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_run")),
        sa.UniqueConstraint("key", name=op.f("uq_list_run_key")),
    )
    with op.batch_alter_table("list_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_list_run_user_id"), ["user_id"], unique=False)

    op.create_table(
        "policy_proposal",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("policy_key", sa.String(length=40), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("policy_id", ID, nullable=True),
        sa.CheckConstraint(
            "(state = 'confirmed') = (policy_id IS NOT NULL)",
            name=op.f("ck_policy_proposal_became"),
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name=op.f("ck_policy_proposal_decided"),
        ),
        sa.CheckConstraint(
            "kind IN ('rate', 'earns', 'days-a-week', 'days-a-month', 'minutes-a-day', 'travel-start-days', 'travel-keep-days', 'decision-months', 'row-months', 'cancelled-pays', 'mark-days', 'excuse-ahead', 'set-off')",
            name=op.f("ck_policy_proposal_kind"),
        ),
        sa.CheckConstraint("source <> ''", name=op.f("ck_policy_proposal_sourced")),
        sa.CheckConstraint(
            "state <> 'confirmed' OR decided_by <> asked_by",
            name=op.f("ck_policy_proposal_two_people"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'confirmed', 'refused', 'withdrawn')",
            name=op.f("ck_policy_proposal_state"),
        ),
        sa.CheckConstraint("value IS NULL OR value >= 0", name=op.f("ck_policy_proposal_value")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["staff_user.id"], name=op.f("fk_policy_proposal_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff_user.id"], name=op.f("fk_policy_proposal_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_policy_proposal_organiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy.id"], name=op.f("fk_policy_proposal_policy_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_proposal")),
        sa.UniqueConstraint("key", name=op.f("uq_policy_proposal_key")),
        sa.UniqueConstraint("policy_id", name=op.f("uq_policy_proposal_policy_id")),
    )
    with op.batch_alter_table("policy_proposal", schema=None) as batch_op:
        batch_op.create_index(
            "ix_policy_proposal_organiser_state", ["organiser_id", "state"], unique=False
        )

    op.create_table(
        "ticket",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("zones", sa.String(length=20), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=True),
        sa.Column("code", sa.LargeBinary(), nullable=True),
        sa.Column("code_shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_shown_by", ID, nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", ID, nullable=True),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.CheckConstraint(
            "(state = 'given') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (ended_on IS NULL)",
            name=op.f("ck_ticket_ended"),
        ),
        sa.CheckConstraint(
            "kind IN ('season', 'code', 'qr', 'app', 'receipt')", name=op.f("ck_ticket_kind")
        ),
        sa.CheckConstraint("state IN ('given', 'returned', 'lost')", name=op.f("ck_ticket_state")),
        sa.CheckConstraint("cents IS NULL OR cents > 0", name=op.f("ck_ticket_something")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_ticket_span")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_ticket_client_id")),
        sa.ForeignKeyConstraint(
            ["code_shown_by"], ["staff_user.id"], name=op.f("fk_ticket_code_shown_by")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["staff_user.id"], name=op.f("fk_ticket_ended_by")),
        sa.ForeignKeyConstraint(["given_by"], ["staff_user.id"], name=op.f("fk_ticket_given_by")),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_ticket_organiser_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("key", name=op.f("uq_ticket_key")),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_client", ["client_id", "first_day"], unique=False)
        batch_op.create_index("ix_ticket_organiser_state", ["organiser_id", "state"], unique=False)

    op.create_table(
        "list_seal",
        sa.Column("id", ID, nullable=False),
        sa.Column("list_id", ID, nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["month_list.id"], name=op.f("fk_list_seal_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_seal")),
        sa.UniqueConstraint("list_id", name=op.f("uq_list_seal_list_id")),
    )
    op.create_table(
        "payment_result",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("payee_id", ID, nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", ID, nullable=False),
        sa.CheckConstraint(
            "outcome = 'paid' OR reason <> ''", name=op.f("ck_payment_result_reasoned")
        ),
        sa.CheckConstraint(
            "outcome IN ('paid', 'rejected')", name=op.f("ck_payment_result_outcome")
        ),
        sa.CheckConstraint("cents > 0", name=op.f("ck_payment_result_something")),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["staff_user.id"], name=op.f("fk_payment_result_by_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payee.id"], name=op.f("fk_payment_result_payee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_result")),
        sa.UniqueConstraint("key", name=op.f("uq_payment_result_key")),
        sa.UniqueConstraint("payee_id", name=op.f("uq_payment_result_payee_id")),
    )
    op.create_table(
        "reissue",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("organiser_id", ID, nullable=False),
        sa.Column("result_id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("list_id", ID, nullable=True),
        sa.CheckConstraint("cents > 0", name=op.f("ck_reissue_something")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff_user.id"], name=op.f("fk_reissue_asked_by")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_reissue_client_id")),
        sa.ForeignKeyConstraint(["list_id"], ["month_list.id"], name=op.f("fk_reissue_list_id")),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_reissue_organiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["result_id"], ["payment_result.id"], name=op.f("fk_reissue_result_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reissue")),
        sa.UniqueConstraint("key", name=op.f("uq_reissue_key")),
        sa.UniqueConstraint("result_id", name=op.f("uq_reissue_result_id")),
    )
    with op.batch_alter_table("reissue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reissue_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reissue_list_id"), ["list_id"], unique=False)

    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(sa.Column("born_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", ID, nullable=True))
        batch_op.create_index("ix_client_merged_into_id", ["merged_into_id"], unique=False)
        batch_op.create_foreign_key(
            op.f("fk_client_merged_into_id"), "client", ["merged_into_id"], ["id"]
        )
        batch_op.create_check_constraint(op.f("ck_client_not_itself"), "merged_into_id <> id")
    with op.batch_alter_table("organiser", schema=None) as batch_op:
        batch_op.add_column(sa.Column("iban", sa.String(length=34), nullable=True))
        batch_op.add_column(sa.Column("bic", sa.String(length=11), nullable=True))
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed_by", ID, nullable=True))
        batch_op.add_column(
            sa.Column("edition", sa.Integer(), server_default=sa.text("1"), nullable=False)
        )
        batch_op.drop_constraint(op.f("uq_policy_organiser_id_kind_key_first_day"), type_="unique")
        batch_op.create_unique_constraint(
            op.f("uq_policy_organiser_id_kind_key_first_day_edition"),
            ["organiser_id", "kind", "key", "first_day", "edition"],
        )
        batch_op.create_foreign_key(
            op.f("fk_policy_confirmed_by"), "staff_user", ["confirmed_by"], ["id"]
        )
        batch_op.create_check_constraint(op.f("ck_policy_two_people"), "confirmed_by <> made_by")
        batch_op.create_check_constraint(
            op.f("ck_policy_confirmed"), "(made_by IS NULL) = (confirmed_by IS NULL)"
        )
    with op.batch_alter_table("list_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mark_change_id", ID, nullable=True))
        batch_op.add_column(sa.Column("policy_id", ID, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_list_line_mark_change_id"), "mark_change", ["mark_change_id"], ["id"]
        )
        batch_op.create_foreign_key(op.f("fk_list_line_policy_id"), "policy", ["policy_id"], ["id"])
    with op.batch_alter_table("list_file", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_list_file_format"), type_="check")
        batch_op.create_check_constraint(op.f("ck_list_file_format"), FORMATS["new"])

    op.drop_index("ix_audit_entry_client", "audit_entry")
    op.drop_index("ix_audit_entry_organiser_at", "audit_entry")
    op.create_index(
        "ix_audit_entry_organiser_at_client", "audit_entry", ["organiser_id", "at", "client_id"]
    )

    point_lines()
    seal_lists()
    put_triggers(triggers)
    add_guards()


def downgrade() -> None:
    """Take it back; what only the new tables tell is gone."""
    drop_guards()
    op.drop_index("ix_audit_entry_organiser_at_client", "audit_entry")
    op.create_index("ix_audit_entry_organiser_at", "audit_entry", ["organiser_id", "at"])
    op.create_index("ix_audit_entry_client", "audit_entry", ["client_id", "at"])
    triggers = take_triggers()
    for table in NEW_TABLES:
        op.drop_table(table)
    # The old table knows neither the new formats nor two editions of one day.
    op.execute("DELETE FROM list_file WHERE format NOT IN ('csv', 'xlsx')")
    with op.batch_alter_table("list_file", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_list_file_format"), type_="check")
        batch_op.create_check_constraint(op.f("ck_list_file_format"), FORMATS["old"])
    with op.batch_alter_table("list_line", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_list_line_mark_change_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_list_line_policy_id"), type_="foreignkey")
        batch_op.drop_column("mark_change_id")
        batch_op.drop_column("policy_id")
    op.execute(
        "DELETE FROM policy WHERE EXISTS (SELECT 1 FROM policy AS later"
        " WHERE later.organiser_id = policy.organiser_id AND later.kind = policy.kind"
        " AND later.key = policy.key AND later.first_day = policy.first_day"
        " AND later.edition > policy.edition)"
    )
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_policy_two_people"), type_="check")
        batch_op.drop_constraint(op.f("ck_policy_confirmed"), type_="check")
        batch_op.drop_constraint(op.f("fk_policy_confirmed_by"), type_="foreignkey")
        batch_op.drop_constraint(
            op.f("uq_policy_organiser_id_kind_key_first_day_edition"), type_="unique"
        )
        batch_op.create_unique_constraint(
            op.f("uq_policy_organiser_id_kind_key_first_day"),
            ["organiser_id", "kind", "key", "first_day"],
        )
        batch_op.drop_column("edition")
        batch_op.drop_column("confirmed_by")
    with op.batch_alter_table("organiser", schema=None) as batch_op:
        batch_op.drop_column("bic")
        batch_op.drop_column("iban")
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_client_not_itself"), type_="check")
        batch_op.drop_constraint(op.f("fk_client_merged_into_id"), type_="foreignkey")
        batch_op.drop_index("ix_client_merged_into_id")
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("born_on")
    put_triggers(triggers)


def on_sqlite() -> bool:
    """Whether the database is SQLite."""
    return bool(op.get_bind().dialect.name == "sqlite")


def take_triggers() -> list[str]:
    """Take all triggers away, for a rebuilt table loses its own; on PostgreSQL switch them off."""
    if not on_sqlite():
        for table in ("list_line", "list_file"):
            op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        return []
    found = op.get_bind().exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid"
    )
    rows = [(row[0], row[1]) for row in found]
    for name, _ in rows:
        op.execute(f"DROP TRIGGER {name}")
    return [sql for _, sql in rows]


def put_triggers(triggers: list[str]) -> None:
    """Put the triggers back as they were."""
    if not on_sqlite():
        for table in ("list_line", "list_file"):
            op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    for sql in triggers:
        op.get_bind().exec_driver_sql(sql)


# ------------------------------------------------------------------- what closed lists lack


def point_lines() -> None:
    """Let the lines of lists closed before point to the tap and the rate that stood then."""
    op.execute(
        "UPDATE list_line SET policy_id = (SELECT policy.id FROM policy"
        " JOIN month_list ON month_list.organiser_id = policy.organiser_id"
        " WHERE month_list.id = list_line.list_id AND policy.kind = 'rate'"
        " AND policy.first_day <= list_line.day"
        " ORDER BY policy.first_day DESC, policy.id DESC LIMIT 1)"
        " WHERE meeting_id IS NOT NULL"
    )
    op.execute(
        "UPDATE list_line SET mark_change_id = (SELECT mark_change.id FROM mark_change"
        " JOIN month_list ON month_list.id = list_line.list_id"
        " WHERE mark_change.meeting_id = list_line.meeting_id"
        " AND mark_change.client_id = list_line.client_id"
        " AND mark_change.at <= month_list.closed_at"
        " ORDER BY mark_change.id DESC LIMIT 1)"
        " WHERE meeting_id IS NOT NULL"
    )


TIME = sa.DateTime(timezone=True)
LIST = (
    "key", "name", "month", "number", "closing_order", "clients", "days", "day_cents",
    "correction_cents", "carried_in_cents", "to_pay_cents", "carried_out_cents", "closed_at",
    "closed_by",
)  # fmt: skip
PAYEE = (
    "client_id", "client_number", "last_name", "first_names", "iban", "decision_numbers",
    "benefit_numbers", "days", "day_cents", "correction_cents", "carried_in_cents",
    "to_pay_cents", "carried_out_cents",
)  # fmt: skip
LINE = (
    "client_id", "day", "correction", "cents", "group_name", "decision_number",
    "benefit_number", "meeting_id", "decision_id", "mark_change_id", "policy_id", "reason",
)  # fmt: skip
TYPES: dict[str, sa.types.TypeEngine[object]] = {
    "month": sa.Date(), "day": sa.Date(), "closed_at": TIME, "correction": sa.Boolean(),
}  # fmt: skip


def stored(table: str, names: Sequence[str], list_id: int) -> list[list[object]]:
    """The rows of one list, with the columns named."""
    wanted = [sa.column(name, TYPES.get(name)) for name in names]
    owner = sa.column("id" if table == "month_list" else "list_id")
    found = op.get_bind().execute(
        sa.select(*wanted).select_from(sa.table(table)).where(owner == list_id)
    )
    return [list(row) for row in found]


def seal_lists() -> None:
    """Give each list that was closed before its hash, in the order of closing."""
    bind = op.get_bind()
    every = bind.execute(
        sa.text("SELECT id, organiser_id FROM month_list ORDER BY organiser_id, closing_order")
    ).all()
    previous: dict[int, str] = {}
    for list_id, organiser_id in every:
        payees = sorted(stored("payee", PAYEE, list_id), key=lambda row: str(row[1]))
        lines = sorted(
            stored("list_line", LINE, list_id), key=lambda row: (int(str(row[0])), str(row[1]))
        )
        files = sorted(
            stored("list_file", ("kind", "format", "sha256"), list_id),
            key=lambda row: (str(row[0]), str(row[1])),
        )
        before = previous.get(organiser_id, "")
        now = hash_of(
            before,
            [
                *(["list", *row] for row in stored("month_list", LIST, list_id)),
                *(["payee", *row] for row in payees),
                *(["line", *row] for row in lines),
                *(["file", *row] for row in files),
            ],
        )
        bind.execute(
            sa.text("INSERT INTO list_seal (list_id, previous_hash, hash) VALUES (:l, :p, :h)"),
            {"l": list_id, "p": before, "h": now},
        )
        previous[organiser_id] = now


def hash_of(previous: str, rows: Iterable[Sequence[object]]) -> str:
    """The seal as it was reckoned at this revision."""
    digest = sha256(previous.encode())
    for row in rows:
        digest.update(json.dumps([plain(value) for value in row], ensure_ascii=False).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def plain(value: object) -> object:
    """Dates and instants as text, instants in UTC."""
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware.isoformat()
    return value.isoformat() if isinstance(value, date) else value


# ------------------------------------------------------------------------------------- guards

APPEND_ONLY = ("list_seal", "payment_result", "policy")
# What waited for a list and came on one, or was left out of it: for good, unless it is returned.
LISTED = (
    "OLD.list_id IS NOT NULL AND EXISTS (SELECT 1 FROM month_list"
    " WHERE month_list.id = OLD.list_id AND month_list.state <> 'returned')"
)
KEPT = {
    # Asked once, decided once.
    "policy_proposal": (
        "OLD.state <> 'waiting'",
        ("organiser_id", "key", "kind", "policy_key", "first_day", "value", "source", "why",
         "asked_at", "asked_by"),
    ),
    "client_merge": (
        "OLD.back_at IS NOT NULL",
        ("organiser_id", "key", "kept_id", "merged_id", "reason", "at", "by_user_id"),
    ),
    "left_out": (
        LISTED,
        ("organiser_id", "key", "month", "client_id", "reason", "at", "by_user_id"),
    ),
    "reissue": (
        LISTED,
        ("organiser_id", "key", "result_id", "client_id", "cents", "asked_at", "asked_by"),
    ),
    "ticket": (
        "OLD.state <> 'given'",
        ("organiser_id", "key", "client_id", "kind", "zones", "first_day", "last_day", "cents",
         "code", "given_at", "given_by"),
    ),
}  # fmt: skip
# What waits for a list may be taken back; the rest stays for ever.
UNDELETED = {
    "policy_proposal": "TRUE", "client_merge": "TRUE", "ticket": "TRUE",
    "reissue": "OLD.list_id IS NOT NULL", "left_out": "OLD.list_id IS NOT NULL",
}  # fmt: skip

IN_FORCE = (
    "SELECT {what} FROM list_line AS told JOIN month_list ON month_list.id = told.list_id"
    " WHERE told.client_id = {new}.client_id AND told.day = {new}.day"
    " AND told.list_id <> {new}.list_id AND month_list.state <> 'returned'"
)
# L3: who took a list on, when and why, is written once; a step's columns wait empty until then.
SIGNED = (
    "approved_at", "approved_by", "exported_at", "exported_by", "paid_at", "paid_by",
    "returned_at", "returned_by", "return_reason",
)  # fmt: skip
SIGNED_ANEW = " OR ".join(
    f"(OLD.{name} IS NOT NULL AND (NEW.{name} IS NULL OR NEW.{name} <> OLD.{name}))"
    for name in SIGNED
)
# L1, M1: who was never merged is told of a date once, and never less than nothing in all.
# When merged records are parted, one may have been told of less than nothing: what it gets back
# up to nothing stands on no mark.
GIVES_BACK = (
    "{new}.correction AND {new}.cents + COALESCE(("
    + IN_FORCE.replace("{what}", "SUM(told.cents)")
    + "), 0) <= 0 AND EXISTS (SELECT 1 FROM client_merge"
    " WHERE {new}.client_id IN (client_merge.kept_id, client_merge.merged_id))"
)
UNGROUNDED = (
    "{new}.decision_id IS NULL OR ({new}.cents > 0 AND"
    f" ({{new}}.meeting_id IS NULL OR {{new}}.policy_id IS NULL) AND NOT ({GIVES_BACK}))"
)
TOLD_TWICE = "NOT {new}.correction AND EXISTS (" + IN_FORCE.replace("{what}", "1") + ")"
TOLD_BELOW = (
    "{new}.cents < 0 AND {new}.cents + COALESCE(("
    + IN_FORCE.replace("{what}", "SUM(told.cents)")
    + "), 0) < 0 AND NOT EXISTS (SELECT 1 FROM client_merge"
    " WHERE {new}.client_id IN (client_merge.kept_id, client_merge.merged_id))"
)
LINE_FAULTS = {
    "a line has no ground": UNGROUNDED,
    "a date is told twice": TOLD_TWICE,
    "less than nothing is told of a date": TOLD_BELOW,
}

# L6: the list's sums are its payees', theirs are their lines', and nobody else has lines.
SUMS_DIFFER = """
    EXISTS (
        SELECT 1 FROM month_list WHERE month_list.id = NEW.list_id AND (
            month_list.clients, month_list.days, month_list.day_cents,
            month_list.correction_cents, month_list.carried_in_cents,
            month_list.to_pay_cents, month_list.carried_out_cents
        ) <> (
            SELECT COUNT(*), COALESCE(SUM(days), 0), COALESCE(SUM(day_cents), 0),
            COALESCE(SUM(correction_cents), 0), COALESCE(SUM(carried_in_cents), 0),
            COALESCE(SUM(to_pay_cents), 0), COALESCE(SUM(carried_out_cents), 0)
            FROM payee WHERE payee.list_id = NEW.list_id
        )
    ) OR EXISTS (
        SELECT 1 FROM payee LEFT JOIN (
            SELECT client_id, SUM(CASE WHEN correction THEN 0 ELSE 1 END) AS days,
            SUM(CASE WHEN correction THEN 0 ELSE cents END) AS day_cents,
            SUM(CASE WHEN correction THEN cents ELSE 0 END) AS correction_cents
            FROM list_line WHERE list_line.list_id = NEW.list_id GROUP BY client_id
        ) AS own ON own.client_id = payee.client_id
        WHERE payee.list_id = NEW.list_id AND (
            payee.days <> COALESCE(own.days, 0) OR payee.day_cents <> COALESCE(own.day_cents, 0)
            OR payee.correction_cents <> COALESCE(own.correction_cents, 0)
        )
    ) OR EXISTS (
        SELECT 1 FROM list_line WHERE list_line.list_id = NEW.list_id AND NOT EXISTS (
            SELECT 1 FROM payee
            WHERE payee.list_id = NEW.list_id AND payee.client_id = list_line.client_id
        )
    )
"""
CHAIN_BROKEN = """
    NEW.previous_hash <> COALESCE((
        SELECT list_seal.hash FROM month_list AS own
        JOIN month_list AS before ON before.organiser_id = own.organiser_id
        AND before.closing_order = own.closing_order - 1
        JOIN list_seal ON list_seal.list_id = before.id
        WHERE own.id = NEW.list_id
    ), '')
"""
UNSEALED = (
    "NEW.state <> 'closed'"
    " AND NOT EXISTS (SELECT 1 FROM list_seal WHERE list_seal.list_id = NEW.id)"
)


def add_guards() -> None:
    """Let the database itself refuse what must never happen."""
    if on_sqlite():
        add_sqlite_guards()
    else:
        add_postgresql_guards()


def refuse_on_sqlite(name: str, event: str, table: str, when: str, words: str) -> None:
    """A trigger that refuses the event where the condition holds."""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
    )


def add_sqlite_guards() -> None:
    """Triggers for SQLite."""
    for table in APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            name = f"{table}_no_{event.lower()}"
            refuse_on_sqlite(name, event, table, "TRUE", f"{table} is append-only")
    for table, (settled, columns) in KEPT.items():
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns)
        when = f"({settled}) OR {changed}"
        refuse_on_sqlite(f"{table}_kept", "UPDATE", table, when, f"{table} is settled")
    for table, when in UNDELETED.items():
        refuse_on_sqlite(f"{table}_no_delete", "DELETE", table, when, f"{table} is kept")
    for number, (words, fault) in enumerate(LINE_FAULTS.items(), 1):
        when = fault.replace("{new}", "NEW")
        refuse_on_sqlite(f"list_line_fault_{number}", "INSERT", "list_line", when, words)
    refuse_on_sqlite(
        "list_seal_sums", "INSERT", "list_seal", SUMS_DIFFER, "the sums of a list differ"
    )
    refuse_on_sqlite(
        "list_seal_chain", "INSERT", "list_seal", CHAIN_BROKEN, "the chain of lists is broken"
    )
    refuse_on_sqlite(
        "month_list_signed", "UPDATE", "month_list", SIGNED_ANEW, "a list is signed once"
    )
    refuse_on_sqlite(
        "month_list_sealed", "UPDATE OF state", "month_list", UNSEALED, "the list has no seal"
    )


def refuse_on_postgresql(name: str, event: str, table: str, faults: dict[str, str]) -> None:
    """A function and a trigger a row that refuse the event where a condition holds."""
    checks = " ".join(
        f"IF {when} THEN RAISE EXCEPTION '{words}' USING ERRCODE = 'restrict_violation'; END IF;"
        for words, when in faults.items()
    )
    back = "OLD" if event == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {checks} RETURN {back}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def add_postgresql_guards() -> None:
    """Triggers for PostgreSQL."""
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table in (*APPEND_ONLY, *KEPT):
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table, (settled, columns) in KEPT.items():
        changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
        faults = {f"{table} is settled": f"({settled}) OR {changed}"}
        refuse_on_postgresql(f"{table}_kept", "UPDATE", table, faults)
    for table, when in UNDELETED.items():
        faults = {f"{table} is kept": when}
        refuse_on_postgresql(f"{table}_no_delete", "DELETE", table, faults)
    # Once a statement, not once a row: a list may have half a million lines.
    checks = " ".join(
        f"IF EXISTS (SELECT 1 FROM fresh WHERE {fault.replace('{new}', 'fresh')}) THEN "
        f"RAISE EXCEPTION '{words}' USING ERRCODE = 'restrict_violation'; END IF;"
        for words, fault in LINE_FAULTS.items()
    )
    op.execute(
        "CREATE FUNCTION list_line_faults() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {checks} RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER list_line_faults AFTER INSERT ON list_line REFERENCING NEW TABLE AS fresh "
        "FOR EACH STATEMENT EXECUTE FUNCTION list_line_faults()"
    )
    faults = {
        "the sums of a list differ": SUMS_DIFFER,
        "the chain of lists is broken": CHAIN_BROKEN,
    }
    refuse_on_postgresql("list_seal_keep", "INSERT", "list_seal", faults)
    faults = {"a list is signed once": SIGNED_ANEW}
    refuse_on_postgresql("month_list_signed", "UPDATE", "month_list", faults)
    faults = {"the list has no seal": UNSEALED}
    refuse_on_postgresql("month_list_sealed", "UPDATE OF state", "month_list", faults)


def drop_guards() -> None:
    """Take the new guards away; those of the first migration stay."""
    if on_sqlite():
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_no_update")
            op.execute(f"DROP TRIGGER {table}_no_delete")
        for table in KEPT:
            op.execute(f"DROP TRIGGER {table}_kept")
            op.execute(f"DROP TRIGGER {table}_no_delete")
        for number in range(1, len(LINE_FAULTS) + 1):
            op.execute(f"DROP TRIGGER list_line_fault_{number}")
        for name in (
            "list_seal_sums",
            "list_seal_chain",
            "month_list_signed",
            "month_list_sealed",
        ):
            op.execute(f"DROP TRIGGER {name}")
        return
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    for table in (*APPEND_ONLY, *KEPT):
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
    own = [(f"{table}_{what}", table) for table in KEPT for what in ("kept", "no_delete")]
    own += [("list_line_faults", "list_line"), ("list_seal_keep", "list_seal")]
    own += [("month_list_signed", "month_list"), ("month_list_sealed", "month_list")]
    for name, table in own:
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")

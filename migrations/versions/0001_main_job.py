"""All tables of the main job."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# L3: the only ways that a list goes; a state set again to itself is no step.
STEPS = (
    "OLD.state = NEW.state OR (OLD.state, NEW.state) IN (VALUES ('closed', 'approved'),"
    " ('closed', 'returned'), ('approved', 'exported'), ('exported', 'paid'))"
)


def upgrade() -> None:
    """All tables of the main job."""
    op.create_table(
        "organiser",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organiser")),
        sa.UniqueConstraint("key", name=op.f("uq_organiser_key")),
        sa.UniqueConstraint("name", name=op.f("uq_organiser_name")),
    )
    op.create_table(
        "client",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("last_name", sa.String(length=120), nullable=False),
        sa.Column("first_names", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=True),
        sa.Column("non_disclosure", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("hides_address", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('fi', 'sv', 'en')", name=op.f("ck_client_language")),
        sa.CheckConstraint(
            "number <> '' AND last_name <> '' AND first_names <> ''", name=op.f("ck_client_named")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_client_organiser_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("key", name=op.f("uq_client_key")),
        sa.UniqueConstraint("organiser_id", "number", name=op.f("uq_client_organiser_id_number")),
    )
    op.create_table(
        "closing",
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("closed_through", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_closing_organiser_id")
        ),
        sa.PrimaryKeyConstraint("organiser_id", name=op.f("pk_closing")),
    )
    op.create_table(
        "staff_user",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("stamp", sa.String(length=22), nullable=False),
        sa.Column("failed_sign_ins", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_staff_user_email_lower")),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_staff_user_organiser_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_user")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_user_email")),
        sa.UniqueConstraint("key", name=op.f("uq_staff_user_key")),
    )
    with op.batch_alter_table("staff_user", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_staff_user_organiser_id"), ["organiser_id"], unique=False
        )

    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_unit_organiser_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("key", name=op.f("uq_unit_key")),
        sa.UniqueConstraint("organiser_id", "name", name=op.f("uq_unit_organiser_id_name")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("roles", sa.String(length=120), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_audit_entry_organiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["staff_user.id"], name=op.f("fk_audit_entry_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entry_client", ["client_id", "at"], unique=False)
        batch_op.create_index("ix_audit_entry_organiser_at", ["organiser_id", "at"], unique=False)

    op.create_table(
        "client_opening",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_client_opening_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["staff_user.id"], name=op.f("fk_client_opening_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_opening")),
    )
    with op.batch_alter_table("client_opening", schema=None) as batch_op:
        batch_op.create_index(
            "ix_client_opening_user_client", ["user_id", "client_id"], unique=False
        )

    op.create_table(
        "exclusion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_exclusion_client_id")),
        sa.ForeignKeyConstraint(["made_by"], ["staff_user.id"], name=op.f("fk_exclusion_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exclusion")),
        sa.UniqueConstraint("client_id", "day", name=op.f("uq_exclusion_client_id_day")),
        sa.UniqueConstraint("key", name=op.f("uq_exclusion_key")),
    )
    op.create_table(
        "feed_address",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "revoked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_feed_address_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["staff_user.id"], name=op.f("fk_feed_address_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"], ["staff_user.id"], name=op.f("fk_feed_address_revoked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_address")),
        sa.UniqueConstraint("key", name=op.f("uq_feed_address_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_feed_address_secret_hash")),
    )
    with op.batch_alter_table("feed_address", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feed_address_client_id"), ["client_id"], unique=False)

    op.create_table(
        "month_list",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("closing_order", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("clients", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("day_cents", sa.Integer(), nullable=False),
        sa.Column("correction_cents", sa.Integer(), nullable=False),
        sa.Column("carried_in_cents", sa.Integer(), nullable=False),
        sa.Column("to_pay_cents", sa.Integer(), nullable=False),
        sa.Column("carried_out_cents", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "closed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "approved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "exported_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "returned_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("return_reason", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL) AND (state NOT IN ('approved', 'exported', 'paid') OR approved_at IS NOT NULL)",
            name=op.f("ck_month_list_approved"),
        ),
        sa.CheckConstraint(
            "(state = 'returned') = (returned_at IS NOT NULL) AND (returned_at IS NULL OR (return_reason <> '' AND approved_at IS NULL))",
            name=op.f("ck_month_list_returned"),
        ),
        sa.CheckConstraint(
            "state IN ('closed', 'approved', 'exported', 'paid', 'returned')",
            name=op.f("ck_month_list_state"),
        ),
        sa.CheckConstraint("approved_by <> closed_by", name=op.f("ck_month_list_two_people")),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["staff_user.id"], name=op.f("fk_month_list_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["staff_user.id"], name=op.f("fk_month_list_closed_by")
        ),
        sa.ForeignKeyConstraint(
            ["exported_by"], ["staff_user.id"], name=op.f("fk_month_list_exported_by")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_month_list_organiser_id")
        ),
        sa.ForeignKeyConstraint(["paid_by"], ["staff_user.id"], name=op.f("fk_month_list_paid_by")),
        sa.ForeignKeyConstraint(
            ["returned_by"], ["staff_user.id"], name=op.f("fk_month_list_returned_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_list")),
        sa.UniqueConstraint("key", name=op.f("uq_month_list_key")),
        sa.UniqueConstraint(
            "organiser_id", "closing_order", name=op.f("uq_month_list_organiser_id_closing_order")
        ),
        sa.UniqueConstraint(
            "organiser_id", "month", "number", name=op.f("uq_month_list_organiser_id_month_number")
        ),
    )
    op.create_table(
        "policy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('rate', 'earns', 'days-a-week', 'days-a-month', 'minutes-a-day', 'travel-start-days', 'travel-keep-days', 'decision-months', 'row-months', 'cancelled-pays', 'mark-days', 'excuse-ahead', 'set-off')",
            name=op.f("ck_policy_kind"),
        ),
        sa.CheckConstraint("value IS NULL OR value >= 0", name=op.f("ck_policy_value")),
        sa.ForeignKeyConstraint(["made_by"], ["staff_user.id"], name=op.f("fk_policy_made_by")),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_policy_organiser_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint(
            "organiser_id",
            "kind",
            "key",
            "first_day",
            name=op.f("uq_policy_organiser_id_kind_key_first_day"),
        ),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "role IN ('instructor', 'social-worker', 'coordinator', 'finance', 'approver', 'auditor', 'administrator')",
            name=op.f("ck_role_grant_role"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_role_grant_unit_id")),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_role_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint(
            "user_id", "role", "unit_id", name=op.f("uq_role_grant_user_id_role_unit_id")
        ),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            "uq_role_grant_everywhere",
            ["user_id", "role"],
            unique=True,
            sqlite_where=sa.text("unit_id IS NULL"),
            postgresql_where=sa.text("unit_id IS NULL"),
        )

    op.create_table(
        "service_decision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "named_worker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("plan", sa.String(length=40), nullable=False),
        sa.Column("goals", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "plan IN ('', 'client', 'activation', 'employment')",
            name=op.f("ck_service_decision_plan"),
        ),
        sa.CheckConstraint(
            "ended_on BETWEEN valid_from AND valid_to",
            name=op.f("ck_service_decision_ended_inside"),
        ),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_service_decision_span")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_service_decision_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["named_worker_id"], ["staff_user.id"], name=op.f("fk_service_decision_named_worker_id")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_service_decision_organiser_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_service_decision_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_decision")),
        sa.UniqueConstraint("key", name=op.f("uq_service_decision_key")),
        sa.UniqueConstraint(
            "organiser_id", "number", name=op.f("uq_service_decision_organiser_id_number")
        ),
    )
    with op.batch_alter_table("service_decision", schema=None) as batch_op:
        batch_op.create_index(
            "ix_service_decision_client", ["client_id", "valid_from"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_service_decision_named_worker_id"), ["named_worker_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_service_decision_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "themed_group",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("theme", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("meets_on_holidays", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel IN ('on-site', 'remote')", name=op.f("ck_themed_group_channel")
        ),
        sa.CheckConstraint(
            "theme IN ('nutrition', 'exercise', 'film', 'nature', 'services', 'other')",
            name=op.f("ck_themed_group_theme"),
        ),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_themed_group_capacity")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_themed_group_span")),
        sa.CheckConstraint("starts_at <> ends_at", name=op.f("ck_themed_group_lasts")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_themed_group_weekday")),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_themed_group_organiser_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_themed_group_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_themed_group")),
        sa.UniqueConstraint("key", name=op.f("uq_themed_group_key")),
        sa.UniqueConstraint("organiser_id", "name", name=op.f("uq_themed_group_organiser_id_name")),
    )
    with op.batch_alter_table("themed_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_themed_group_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "upload",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows_all", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('decisions', 'groups', 'enrolments', 'attendance', 'exclusions')",
            name=op.f("ck_upload_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('reading', 'preview', 'faulty', 'writing', 'done', 'failed')",
            name=op.f("ck_upload_state"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_upload_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("key", name=op.f("uq_upload_key")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_user_id"), ["user_id"], unique=False)

    op.create_table(
        "benefit_decision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "service_decision_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("money_from", sa.Date(), nullable=True),
        sa.Column("money_to", sa.Date(), nullable=True),
        sa.Column("travel_from", sa.Date(), nullable=True),
        sa.Column("travel_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(money_from IS NULL) = (money_to IS NULL) AND money_to >= money_from",
            name=op.f("ck_benefit_decision_money"),
        ),
        sa.CheckConstraint(
            "(travel_from IS NULL) = (travel_to IS NULL) AND travel_to >= travel_from",
            name=op.f("ck_benefit_decision_travel"),
        ),
        sa.ForeignKeyConstraint(
            ["service_decision_id"],
            ["service_decision.id"],
            name=op.f("fk_benefit_decision_service_decision_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benefit_decision")),
        sa.UniqueConstraint(
            "service_decision_id", name=op.f("uq_benefit_decision_service_decision_id")
        ),
    )
    op.create_table(
        "enrolment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_enrolment_span")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_enrolment_client_id")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["themed_group.id"], name=op.f("fk_enrolment_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint(
            "group_id",
            "client_id",
            "first_day",
            name=op.f("uq_enrolment_group_id_client_id_first_day"),
        ),
        sa.UniqueConstraint("key", name=op.f("uq_enrolment_key")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_client_id"), ["client_id"], unique=False)
        batch_op.create_index("ix_enrolment_group_client", ["group_id", "client_id"], unique=False)

    op.create_table(
        "group_instructor",
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["themed_group.id"], name=op.f("fk_group_instructor_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["staff_user.id"], name=op.f("fk_group_instructor_user_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_group_instructor")),
    )
    with op.batch_alter_table("group_instructor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_instructor_user_id"), ["user_id"], unique=False)

    op.create_table(
        "left_out",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_left_out_reasoned")),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["staff_user.id"], name=op.f("fk_left_out_by_user_id")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_left_out_client_id")),
        sa.ForeignKeyConstraint(["list_id"], ["month_list.id"], name=op.f("fk_left_out_list_id")),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_left_out_organiser_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_left_out")),
        sa.UniqueConstraint("key", name=op.f("uq_left_out_key")),
    )
    with op.batch_alter_table("left_out", schema=None) as batch_op:
        batch_op.create_index(
            "ix_left_out_organiser_month", ["organiser_id", "month"], unique=False
        )

    op.create_table(
        "list_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("format", sa.String(length=5), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("format IN ('csv', 'xlsx')", name=op.f("ck_list_file_format")),
        sa.CheckConstraint(
            "kind IN ('payments', 'days', 'travel')", name=op.f("ck_list_file_kind")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["month_list.id"], name=op.f("fk_list_file_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_file")),
        sa.UniqueConstraint(
            "list_id", "kind", "format", name=op.f("uq_list_file_list_id_kind_format")
        ),
    )
    op.create_table(
        "meeting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "instructor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("pattern_day", sa.Date(), nullable=True),
        sa.Column("moved", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("uid", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=400), nullable=True),
        sa.Column("pays", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("off_pattern", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'group') = (group_id IS NOT NULL)", name=op.f("ck_meeting_kind_of_group")
        ),
        sa.CheckConstraint(
            "kind IN ('group', 'office', 'home', 'out', 'remote', 'phone')",
            name=op.f("ck_meeting_kind"),
        ),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cancel_reason IS NULL)", name=op.f("ck_meeting_reasoned")
        ),
        sa.CheckConstraint(
            "NOT off_pattern OR cancelled_at IS NOT NULL", name=op.f("ck_meeting_off_pattern")
        ),
        sa.CheckConstraint(
            "(group_id IS NULL) <> (client_id IS NULL)", name=op.f("ck_meeting_of_one")
        ),
        sa.CheckConstraint("starts_at <> ends_at", name=op.f("ck_meeting_lasts")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_meeting_client_id")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["themed_group.id"], name=op.f("fk_meeting_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["instructor_id"], ["staff_user.id"], name=op.f("fk_meeting_instructor_id")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_meeting_organiser_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_meeting_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint(
            "group_id", "pattern_day", name=op.f("uq_meeting_group_id_pattern_day")
        ),
        sa.UniqueConstraint("key", name=op.f("uq_meeting_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_meeting_uid")),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index("ix_meeting_client_day", ["client_id", "day"], unique=False)
        batch_op.create_index("ix_meeting_group_day", ["group_id", "day"], unique=False)
        batch_op.create_index("ix_meeting_organiser_day", ["organiser_id", "day"], unique=False)

    op.create_table(
        "payee",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("client_number", sa.String(length=40), nullable=False),
        sa.Column("last_name", sa.String(length=120), nullable=False),
        sa.Column("first_names", sa.String(length=120), nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("decision_numbers", sa.String(length=1000), nullable=False),
        sa.Column("benefit_numbers", sa.String(length=1000), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("day_cents", sa.Integer(), nullable=False),
        sa.Column("correction_cents", sa.Integer(), nullable=False),
        sa.Column("carried_in_cents", sa.Integer(), nullable=False),
        sa.Column("to_pay_cents", sa.Integer(), nullable=False),
        sa.Column("carried_out_cents", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "carried_in_cents <= 0 AND carried_out_cents <= 0", name=op.f("ck_payee_rest")
        ),
        sa.CheckConstraint(
            "day_cents + correction_cents + carried_in_cents = to_pay_cents + carried_out_cents",
            name=op.f("ck_payee_adds_up"),
        ),
        sa.CheckConstraint("to_pay_cents >= 0", name=op.f("ck_payee_not_negative")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_payee_client_id")),
        sa.ForeignKeyConstraint(["list_id"], ["month_list.id"], name=op.f("fk_payee_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee")),
        sa.UniqueConstraint("list_id", "client_id", name=op.f("uq_payee_list_id_client_id")),
    )
    with op.batch_alter_table("payee", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payee_client_id"), ["client_id"], unique=False)

    op.create_table(
        "rest_decision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "confirmed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "withdrawn_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint("kind IN ('let-go', 'set-off')", name=op.f("ck_rest_decision_kind")),
        sa.CheckConstraint("cents > 0", name=op.f("ck_rest_decision_something")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_rest_decision_reasoned")),
        sa.CheckConstraint(
            "kind <> 'let-go' OR confirmed_by <> asked_by",
            name=op.f("ck_rest_decision_two_people"),
        ),
        sa.CheckConstraint(
            "kind = 'let-go' OR confirmed_at IS NOT NULL", name=op.f("ck_rest_decision_decided")
        ),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by IS NULL)"
            " AND (confirmed_at IS NULL) = (list_id IS NULL)",
            name=op.f("ck_rest_decision_confirmed"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)"
            " AND (withdrawn_at IS NULL OR confirmed_at IS NULL)",
            name=op.f("ck_rest_decision_withdrawn"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["staff_user.id"], name=op.f("fk_rest_decision_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_rest_decision_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["staff_user.id"], name=op.f("fk_rest_decision_confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["month_list.id"], name=op.f("fk_rest_decision_list_id")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_rest_decision_organiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["staff_user.id"], name=op.f("fk_rest_decision_withdrawn_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rest_decision")),
        sa.UniqueConstraint("key", name=op.f("uq_rest_decision_key")),
    )
    with op.batch_alter_table("rest_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rest_decision_client_id"), ["client_id"], unique=False)

    op.create_table(
        "waiting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("wanted_from", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_waiting_client_id")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["themed_group.id"], name=op.f("fk_waiting_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting")),
        sa.UniqueConstraint("group_id", "client_id", name=op.f("uq_waiting_group_id_client_id")),
        sa.UniqueConstraint("key", name=op.f("uq_waiting_key")),
    )
    with op.batch_alter_table("waiting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waiting_client_id"), ["client_id"], unique=False)

    op.create_table(
        "list_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("correction", sa.Boolean(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("group_name", sa.String(length=120), nullable=False),
        sa.Column("decision_number", sa.String(length=60), nullable=False),
        sa.Column("benefit_number", sa.String(length=60), nullable=False),
        sa.Column(
            "meeting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "decision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.CheckConstraint("cents <> 0", name=op.f("ck_list_line_something")),
        sa.CheckConstraint("correction OR cents > 0", name=op.f("ck_list_line_ordinary_earns")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_list_line_client_id")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["service_decision.id"], name=op.f("fk_list_line_decision_id")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["month_list.id"], name=op.f("fk_list_line_list_id")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_list_line_meeting_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_line")),
        sa.UniqueConstraint(
            "list_id", "client_id", "day", name=op.f("uq_list_line_list_id_client_id_day")
        ),
    )
    with op.batch_alter_table("list_line", schema=None) as batch_op:
        batch_op.create_index("ix_list_line_client_day", ["client_id", "day"], unique=False)

    op.create_table(
        "mark_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "meeting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("before", sa.String(length=10), nullable=True),
        sa.Column("mark", sa.String(length=10), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.CheckConstraint(
            "before IN ('present', 'remote', 'excused', 'justified', 'absent')",
            name=op.f("ck_mark_change_before"),
        ),
        sa.CheckConstraint(
            "mark IN ('present', 'remote', 'excused', 'justified', 'absent')",
            name=op.f("ck_mark_change_mark"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_mark_change_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_mark_change_meeting_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["staff_user.id"], name=op.f("fk_mark_change_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark_change")),
    )
    with op.batch_alter_table("mark_change", schema=None) as batch_op:
        batch_op.create_index(
            "ix_mark_change_meeting_client", ["meeting_id", "client_id"], unique=False
        )

    op.create_table(
        "standing_mark",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "meeting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("mark", sa.String(length=10), nullable=True),
        sa.Column("note", sa.String(length=400), server_default="", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "changed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.CheckConstraint(
            "mark IN ('present', 'remote', 'excused', 'justified', 'absent')",
            name=op.f("ck_standing_mark_mark"),
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["staff_user.id"], name=op.f("fk_standing_mark_changed_by")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_standing_mark_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_standing_mark_meeting_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_mark")),
        sa.UniqueConstraint(
            "meeting_id", "client_id", name=op.f("uq_standing_mark_meeting_id_client_id")
        ),
    )
    with op.batch_alter_table("standing_mark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_standing_mark_client_id"), ["client_id"], unique=False)

    add_guards()


def downgrade() -> None:
    """Take it back."""
    drop_guards()
    with op.batch_alter_table("standing_mark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_standing_mark_client_id"))

    op.drop_table("standing_mark")
    with op.batch_alter_table("mark_change", schema=None) as batch_op:
        batch_op.drop_index("ix_mark_change_meeting_client")

    op.drop_table("mark_change")
    with op.batch_alter_table("list_line", schema=None) as batch_op:
        batch_op.drop_index("ix_list_line_client_day")

    op.drop_table("list_line")
    with op.batch_alter_table("waiting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_waiting_client_id"))

    op.drop_table("waiting")
    with op.batch_alter_table("rest_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rest_decision_client_id"))

    op.drop_table("rest_decision")
    with op.batch_alter_table("payee", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payee_client_id"))

    op.drop_table("payee")
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_index("ix_meeting_organiser_day")
        batch_op.drop_index("ix_meeting_group_day")
        batch_op.drop_index("ix_meeting_client_day")

    op.drop_table("meeting")
    op.drop_table("list_file")
    with op.batch_alter_table("left_out", schema=None) as batch_op:
        batch_op.drop_index("ix_left_out_organiser_month")

    op.drop_table("left_out")
    with op.batch_alter_table("group_instructor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_instructor_user_id"))

    op.drop_table("group_instructor")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index("ix_enrolment_group_client")
        batch_op.drop_index(batch_op.f("ix_enrolment_client_id"))

    op.drop_table("enrolment")
    op.drop_table("benefit_decision")
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_upload_user_id"))

    op.drop_table("upload")
    with op.batch_alter_table("themed_group", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_themed_group_unit_id"))

    op.drop_table("themed_group")
    with op.batch_alter_table("service_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_decision_unit_id"))
        batch_op.drop_index(batch_op.f("ix_service_decision_named_worker_id"))
        batch_op.drop_index("ix_service_decision_client")

    op.drop_table("service_decision")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_role_grant_everywhere",
            sqlite_where=sa.text("unit_id IS NULL"),
            postgresql_where=sa.text("unit_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_role_grant_user_id"))

    op.drop_table("role_grant")
    op.drop_table("policy")
    op.drop_table("month_list")
    with op.batch_alter_table("feed_address", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feed_address_client_id"))

    op.drop_table("feed_address")
    op.drop_table("exclusion")
    with op.batch_alter_table("client_opening", schema=None) as batch_op:
        batch_op.drop_index("ix_client_opening_user_client")

    op.drop_table("client_opening")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_organiser_at")
        batch_op.drop_index("ix_audit_entry_client")

    op.drop_table("audit_entry")
    op.drop_table("unit")
    with op.batch_alter_table("staff_user", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_user_organiser_id"))

    op.drop_table("staff_user")
    op.drop_table("closing")
    op.drop_table("client")
    op.drop_table("organiser")


# Tables whose rows are never changed or deleted, by any path (A2, L2, P1).
APPEND_ONLY = ("mark_change", "audit_entry", "list_line", "payee", "list_file")

# Tables whose rows go their way by certain changes, and are never deleted (L3, L4).
STEPPED = ("month_list", "rest_decision")

# What may change in a closed list is its state alone (L3).
FROZEN = (
    "id", "key", "organiser_id", "month", "number", "closing_order", "name", "clients", "days",
    "day_cents", "correction_cents", "carried_in_cents", "to_pay_cents", "carried_out_cents",
    "closed_at", "closed_by",
)  # fmt: skip

# The files of a list are written last: once they are there, nothing is added to it either (L2).
ROWS_OF_A_LIST = ("list_line", "payee")
SEALED = "EXISTS (SELECT 1 FROM list_file WHERE list_file.list_id = NEW.list_id)"

# What was asked of a rest stays; it is confirmed or withdrawn once (L4).
ASKED = (
    "id", "key", "organiser_id", "client_id", "kind", "cents", "reason", "asked_at", "asked_by",
)  # fmt: skip
SETTLED = "OLD.confirmed_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL"

OVERLAP = """
    EXISTS (
        SELECT 1 FROM service_decision AS other
        WHERE other.client_id = NEW.client_id AND other.id <> NEW.id
        AND other.valid_from <= COALESCE(NEW.ended_on, NEW.valid_to)
        AND NEW.valid_from <= COALESCE(other.ended_on, other.valid_to)
    )
"""


def add_guards() -> None:
    """Let the database itself refuse what must never happen."""
    if op.get_bind().dialect.name == "sqlite":
        add_sqlite_guards()
    else:
        add_postgresql_guards()


def add_sqlite_guards() -> None:
    """Triggers for SQLite."""
    for table in APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for table in ROWS_OF_A_LIST:
        op.execute(
            f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} WHEN {SEALED} "
            "BEGIN SELECT RAISE(ABORT, 'a closed list is frozen'); END"
        )
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in FROZEN)
    op.execute(
        f"CREATE TRIGGER month_list_frozen BEFORE UPDATE ON month_list WHEN {changed} "
        "BEGIN SELECT RAISE(ABORT, 'a closed list is frozen'); END"
    )
    op.execute(
        "CREATE TRIGGER month_list_states BEFORE UPDATE OF state ON month_list "
        f"WHEN NOT ({STEPS}) "
        "BEGIN SELECT RAISE(ABORT, 'a list does not go that way'); END"
    )
    op.execute(
        "CREATE TRIGGER month_list_no_delete BEFORE DELETE ON month_list "
        "BEGIN SELECT RAISE(ABORT, 'a closed list is frozen'); END"
    )
    asked = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in ASKED)
    op.execute(
        f"CREATE TRIGGER rest_decision_kept BEFORE UPDATE ON rest_decision WHEN {SETTLED} OR "
        f"{asked} BEGIN SELECT RAISE(ABORT, 'a decision on a rest is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER rest_decision_no_delete BEFORE DELETE ON rest_decision "
        "BEGIN SELECT RAISE(ABORT, 'a decision on a rest is append-only'); END"
    )
    for event in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER service_decision_overlap_{event.lower()} AFTER {event} "
            f"ON service_decision WHEN {OVERLAP} "
            "BEGIN SELECT RAISE(ABORT, 'decisions of a client overlap'); END"
        )


def add_postgresql_guards() -> None:
    """Triggers and an exclusion constraint for PostgreSQL."""
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
        "USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in (*APPEND_ONLY, *STEPPED):
        events = "DELETE" if table in STEPPED else "UPDATE OR DELETE"
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE {events} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE FUNCTION keep_sealed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {SEALED} THEN RAISE EXCEPTION 'a closed list is frozen' "
        "USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$"
    )
    for table in ROWS_OF_A_LIST:
        op.execute(
            f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep_sealed()"
        )
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FROZEN)
    op.execute(
        "CREATE FUNCTION keep_list() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {changed} THEN RAISE EXCEPTION 'a closed list is frozen' "
        "USING ERRCODE = 'restrict_violation'; END IF; "
        f"IF NOT ({STEPS}) THEN RAISE EXCEPTION 'a list does not go that way' "
        "USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER month_list_frozen BEFORE UPDATE ON month_list "
        "FOR EACH ROW EXECUTE FUNCTION keep_list()"
    )
    asked = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in ASKED)
    op.execute(
        "CREATE FUNCTION keep_rest_decision() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {SETTLED} OR {asked} THEN "
        "RAISE EXCEPTION 'a decision on a rest is append-only' "
        "USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER rest_decision_kept BEFORE UPDATE ON rest_decision "
        "FOR EACH ROW EXECUTE FUNCTION keep_rest_decision()"
    )
    # A range of one id stands in for equality, which GiST has only with an extension.
    op.execute(
        "ALTER TABLE service_decision ADD CONSTRAINT ex_service_decision_overlap EXCLUDE USING "
        "gist (int8range(client_id, client_id, '[]') WITH &&, "
        "daterange(valid_from, COALESCE(ended_on, valid_to), '[]') WITH &&)"
    )


def drop_guards() -> None:
    """Take the guards away before their tables; SQLite drops triggers with the table."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in (*APPEND_ONLY, *STEPPED):
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
    for table in ROWS_OF_A_LIST:
        op.execute(f"DROP TRIGGER {table}_sealed ON {table}")
    op.execute("DROP FUNCTION keep_sealed()")
    op.execute("DROP TRIGGER month_list_frozen ON month_list")
    op.execute("DROP FUNCTION keep_list()")
    op.execute("DROP TRIGGER rest_decision_kept ON rest_decision")
    op.execute("DROP FUNCTION keep_rest_decision()")
    op.execute("DROP FUNCTION refuse_change()")

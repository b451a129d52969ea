"""A conflict that a substitute settled bears the substitute's name too."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# The guard of the table keeps what was settled as it is: whatever its columns.
BEARS = "settled_pass_id IS NULL OR settled_by IS NOT NULL"


def upgrade() -> None:
    """Add the pass by which a conflict was settled."""
    if op.get_bind().dialect.name == "sqlite":
        # In place: a table that is built anew would lose its guards.
        op.execute(
            "ALTER TABLE mark_conflict ADD COLUMN settled_pass_id INTEGER"
            f" CONSTRAINT ck_mark_conflict_settled_by_pass CHECK ({BEARS})"
            " CONSTRAINT fk_mark_conflict_settled_pass_id REFERENCES substitute_pass (id)"
        )
        return
    op.add_column("mark_conflict", sa.Column("settled_pass_id", ID, nullable=True))
    op.create_foreign_key(
        op.f("fk_mark_conflict_settled_pass_id"),
        "mark_conflict", "substitute_pass", ["settled_pass_id"], ["id"],
    )  # fmt: skip
    op.create_check_constraint(op.f("ck_mark_conflict_settled_by_pass"), "mark_conflict", BEARS)


def downgrade() -> None:
    """Let the giver of the code alone be known."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE mark_conflict DROP COLUMN settled_pass_id")
        return
    op.drop_column("mark_conflict", "settled_pass_id")

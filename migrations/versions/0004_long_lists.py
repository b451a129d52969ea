"""What a long list and a client's marks need to be quick: an index, and how a seal is checked."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Find a client's marks without reading their rows; compare a long list's sums by hashing."""
    op.create_index(
        "ix_standing_mark_client_meeting_mark", "standing_mark", ["client_id", "meeting_id", "mark"]
    )
    op.drop_index("ix_standing_mark_client_id", "standing_mark")
    if on_postgresql():
        # The server cannot know yet how many rows a list has that is being closed: it would look
        # at all lines once for each client, and not come to an end.
        op.execute("ALTER FUNCTION list_seal_keep() SET enable_nestloop = off")


def downgrade() -> None:
    """As it was."""
    if on_postgresql():
        op.execute("ALTER FUNCTION list_seal_keep() RESET enable_nestloop")
    op.create_index("ix_standing_mark_client_id", "standing_mark", ["client_id"])
    op.drop_index("ix_standing_mark_client_meeting_mark", "standing_mark")


def on_postgresql() -> bool:
    """Whether the database is PostgreSQL."""
    return bool(op.get_bind().dialect.name == "postgresql")

"""A ticket keeps how it arrived: it may be answered elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket", sa.Column("channel", sa.String(length=32), server_default="", nullable=False))
    op.execute(
        "UPDATE ticket SET channel = (SELECT channel FROM conversation WHERE conversation.id = ticket.conversation_id)"
    )

"""What waits in front of a reply is found without looking at what was sent long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPEN = sa.text("status in ('queued', 'sending')")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_message_waiting",
        "outbox_message",
        ["conversation_id", "id"],
        unique=False,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )

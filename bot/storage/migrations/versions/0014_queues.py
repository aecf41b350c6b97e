"""The queues of the inbox are counted and ordered from an index alone."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_QUEUE = ["status", "due_at", "priority", "assignee", "category"]


def upgrade() -> None:
    op.create_index("ix_ticket_queue", "ticket", _QUEUE)
    op.drop_index("ix_ticket_status_due_at", "ticket")

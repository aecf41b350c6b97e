"""By when the role of the ladder whose turn it is has to act, beside what the person was promised."""

import sqlalchemy as sa
from alembic import op

from bot.storage.base import UTCDateTime

revision = "0027b"
down_revision = "0031"
branch_labels = None
depends_on = None

_QUEUE = ["status", "due_at", "step_due_at", "priority", "assignee", "category"]


def upgrade() -> None:
    op.add_column("ticket", sa.Column("step_due_at", UTCDateTime(timezone=True), nullable=True))
    # What is over already and has no step above is not known here; the next event of the ticket tells.
    running = "SELECT a.at FROM ticket_alarm a WHERE a.ticket_id = ticket.id AND a.kind = 'ladder' AND a.what = 'due'"
    op.execute(sa.text(f"UPDATE ticket SET step_due_at = ({running}) WHERE role IS NOT NULL"))
    op.drop_index("ix_ticket_queue", "ticket")
    op.create_index("ix_ticket_queue", "ticket", _QUEUE)

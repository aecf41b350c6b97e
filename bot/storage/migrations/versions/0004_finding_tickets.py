"""Tickets have a priority, and are found by their person and by when they are due without looking at all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket", sa.Column("priority", sa.String(length=16), server_default="normal", nullable=False))
    op.create_index("ix_ticket_person_id", "ticket", ["person_id", "status"], unique=False)
    op.create_index("ix_ticket_status_due_at", "ticket", ["status", "due_at"], unique=False)
    op.drop_index("ix_ticket_status", "ticket")

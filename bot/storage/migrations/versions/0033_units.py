"""Who works for which unit; the queues ask for a ticket's unit and role, too."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None
_QUEUE = ["status", "due_at", "step_due_at", "priority", "assignee", "category", "unit", "role"]


def upgrade() -> None:
    op.create_table(
        "unit_member",
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("unit", "username", name=op.f("pk_unit_member")),
    )
    op.drop_index("ix_ticket_queue", "ticket")
    op.create_index("ix_ticket_queue", "ticket", _QUEUE)

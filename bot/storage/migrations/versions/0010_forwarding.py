"""Forms that go to units with a ticket."""

import sqlalchemy as sa
from alembic import op

import bot.storage.base

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TIME = bot.storage.base.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "forwarding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("sent_at", _TIME, nullable=False),
        sa.Column("sent_by", sa.String(length=64), nullable=False),
        sa.Column("due_at", _TIME, nullable=True),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.Column("answered_by", sa.String(length=120), nullable=True),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.Column("solution", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_forwarding_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forwarding")),
    )
    op.create_index("ix_forwarding_ticket_id", "forwarding", ["ticket_id", "id"])

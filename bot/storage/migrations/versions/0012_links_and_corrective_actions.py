"""Links between tickets, and the register of corrective actions."""

import sqlalchemy as sa
from alembic import op

import bot.storage.base

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TIME = bot.storage.base.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "ticket_link",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_link_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["other_id"], ["ticket.id"], name=op.f("fk_ticket_link_other_id_ticket")),
        sa.PrimaryKeyConstraint("ticket_id", "other_id", name=op.f("pk_ticket_link")),
    )
    op.create_index("ix_ticket_link_other_id", "ticket_link", ["other_id"])
    op.create_table(
        "corrective_action",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("finding", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("cause", "correction", "prevention", "owner")),
        sa.Column("due_at", _TIME, nullable=True),
        sa.Column("effect", sa.Text(), nullable=True),
        sa.Column("effective", sa.Boolean(), nullable=True),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("checked_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_corrective_action_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrective_action")),
    )
    op.create_index("ix_corrective_action_ticket_id", "corrective_action", ["ticket_id"])
    op.create_table(
        "corrective_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("data", bot.storage.base.Json, nullable=True),
        sa.ForeignKeyConstraint(
            ["action_id"], ["corrective_action.id"], name=op.f("fk_corrective_event_action_id_corrective_action")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrective_event")),
    )
    op.create_index("ix_corrective_event_action_id", "corrective_event", ["action_id", "id"])

"""When staff are to be on duty: a usual week for each, and days on which it is otherwise."""

import sqlalchemy as sa
from alembic import op

from bot.storage.base import Json, UTCDateTime

revision = "0032"
down_revision = "0027b"
branch_labels = None
depends_on = None

_TIME = UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "duty_plan",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("week", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("next_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_duty_plan")),
    )
    op.create_index("ix_duty_plan_next_at", "duty_plan", ["next_at"])
    op.create_table(
        "duty_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("periods", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_exception")),
    )
    op.create_index("ix_duty_exception_username", "duty_exception", ["username", "last"])

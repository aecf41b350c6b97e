"""How a ticket was resolved and where it was forwarded."""

import sqlalchemy as sa
from alembic import op

import bot.storage.base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket", sa.Column("resolved_at", bot.storage.base.UTCDateTime(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("unit", sa.String(length=64), nullable=True))
    op.add_column("ticket", sa.Column("solution", sa.Text(), nullable=True))

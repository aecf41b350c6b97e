"""Who was told of which recap."""

import sqlalchemy as sa
from alembic import op

import bot.storage.base

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recap_notice",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("recap", sa.String(length=32), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("at", bot.storage.base.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("username", "recap", "first", name=op.f("pk_recap_notice")),
    )

"""Files that go with canned replies, and recaps that somebody has seen."""

import sqlalchemy as sa
from alembic import op

import bot.storage.base

revision = "0019"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("canned_reply", sa.Column("files", bot.storage.base.Json, nullable=True))
    op.add_column("recap_notice", sa.Column("seen_at", bot.storage.base.UTCDateTime(timezone=True), nullable=True))

"""What a channel tells about a message before we have noted that it was sent."""

import sqlalchemy as sa
from alembic import op

import bot.storage.base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "early_status",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("received_at", bot.storage.base.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_status")),
    )
    op.create_index("ix_early_status_external_id", "early_status", ["channel", "external_id"], unique=False)
    op.create_index("ix_early_status_received_at", "early_status", ["received_at"], unique=False)

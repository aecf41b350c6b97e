"""Recaps that are sent to where somebody is reached, and what became of that."""

import sqlalchemy as sa
from alembic import op

from bot.storage.base import UTCDateTime

revision = "0026"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("staff_delivery") as table:
        table.alter_column("next_try_at", existing_type=UTCDateTime(timezone=True), nullable=True)
    op.create_table(
        "recap_delivery",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("recap", sa.String(length=32), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("sent_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(length=200), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["username", "recap", "first"],
            ["recap_notice.username", "recap_notice.recap", "recap_notice.first"],
            name=op.f("fk_recap_delivery_username_recap_notice"),
        ),
        sa.PrimaryKeyConstraint("username", "recap", "first", "way", name=op.f("pk_recap_delivery")),
    )
    op.create_index("ix_recap_delivery_next_try_at", "recap_delivery", ["next_try_at"])

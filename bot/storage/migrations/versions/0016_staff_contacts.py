"""Where staff are reached outside the console, and what is still to be sent there."""

import sqlalchemy as sa
from alembic import op

import bot.storage.base

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_contact",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.PrimaryKeyConstraint("username", "way", name=op.f("pk_staff_contact")),
    )
    op.create_table(
        "staff_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", bot.storage.base.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["staff_notice.id"], name=op.f("fk_staff_delivery_notice_id_staff_notice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_delivery")),
    )
    op.create_index("ix_staff_delivery_next_try_at", "staff_delivery", ["next_try_at"])

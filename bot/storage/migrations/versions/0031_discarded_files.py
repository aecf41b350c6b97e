"""Files that were taken off something, and go from the disk when nothing else has them."""

import sqlalchemy as sa
from alembic import op

from bot.storage.base import UTCDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discarded_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("due_at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discarded_file")),
    )
    op.create_index("ix_discarded_file_due_at", "discarded_file", ["due_at"])

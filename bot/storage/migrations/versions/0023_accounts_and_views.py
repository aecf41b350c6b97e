"""Accounts that were closed, passwords that were given and have to be changed, and views of the inbox."""

import sqlalchemy as sa
from alembic import op

from bot.storage.base import UTCDateTime

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("password_given", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("account", sa.Column("deactivated_at", UTCDateTime(timezone=True), nullable=True))
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("query", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("username", "name", name=op.f("uq_saved_view_username")),
    )

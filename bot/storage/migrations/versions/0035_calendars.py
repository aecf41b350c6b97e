"""Versions of a profile with the calendar of a later one, for what runs on what was promised before."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("profile_version", sa.Column("calendar_of", sa.Integer(), nullable=True))

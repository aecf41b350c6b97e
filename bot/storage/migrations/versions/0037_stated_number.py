"""The number that staff wrote down for somebody, which proves nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("stated_number", sa.String(length=32), nullable=True))

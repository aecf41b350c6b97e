"""Files that come back from a unit with its answer."""

import sqlalchemy as sa
from alembic import op

from bot.storage.base import Json

revision = "0025"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("forwarding", sa.Column("enclosed", Json, nullable=True))

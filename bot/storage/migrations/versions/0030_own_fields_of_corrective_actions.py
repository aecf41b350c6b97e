"""What the profile's form of corrective actions asks for besides what every one has."""

import sqlalchemy as sa
from alembic import op

from bot.storage.base import Json

revision = "0030"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("corrective_action", sa.Column("fields", Json, nullable=True))

"""People whom the assistant does not answer, and what staff did beside tickets."""

import sqlalchemy as sa
from alembic import op

from bot.storage.base import Json, UTCDateTime

revision = "0022"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("blocked_at", UTCDateTime(timezone=True), nullable=True))
    op.add_column("person", sa.Column("blocked_by", sa.String(length=64), nullable=True))
    op.add_column("person", sa.Column("blocked_told", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("data", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_at", "audit_event", ["at"])
    op.create_index("ix_audit_event_about", "audit_event", ["about", "id"])

"""Forwarding forms that are mailed to units, and what became of that."""

import sqlalchemy as sa
from alembic import op

from bot.storage.base import UTCDateTime

revision = "0027"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unit_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("forwarding_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(length=200), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["forwarding_id"], ["forwarding.id"], name=op.f("fk_unit_mail_forwarding_id_forwarding")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_mail")),
    )
    op.create_index("ix_unit_mail_forwarding_id", "unit_mail", ["forwarding_id", "id"])
    op.create_index("ix_unit_mail_next_try_at", "unit_mail", ["next_try_at"])

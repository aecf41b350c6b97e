"""Tickets without a category, and those that closed by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    none = sa.text("category is null")
    op.create_index(
        "ix_ticket_uncategorised", "ticket", ["category", "closed_at"], sqlite_where=none, postgresql_where=none
    )
    lapsed = sa.text("kind = 'lapsed'")
    op.create_index(
        "ix_ticket_event_lapsed", "ticket_event", ["ticket_id", "at"], sqlite_where=lapsed, postgresql_where=lapsed
    )

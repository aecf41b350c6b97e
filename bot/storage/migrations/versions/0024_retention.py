"""When a person was erased, the nights on which what is too old was, and which messages of ours carry files."""

import sqlalchemy as sa
from alembic import op

from bot.storage.base import UTCDateTime

revision = "0024"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("erased_at", UTCDateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE person SET erased_at = (SELECT max(audit_event.at) FROM audit_event"
        " WHERE audit_event.kind = 'person erased' AND audit_event.about = 'person ' || person.id)"
    )
    op.create_table(
        "retention_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("night", UTCDateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("started_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
        sa.UniqueConstraint("night", name=op.f("uq_retention_run_night")),
    )
    carries = sa.text("origin -> 'files' IS NOT NULL")
    op.create_index("ix_outbox_message_files", "outbox_message", ["id"], sqlite_where=carries, postgresql_where=carries)

"""Canned replies and macros."""

from typing import Any

import sqlalchemy as sa
from alembic import op

import bot.storage.base

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _kept() -> list[sa.Column[Any]]:
    return [
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", bot.storage.base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", bot.storage.base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "canned_reply",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("words", bot.storage.base.Json, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=True),
        sa.Column("unit", sa.String(length=64), nullable=True),
        *_kept(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reply")),
    )
    op.create_table(
        "ticket_macro",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("titles", bot.storage.base.Json, nullable=False),
        sa.Column("reply", sa.String(length=64), nullable=True),
        sa.Column("steps", bot.storage.base.Json, nullable=False),
        *_kept(),
        sa.ForeignKeyConstraint(["reply"], ["canned_reply.id"], name=op.f("fk_ticket_macro_reply_canned_reply")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_macro")),
    )

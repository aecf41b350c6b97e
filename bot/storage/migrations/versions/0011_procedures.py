"""Versions of profiles, who holds roles, alarms of tickets and what staff are told."""

import sqlalchemy as sa
from alembic import op

import bot.storage.base

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TIME = bot.storage.base.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "profile_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_version")),
        sa.UniqueConstraint("name", "number", name=op.f("uq_profile_version_name")),
    )
    op.create_table(
        "role_holder",
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("role", "username", name=op.f("pk_role_holder")),
    )
    op.add_column("ticket", sa.Column("profile_id", sa.Integer(), nullable=True))
    op.add_column("ticket", sa.Column("role", sa.String(length=32), nullable=True))
    op.create_table(
        "ticket_alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_alarm_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_alarm")),
        sa.UniqueConstraint("ticket_id", "kind", "name", "run", "what", name=op.f("uq_ticket_alarm_ticket_id")),
    )
    op.create_index("ix_ticket_alarm_at", "ticket_alarm", ["at"])
    op.create_table(
        "staff_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("promise", sa.String(length=64), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_staff_notice_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_notice")),
    )
    op.create_index("ix_staff_notice_username", "staff_notice", ["username", "seen_at"])

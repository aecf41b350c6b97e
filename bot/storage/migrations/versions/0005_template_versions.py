"""Templates in versions, with their history; questions that were asked; golden questions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bot.storage.base import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = UTCDateTime(timezone=True)


def upgrade() -> None:
    _versions()
    _questions()
    _copy_templates()
    op.drop_table("template_text")
    op.drop_table("template")


def _versions() -> None:
    op.create_table(
        "template_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("written_at", TIME, nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("published_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_template_version"),
        sa.UniqueConstraint("template_id", "number", name="uq_template_version_template_id"),
    )
    for name, condition in (("published", "state = 'published'"), ("open", "state in ('draft', 'review')")):
        op.create_index(
            f"ix_template_version_{name}",
            "template_version",
            ["template_id"],
            unique=True,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.create_table(
        "template_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=True),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("data", JSON, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_template_event"),
    )
    op.create_index("ix_template_event_template_id", "template_event", ["template_id", "id"])
    op.create_table(
        "template_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("data", JSON, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_template_notice"),
    )
    op.create_index(
        "ix_template_notice_open",
        "template_notice",
        ["template_id"],
        sqlite_where=sa.text("done_at is null"),
        postgresql_where=sa.text("done_at is null"),
    )


def _questions() -> None:
    op.create_table(
        "golden_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("plain", sa.String(length=300), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=True),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_golden_question"),
        sa.UniqueConstraint("lang", "plain", name="uq_golden_question_lang"),
    )
    op.create_table(
        "asked_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=True),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("handed_over_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox_message.id"], name="fk_asked_question_inbox_id_inbox_message"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_asked_question_conversation_id_conversation"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_asked_question_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_asked_question"),
        sa.UniqueConstraint("inbox_id", name="uq_asked_question_inbox_id"),
    )
    for column in ("conversation_id", "person_id", "at"):
        op.create_index(f"ix_asked_question_{column}", "asked_question", [column])


def _copy_templates() -> None:
    """What is there becomes everybody's first version."""
    connection = op.get_bind()
    words: dict[str, dict[str, object]] = {}
    text = sa.table("template_text", *(sa.column(c) for c in ("template_id", "lang", "title", "answer")),
                    sa.column("questions", JSON))  # fmt: skip
    for row in connection.execute(sa.select(text)):
        own = {"title": row.title, "questions": row.questions, "answer": row.answer, "attachments": []}
        words.setdefault(row.template_id, {})[row.lang] = own
    old = sa.table("template", *(sa.column(c) for c in ("id", "category", "audience", "owner", "source")),
                   sa.column("updated_at", TIME))  # fmt: skip
    version = sa.table("template_version", *(sa.column(c) for c in ("template_id", "number", "state", "author")),
                       sa.column("content", JSON), sa.column("written_at", TIME), sa.column("published_at", TIME),
                       sa.column("offered", sa.Boolean()))  # fmt: skip
    for row in connection.execute(sa.select(old)).all():
        shared = {"category": row.category, "audience": row.audience, "owner": row.owner, "source": row.source}
        around: dict[str, object] = {"valid_from": None, "valid_until": None, "buttons": []}
        connection.execute(
            sa.insert(version).values(
                template_id=row.id, number=1, state="published", author="import", offered=True,
                content={**shared, **around, "words": words.get(row.id, {})},
                written_at=row.updated_at, published_at=row.updated_at,
            )
        )  # fmt: skip

"""Alembic's entry: runs the migrations on the connection that is given in the configuration."""

from alembic import context

from bot.storage.base import Base
from bot.storage.models import ALL_MODELS

if not ALL_MODELS:
    raise RuntimeError("no models are known")

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()

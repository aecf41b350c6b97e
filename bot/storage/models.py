"""Every mapped class, so that one import fills the metadata (migrations, tests)."""

from bot.conversation import model as conversation
from bot.identity import model as identity
from bot.knowledge import model as knowledge
from bot.procedures import model as procedures
from bot.reports import model as reports
from bot.storage.base import Base
from bot.tickets import model as tickets
from bot.web.api import model as api
from bot.webhooks import model as webhooks

ALL_MODELS: tuple[type[Base], ...] = tuple(
    value
    for module in (api, conversation, identity, knowledge, procedures, reports, tickets, webhooks)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Base) and value is not Base
)

"""What the categories of tickets are called, and under which of them a ticket can be closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy.orm import Session

from bot.procedures.profile import Profile
from bot.procedures.rules import Category
from bot.tickets.alarms import procedure_of
from bot.tickets.model import Ticket
from bot.web.visit import Visit


def titles(visit: Visit) -> Mapping[str, str]:
    """By id: those of the profile in use, and those of the answer templates."""
    named = {each.id: each.title for each in visit.parts.knowledge.categories(visit.language)}
    return named | {each.id: each.name.said(visit.language) for each in visit.parts.promise.profile.every_category()}


def choices(visit: Visit, session: Session, ticket: Ticket) -> Sequence[tuple[str, str]]:
    """(id, title) of the leaves of the ticket's procedure, of the one in use for a ticket from before procedures were
    kept; each title with those above it."""
    procedure = procedure_of(session, ticket)
    return leaves(visit, procedure.profile if procedure is not None else visit.parts.promise.profile)


def leaves(visit: Visit, profile: Profile) -> Sequence[tuple[str, str]]:
    """(id, title) of the profile's leaves."""
    return [leaf for root in profile.categories for leaf in _leaves(root, visit.language)]


def _leaves(category: Category, language: str, above: str = "") -> Iterator[tuple[str, str]]:
    title = f"{above}{category.name.said(language)}"
    if category.leaf:
        yield category.id, title
    for child in category.children:
        yield from _leaves(child, language, f"{title} · ")

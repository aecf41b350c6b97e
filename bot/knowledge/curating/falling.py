"""Templates that help less than they did, found by a sequential test: it may be looked at every day without raising the
rate of false alarms, as looking at a percentage every day would.

A one-sided cumulative sum of log likelihood ratios (Page 1954, Biometrika 41): each "helped" or "did not help" speaks
for the expected rate or for one a third lower; what speaks for the expected one never counts below zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.knowledge import versions
from bot.knowledge.model import AnswerShown, TemplateNotice

LOWER = 2 / 3
"""The rate that is looked for, as a part of the expected one."""
ALARM = 5.0
"""Sum at which the fall is told. Simulated: a false alarm every 1,100 to 2,800 opinions, a fall by a third found after
16 to 56 of them (expected rates of .9 to .6)."""
RECENT = timedelta(days=60)
BEFORE = timedelta(days=365)
FEWEST_BEFORE = 20
"""What was said of a template before, for an expectation of its own; with less said, that of all templates counts."""
AGAIN = timedelta(days=30)
LEAST, MOST = 0.2, 0.98


def falls(helped: Iterable[bool], expected: float) -> bool:
    """Whether what was said, in order, tells of a rate below ``expected``."""
    expected = min(max(expected, LEAST), MOST)
    good, bad = math.log(LOWER), math.log((1 - LOWER * expected) / (1 - expected))
    total = 0.0
    for each in helped:
        total = max(0.0, total + (good if each else bad))
        if total >= ALARM:
            return True
    return False


def tell_of_falling(session: Session, now: datetime) -> list[TemplateNotice]:
    """Note for its owner each published template whose help rate falls, once a month at most."""
    live = versions.published(session)
    said: dict[str, list[tuple[datetime, bool]]] = {key: [] for key in live}
    rows = select(AnswerShown.template_id, AnswerShown.helped_at, AnswerShown.helped).where(
        AnswerShown.helped_at >= now - BEFORE, AnswerShown.helped.is_not(None)
    )
    for key, at, helped in session.execute(rows.order_by(AnswerShown.helped_at)):
        if key in said and at is not None:
            said[key].append((at, bool(helped)))
    before = {key: [helped for at, helped in each if at < now - RECENT] for key, each in said.items()}
    everybody = [helped for each in before.values() for helped in each]
    told = set(
        session.scalars(
            select(TemplateNotice.template_id).where(
                TemplateNotice.kind == "less_helpful", TemplateNotice.at > now - AGAIN
            )
        )
    )
    found = []
    for key, row in live.items():
        own = before[key] if len(before[key]) >= FEWEST_BEFORE else everybody
        recent = [helped for at, helped in said[key] if at >= now - RECENT]
        if key in told or len(own) < FEWEST_BEFORE or not falls(recent, sum(own) / len(own)):
            continue
        data = {"before": round(sum(own) / len(own), 2), "now": round(sum(recent) / len(recent), 2)}
        found.append(
            TemplateNotice(template_id=key, owner=row.content["owner"], kind="less_helpful", data=data, at=now)
        )
    session.add_all(found)
    session.flush()
    return found

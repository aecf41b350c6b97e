"""Who was told of which recap, and where it was sent to him."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base
from bot.storage.tries import Tries


class RecapNotice(Base):
    """``username`` was told that the recap of the profile with that id is there, of the time that began on ``first``
    (a local day). ``seen_at``: when he had seen it. Never deleted."""

    __tablename__ = "recap_notice"
    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    recap: Mapped[str] = mapped_column(String(32), primary_key=True)
    first: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]


class RecapDelivery(Tries, Base):
    """That recap is sent to him by ``way``, as StaffContact names it. ``fault``: why the last try failed; there is no
    ``next_try_at`` once it was sent, or cannot be. Never deleted."""

    __tablename__ = "recap_delivery"
    __table_args__ = (
        ForeignKeyConstraint(
            ["username", "recap", "first"], ["recap_notice.username", "recap_notice.recap", "recap_notice.first"]
        ),
        Index("ix_recap_delivery_next_try_at", "next_try_at"),
    )
    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    recap: Mapped[str] = mapped_column(String(32), primary_key=True)
    first: Mapped[date] = mapped_column(primary_key=True)
    way: Mapped[str] = mapped_column(String(16), primary_key=True)
    sent_at: Mapped[datetime | None]
    fault: Mapped[str | None] = mapped_column(String(200))

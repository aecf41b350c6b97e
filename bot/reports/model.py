"""Who was told of which recap."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base


class RecapNotice(Base):
    """``username`` was told that the recap of the profile with that id is there, of the time that began on ``first``
    (a local day). ``seen_at``: when he had seen it. Never deleted."""

    __tablename__ = "recap_notice"
    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    recap: Mapped[str] = mapped_column(String(32), primary_key=True)
    first: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]

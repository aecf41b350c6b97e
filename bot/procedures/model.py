"""Versions of profiles, who holds their roles, and who works for their units."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base


class ProfileVersion(Base):
    """A profile as it was put into use: ``text`` is the whole file, ``name`` its name in ``data/sops``, ``zone`` the
    institution's time zone then. ``since``: when it was last chosen; the one chosen last is in use. Never changed
    otherwise, never deleted: tickets stay on the version they began with. ``calendar_of``: the later version whose days
    and hours count in place of the text's; such a version is for tickets that run, and never in use itself."""

    __tablename__ = "profile_version"
    __table_args__ = (UniqueConstraint("name", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    since: Mapped[datetime]
    calendar_of: Mapped[int | None]


class RoleHolder(Base):
    """Somebody who was named for a role of the profile. With none, the kinds of account in ``held_by`` hold it."""

    __tablename__ = "role_holder"
    role: Mapped[str] = mapped_column(String(32), primary_key=True)
    username: Mapped[str] = mapped_column(String(64), primary_key=True)


class UnitMember(Base):
    """Somebody who works for a unit of the profile."""

    __tablename__ = "unit_member"
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(String(64), primary_key=True)

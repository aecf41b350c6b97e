"""A small core for the web chat: it commits what comes in and sends what it is told to, with the real tables."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.webchat import WebChatChannel
from bot.clock import Clock
from bot.conversation.messages import Event, Incoming, Outgoing, StoredFile, Typing
from bot.conversation.model import Attachment, Choice, Conversation, InboxMessage, OutboxMessage
from bot.identity.model import Account, Handle, Person
from bot.storage.database import Database


class StandIn:
    """The core's two ends, as far as a channel can see them."""

    def __init__(self, db: Database, data_dir: Path, clock: Clock) -> None:
        self.db = db
        self.data_dir = data_dir
        self.clock = clock
        self.taken: list[Incoming] = []
        self.typing: list[str] = []
        self.broken = False

    async def __call__(self, events: Sequence[Event]) -> None:
        if self.broken:
            raise RuntimeError("the database is away")
        for event in events:
            if isinstance(event, Typing):
                self.typing.append(event.address)
                continue
            assert isinstance(event, Incoming)
            self.taken.append(event)
            await asyncio.to_thread(self._commit, event)

    def _commit(self, incoming: Incoming) -> None:
        with self.db.write() as session:
            same = InboxMessage.external_id == incoming.external_id
            if session.scalars(select(InboxMessage.id).where(same)).first():
                return
            row = InboxMessage(
                conversation_id=self.conversation(session, incoming.addresses[0]).id,
                channel=incoming.channel,
                external_id=incoming.external_id,
                kind=incoming.kind,
                text=incoming.text,
                choice=incoming.choice,
                command=incoming.command,
                received_at=self.clock(),
            )
            session.add(row)
            session.flush()
            for file in incoming.attachments:
                session.add(
                    Attachment(
                        inbox_id=row.id,
                        kind=file.kind,
                        ref=file.ref,
                        filename=file.filename,
                        claimed_type=file.media_type,
                        claimed_size=file.size,
                        next_try_at=self.clock(),
                    )
                )

    def conversation(self, session: Session, address: str) -> Conversation:
        handle = session.scalars(select(Handle).where(Handle.channel == "web", Handle.address == address)).first()
        if handle is not None:
            return session.scalars(select(Conversation).where(Conversation.person_id == handle.person_id)).one()
        person = Person(created_at=self.clock())
        person.handles.append(Handle(channel="web", address=address, created_at=self.clock()))
        session.add(person)
        session.flush()
        conversation = Conversation(
            person_id=person.id, channel="web", address=address, state={}, created_at=self.clock()
        )
        session.add(conversation)
        session.flush()
        return conversation

    def store_files(self, media_type: str) -> list[int]:
        """Fetch what is pending, as the core does, and say what it was found to be."""
        with self.db.write() as session:
            files = session.scalars(select(Attachment).where(Attachment.status == "pending")).all()
            for file in files:
                source, target = self.data_dir / "incoming" / file.ref, self.data_dir / "files" / str(file.id)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
                file.path, file.size = f"files/{file.id}", target.stat().st_size
                file.media_type, file.status = media_type, "stored"
            return [file.id for file in files]

    async def reply(
        self,
        channel: WebChatChannel,
        address: str,
        text: str,
        *,
        author: str = "assistant",
        choices: Sequence[tuple[str, str]] = (),
        files: Sequence[StoredFile] = (),
        pause: float = 0.0,
    ) -> int:
        """Queue a message, send it, mark it as sent ``pause`` seconds later. ``choices``: (key, label)."""
        row = self.queue(address, text, author=author, choices=choices, files=files)
        external = await channel.send(address, Outgoing(text, files=tuple(files)))
        await asyncio.sleep(pause)
        self.mark_sent(row, external)
        return row

    def queue(
        self,
        address: str,
        text: str,
        *,
        author: str = "assistant",
        choices: Sequence[tuple[str, str]] = (),
        files: Sequence[StoredFile] = (),
    ) -> int:
        with self.db.write() as session:
            conversation = self.conversation(session, address)
            row = OutboxMessage(
                conversation_id=conversation.id,
                channel="web",
                author=author,
                epoch=0,
                text=text,
                origin={"files": [self._listed(file) for file in files]},
                status="queued",
                next_try_at=self.clock(),
                created_at=self.clock(),
            )
            session.add(row)
            session.flush()
            for position, (key, label) in enumerate(choices):
                session.add(
                    Choice(
                        key=key,
                        outbox_id=row.id,
                        conversation_id=conversation.id,
                        position=position,
                        label=label,
                        intent="affirm",
                    )
                )
            return row.id

    def _listed(self, file: StoredFile) -> dict[str, str]:
        path = str(file.path.relative_to(self.data_dir))
        return {"path": path, "filename": file.filename, "media_type": file.media_type}

    def mark_sent(self, row_id: int, external: str | None) -> None:
        with self.db.write() as session:
            row = session.get_one(OutboxMessage, row_id)
            row.status, row.external_id, row.sent_at = "sent", external, self.clock()

    def account(self, username: str, name: str) -> None:
        with self.db.write() as session:
            session.add(Account(username=username, name=name, role="agent", password="x", created_at=self.clock()))

"""The assistant's answers in many conversations, put on their way with one INSERT."""

from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import Table, insert
from sqlmodel import Session

from domain import ahead, channels, messages, rollup, waiting, window
from domain.channels import Linked
from illumichat_app import jobs
from illumichat_app.clock import now
from models import Author, Conversation, Message


class Answers:
    """Answers that are added one by one and written together. `on` holds their channels."""

    def __init__(self, session: Session, on: Mapping[int, Linked]) -> None:
        self._session = session
        self._on = on
        self._messages: list[Message] = []

    def add(self, conversation: Conversation, texts: Sequence[str]) -> None:
        """Texts to send, in order; the conversation shows them. Raises ChannelOff, WindowClosed."""
        channels.require_working(self._on[conversation.channel_id])
        window.require_open(conversation, now())
        for text in texts:
            self._add(conversation, text)

    def _add(self, conversation: Conversation, text: str) -> None:
        columns = messages.queued(self._session, conversation, Author.ASSISTANT, text)
        message = ahead.unmapped(columns)
        waiting.answered(conversation, message)
        rollup.added(self._session, message)
        messages.last_line(self._session, conversation, message)
        self._messages.append(message)

    def write(self) -> None:
        """Each conversation's in the order they were added: the outbox goes by their numbers."""
        if self._messages:
            rows = [vars(message) for message in self._messages]
            self._session.connection().execute(_INSERT, rows)
            jobs.wake_after(self._session, "outbox")


_INSERT = insert(cast(Table, Message.__table__))  # type: ignore[attr-defined]

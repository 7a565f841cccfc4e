"""What was said in a conversation, as a model reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, select

from domain.conversations import Verb
from integrations.llm import Speaker, Turn
from integrations.whatsapp.wording import describe
from models import (
    NEVER_SENT,
    Author,
    Conversation,
    ConversationEvent,
    Direction,
    Message,
)
from models.columns import BigId

LENGTH = 30  # messages: more would cost tokens and seldom changes an answer
MESSAGE_UNAVAILABLE = 131060  # Meta: error codes; the message's content is lost for good

_WORDS_ONLY = frozenset({"text", "interactive", "button", "template"})
_NOTHING_TO_SAY = frozenset({"system", "unsupported", "reaction"})
_NOT_SAID = ("system", "reaction")
_SPEAKERS = {
    Author.CUSTOMER: Speaker.CUSTOMER,
    Author.ASSISTANT: Speaker.ASSISTANT,
    Author.AGENT: Speaker.HUMAN,
    Author.SYSTEM: Speaker.ASSISTANT,
}
_EVENTS = {
    Verb.TAKE_OVER.value: "A colleague of the company took over here.",
    Verb.RESUME.value: "The colleague's part has ended; the assistant answers again from here on.",
    Verb.UNDO.value: "The colleague's part has ended; the assistant answers again from here on.",
    Verb.WRITE_AGAIN.value: "The conversation was closed; the assistant answers from here on.",
}


@dataclass(frozen=True, slots=True)
class Transcript:
    """The last turns, and which of the customer's messages nobody has answered yet."""

    turns: list[Turn]
    unanswered: list[Message]

    @property
    def answerable(self) -> bool:
        return any(message.kind not in _NOTHING_TO_SAY for message in self.unanswered)

    @property
    def lost_message(self) -> bool:
        """Meta could not deliver what the customer wrote: only they can repeat it."""
        return any(MESSAGE_UNAVAILABLE in _error_codes(message) for message in self.unanswered)

    @property
    def query(self) -> str:
        """The unanswered words, to search the knowledge with."""
        return "\n".join(message.text for message in self.unanswered if message.text)


def read(session: Session, conversation: Conversation) -> Transcript:
    """The last messages in Meta's order: edits applied, deleted ones and notes left out.

    Unanswered messages come last even if Meta delivered them late: they are what is asked.
    """
    rows = _last_messages(session, conversation.id)
    answered_up_to = _last_answer(session, conversation.id)
    unanswered = [row for row in rows if row.direction is Direction.IN and row.id > answered_up_to]
    before = [row for row in rows if row not in unanswered]
    since = rows[0].sent_at if rows else conversation.created_at
    told = _with_events(session, conversation.id, before, since)
    turns = [*told, *map(_turn, unanswered)]
    return Transcript([turn for turn in turns if turn.text or turn.attachment], unanswered)


def _last_messages(session: Session, conversation_id: int) -> list[Message]:
    newest_first = session.exec(_NEWEST, params={"conversation": conversation_id}).all()
    return list(reversed(newest_first))


def _last_answer(session: Session, conversation_id: int) -> int:
    """By arrival, not by Meta's time: a message that came late is still unanswered."""
    return session.exec(_ANSWERED, params={"conversation": conversation_id}).one() or 0


def _with_events(
    session: Session, conversation_id: int, rows: Sequence[Message], since: datetime
) -> list[Turn]:
    """The turns with a line where a person's part began and where it ended."""
    events = session.exec(_TURNING_POINTS, params={"conversation": conversation_id, "since": since})
    # Events first: a reply and the take-over that it is may be of the same moment.
    entries = [(at, Turn(Speaker.EVENT, _EVENTS[kind])) for at, kind in events]
    entries += [(row.sent_at, _turn(row)) for row in rows]
    return [turn for _, turn in sorted(entries, key=lambda entry: entry[0])]


def _turn(message: Message) -> Turn:
    attachment = ""
    if message.kind not in _WORDS_ONLY:
        attachment = describe(message.kind, None, message.content)
    return Turn(_SPEAKERS[message.author], message.text, attachment)


# Built once: naming the columns takes longer than reading the rows.
_CONVERSATION = bindparam("conversation", type_=BigId)
_NEWEST = (
    select(Message)
    .where(
        Message.conversation_id == _CONVERSATION,
        Message.direction != Direction.NOTE,
        col(Message.status).not_in(NEVER_SENT),
        col(Message.deleted_at).is_(None),
        col(Message.kind).not_in(_NOT_SAID),
    )
    .order_by(col(Message.sent_at).desc(), col(Message.id).desc())
    .limit(LENGTH)
)
_ANSWERED = select(func.max(Message.id)).where(
    Message.conversation_id == _CONVERSATION,
    Message.direction == Direction.OUT,
    col(Message.status).not_in(NEVER_SENT),  # the customer never saw it
    Message.kind != "reaction",
    col(Message.author).in_((Author.ASSISTANT, Author.AGENT)),
)
_TURNING_POINTS = select(ConversationEvent.created_at, ConversationEvent.kind).where(
    ConversationEvent.conversation_id == _CONVERSATION,
    col(ConversationEvent.kind).in_(_EVENTS),
    col(ConversationEvent.created_at) >= bindparam("since"),
)


def _error_codes(message: Message) -> list[object]:
    """Meta's `errors` of an unsupported message, which are kept with its content."""
    errors = cast(list[dict[str, Any]], message.content.get("errors") or [])
    return [error.get("code") for error in errors]

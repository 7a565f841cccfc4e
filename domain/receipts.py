"""Blue ticks and "typing…" for the customer, as the channel's setting wants them.

Each function decides and remembers inside the transaction, and returns the call to make once it is
committed: `tell`. A receipt whose process dies in between is lost and never made up for, because
Meta marks every earlier message too when the next one is marked (Meta: mark messages as read).
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from redis import RedisError
from sqlmodel import Session, col, update

from domain import access, channels, window
from domain.access import Actor
from domain.channels import Linked
from domain.transcript import Line
from illumichat_app import jobs
from illumichat_app.clock import now
from illumichat_app.errors import AppError
from integrations.whatsapp.client import Credentials, GraphClient
from integrations.whatsapp.errors import GraphError
from models import Conversation, Message, ReadReceipts

TYPING_EVERY_SECONDS = 20  # Meta: typing indicators end after 25 seconds
SECONDS = 5  # a courtesy is not worth waiting longer for

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One call to make: the customer's message is read, and with `typing` an answer is coming."""

    credentials: Credentials = field(repr=False)
    wamid: str
    message_id: int
    typing: bool = False


def opened(session: Session, actor: Actor, conversation_id: int) -> Receipt | None:
    """A person opened the conversation. Raises NotFound."""
    return _read(session, actor, conversation_id, {ReadReceipts.ON_OPEN})


def replied(session: Session, actor: Actor, conversation_id: int) -> Receipt | None:
    """A person's reply was queued. Raises NotFound."""
    policies = {ReadReceipts.ON_OPEN, ReadReceipts.ON_REPLY}
    return _read(session, actor, conversation_id, policies)


def typing(session: Session, actor: Actor, conversation_id: int) -> Receipt | None:
    """A person is writing; at most one call in 20 seconds for a conversation. Raises NotFound."""
    conversation = access.conversation(session, actor, conversation_id)
    on = _on(session, conversation)
    # WhatsApp's typing indicator marks the message as read.
    if on.channel.read_receipts is ReadReceipts.NEVER or not window.is_open(conversation, now()):
        return None
    message = _last_words(session, conversation)
    credentials = _credentials(session, on)
    if message is None or credentials is None or not _typing_is_due(conversation.id):
        return None
    first_time(session, message)
    return Receipt(credentials, message.wamid or "", message.id, typing=True)


def answering(session: Session, asked: Sequence[tuple[Linked, Line]]) -> list[Receipt | None]:
    """The assistant is about to answer these messages; `note` it with the answer."""
    # WhatsApp's typing indicator marks the message as read.
    told = [on for on, _ in asked if on.channel.read_receipts is not ReadReceipts.NEVER]
    places = {on.channel.id: on for on in told}
    speaking = {number: _credentials(session, on) for number, on in places.items()}
    return [_typing(speaking.get(on.channel.id), line) for on, line in asked]


def note(session: Session, told: Iterable[Receipt]) -> None:
    """The customer is told."""
    _note(session, [receipt.message_id for receipt in told])


def _typing(credentials: Credentials | None, line: Line) -> Receipt | None:
    if credentials is None or line.wamid is None:
        return None
    return Receipt(credentials, line.wamid, line.id, typing=True)


async def tell(client: GraphClient, receipt: Receipt | None) -> None:
    """Make the call, with no transaction open. Whatever fails here, the conversation goes on."""
    if receipt is None:
        return
    try:
        async with asyncio.timeout(SECONDS):
            await client.mark_read(receipt.credentials, receipt.wamid, typing=receipt.typing)
    except (GraphError, TimeoutError) as error:
        _log.info("no read receipt: %s", error)


def _read(
    session: Session, actor: Actor, conversation_id: int, policies: set[ReadReceipts]
) -> Receipt | None:
    conversation = access.conversation(session, actor, conversation_id)
    on = _on(session, conversation)
    message = _last_words(session, conversation)
    if on.channel.read_receipts not in policies or message is None:
        return None
    credentials = _credentials(session, on)
    if credentials is None or not first_time(session, message):
        return None
    return Receipt(credentials, message.wamid or "", message.id)


def first_time(session: Session, message: Message) -> bool:
    """Note that the customer is told; False if they were told before.

    `status_at` of a customer's message is the moment its receipt was decided: two tabs that open
    it at once ask the row, and one of them gets it.
    """
    return _note(session, [message.id]) == 1


def _note(session: Session, message_ids: Sequence[int]) -> int:
    """Returns of how many the customer was not told before."""
    if not message_ids:
        return 0
    told = session.exec(
        update(Message)
        .where(col(Message.id).in_(message_ids), col(Message.status_at).is_(None))
        .values(status_at=now())
        .execution_options(synchronize_session=False)
    )
    return told.rowcount


def _last_words(session: Session, conversation: Conversation) -> Message | None:
    """The customer's last message, if Meta can name it."""
    number = conversation.last_customer_message_id
    message = session.get(Message, number) if number else None
    return message if message and message.wamid else None


def _on(session: Session, conversation: Conversation) -> Linked:
    return channels.linked(session, [conversation.channel_id])[conversation.channel_id]


def _credentials(session: Session, on: Linked) -> Credentials | None:
    try:
        channels.require_working(on)
        return channels.credentials_of(session, on.channel.id)
    except AppError:
        return None


def _typing_is_due(conversation_id: int) -> bool:
    """Redis counts the seconds for every process; without it nobody is seen typing."""
    key = f"typing:{conversation_id}"
    try:
        return bool(jobs.redis().set(key, 1, nx=True, ex=TYPING_EVERY_SECONDS))
    except RedisError:
        return False

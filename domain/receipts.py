"""Blue ticks and "typing…" for the customer, as the channel's setting wants them.

Each function decides and remembers inside the transaction, and returns the call to make once it is
committed: `tell`. A receipt whose process dies in between is lost and never made up for, because
Meta marks every earlier message too when the next one is marked (Meta: mark messages as read).
"""

import asyncio
import logging
from dataclasses import dataclass, field

from redis import RedisError
from sqlmodel import Session, col, update

from domain import access, channels, window
from domain.access import Actor
from illumichat_app import jobs
from illumichat_app.clock import now
from illumichat_app.errors import AppError
from integrations.whatsapp.client import Credentials, GraphClient
from integrations.whatsapp.errors import GraphError
from models import Channel, Conversation, Message, ReadReceipts

TYPING_EVERY_SECONDS = 20  # Meta: typing indicators end after 25 seconds
SECONDS = 5  # a courtesy is not worth waiting longer for

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One call to make: the customer's message is read, and with `typing` an answer is coming."""

    credentials: Credentials = field(repr=False)
    wamid: str
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
    channel = session.get_one(Channel, conversation.channel_id)
    # WhatsApp's typing indicator marks the message as read.
    if channel.read_receipts is ReadReceipts.NEVER or not window.is_open(conversation, now()):
        return None
    message = _last_words(session, conversation)
    credentials = _credentials(session, channel)
    if message is None or credentials is None or not _typing_is_due(conversation.id):
        return None
    first_time(session, message)
    return Receipt(credentials, message.wamid or "", typing=True)


def answering(session: Session, channel: Channel, message: Message) -> Receipt | None:
    """The assistant is about to answer this message."""
    # WhatsApp's typing indicator marks the message as read.
    if channel.read_receipts is ReadReceipts.NEVER:
        return None
    first_time(session, message)
    credentials = _credentials(session, channel)
    if credentials is None or message.wamid is None:
        return None
    return Receipt(credentials, message.wamid, typing=True)


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
    channel = session.get_one(Channel, conversation.channel_id)
    message = _last_words(session, conversation)
    if channel.read_receipts not in policies or message is None:
        return None
    credentials = _credentials(session, channel)
    if credentials is None or not first_time(session, message):
        return None
    return Receipt(credentials, message.wamid or "")


def first_time(session: Session, message: Message) -> bool:
    """Note that the customer is told; False if they were told before.

    `status_at` of a customer's message is the moment its receipt was decided: two tabs that open
    it at once ask the row, and one of them gets it.
    """
    told = session.exec(
        update(Message)
        .where(col(Message.id) == message.id, col(Message.status_at).is_(None))
        .values(status_at=now())
        .execution_options(synchronize_session=False)
    )
    return bool(told.rowcount)


def _last_words(session: Session, conversation: Conversation) -> Message | None:
    """The customer's last message, if Meta can name it."""
    number = conversation.last_customer_message_id
    message = session.get(Message, number) if number else None
    return message if message and message.wamid else None


def _credentials(session: Session, channel: Channel) -> Credentials | None:
    try:
        channels.require_sendable(session, channel)
        return channels.credentials_of(session, channel.id)
    except AppError:
        return None


def _typing_is_due(conversation_id: int) -> bool:
    """Redis counts the seconds for every process; without it nobody is seen typing."""
    key = f"typing:{conversation_id}"
    try:
        return bool(jobs.redis().set(key, 1, nx=True, ex=TYPING_EVERY_SECONDS))
    except RedisError:
        return False

"""Our reactions to messages. Each is a row of the outbox without a line in the thread.

Once WhatsApp has it, it stands on the message it is about; nothing counts it.
"""

from sqlmodel import Session, select

from domain import access, rollup, sending
from domain.access import Actor
from illumichat_app import jobs
from illumichat_app.clock import now
from illumichat_app.errors import Invalid
from models import Author, Conversation, Direction, Message, MessageStatus

LONGEST_EMOJI = 32  # a family with skin tones has 11 code points and more


def queue_reaction(
    session: Session, actor: Actor, conversation_id: int, message_id: int, emoji: str | None
) -> Message:
    """React to a message of the conversation; None takes our reaction away.

    One that still waits changes instead. It is no reply, so nobody takes over.
    Raises NotFound, Invalid, WindowClosed, ChannelOff, NotAllowed.
    """
    conversation = access.conversation(session, actor, conversation_id)
    sending.require_may_send(session, conversation, actor, "reaction")
    content = {"emoji": _emoji(emoji)}
    wamid = sending.target(session, actor, conversation, message_id).wamid
    row = _waiting(session, conversation, wamid) or _new(session, conversation, wamid)
    row.user_id, row.content, row.sent_at = actor.user_id, content, now()
    session.add(row)
    session.flush()
    jobs.wake_after(session, "outbox")
    return row


def _emoji(emoji: object) -> str | None:
    if emoji is None:
        return None
    plain = isinstance(emoji, str) and 0 < len(emoji) <= LONGEST_EMOJI
    if not plain or any(letter.isalpha() or letter.isspace() for letter in str(emoji)):
        raise Invalid("Choose one emoji.")
    return str(emoji)


def _waiting(session: Session, conversation: Conversation, wamid: str | None) -> Message | None:
    return session.exec(
        select(Message)
        .where(
            Message.conversation_id == conversation.id,
            Message.kind == "reaction",
            Message.reply_to == wamid,
            Message.status == MessageStatus.QUEUED,
        )
        .with_for_update()
    ).first()


def _new(session: Session, conversation: Conversation, wamid: str | None) -> Message:
    moment = now()
    return Message(
        workspace_id=conversation.workspace_id,
        channel_id=conversation.channel_id,
        conversation_id=conversation.id,
        direction=Direction.OUT,
        author=Author.AGENT,
        kind="reaction",
        reply_to=wamid,
        status=MessageStatus.QUEUED,
        sent_at=moment,
        next_attempt_at=moment,
        day=rollup.day_of(session, conversation.workspace_id, moment),
    )

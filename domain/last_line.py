"""The line that stands for a conversation in the list, told anew when its newest message goes."""

from sqlmodel import Session, col, select

from illumichat_app import nudges
from integrations.whatsapp.wording import describe
from models import NEVER_SENT, Conversation, Message


def renew(session: Session, conversation: Conversation) -> None:
    """Show the newest message that went out or will; the list goes back to its moment."""
    nudges.after(session, conversation.workspace_id, conversation.id)
    newest = session.exec(
        select(Message)
        .where(
            Message.conversation_id == conversation.id,
            col(Message.status).not_in(NEVER_SENT),
            Message.kind != "reaction",  # it is shown on the message it is about
        )
        .order_by(col(Message.sent_at).desc(), col(Message.id).desc())
        .limit(1)
    ).first()
    if newest is None:
        conversation.last_preview = ""
        return
    conversation.last_at, conversation.last_author = newest.sent_at, newest.author
    conversation.last_preview = _words(newest)[:200]


def _words(message: Message) -> str:
    if message.deleted_at:
        return "Message deleted"
    return describe(message.kind, message.text, message.content)

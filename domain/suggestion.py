"""A draft of the assistant for a person's reply box: nothing is queued, and no trace is left."""

from dataclasses import dataclass

from sqlmodel import Session

from domain import access, questions, transcript
from domain.access import Actor
from illumichat_app.config import settings
from illumichat_app.errors import Invalid
from integrations.llm import Question
from models import Assistant


@dataclass(frozen=True, slots=True)
class Asked:
    """What the model call needs; no transaction is open while it thinks."""

    question: Question
    model: str


def prepare(session: Session, actor: Actor, conversation_id: int) -> Asked:
    """The question as the assistant would be asked it now.

    Raises NotFound, or Invalid where the customer waits for nothing.
    """
    conversation = access.conversation(session, actor, conversation_id)
    said = transcript.read(session, conversation)
    if not said.unanswered or not said.answerable:
        raise Invalid("There is nothing to answer: the customer's last words have an answer.")
    helper = session.get_one(Assistant, conversation.assistant_id)
    question = questions.of(session, helper, said)
    return Asked(question, helper.model or settings().ai_model)


def require_open(session: Session, actor: Actor, conversation_id: int) -> None:
    """Asked again once the model has answered. Raises NotFound."""
    access.conversation(session, actor, conversation_id)

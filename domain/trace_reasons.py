"""Why the assistant spoke, or did not: what a trace holds, in words for the pane."""

from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from domain import thread_lines
from domain.gates import Gate
from integrations.whatsapp.fields import optional_text, records
from models import AssistantTrace, Conversation, Decision

_SILENT = {
    Gate.CHANNEL_OFF: "The channel is switched off.",
    Gate.NOT_CONNECTED: "The channel has no working connection to WhatsApp.",
    Gate.CHANNEL_AI_OFF: "AI replies are off for this channel.",
    Gate.CONVERSATION_AI_OFF: "The AI is off for this conversation.",
    Gate.WAITS_FOR_PERSON: "It had asked for a person, and nobody had taken over yet.",
    Gate.PERSON_ANSWERS: "A person answers here.",
    Gate.CLOSED: "The conversation was closed.",
    Gate.WINDOW_CLOSED: "The 24-hour window was closed.",
    Gate.NOTHING_TO_ANSWER: "There was nothing left to answer.",
    Gate.NEWER_MESSAGE: "The customer had written again, so it read anew.",
    Gate.LEASE_LOST: "Another attempt was quicker.",
}
_WITHOUT_ANSWER = (Decision.SILENT, Decision.DROPPED)


@dataclass(frozen=True)
class Reasons:
    """The last decision: its figures, why nothing was said, and the passages it had read."""

    figures: str = ""
    silence: str = ""
    passages: list[str] = field(default_factory=list[str])


def last(session: Session, conversation: Conversation) -> Reasons:
    """Of the newest trace; empty when the assistant never had to decide."""
    trace = session.exec(
        select(AssistantTrace)
        .where(AssistantTrace.conversation_id == conversation.id)
        .order_by(col(AssistantTrace.id).desc())
        .limit(1)
    ).first()
    if trace is None:
        return Reasons()
    return Reasons(thread_lines.trace_words(trace), _silence(trace), _passages(trace))


def _silence(trace: AssistantTrace) -> str:
    if trace.decision not in _WITHOUT_ANSWER:
        return ""
    return next((words for gate, words in _SILENT.items() if gate == trace.reason), trace.reason)


def _passages(trace: AssistantTrace) -> list[str]:
    titles = (optional_text(passage, "title") for passage in records(trace.passages))
    return [title for title in titles if title]

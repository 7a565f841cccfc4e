"""What the assistant is asked, and the answers for which no model is needed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from domain import knowledge, outbox
from domain.conversations import HandOver
from domain.transcript import Transcript
from illumichat_app.config import settings
from integrations.llm import Answer, Passage, Question
from integrations.llm.phrases import Phrase, phrase
from models import Assistant, AssistantTrace, Conversation, Decision, KnowledgePassage
from models.columns import BigId

MOST_ATTEMPTS = 3
# Two machines talking to each other never stop by themselves.
MOST_TURNS = 20
TURNS_WITHIN = timedelta(hours=1)

Talk = tuple[Conversation, Transcript]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the model to ask. `ready` is an answer that needs no model."""

    question: Question
    model: str
    ready: Answer | None


def ask(session: Session, talks: Sequence[Talk], now: datetime) -> list[Asked]:
    """What is asked in each of these conversations."""
    if not talks:
        return []
    helpers = _helpers(session, {conversation.assistant_id for conversation, _ in talks})
    knowledge_of = _passages(session, helpers)
    turns = _turns(session, [conversation.id for conversation, _ in talks], now)
    asked: list[Asked] = []
    for conversation, said in talks:
        helper = helpers[conversation.assistant_id]
        question = _question(helper, said, knowledge_of.get(helper.id, []))
        ready = _ready_answer(conversation, said, question, turns.get(conversation.id, 0))
        asked.append(Asked(question, helper.model or settings().ai_model, ready))
    return asked


def of(session: Session, helper: Assistant, said: Transcript) -> Question:
    """What the model is asked, with the passages that fit."""
    return _question(helper, said, _passages(session, [helper.id]).get(helper.id, []))


def apology(question: Question, reason: str, model: str = "") -> Answer:
    """No model answered: a person is called."""
    return Answer(phrase(Phrase.FAILURE, question.language), HandOver.MODEL_FAILURE, reason, model)


def _question(
    helper: Assistant, said: Transcript, passages: Sequence[knowledge.Passage]
) -> Question:
    return Question(
        instructions=helper.instructions,
        assistant_name=helper.name,
        history=said.turns,
        passages=[
            Passage(found.title, found.body, found.score)
            for found in knowledge.rank(passages, said.query)
        ],
        # The channel's limit is for one message: a longer answer becomes several.
        max_length=outbox.LONGEST_TEXT,
    )


def _ready_answer(
    conversation: Conversation, said: Transcript, question: Question, turns: int
) -> Answer | None:
    """An answer for which no model is needed."""
    if conversation.reply_attempts > MOST_ATTEMPTS:
        return apology(question, "the answer was interrupted again and again")
    if turns >= MOST_TURNS:
        sentence = phrase(Phrase.PERSON, question.language)
        reason = f"{MOST_TURNS} answers within an hour"
        return Answer(sentence, HandOver.TOO_MANY_TURNS, reason)
    if not said.answerable:
        return Answer(phrase(Phrase.RESEND, question.language), None, "message unavailable")
    return None


def _helpers(session: Session, assistant_ids: Iterable[int]) -> dict[int, Assistant]:
    rows = session.exec(_HELPERS, params={"assistants": list(assistant_ids)})
    return {row.id: row for row in rows}


def _passages(session: Session, assistant_ids: Iterable[int]) -> dict[int, list[Any]]:
    """What each assistant knows."""
    found: dict[int, list[Any]] = {}
    rows: Any = session.exec(_PASSAGES, params={"assistants": list(assistant_ids)})
    for row in rows:
        found.setdefault(row.assistant_id, []).append(row)
    return found


def _turns(session: Session, conversation_ids: list[int], now: datetime) -> dict[int, int]:
    """How often the assistant answered lately in each, since it last called a person."""
    turns: dict[int, int] = {}
    lately = {"conversations": conversation_ids, "since": now - TURNS_WITHIN}
    for conversation_id, decision in session.exec(_DECISIONS, params=lately):
        answered = decision is Decision.ANSWERED
        turns[conversation_id] = turns.get(conversation_id, 0) + 1 if answered else 0
    return turns


# Built once: naming the columns takes longer than reading the rows.
_OF_ASSISTANTS = bindparam("assistants", expanding=True, type_=BigId)
_HELPERS = select(Assistant).where(col(Assistant.id).in_(_OF_ASSISTANTS))
_PASSAGES = (
    select(KnowledgePassage.assistant_id, KnowledgePassage.title, KnowledgePassage.body)
    .where(col(KnowledgePassage.assistant_id).in_(_OF_ASSISTANTS))
    .order_by(col(KnowledgePassage.id))
)
_DECISIONS = (
    select(AssistantTrace.conversation_id, AssistantTrace.decision)
    .where(
        col(AssistantTrace.conversation_id).in_(
            bindparam("conversations", expanding=True, type_=BigId)
        ),
        col(AssistantTrace.decision).in_((Decision.ANSWERED, Decision.HANDED_OVER)),
        col(AssistantTrace.created_at) > bindparam("since"),
    )
    .order_by(col(AssistantTrace.id))
)

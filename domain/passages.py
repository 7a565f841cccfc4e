"""What an assistant knows, and a trial of what it makes of it without a customer.

For admins only: every function raises NotAllowed for an agent, and NotFound for what is foreign.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from domain import accounts, assistants, audit, knowledge, labels, outbox
from domain.access import Actor
from domain.assistants import clean, number, storable
from illumichat_app.clock import now
from illumichat_app.config import settings
from illumichat_app.errors import Conflict, NotFound
from integrations.llm import Passage, Question, Speaker, Turn
from models import (
    Assistant,
    AssistantTrace,
    AuditAction,
    Conversation,
    Decision,
    KnowledgePassage,
)

TITLE_LENGTH = 200
BODY_LENGTH = 10_000
QUESTION_LENGTH = 4096  # Meta: text messages; no customer can ask more at once
SEARCH_LENGTH = 80
MOST_PASSAGES = 500
PAGE = 50
PREVIEW = 160
USED_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class PassageRow:
    """A passage in the list; `used` counts the answers of the last 30 days that it went into."""

    id: int
    title: str
    preview: str
    used: int
    added: str


@dataclass(frozen=True)
class PassagePage:
    """`next` is the key of the page below; `total` counts all passages, found or not."""

    rows: list[PassageRow]
    next: int | None
    total: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What the model is asked when an admin plays the customer."""

    question: Question
    model: str


def page(
    session: Session, actor: Actor, assistant_id: int, search: str = "", after: int | None = None
) -> PassagePage:
    """A page of passages, newest first, those that hold the words of the search."""
    assistant = assistants.find(session, actor, assistant_id)
    rows = _rows(session, assistant.id, storable(search).strip()[:SEARCH_LENGTH], after)
    shown = rows[:PAGE]
    used = _used(session, assistant, [title for _, title, _, _ in shown])
    zone = labels.zone(accounts.profile(session, actor)[1].time_zone)
    return PassagePage(
        rows=[
            PassageRow(
                id_, title, preview, used.get(title, 0), labels.list_time(added, now(), zone)
            )
            for id_, title, preview, added in shown
        ],
        next=shown[-1][0] if len(rows) > PAGE else None,
        total=_count(session, assistant.id),
    )


def read(session: Session, actor: Actor, assistant_id: int, passage_id: int) -> tuple[str, str]:
    """The whole title and body."""
    row = _passage(session, assistants.find(session, actor, assistant_id), passage_id)
    return row.title, row.body


def save(
    session: Session, actor: Actor, assistant_id: int, passage_id: int, *, title: str, body: str
) -> None:
    """Change a passage, or add one when the id is 0.

    Raises Invalid, and Conflict for a known title or too many passages.
    """
    # Locked, so that two admins cannot add the same title or go over the limit at once.
    assistant = assistants.find(session, actor, assistant_id, lock=True)
    title = " ".join(clean(title, "The title", TITLE_LENGTH, needed=True).split())
    body = clean(body, "The text", BODY_LENGTH, needed=True)
    row = _passage(session, assistant, passage_id) if passage_id else None
    _require_free_title(session, assistant.id, title, but=passage_id)
    what = _difference(row, title, body)
    if row is None:
        _require_room(session, assistant.id)
        row = KnowledgePassage(assistant_id=assistant.id, title=title, body=body)
    row.title, row.body = title, body
    session.add(row)
    if what:
        audit.note(session, actor, AuditAction.PASSAGE_SAVED, title, f"Of {assistant.name}: {what}")


def _difference(row: KnowledgePassage | None, title: str, body: str) -> str:
    """What a save does to a passage, in words; nothing when it is as before."""
    if row is None:
        return "added"
    retitled = f"title was “{row.title}”" if row.title != title else ""
    rewritten = "text rewritten" if row.body != body else ""
    return ", ".join(filter(None, (retitled, rewritten)))


def delete(session: Session, actor: Actor, assistant_id: int, passage_id: int) -> None:
    """The assistant forgets it."""
    assistant = assistants.find(session, actor, assistant_id)
    row = _passage(session, assistant, passage_id)
    session.delete(row)
    audit.note(session, actor, AuditAction.PASSAGE_DELETED, row.title, f"Of {assistant.name}")


def _rows(session: Any, assistant_id: int, search: str, after: int | None) -> list[Any]:
    query: Any = select(
        KnowledgePassage.id,
        KnowledgePassage.title,
        func.substr(KnowledgePassage.body, 1, PREVIEW),
        KnowledgePassage.created_at,
    ).where(KnowledgePassage.assistant_id == assistant_id)
    if search:
        title, body = col(KnowledgePassage.title), col(KnowledgePassage.body)
        query = query.where(
            or_(title.icontains(search, autoescape=True), body.icontains(search, autoescape=True))
        )
    if after is not None:
        query = query.where(col(KnowledgePassage.id) < after)
    newest = query.order_by(col(KnowledgePassage.id).desc()).limit(PAGE + 1)
    return list(session.exec(newest).all())


def _used(session: Session, assistant: Assistant, titles: list[str]) -> dict[str, int]:
    """How many answers of the last 30 days each title went into, in one query.

    Traces keep titles, not ids: a deleted passage must not take the trace's meaning with it.
    """
    title = _trace_title(session)
    query = (
        select(title, func.count())
        .select_from(AssistantTrace)
        .join(Conversation, col(Conversation.id) == AssistantTrace.conversation_id)
        .where(
            Conversation.assistant_id == assistant.id,
            Conversation.workspace_id == assistant.workspace_id,
            AssistantTrace.decision == Decision.ANSWERED,
            AssistantTrace.created_at > now() - USED_WITHIN,
            title.in_(titles),
        )
        .group_by(title)
    )
    counted: Any = session.exec(query).all()
    return dict(counted)


def _trace_title(session: Session) -> Any:
    """The title of each passage of a trace; the two databases spell it differently."""
    stored = col(AssistantTrace.passages)
    if session.get_bind().dialect.name == "postgresql":
        each: Any = func.jsonb_array_elements(stored).table_valued("value", joins_implicitly=True)
        return func.jsonb_extract_path_text(each.c.value, "title")
    each = func.json_each(stored).table_valued("value", joins_implicitly=True)
    return func.json_extract(each.c.value, "$.title")


def _count(session: Session, assistant_id: int) -> int:
    count = select(func.count(col(KnowledgePassage.id)))
    return session.exec(count.where(KnowledgePassage.assistant_id == assistant_id)).one()


def _passage(session: Session, assistant: Assistant, passage_id: int) -> KnowledgePassage:
    row = session.get(KnowledgePassage, number(passage_id))
    if row is None or row.assistant_id != assistant.id:
        raise NotFound("This passage is not here any more. Reload the page.")
    return row


def _require_free_title(session: Session, assistant_id: int, title: str, but: int) -> None:
    taken = session.exec(
        select(KnowledgePassage.id).where(
            KnowledgePassage.assistant_id == assistant_id,
            func.lower(KnowledgePassage.title) == title.lower(),
            KnowledgePassage.id != but,
        )
    ).first()
    if taken:
        raise Conflict(f"There is already a passage named {title}. Edit that one instead.")


def _require_room(session: Session, assistant_id: int) -> None:
    if _count(session, assistant_id) >= MOST_PASSAGES:
        raise Conflict(f"An assistant holds {MOST_PASSAGES} passages at most. Delete one first.")


# ---- the playground


def trial(session: Session, actor: Actor, assistant_id: int, words: str) -> Trial:
    """What the assistant would be asked; nothing is stored. Raises Invalid."""
    assistant = assistants.find(session, actor, assistant_id)
    words = clean(words, "The question", QUESTION_LENGTH, needed=True)
    rows = session.exec(
        select(KnowledgePassage)
        .where(KnowledgePassage.assistant_id == assistant.id)
        .order_by(col(KnowledgePassage.id))
    ).all()
    found = knowledge.rank(rows, words)
    question = Question(
        instructions=assistant.instructions,
        assistant_name=assistant.name,
        history=[Turn(Speaker.CUSTOMER, words)],
        passages=[Passage(each.title, each.body, each.score) for each in found],
        max_length=outbox.LONGEST_TEXT,
    )
    return Trial(question, assistant.model or settings().ai_model)

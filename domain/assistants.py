"""The assistants of a workspace and their settings.

Agents see which assistants there are; everything else is for admins.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain import accounts, audit, labels
from domain.access import Actor, require_admin
from illumichat_app.config import settings
from illumichat_app.errors import Conflict, Invalid, NotFound
from models import (
    Assistant,
    AuditAction,
    Channel,
    KnowledgePassage,
    WhatsAppConnection,
    Workspace,
)

NAME_LENGTH = accounts.NAME_LENGTH
INSTRUCTIONS_LENGTH = 20_000
MODEL_LENGTH = 100
MOST_ASSISTANTS = 50

OFFLINE = "offline"
PROVIDERS = ("openai", "anthropic", "google")
FIRST_INSTRUCTIONS = (
    "Answer in a friendly way and in few words. "
    "If you do not know, say so and offer to pass the question to a person."
)
WHATSAPP_GUIDANCE = """On WhatsApp:
- Write like in a chat: one to three short sentences, plain text, no headings and no tables.
- Ask for one thing at a time, and only for what is needed to help.
- Greet once, not in every message. Use an emoji only where the customer does.
- Never ask for passwords, card numbers or codes.
- If you are not sure, say so and offer to pass the question to a person."""


@dataclass(frozen=True)
class Summary:
    """An assistant in the list."""

    id: int
    name: str
    initials: str
    model: str
    passages: int
    channels: list[str]


@dataclass(frozen=True)
class Detail:
    """An assistant's settings as they are stored."""

    id: int
    name: str
    instructions: str
    model: str
    channels: list[str]


def listing(session: Session, actor: Actor) -> list[Summary]:
    """The workspace's assistants, by name."""
    passages = (
        select(func.count(col(KnowledgePassage.id)))
        .where(KnowledgePassage.assistant_id == Assistant.id)
        .scalar_subquery()
    )
    rows = session.exec(
        select(Assistant, passages)
        .where(Assistant.workspace_id == actor.workspace_id)
        .order_by(func.lower(Assistant.name), col(Assistant.id))
        .limit(MOST_ASSISTANTS)
    ).all()
    used_by = _channels(session, [row.id for row, _ in rows])
    return [_summary(row, count, used_by.get(row.id, [])) for row, count in rows]


def detail(session: Session, actor: Actor, assistant_id: int) -> Detail:
    """Admins only: one assistant's settings. Raises NotAllowed, NotFound."""
    row = find(session, actor, assistant_id)
    return _detail(row, _channels(session, [row.id]).get(row.id, []))


def create(session: Session, actor: Actor, name: str) -> int:
    """Admins only: a new assistant; returns its id. Raises NotAllowed, Invalid, Conflict."""
    require_admin(actor)
    name = _free_name(session, actor, name)
    count = select(func.count(col(Assistant.id)))
    if session.exec(count.where(Assistant.workspace_id == actor.workspace_id)).one() >= (
        MOST_ASSISTANTS
    ):
        raise Conflict(f"A workspace holds {MOST_ASSISTANTS} assistants at most.")
    row = Assistant(workspace_id=actor.workspace_id, name=name, instructions=FIRST_INSTRUCTIONS)
    session.add(row)
    session.flush()
    audit.note(session, actor, AuditAction.ASSISTANT_CREATED, name)
    return row.id


def save(
    session: Session, actor: Actor, assistant_id: int, *, name: str, instructions: str, model: str
) -> Detail:
    """Admins only: change the settings. Raises NotAllowed, NotFound, Invalid, Conflict."""
    row = find(session, actor, assistant_id)
    before, instructions_before = _told(row), row.instructions
    row.name = _free_name(session, actor, name, but=row.id)
    row.instructions = clean(instructions, "The instructions", INSTRUCTIONS_LENGTH)
    row.model = _clean_model(model)
    session.add(row)
    session.flush()
    rewritten = "instructions rewritten" if row.instructions != instructions_before else ""
    if changed := audit.changes(before, _told(row), rewritten):
        audit.note(session, actor, AuditAction.ASSISTANT_CHANGED, row.name, changed)
    return _detail(row, _channels(session, [row.id]).get(row.id, []))


def _told(row: Assistant) -> dict[str, str]:
    return {"name": f"“{row.name}”", "model": model_label(row.model)}


def with_guidance(instructions: str) -> str:
    """The instructions with the advice for WhatsApp at their end; once is enough."""
    if WHATSAPP_GUIDANCE in instructions:
        return instructions
    return f"{instructions.rstrip()}\n\n{WHATSAPP_GUIDANCE}".lstrip()


def model_label(model: str) -> str:
    """The model as people read it; an empty one is the deployment's."""
    return model or f"{settings().ai_model} (default)"


def model_problem(model: str) -> str:
    """Why this server cannot ask the model, or nothing."""
    model = model or settings().ai_model
    provider = model.partition(":")[0]
    if provider not in PROVIDERS or (provider == "openai" and settings().ai_base_url):
        return ""
    if getattr(settings(), f"{provider}_api_key").get_secret_value():
        return ""
    return (
        f"{provider.upper()}_API_KEY is not set on this server, so this model cannot answer and "
        "every question goes to a person. Set the key, or choose offline."
    )


def _summary(row: Assistant, passages: int, channels: list[str]) -> Summary:
    model = model_label(row.model)
    return Summary(row.id, row.name, labels.initials(row.name), model, passages, channels)


def _detail(row: Assistant, channels: list[str]) -> Detail:
    return Detail(row.id, row.name, row.instructions, row.model, channels)


def _channels(session: Session, assistant_ids: Iterable[int]) -> dict[int, list[str]]:
    """The names and numbers of the channels that each assistant answers."""
    rows = session.exec(
        select(Channel.assistant_id, Channel.name, WhatsAppConnection.display_phone_number)
        .join(WhatsAppConnection, col(WhatsAppConnection.channel_id) == Channel.id, isouter=True)
        .where(col(Channel.assistant_id).in_(list(assistant_ids)))
        .order_by(col(Channel.id))
    )
    found: dict[int, list[str]] = {}
    for assistant_id, name, phone in rows:
        found.setdefault(assistant_id, []).append(f"{name} · {phone}" if phone else name)
    return found


def find(session: Session, actor: Actor, assistant_id: int, *, lock: bool = False) -> Assistant:
    """The assistant, for an admin. Raises NotAllowed; NotFound if it is missing or foreign."""
    require_admin(actor)
    query = select(Assistant).where(
        Assistant.id == number(assistant_id), Assistant.workspace_id == actor.workspace_id
    )
    row = session.exec(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("This assistant is not here any more, or not yours to see.")
    return row


def _free_name(session: Session, actor: Actor, name: str, but: int = 0) -> str:
    """The name as it is kept, once per workspace: the inbox tells assistants apart by it."""
    name = accounts.clean_name(storable(name))
    # Without a lock, two admins could take the same name at once.
    session.get_one(Workspace, actor.workspace_id, with_for_update=True)
    taken = session.exec(
        select(Assistant.id).where(
            Assistant.workspace_id == actor.workspace_id,
            func.lower(Assistant.name) == name.lower(),
            Assistant.id != but,
        )
    ).first()
    if taken:
        raise Conflict(f"There is already an assistant named {name}. Choose another name.")
    return name


def _clean_model(model: str) -> str:
    model = clean(model, "The model", MODEL_LENGTH)
    provider, _, name = model.partition(":")
    known = provider in PROVIDERS and bool(name.strip())
    if not model or model == OFFLINE or known or settings().ai_base_url:
        return model
    raise Invalid(
        "This model is not known. Write offline, openai:…, anthropic:… or google:…, "
        "or leave it empty for the default."
    )


def clean(words: str, what: str, longest: int, *, needed: bool = False) -> str:
    """The words as they are kept. Raises Invalid when there are too many, or none."""
    words = storable(words).replace("\r\n", "\n").strip()
    if len(words) > longest:
        raise Invalid(f"{what} may have {longest:,} characters at most; these are {len(words):,}.")
    if needed and not words:
        raise Invalid(f"{what} is empty. Write something first.")
    return words


def storable(words: str) -> str:
    """Without what PostgreSQL refuses: NUL, and halves of a character."""
    return words.replace("\x00", "").encode(errors="ignore").decode()


def number(value: int) -> int:
    """An id as databases know it. Raises NotFound."""
    if not 0 < value < 2**63:  # beyond it a database driver raises
        raise NotFound
    return value

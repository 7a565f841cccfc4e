"""The WhatsApp account whose templates a page shows, and what is known of its names."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from domain import access, channels, connections, template_words
from domain.access import Actor
from domain.template_lint import Known, base_name
from illumichat_app.clock import now
from illumichat_app.errors import ChannelOff, NotFound
from integrations.whatsapp.client import Credentials
from models import (
    AuditAction,
    AuditEntry,
    ConnectionStatus,
    Template,
    WhatsAppConnection,
)

LOCK = timedelta(days=30)
# How a line of the audit trail names the languages whose name Meta keeps locked.
LOCKED = "Locked at Meta for 30 days"


@dataclass(frozen=True, slots=True)
class Account:
    """What a call to Meta about an account's templates needs; no row is read meanwhile."""

    connection_id: int
    workspace_id: int
    waba_id: str
    number: str
    credentials: Credentials = field(repr=False)


def require(session: Session, actor: Actor, assistant_id: int) -> Account:
    """Admins only. Raises NotAllowed, NotFound, or ChannelOff when no number is connected."""
    row = _connection(session, actor, assistant_id)
    if row is None or row.status is ConnectionStatus.DISCONNECTED:
        raise ChannelOff("No number is connected here. Connect one first.")
    return Account(
        row.id, row.workspace_id, row.waba_id, row.display_phone_number, channels.credentials(row)
    )


def find(session: Session, actor: Actor, assistant_id: int) -> WhatsAppConnection | None:
    """Like require, without secrets: those that no key opens must not hide the page."""
    secret = (
        WhatsAppConnection.access_token,
        WhatsAppConnection.app_secret,
        WhatsAppConnection.pin,
    )
    row = _connection(session, actor, assistant_id, *(defer(each) for each in secret))  # pyright: ignore[reportArgumentType]
    return None if row is None or row.status is ConnectionStatus.DISCONNECTED else row


def _connection(
    session: Session, actor: Actor, assistant_id: int, *options: Any
) -> WhatsAppConnection | None:
    channel_id = connections.channel_of(session, actor, assistant_id)
    query = select(WhatsAppConnection).where(WhatsAppConnection.channel_id == channel_id)
    return session.exec(query.options(*options)).first()


def of_account(row: Account | WhatsAppConnection) -> tuple[Any, ...]:
    """What the templates of an account have in common."""
    return Template.workspace_id == row.workspace_id, Template.waba_id == row.waba_id


def template(session: Session, row: Account | WhatsAppConnection, template_id: int) -> Template:
    """One of its templates. Raises NotFound."""
    if isinstance(template_id, bool) or not 0 < template_id < 2**63:
        raise NotFound
    found = session.exec(
        select(Template).where(Template.id == template_id, *of_account(row)).with_for_update()
    ).first()
    if found is None:
        raise NotFound("This template is not here any more.")
    return found


# ---- names


def known(
    session: Session, actor: Actor, row: Account | WhatsAppConnection, name: str, template_id: int
) -> Known:
    """What stands against a name. Admins only."""
    access.require_admin(actor)
    # Numbered names too: the linter proposes one that is free.
    numbered = col(Template.name).startswith(f"{base_name(name)}_", autoescape=True)
    alike = session.exec(
        select(Template.id, Template.name, Template.language, Template.status).where(
            *of_account(row), (col(Template.name) == name) | numbered
        )
    ).all()
    taken = {(found, language) for number, found, language, _ in alike if number != template_id}
    unsure = {(n, lang) for _, n, lang, status in alike if status == template_words.SUBMITTING}
    own = next(((n, lang) for number, n, lang, _ in alike if number == template_id), ("", ""))
    return Known(frozenset(taken - unsure), _locked(session, row, name), frozenset(unsure), own)


def _locked(
    session: Session, row: Account | WhatsAppConnection, name: str
) -> frozenset[tuple[str, str]]:
    """What was deleted here lately; what was deleted at Meta only Meta knows."""
    lines = session.exec(
        select(AuditEntry.detail).where(
            AuditEntry.workspace_id == row.workspace_id,
            AuditEntry.action == AuditAction.TEMPLATE_DELETED,
            AuditEntry.subject == name,
            AuditEntry.created_at > now() - LOCK,
        )
    ).all()
    said = [line.partition(LOCKED)[2] for line in lines]
    return frozenset(
        (name, code)
        for code, words in template_words.LANGUAGES.items()
        if any(words in each for each in said)
    )


def deletion_detail(rows: list[Template]) -> str:
    """“In Spanish, French. Locked at Meta for 30 days: Spanish.”"""
    sentence = f"In {_languages(rows)}."
    # Meta locks the names of approved ones only.
    locked = [row for row in rows if row.status == "APPROVED"]
    return f"{sentence} {LOCKED}: {_languages(locked)}." if locked else sentence


def _languages(rows: list[Template]) -> str:
    return ", ".join(template_words.language(row.language) for row in rows)

"""Deleting templates at Meta and here: one language of a name, or all of them."""

from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from domain import audit, template_accounts, template_words
from domain.access import Actor
from domain.template_accounts import Account
from illumichat_app import db
from illumichat_app.errors import Conflict, Invalid
from integrations.whatsapp import template_calls, template_refusals
from integrations.whatsapp.client import GraphClient
from integrations.whatsapp.errors import GraphError
from models import AuditAction, Template, WhatsAppConnection

_GONE = (100, 33)


@dataclass(frozen=True)
class Doomed:
    """What would go: the template's language, and all languages of its name."""

    template: int = 0
    name: str = ""
    language: str = ""
    languages: list[str] = field(default_factory=list[str])


def preview(session: Session, actor: Actor, assistant_id: int, template_id: int) -> Doomed:
    """What the question shows. Admins only. Raises NotAllowed, NotFound, ChannelOff."""
    account = template_accounts.require(session, actor, assistant_id)
    row = template_accounts.template(session, account, template_id)
    words = [template_words.language(each.language) for each in _all(session, account, row.name)]
    return Doomed(row.id, row.name, template_words.language(row.language), words)


async def delete(
    client: GraphClient, actor: Actor, assistant_id: int, template_id: int, *, whole: bool
) -> str:
    """Delete a template, or `whole`: its name in every language. Returns what was deleted.

    Raises NotAllowed, NotFound, ChannelOff, Invalid, and Conflict with Meta's reason.
    """
    account, name, meta_id = await db.read(_doomed, actor, assistant_id, template_id)
    try:
        await template_calls.delete(
            client, account.credentials, account.waba_id, name, "" if whole else meta_id
        )
    except GraphError as error:
        # What was deleted at Meta already, by hand or by an answer that was lost, goes here too.
        gone = error.subcode == template_refusals.NO_TEMPLATE
        if not gone and (error.code, error.subcode) != _GONE:
            raise Conflict(template_refusals.explain(error).sentence) from error
    await db.run(_deleted, actor, account, name, 0 if whole else template_id)
    return name


def _doomed(
    session: Session, actor: Actor, assistant_id: int, template_id: int
) -> tuple[Account, str, str]:
    account = template_accounts.require(session, actor, assistant_id)
    row = template_accounts.template(session, account, template_id)
    if not row.meta_id:
        raise Invalid("Meta has not confirmed this template yet. Press Sync with Meta first.")
    return account, row.name, row.meta_id


def _deleted(session: Session, actor: Actor, account: Account, name: str, only: int) -> None:
    rows = [row for row in _all(session, account, name) if only in (0, row.id)]
    for row in rows:
        session.delete(row)
    if rows:
        detail = template_accounts.deletion_detail(rows)
        audit.note(session, actor, AuditAction.TEMPLATE_DELETED, name, detail)


def _all(session: Session, account: Account | WhatsAppConnection, name: str) -> list[Template]:
    query = select(Template).where(*template_accounts.of_account(account), Template.name == name)
    return list(session.exec(query.order_by(col(Template.language))))

"""Reading an account's templates from Meta because an admin asked, page after page."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain import access, audit, template_accounts, templates
from domain.access import Actor
from domain.template_accounts import Account
from illumichat_app import clock, db
from illumichat_app.errors import Conflict
from integrations.whatsapp import template_refusals
from integrations.whatsapp.client import GraphClient
from integrations.whatsapp.errors import GraphError
from integrations.whatsapp.fields import Json
from models import AuditAction


@dataclass(frozen=True, slots=True)
class Progress:
    """How many were read so far, of how many; 0 while Meta has not said."""

    read: int
    total: int


async def run(client: GraphClient, actor: Actor, assistant_id: int) -> AsyncIterator[Progress]:
    """Read all, then make ours equal to them; told after each page.

    Raises NotAllowed, NotFound, ChannelOff, and Conflict with the reason when Meta does not answer:
    then nothing is changed.
    """
    account = await db.read(template_accounts.require, actor, assistant_id)
    began, listed = clock.now(), list[Json]()
    try:
        async for page in client.template_pages(account.credentials, account.waba_id):
            listed += page.items
            yield Progress(len(listed), max(page.total or 0, len(listed)))
    except GraphError as error:
        raise Conflict(template_refusals.explain(error).sentence) from error
    await db.run(take_over, actor, account, listed, began)


def take_over(
    session: Session, actor: Actor, account: Account, listed: list[Json], began: datetime
) -> None:
    """Admins only: keep what Meta listed. Raises NotAllowed."""
    access.require_admin(actor)
    templates.replace(session, account.connection_id, listed, began)
    count = "1 template" if len(listed) == 1 else f"{len(listed)} templates"
    audit.note(session, actor, AuditAction.TEMPLATES_SYNCED, account.number, f"{count} at Meta")

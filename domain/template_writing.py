"""Handing templates in at Meta: a new one, or a change of one that is there.

Meta is called with no transaction open. A new one is stored before the call, so that two admins
cannot hand it in twice; whatever became of a lost answer is read from Meta's list, never guessed
and never sent again.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from domain import (
    access,
    audit,
    template_accounts,
    template_drafts,
    template_fixes,
    template_lint,
    template_words,
    templates,
)
from domain.access import Actor
from domain.template_accounts import Account
from domain.template_drafts import Draft
from domain.template_lint import Known, Problem, Remedy
from domain.template_list import EDITABLE
from illumichat_app import clock, db, nudges
from illumichat_app.errors import Conflict, Invalid, NotFound
from integrations.whatsapp import template_calls, template_refusals
from integrations.whatsapp.client import GraphClient
from integrations.whatsapp.errors import GraphError, Outcome
from integrations.whatsapp.template_calls import Made
from models import AuditAction, Template, WhatsAppConnection

# After this the list is read again, which settles whatever was cut off on the way.
SOON = timedelta(minutes=1)
NOT_THERE = (
    "Meta did not answer in time, and its list does not have this. Nothing was changed: hand it in "
    "again."
)
UNSURE = (
    "Meta did not answer in time, so it is not certain that it has this. It is not sent again by "
    "itself: the list shows what became of it in a minute, or when you press Sync with Meta."
)


@dataclass(frozen=True, slots=True)
class Result:
    """`done`, or `refused` with what is wrong; `unsure` when nobody knows yet."""

    state: Literal["done", "refused", "unsure"]
    problem: Problem | None = None


_DONE = Result("done")


# ---- before: what is wrong with a draft


def examine(session: Session, actor: Actor, assistant_id: int, draft: Draft) -> list[Problem]:
    """What Meta would refuse. Admins only. Raises NotAllowed, NotFound."""
    return template_lint.check(draft, _known(session, actor, assistant_id, draft))


def mended(
    session: Session, actor: Actor, assistant_id: int, draft: Draft, remedy: Remedy
) -> Draft:
    """The draft with one fix made. Admins only. Raises NotAllowed, NotFound."""
    return template_fixes.mend(draft, remedy, _known(session, actor, assistant_id, draft))


def _known(session: Session, actor: Actor, assistant_id: int, draft: Draft) -> Known:
    account = template_accounts.find(session, actor, assistant_id)
    if account is None:
        return Known()
    return template_accounts.known(session, actor, account, draft.name, draft.template)


Purpose = Literal["fix", "edit", "copy"]


def begin(
    session: Session, actor: Actor, assistant_id: int, template_id: int, purpose: Purpose
) -> tuple[Draft, str]:
    """A draft that starts from a template, and a sentence on what it lost.

    `fix`: a new one under the next free name, `copy`: the same name in another language, `edit`:
    the template itself. Admins only. Raises NotAllowed, NotFound, Invalid.
    """
    access.require_admin(actor)
    account = template_accounts.find(session, actor, assistant_id)
    if account is None:
        raise NotFound
    row = template_accounts.template(session, account, template_id)
    draft, lost = template_drafts.from_template(row)
    if purpose == "edit":
        return _to_change(row, draft, lost), ""
    known = template_accounts.known(session, actor, account, draft.name, 0)
    if purpose == "copy":
        return _in_another_language(draft, known), lost
    category = template_words.better_category(row.category, row.rejected_reason)
    name = template_lint.free_name(draft, known)
    return replace(draft, name=name, category=category), lost


def _to_change(row: Template, draft: Draft, lost: str) -> Draft:
    if row.status not in EDITABLE:
        raise Invalid("Meta lets only approved, rejected and paused templates be changed.")
    if lost:
        raise Invalid(
            "This template has parts that cannot be written here. Change it in WhatsApp Manager."
        )
    return replace(draft, template=row.id, approved=row.status == "APPROVED")


def _in_another_language(draft: Draft, known: Known) -> Draft:
    used = {language for name, language in known.taken | known.unsure if name == draft.name}
    free = [code for code in template_words.LANGUAGES if code not in used]
    return replace(draft, language=free[0] if free else "en_US")


def _require_fine(session: Session, actor: Actor, account: Account, draft: Draft) -> Draft:
    """The linter again, at the door: the browser may send anything."""
    draft = template_drafts.cleaned(draft)
    known = template_accounts.known(session, actor, account, draft.name, draft.template)
    wrong = [each for each in template_lint.check(draft, known) if each.blocking]
    if wrong:
        raise Invalid(wrong[0].sentence)
    return draft


# ---- a new one


async def create(client: GraphClient, actor: Actor, assistant_id: int, draft: Draft) -> Result:
    """Hand a new template in; it starts as Pending. Admins only.

    Raises NotAllowed, NotFound, ChannelOff, Invalid, Conflict.
    """
    account, draft = await db.run(_reserve, actor, assistant_id, draft)
    try:
        made = await template_calls.create(
            client, account.credentials, account.waba_id, template_drafts.payload(draft)
        )
    except GraphError as error:
        if error.outcome is Outcome.UNKNOWN:
            return await _settle_new(client, actor, account, draft)
        await db.run(_withdraw, account, draft)
        return _refused(error)
    await db.run(_created, actor, account, draft, made)
    return _taken_as(made, draft)


def _taken_as(made: Made, draft: Draft) -> Result:
    if made.category == draft.category:
        return _DONE
    words = template_words.category(made.category)
    sentence = f"Meta put it into another category: {words}. What a message costs follows that."
    return Result("done", Problem("category", sentence, blocking=False))


def _reserve(
    session: Session, actor: Actor, assistant_id: int, draft: Draft
) -> tuple[Account, Draft]:
    account = template_accounts.require(session, actor, assistant_id)
    draft = _require_fine(session, actor, account, draft)
    try:
        with session.begin_nested():
            session.add(_blank(account, draft))
            session.flush()
    except IntegrityError:
        raise Conflict("Somebody has just handed in a template of this name.") from None
    # Whoever dies from here on leaves a row that the next reading of the list settles.
    session.get_one(WhatsAppConnection, account.connection_id).templates_due_at = clock.now() + SOON
    nudges.after(session, account.workspace_id)
    return account, draft


def _blank(account: Account, draft: Draft) -> Template:
    return Template(
        workspace_id=account.workspace_id,
        waba_id=account.waba_id,
        name=draft.name,
        language=draft.language,
        category=draft.category,
        status=template_words.SUBMITTING,
        parameter_format="NAMED" if template_drafts.is_named(draft) else "POSITIONAL",
        components=template_drafts.components(draft),
        synced_at=clock.now(),
    )


def _row(session: Session, account: Account, draft: Draft) -> Template | None:
    return session.exec(
        select(Template).where(
            *template_accounts.of_account(account),
            Template.name == draft.name,
            Template.language == draft.language,
        )
    ).first()


def _created(session: Session, actor: Actor, account: Account, draft: Draft, made: Made) -> None:
    # A reading of the list that ran meanwhile may have taken the row away, or have it already.
    row = _row(session, account, draft) or _blank(account, draft)
    if row.status == template_words.SUBMITTING:
        row.status = made.status
    row.meta_id, row.category, row.synced_at = made.id, made.category, clock.now()
    session.add(row)
    _note_created(session, actor, draft)


def _note_created(session: Session, actor: Actor, draft: Draft) -> None:
    said = f"{template_words.category(draft.category)}, {template_words.language(draft.language)}"
    audit.note(session, actor, AuditAction.TEMPLATE_CREATED, draft.name, said)


def _withdraw(session: Session, account: Account, draft: Draft) -> None:
    row = _row(session, account, draft)
    if row and row.status == template_words.SUBMITTING:
        session.delete(row)
    nudges.after(session, account.workspace_id)


def _refused(error: GraphError) -> Result:
    part, sentence = template_refusals.explain(error)
    taken = error.subcode in (template_refusals.NAME_LOCKED, template_refusals.NAME_TAKEN)
    remedy: Remedy = "next_name" if taken else ""
    return Result("refused", Problem(part, sentence, "Use another name" if taken else "", remedy))


async def _settle_new(client: GraphClient, actor: Actor, account: Account, draft: Draft) -> Result:
    """The answer was lost: Meta's list tells."""
    if not await _read_list(client, account):
        return Result("unsure", Problem("", UNSURE))
    there = await db.run(_note_if_there, actor, account, draft)
    return _DONE if there else Result("refused", Problem("", NOT_THERE))


async def _read_list(client: GraphClient, account: Account) -> bool:
    began = clock.now()
    try:
        listed = [item async for item in client.templates(account.credentials, account.waba_id)]
    except GraphError:
        return False
    await db.run(templates.replace, account.connection_id, listed, began)
    return True


def _note_if_there(session: Session, actor: Actor, account: Account, draft: Draft) -> bool:
    row = _row(session, account, draft)
    if row is None or row.status == template_words.SUBMITTING:
        return False
    _note_created(session, actor, draft)
    return True


# ---- a change


async def change(client: GraphClient, actor: Actor, assistant_id: int, draft: Draft) -> Result:
    """Put the draft in the place of its template; the review begins anew. Admins only.

    Raises NotAllowed, NotFound, ChannelOff, Invalid.
    """
    account, meta_id, draft = await db.read(_changing, actor, assistant_id, draft)
    changes: dict[str, object] = {"components": template_drafts.components(draft)}
    if not draft.approved:
        changes["category"] = draft.category
    try:
        await template_calls.edit(client, account.credentials, meta_id, changes)
    except GraphError as error:
        if error.outcome is Outcome.UNKNOWN:
            await _read_list(client, account)
            return Result("unsure", Problem("", UNSURE))
        return _refused(error)
    await db.run(_changed, actor, account, draft)
    return _DONE


def _changing(
    session: Session, actor: Actor, assistant_id: int, draft: Draft
) -> tuple[Account, str, Draft]:
    account = template_accounts.require(session, actor, assistant_id)
    row = template_accounts.template(session, account, draft.template)
    _to_change(row, *template_drafts.from_template(row))
    # Name and language of a template never change, and the category of an approved one neither.
    approved = row.status == "APPROVED"
    fixed = {"name": row.name, "language": row.language, "approved": approved}
    fixed |= {"category": row.category} if approved else {}
    return account, row.meta_id, _require_fine(session, actor, account, replace(draft, **fixed))


def _changed(session: Session, actor: Actor, account: Account, draft: Draft) -> None:
    row = template_accounts.template(session, account, draft.template)
    row.components, row.category = template_drafts.components(draft), draft.category
    row.status, row.rejected_reason = "PENDING", ""
    row.parameter_format = "NAMED" if template_drafts.is_named(draft) else "POSITIONAL"
    row.created_at = row.synced_at = clock.now()  # its review begins anew
    said = template_words.language(row.language)
    audit.note(session, actor, AuditAction.TEMPLATE_CHANGED, row.name, said)

"""News of an account, a number or a template: health follows Meta by itself."""

import re
from datetime import timedelta
from typing import Any

from sqlmodel import Session, func, select

from domain import channels
from illumichat_app import jobs, nudges
from illumichat_app.clock import now
from integrations.whatsapp import update_types as meta
from integrations.whatsapp.fields import optional_record, records
from models import Channel, Template, WhatsAppConnection

News = meta.TemplateChange | meta.NumberChange | meta.AccountChange


def concerned(session: Session, update: News) -> list[WhatsAppConnection]:
    """The connections of the account; number news names only the digits of the number."""
    query = select(WhatsAppConnection).where(WhatsAppConnection.waba_id == update.waba_id)
    rows = session.exec(query.options(*channels.sealed("access_token", "pin")))
    if not isinstance(update, meta.NumberChange):
        return list(rows)
    digits = _digits(update.display_phone_number)
    return [row for row in rows if _digits(row.display_phone_number) == digits]


def _digits(number: str | None) -> str:
    return re.sub(r"\D", "", number or "")


def apply(session: Session, connection: WhatsAppConnection, update: News) -> None:
    if isinstance(update, meta.TemplateChange):
        _template(session, connection, update)
    else:
        _news(session, connection, update)
    nudges.after(session, connection.workspace_id)


def _template(
    session: Session, connection: WhatsAppConnection, update: meta.TemplateChange
) -> None:
    template = session.exec(
        select(Template).where(
            Template.workspace_id == connection.workspace_id,
            Template.waba_id == connection.waba_id,
            Template.name == update.name,
            func.lower(Template.language) == (update.language or "").lower(),
        )
    ).first()
    if template is None:
        return read_templates(session, connection)
    value = update.value
    if value.get("event") == "DELETED":
        return session.delete(template)
    if update.field == "message_template_status_update":
        template.status = _TEMPLATE_STATUS.get(str(value.get("event")), str(value.get("event")))
        template.rejected_reason = _reason(value)
    elif update.field == "message_template_quality_update":
        template.quality = value.get("new_quality_score") or ""
    elif update.field == "template_category_update" and "previous_category" in value:
        # Without a previous category the change is only planned, for 24 hours later.
        template.category = value.get("new_category") or template.category
    elif update.field == "message_template_components_update":
        read_templates(session, connection)
    template.synced_at = now()
    return None


# Every other event is named like the status it leads to.
_TEMPLATE_STATUS = {"UNARCHIVED": "APPROVED", "REINSTATED": "APPROVED", "FLAGGED": "APPROVED"}


def _reason(value: dict[str, Any]) -> str:
    reason = value.get("reason")
    return "" if reason in (None, "NONE") else str(reason)


def read_templates(session: Session, connection: WhatsAppConnection) -> None:
    """A template we do not know, or whose content changed: read them all from Meta soon."""
    connection.templates_due_at = now()
    jobs.wake_after(session, "upkeep")


def _news(
    session: Session,
    connection: WhatsAppConnection,
    update: meta.NumberChange | meta.AccountChange,
) -> None:
    _lock(session, connection)
    connection.news += 1
    if isinstance(update, meta.AccountChange):
        return _account(session, connection, update)
    connection.health = connection.health | {update.field: update.value}
    # The news names a part only: quality, limit and name are read from Meta.
    return channels.check_soon(session, connection)


def _lock(session: Session, connection: WhatsAppConnection) -> None:
    """What a check writes down at this moment is part of what the news is added to."""
    session.flush()  # a refresh forgets what was changed and not yet written
    session.refresh(connection, with_for_update=True)


_ENDED = {
    "PARTNER_REMOVED": "The WhatsApp account was disconnected from this app at Meta. "
    "Connect the number again.",
    "PARTNER_APP_UNINSTALLED": "Access was withdrawn at Meta. Connect the number again.",
    "ACCOUNT_DELETED": "The WhatsApp Business account was deleted at Meta.",
    "ACCOUNT_OFFBOARDED": "The number was moved away from this app at Meta.",
}


def _account(session: Session, connection: WhatsAppConnection, update: meta.AccountChange) -> None:
    connection.health = connection.health | {update.event or update.field: update.value}
    if update.event in _ENDED:
        channels.broke(session, connection, _ENDED[update.event])
    elif update.event == "ACCOUNT_RESTRICTION":
        _restriction(session, connection, update.value)
    elif update.event == "DISABLED_UPDATE":
        _ban(session, connection, update.value)
    elif update.event == "ACCOUNT_RECONNECTED":
        channels.mended(session, connection)
    elif update.field == "business_capability_update":
        channels.check_soon(session, connection)


def _restriction(session: Session, connection: WhatsAppConnection, value: dict[str, Any]) -> None:
    """Restrictions that stop answers break the connection; an empty list lifts them."""
    kinds = {str(item.get("restriction_type")) for item in records(value.get("restriction_info"))}
    if "RESTRICTED_CUSTOMER_INITIATED_MESSAGING" in kinds:
        channels.broke(
            session,
            connection,
            "Meta restricts this account: it may not answer customers. "
            "See Business Support Home at Meta for the way out.",
        )
    elif not kinds:
        channels.mended(session, connection)


def _ban(session: Session, connection: WhatsAppConnection, value: dict[str, Any]) -> None:
    state = optional_record(value.get("ban_info")).get("waba_ban_state")
    if state == "DISABLE":
        channels.broke(session, connection, "Meta has disabled this WhatsApp Business account.")
    elif state == "REINSTATE":
        channels.mended(session, connection)


def note_errors(session: Session, channel: Channel, update: meta.ChannelError) -> None:
    """An error of the number itself, kept for the connection card."""
    connection = channels.connection_of(session, channel.id)
    if connection and update.errors:
        error = update.errors[0]
        _lock(session, connection)
        connection.health = connection.health | {
            "error": {"code": error.code, "title": error.title, "at": now().isoformat()}
        }
        nudges.after(session, connection.workspace_id)


TEMPLATES_EVERY = timedelta(hours=6)

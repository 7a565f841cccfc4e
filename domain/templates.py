"""Keeping our copy of Meta's message templates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from domain import channels
from domain.account_news import TEMPLATES_EVERY
from illumichat_app import nudges
from illumichat_app.clock import now
from integrations.whatsapp.client import Credentials
from integrations.whatsapp.fields import optional_record
from models import ConnectionStatus, Template, WhatsAppConnection


def due(session: Session) -> list[tuple[int, str, Credentials]]:
    """The connections whose templates are to be read again: id, account, credentials."""
    moment = now()
    rows = session.exec(
        select(WhatsAppConnection)
        .where(
            col(WhatsAppConnection.templates_due_at) <= moment,
            WhatsAppConnection.status == ConnectionStatus.CONNECTED,
        )
        .options(*channels.sealed())
    ).all()
    for row in rows:  # claimed: a run that dies is tried again at the next round
        row.templates_due_at = moment + TEMPLATES_EVERY
    good = channels.opened(session, rows)
    return [(row.id, row.waba_id, channels.credentials(row)) for row in good]


def replace(
    session: Session,
    connection_id: int,
    listed: Sequence[Mapping[str, Any]],
    began: datetime | None = None,
) -> None:
    """Make our rows equal to Meta's list: changed, new ones added, deleted ones gone.

    `began`: when the reading began; what is newer than that is left as it is.
    """
    connection = session.get_one(WhatsAppConnection, connection_id)
    known = {(row.name, row.language): row for row in _of(session, connection)}
    newer = {key for key, row in known.items() if began and row.synced_at and row.synced_at > began}
    for item in listed:
        row = known.pop((item["name"], item["language"]), None) or _new(connection, item)
        if (row.name, row.language) not in newer:
            _describe(row, item)
            session.add(row)
    for key, gone in known.items():
        if key not in newer:
            session.delete(gone)
    nudges.after(session, connection.workspace_id)


def _of(session: Session, connection: WhatsAppConnection) -> list[Template]:
    return list(
        session.exec(
            select(Template).where(
                Template.workspace_id == connection.workspace_id,
                Template.waba_id == connection.waba_id,
            )
        )
    )


def _new(connection: WhatsAppConnection, item: Mapping[str, Any]) -> Template:
    return Template(
        workspace_id=connection.workspace_id,
        waba_id=connection.waba_id,
        name=item["name"],
        language=item["language"],
        category="",
        status="",
    )


def _describe(row: Template, item: Mapping[str, Any]) -> None:
    row.meta_id = str(item.get("id", ""))
    row.category = str(item.get("category", ""))
    row.status = str(item.get("status", ""))
    row.parameter_format = str(item.get("parameter_format") or "POSITIONAL").upper()
    row.components = item.get("components") or []
    reason = item.get("rejected_reason")
    row.rejected_reason = "" if reason in (None, "NONE") else str(reason)
    row.quality = str(optional_record(item.get("quality_score")).get("score") or "")
    row.synced_at = now()

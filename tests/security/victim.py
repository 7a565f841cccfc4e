"""A company with a row in every table, each text of it a canary."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Session, SQLModel, select

import models
from domain import invitations, sessions
from illumichat_app import db
from illumichat_app.clock import now
from models import Role, User, Workspace
from tests import factories

CANARY = "canary7fa3"
# Written by Meta for several companies at once; no page shows it.
WITHOUT_OWNER = {"webhook_event"}


@dataclass(frozen=True)
class Victim:
    """The company, its admin, and the ids of its rows."""

    workspace_id: int
    admin: Any
    agent: Any
    ids: list[int]


def make(session: Session) -> Victim:
    """Fill every table for one company."""
    place = factories.workspace(session, f"{CANARY} workspace")
    admin = factories.person(session, place, f"{CANARY} admin", Role.ADMIN)
    agent = factories.person(session, place, f"{CANARY} agent")
    for who in (admin, agent):
        user = session.get_one(User, who.user_id)
        user.email = f"{CANARY}{who.user_id}@demo.test"
    _conversation(session, place, admin.user_id)
    sessions.start(session, admin.user_id, browser=f"{CANARY} browser")
    invitations.invite(session, admin, role=Role.AGENT, email=f"{CANARY}@demo.test")
    session.flush()
    return Victim(place.id, admin, agent, sorted(_all_ids(session)))


def _conversation(session: Session, place: Workspace, admin_id: int) -> None:
    helper = factories.assistant(session, place, returns=f"{CANARY} passage")
    channel = factories.channel(session, place, helper, token=f"EAA{CANARY}")
    channel.name = f"{CANARY} channel"
    talk = factories.conversation(
        session,
        channel,
        title=f"{CANARY} customer",
        last_preview=f"{CANARY} preview",
        claimed_by=admin_id,
        window_ends_at=now() + timedelta(hours=12),
        unread=3,
    )
    said = factories.message(session, talk, f"{CANARY} text")
    session.add_all([*_of_company(place), *_of_talk(talk, admin_id), *_of_message(said, admin_id)])
    session.add_all([*_counts(talk), _delivery(session, place)])
    session.flush()


def _of_company(place: Workspace) -> list[SQLModel]:
    return [
        models.Contact(workspace_id=place.id, name=f"{CANARY} contact", phone="4479460"),
        models.Template(
            workspace_id=place.id,
            waba_id="210000000000001",
            name=f"{CANARY}_template",
            language="en",
            category="UTILITY",
            status="APPROVED",
        ),
        models.SavedReply(workspace_id=place.id, shortcut=CANARY, text=f"{CANARY} saved reply"),
    ]


def _of_talk(talk: models.Conversation, admin_id: int) -> list[SQLModel]:
    where: dict[str, Any] = {"workspace_id": talk.workspace_id, "conversation_id": talk.id}
    return [
        models.ConversationEvent(**where, kind="note", data={"text": CANARY}),
        models.AssistantTrace(**where, decision=models.Decision.ANSWERED, reason=CANARY),
        models.ConversationSeen(user_id=admin_id, conversation_id=talk.id),
        models.ParkedUpdate(channel_id=talk.channel_id, wamid="wamid.x", kind="status"),
    ]


def _of_message(said: models.Message, admin_id: int) -> list[SQLModel]:
    return [
        models.Media(
            workspace_id=said.workspace_id,
            channel_id=said.channel_id,
            message_id=said.id,
            meta_id="1",
            filename=f"{CANARY}.jpg",
        ),
        models.SendAttempt(message_id=said.id, key=CANARY, number=1, error=CANARY),
        models.Mention(
            workspace_id=said.workspace_id,
            conversation_id=said.conversation_id,
            message_id=said.id,
            user_id=admin_id,
        ),
    ]


def _counts(talk: models.Conversation) -> list[SQLModel]:
    where: dict[str, Any] = {"workspace_id": talk.workspace_id, "channel_id": talk.channel_id}
    where["day"] = now().date()
    return [
        models.MessageDaily(**where),
        models.DailyCount(**where, what=models.Counted.HOUR),
        models.ConversationDay(**where, conversation_id=talk.id, inbound=1),
    ]


def _delivery(session: Session, place: Workspace) -> models.EventOwner:
    body = f'{{"entry": "{CANARY} delivery"}}'.encode()
    event = models.WebhookEvent(digest=CANARY, signed_by=CANARY, body=body)
    session.add(event)
    session.flush()
    return models.EventOwner(workspace_id=place.id, event_id=event.id)


def _all_ids(session: Session) -> set[int]:
    return {
        number
        for table in SQLModel.metadata.sorted_tables
        for number in session.exec(select(table.c.id)).all()
    }


def empty_tables() -> set[str]:
    """Tables without a row: a new table must be filled above, or it is not watched."""
    with db.engine().connect() as connection:
        return {
            table.name
            for table in SQLModel.metadata.sorted_tables
            if connection.execute(select(table.c.id)).first() is None
        }

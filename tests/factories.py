"""Rows for tests, made by plain functions. Everybody here is invented."""

from itertools import count
from typing import Any

from sqlmodel import Session

from domain.access import Actor
from illumichat_app.clock import now
from models import (
    Assistant,
    Author,
    Channel,
    ConnectMethod,
    Conversation,
    CustomerIdentity,
    Direction,
    KnowledgePassage,
    Membership,
    Message,
    MessageStatus,
    Role,
    State,
    User,
    WhatsAppConnection,
    Workspace,
)

_number = count(1)


def workspace(session: Session, name: str = "Harbour Supplies", **facts: Any) -> Workspace:
    return _kept(session, Workspace(name=name, **facts))


def person(
    session: Session, place: Workspace, name: str = "Ana Ruiz", role: Role = Role.AGENT
) -> Actor:
    user = _kept(
        session, User(email=f"person{next(_number)}@demo.test", name=name, password_hash="x")
    )
    _kept(session, Membership(workspace_id=place.id, user_id=user.id, role=role))
    return Actor(user_id=user.id, workspace_id=place.id, role=role, name=name)


def assistant(session: Session, place: Workspace, **passages: str) -> Assistant:
    made = _kept(session, Assistant(workspace_id=place.id, name="Harbour assistant"))
    for title, body in passages.items():
        passage = KnowledgePassage(
            assistant_id=made.id, title=title.replace("_", " ").capitalize(), body=body
        )
        _kept(session, passage)
    return made


def channel(
    session: Session,
    place: Workspace,
    helper: Assistant,
    *,
    phone_number_id: str = "310000000000007",
    waba_id: str = "210000000000001",
    display: str = "+44 20 7946 0991",
    token: str = "EAASIMULATOR",
    app_secret: str | None = None,
    **settings: Any,
) -> Channel:
    made = _kept(
        session,
        Channel(workspace_id=place.id, assistant_id=helper.id, name="Harbour Support", **settings),
    )
    connection = WhatsAppConnection(
        workspace_id=place.id,
        channel_id=made.id,
        phone_number_id=phone_number_id,
        waba_id=waba_id,
        display_phone_number=display,
        method=ConnectMethod.MANUAL if app_secret else ConnectMethod.EMBEDDED,
        access_token=token,
        app_secret=app_secret,
        checked_at=now(),
    )
    _kept(session, connection)
    return made


def conversation(
    session: Session, on: Channel, *, wa_id: str | None = None, **facts: Any
) -> Conversation:
    identity = _kept(
        session,
        CustomerIdentity(
            workspace_id=on.workspace_id,
            channel_id=on.id,
            wa_id=wa_id or f"4479460{next(_number):05}",
            profile_name=facts.get("title", "Lucía Marín"),
        ),
    )
    made = Conversation(
        workspace_id=on.workspace_id,
        channel_id=on.id,
        assistant_id=on.assistant_id,
        identity_id=identity.id,
        **{"last_at": now(), "title": "Lucía Marín", "state": State.ASSISTANT} | facts,
    )
    return _kept(session, made)


def message(session: Session, into: Conversation, text: str = "Hello", **facts: Any) -> Message:
    number = next(_number)
    given = {
        "direction": Direction.IN,
        "author": Author.CUSTOMER,
        "status": MessageStatus.RECEIVED,
        "wamid": f"wamid.{number}",
        "sent_at": now(),
        "day": now().date(),
    } | facts
    made = Message(
        workspace_id=into.workspace_id,
        channel_id=into.channel_id,
        conversation_id=into.id,
        text=text,
        **given,
    )
    return _kept(session, made)


def _kept(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row

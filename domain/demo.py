"""The demo workspace: a shop whose number is at the simulated Meta."""

from typing import TypeVar

from sqlmodel import Session, SQLModel

from domain import accounts, connections
from illumichat_app.clock import now
from illumichat_app.config import settings
from models import (
    Assistant,
    Channel,
    ConnectMethod,
    KnowledgePassage,
    Membership,
    Role,
    User,
    WhatsAppConnection,
    Workspace,
)

Kept = TypeVar("Kept", bound=SQLModel)

ADMIN = ("admin@demo.test", "Ana Ruiz", Role.ADMIN)
AGENT = ("agent@demo.test", "Sam Okafor", Role.AGENT)

# What the simulator starts with.
PHONE_NUMBER_ID = "310000000000007"
WABA_ID = "210000000000001"
TOKEN = "EAASIMULATOR"  # noqa: S105  worth nothing outside the simulator

INSTRUCTIONS = (
    "You answer for Harbour Supplies, a shop for sailing gear in Valencia. Be warm and brief. "
    "Ask for the order number when somebody asks about an order."
)

KNOWLEDGE = {
    "Delivery time": "Parcels reach Spain and Portugal in 2 working days and the rest of Europe "
    "in 4. Shipping is free for orders over 50 euro; below that delivery costs 4.90 euro.",
    "Where is my parcel": "Every parcel has a tracking link in the shipping e-mail. If the link "
    "shows no news for 2 working days, tell us your order number and we ask the courier.",
    "Changing an address": "The courier can change a delivery address once, before 18:00 on the "
    "day before delivery. Send us the order number and the new address.",
    "Returns and refunds": "You can return unused items within 30 days. Write to us and we send a "
    "free label; the refund is back on your card within 5 working days of arrival.",
    "Opening hours": "The shop at Carrer de Sagunt 12, Valencia is open Monday to Friday from 9:00 "
    "to 19:00 and Saturday from 10:00 to 14:00. We are closed on Sunday.",
    "Payment": "We take cards, Bizum, PayPal and bank transfer. You can pay in 3 parts without "
    "interest from 90 euro.",
    "Ropes and lengths": "Ropes are cut to length at no charge. For a halyard take the mast's "
    "height twice and add 2 metres.",
    "Warranty": "Everything has a 3-year warranty. Send a photo of the damage and the order "
    "number, and we repair, replace or refund it.",
}


def seed(session: Session) -> bool:
    """Make the demo once; False if somebody already lives here."""
    if not accounts.nobody_yet(session):
        return False
    place = _kept(session, Workspace(name="Harbour Supplies", time_zone="Europe/Madrid"))
    for email, name, role in (ADMIN, AGENT):
        _person(session, place, email, name, role)
    helper = _assistant(session, place)
    _number(session, place, helper)
    return True


def _person(session: Session, place: Workspace, email: str, name: str, role: Role) -> None:
    secret = accounts.hash_password(settings().demo_password)
    user = _kept(session, User(email=email, name=name, password_hash=secret))
    session.add(Membership(workspace_id=place.id, user_id=user.id, role=role))


def _assistant(session: Session, place: Workspace) -> Assistant:
    helper = _kept(
        session,
        Assistant(workspace_id=place.id, name="Harbour assistant", instructions=INSTRUCTIONS),
    )
    for title, body in KNOWLEDGE.items():
        session.add(KnowledgePassage(assistant_id=helper.id, title=title, body=body))
    return helper


def _number(session: Session, place: Workspace, helper: Assistant) -> None:
    channel = _kept(
        session,
        Channel(workspace_id=place.id, assistant_id=helper.id, name="Harbour Support"),
    )
    session.add(
        WhatsAppConnection(
            workspace_id=place.id,
            channel_id=channel.id,
            phone_number_id=PHONE_NUMBER_ID,
            waba_id=WABA_ID,
            display_phone_number="+44 20 7946 0991",
            verified_name="Harbour Support",
            method=ConnectMethod.EMBEDDED,
            access_token=TOKEN,
            token_end=connections.last_letters(TOKEN),
            templates_due_at=now(),
        )
    )


def _kept(session: Session, row: Kept) -> Kept:
    session.add(row)
    session.flush()
    return row

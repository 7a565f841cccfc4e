"""Lane inbound: apply stored webhook events."""

from domain import deliveries
from illumichat_app import db
from workers import lane


def drain() -> None:
    lane.drain("inbound", step)


def step() -> bool:
    """One transaction of events, in arrival order. True if there were any."""
    with db.reading() as session:
        if not deliveries.waiting(session):
            return False
    with db.transaction() as session:
        return db.alone(session, "inbound") and deliveries.drain(session) > 0

"""The demo's company, whose number nobody needs to check: the stubs know no answer to that."""

from datetime import timedelta

from sqlmodel import col, select, update


def make() -> None:
    from domain import demo
    from illumichat_app import clock, db
    from models import WhatsAppConnection

    later = clock.now() + timedelta(days=1)
    with db.transaction() as session:
        demo.seed(session)
        session.exec(
            update(WhatsAppConnection).values(checked_at=clock.now(), templates_due_at=later)
        )


def connect() -> None:
    """A number for the first channel of a company that was seeded without one."""
    from domain import demo
    from illumichat_app import db
    from models import Channel, ConnectMethod, WhatsAppConnection

    with db.transaction() as session:
        channel = session.exec(select(Channel).order_by(col(Channel.id)).limit(1)).one()
        session.add(
            WhatsAppConnection(
                workspace_id=channel.workspace_id,
                channel_id=channel.id,
                phone_number_id=demo.PHONE_NUMBER_ID,
                waba_id=demo.WABA_ID,
                display_phone_number="+44 20 7946 0991",
                method=ConnectMethod.EMBEDDED,
                access_token=demo.TOKEN,
            )
        )

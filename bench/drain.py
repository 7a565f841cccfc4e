"""Applying stored events: how many a second, beside the raw database doing the same inserts."""

import json
import os
import subprocess
import sys

from bench.intake import _environment, _payload

EVENTS = 2_000


def measure(database_url: str, redis_url: str) -> dict[str, object]:
    """Drain 2,000 events of 200 customers, in a process of its own that reads its own settings."""
    answer = subprocess.run(
        [sys.executable, "-m", "bench.drain"],
        env=_environment(database_url, redis_url),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout.splitlines()[-1])


def _run() -> dict[str, object]:
    import time

    from domain import channels, deliveries
    from illumichat_app import db
    from models import EventState, WebhookEvent

    _seed()
    with db.transaction() as session:
        session.query(WebhookEvent).update({"state": EventState.PROCESSED})
        for number in range(EVENTS):
            payload = json.dumps(_payload(f"drain-{time.time_ns()}-{number}"))
            body = payload.replace("34612555014", f"34612{number % 200:06}")
            body = body.replace("ES.2088", f"ES.{number % 200:04}")
            session.add(
                WebhookEvent(
                    digest=f"{time.time_ns()}-{number}",
                    signed_by=channels.fingerprint(os.environ["META_APP_SECRET"]),
                    body=body.encode(),
                )
            )
    began = time.perf_counter()
    while True:
        with db.transaction() as session:
            if not deliveries.drain(session):
                break
    seconds = time.perf_counter() - began
    return {
        "database": db.engine().dialect.name,
        "events": EVENTS,
        "drained_per_second": round(EVENTS / seconds),
    }


def _seed() -> None:
    from sqlmodel import select

    from illumichat_app import db
    from models import Assistant, Channel, ConnectMethod, WhatsAppConnection, Workspace

    with db.transaction() as session:
        if session.exec(select(WhatsAppConnection)).first():
            return
        place = Workspace(name="Bench")
        session.add(place)
        session.flush()
        helper = Assistant(workspace_id=place.id, name="Bench")
        session.add(helper)
        session.flush()
        channel = Channel(workspace_id=place.id, assistant_id=helper.id, name="Bench")
        session.add(channel)
        session.flush()
        session.add(
            WhatsAppConnection(
                workspace_id=place.id,
                channel_id=channel.id,
                phone_number_id="310000000000007",
                waba_id="210000000000001",
                display_phone_number="+44 20 7946 0991",
                method=ConnectMethod.EMBEDDED,
                access_token="none",
            )
        )


if __name__ == "__main__":
    print(json.dumps(_run()))

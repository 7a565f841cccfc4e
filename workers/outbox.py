"""Lane outbox: send queued messages."""

import logging
from collections.abc import Awaitable
from datetime import datetime

from domain import outbox
from domain.outbox import Answer, Sending
from illumichat_app import db, log, metrics
from illumichat_app.batches import Batches
from illumichat_app.config import settings
from integrations.whatsapp import process_client
from integrations.whatsapp.client import Sent
from integrations.whatsapp.errors import GraphError
from workers import lane

MOST_TOGETHER = 100  # what they lock stays locked until the last of them is done

_log = logging.getLogger(__name__)


def drain() -> None:
    """A message has a connection to itself: none waits for one while its checks grow old."""
    lane.pump("outbox", claim, send, next_due, slots=settings().meta_connections)


async def claim(limit: int) -> list[Sending]:
    return await db.run(outbox.claim, limit)


async def next_due() -> datetime | None:
    return await db.read(outbox.next_due)


async def send(sending: Sending) -> Awaitable[None]:
    """Call Meta with no transaction open; what is returned writes down what came of it."""
    log.bind(
        conversation_id=sending.conversation_id,
        message_id=sending.message_id,
        attempt=sending.attempt_key,
    )
    client = await process_client.graph()
    result: Sent | GraphError
    try:
        result = await client.send(
            sending.credentials, sending.body, callback_data=sending.attempt_key
        )
    except GraphError as error:
        result = error
    return _written((sending, result))


async def _written(answer: Answer) -> None:
    await _answers.put(answer)
    _tell(answer[1])


def _tell(result: Sent | GraphError) -> None:
    if isinstance(result, GraphError):
        metrics.send(result.outcome.value)
        _log.info("send: %s, %s", result.outcome, result, extra={"code": result.code})
    else:
        metrics.send("accepted")
        _log.info("send: accepted")


def _write_down(answers: list[Answer]) -> list[Exception | None]:
    """All answers in one transaction, or, if one of them fails, each in its own."""
    try:
        db.transact(lambda session: outbox.record_all(session, answers))
    except Exception as problem:
        if db.is_passing(problem) and not db.is_deadlock(problem):
            raise
        return [_alone(answer) for answer in answers]
    return [None] * len(answers)


def _alone(answer: Answer) -> Exception | None:
    try:
        db.transact(lambda session: outbox.record(session, *answer))
    except Exception as problem:  # noqa: BLE001  the others go on
        return problem
    return None


# They gather while those before them are written: a commit costs as much as the work of several.
_answers: Batches[Answer, None] = Batches(_write_down, MOST_TOGETHER)

"""Connecting a number, step by step, and disconnecting it.

Meta is called with no transaction open, and what it said is saved in one: verified facts or
nothing. After that the connection is whole; what is still to be done at Meta is an issue it shows.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlmodel import Session

from domain import connection_check, connections
from domain.access import Actor
from domain.connection_check import Subject
from domain.connections import Facts
from illumichat_app import db
from illumichat_app.config import settings
from illumichat_app.errors import Invalid
from integrations.whatsapp import management, manual, signup
from integrations.whatsapp.client import Credentials, GraphClient
from integrations.whatsapp.errors import GraphError
from integrations.whatsapp.signup import Answer, StepFailed, StepResult, StepState
from models import ConnectMethod, WhatsAppConnection

# ---- Embedded Signup


async def finish_signup(
    client: GraphClient, actor: Actor, assistant_id: int, answer: Answer
) -> AsyncIterator[StepResult]:
    """Connect what the signup window gave; yields each step's result as soon as it is known.

    A failure before the step `saved` leaves nothing behind; a later one leaves a connection that
    shows its issue, whose step `retry` does again. Raises NotAllowed, NotFound, NumberTaken, and
    Invalid where the deployment has no Meta app.
    """
    await db.read(connections.require_assistant, actor, assistant_id)
    if not settings().embedded_signup:
        raise Invalid("This deployment has no Meta app of its own. Use Advanced Setup instead.")
    app = connection_check.platform_app()
    try:
        token = await signup.exchange(client, app, answer.code)
        yield signup.ok("exchange", "Meta gave access.")
        await signup.inspect(client, app, token, answer.waba_id)
        yield signup.ok("permissions", "The access covers the WhatsApp account.")
        asker = Credentials(answer.phone_number_id, token, app.secret)
        number = await signup.choose_number(client, asker, answer)
        yield signup.ok("number", f"The number is {number.display}.")
    except StepFailed as failure:
        yield failure.step
        return
    facts = Facts(
        ConnectMethod.EMBEDDED, answer.waba_id, number, token, issue=connection_check.UNFINISHED
    )
    subject = await db.run(connections.save, actor, assistant_id, facts)
    yield signup.ok("saved", "The connection is saved, its access token encrypted.")
    async for step in _at_meta(client, subject):
        yield step


# ---- manual credentials


@dataclass(frozen=True, slots=True)
class ManualOutcome:
    """Either the sentence for each wrong field, or the channel and what was done at Meta."""

    errors: dict[str, str]
    channel_id: int | None = None
    steps: tuple[StepResult, ...] = ()


async def connect_manually(
    client: GraphClient, actor: Actor, assistant_id: int, values: manual.Values
) -> ManualOutcome:
    """Check all four values with Meta, then save them. Raises NotAllowed, NotFound, NumberTaken."""
    await db.read(connections.require_assistant, actor, assistant_id)
    checked = await check_manual(client, values)
    if checked.errors or checked.number is None:
        return ManualOutcome(checked.errors)
    good = checked.values
    facts = Facts(
        ConnectMethod.MANUAL, good.waba_id, checked.number, good.access_token, good.app_secret
    )
    subject = await db.run(connections.save, actor, assistant_id, facts)
    steps = tuple([step async for step in _at_meta(client, subject)])
    return ManualOutcome({}, subject.channel_id, steps)


check_manual = manual.check


# ---- what is to be done at Meta


async def retry(
    client: GraphClient, actor: Actor, channel_id: int, step: str, pin: str = ""
) -> list[StepResult]:
    """Do one failed step (`subscribe`, `register`, `health`) again, then look at the whole.

    `pin`: the two-step PIN of a number that has one. Raises NotAllowed, NotFound, ChannelOff,
    Invalid.
    """
    subject = await db.run(_retried, actor, channel_id, step, pin)
    return [result async for result in _at_meta(client, subject, only=step)]


def _retried(session: Session, actor: Actor, channel_id: int, step: str, pin: object) -> Subject:
    subject = connection_check.subject(session, actor, channel_id)
    if step not in ("subscribe", "register", "health"):
        raise Invalid("This step cannot be done again alone.")
    if not pin:
        return subject
    if not (isinstance(pin, str) and len(pin) == 6 and pin.isascii() and pin.isdigit()):
        raise Invalid("The PIN has six digits.")
    row = session.get_one(WhatsAppConnection, subject.connection_id)
    row.pin = pin
    return connection_check.subject_of(row)


async def _at_meta(
    client: GraphClient, subject: Subject, only: str = ""
) -> AsyncIterator[StepResult]:
    """Subscribe before registering, so that no message is lost; then check and record."""
    if only in ("", "subscribe"):
        yield await signup.subscribe(client, subject.credentials, subject.waba_id)
    if only in ("", "register"):
        yield await signup.register(client, subject.credentials, subject.pin)
    report = await connection_check.examine(client, subject)
    await db.run(connection_check.record, subject, report)
    yield _summary(report)
    if not only:
        yield signup.ok("templates", "The message templates are being read from Meta.")


def _summary(report: connection_check.Report) -> StepResult:
    if problem := report.problem:
        return signup.failed("health", problem.sentence, problem.fix)
    if not report.conclusive:
        return signup.skipped("health", "Meta could not be asked just now. Press Test in a minute.")
    rest = [step for step in report.steps if step.state is StepState.WARNING]
    if rest:
        return signup.warning("health", rest[0].sentence, rest[0].fix)
    return signup.ok("health", "The number is ready.")


# ---- disconnecting


async def end(client: GraphClient, actor: Actor, channel_id: int) -> StepResult:
    """Disconnect a channel's number, here and at Meta. Raises NotAllowed, NotFound, ChannelOff."""
    left = await db.run(connections.disconnect, actor, channel_id)
    if left.locked:
        words = "Disconnected here. The stored access could not be opened, so Meta was not told."
        return signup.warning("unsubscribe", words, _REMOVE_AT_META)
    if left.unsubscribe is None:
        words = "Disconnected. Other numbers of the same WhatsApp account stay connected."
        return signup.skipped("unsubscribe", words)
    error = await signup.attempt(management.unsubscribe(client, left.unsubscribe, left.waba_id))
    if isinstance(error, GraphError):
        words = "Disconnected here, but Meta did not confirm that it stops delivering."
        return signup.warning("unsubscribe", words, _REMOVE_AT_META)
    return signup.ok("unsubscribe", "Disconnected. Meta delivers no more messages here.")


_REMOVE_AT_META = "If messages still arrive, remove this app from the WhatsApp account at Meta."

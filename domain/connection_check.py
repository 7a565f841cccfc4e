"""Whether a connected number really works: one staged check for the Test button and the schedule.

`subject` reads what a check needs, `examine` asks Meta with no transaction open, `record` writes
down what came of it.
"""

import asyncio
import ipaddress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session, col, or_, select

from domain import access, channels
from domain.access import Actor
from illumichat_app import clock, nudges
from illumichat_app.config import settings
from illumichat_app.errors import ChannelOff
from integrations.whatsapp import management, signup
from integrations.whatsapp.client import Credentials, GraphClient
from integrations.whatsapp.errors import GraphError, Outcome
from integrations.whatsapp.fields import optional_record, records
from integrations.whatsapp.management import App, Health, NumberFacts, TokenFacts
from integrations.whatsapp.signup import StepResult, StepState, failed, ok, skipped, warning
from models import ConnectionStatus, ConnectMethod, WhatsAppConnection

EVERY = timedelta(hours=1)
EXPIRY_NOTICE = timedelta(days=7)
LARGEST_SKEW = timedelta(minutes=1)
WEBHOOK_PATH = "/api/channels/webhook/whatsapp"
UNFINISHED = "Its set-up at Meta is not finished. Press Test, then try the failed step again."
_LOOPBACK = ("localhost", "127.0.0.1")
_RECONNECT = "Disconnect the number and connect it again."


@dataclass(frozen=True, slots=True)
class Subject:
    """One connection, as a check or a step of its set-up needs it: no row is read meanwhile."""

    connection_id: int
    channel_id: int
    waba_id: str
    method: ConnectMethod
    credentials: Credentials
    pin: str = field(default="", repr=False)
    news: int = 0  # what was known when the check began

    @property
    def asker(self) -> Credentials:
        """Whose token asks about the token: the platform's app about those it was given."""
        if self.method is ConnectMethod.EMBEDDED:
            return platform_app().token
        return self.credentials


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found, step by step."""

    steps: tuple[StepResult, ...]
    number: NumberFacts | None = None
    token: TokenFacts | None = None
    health: Health | None = None

    @property
    def problem(self) -> StepResult | None:
        """The first check that failed."""
        return next((step for step in self.steps if step.state is StepState.FAILED), None)

    @property
    def conclusive(self) -> bool:
        """Every question to Meta about the number was answered, so no failure means it works."""
        asked = [step for step in self.steps if step.name not in _BESIDES]
        return self.health is not None and all(
            step.state is not StepState.SKIPPED for step in asked
        )


_BESIDES = ("address", "clock")


def platform_app() -> App:
    """The app of this deployment, for numbers connected by Embedded Signup."""
    return App(settings().meta_app_id, settings().meta_app_secret.get_secret_value())


def callback_url() -> str:
    """Where Meta delivers for every number of this deployment."""
    return settings().public_url + WEBHOOK_PATH


# ---- before: what to check


def subject(session: Session, actor: Actor, channel_id: int) -> Subject:
    """Admins only. Raises NotAllowed, NotFound, SecretLost, or ChannelOff without a number."""
    row = connected(session, actor, channel_id)
    channels.open_secrets(session, row)
    return subject_of(row)


def connected(session: Session, actor: Actor, channel_id: int) -> WhatsAppConnection:
    """The channel's number, its secrets sealed. Admins only. Raises like subject, no SecretLost."""
    access.require_admin(actor)
    row = channels.connection_of(session, access.channel(session, actor, channel_id).id)
    if row is None or row.status is ConnectionStatus.DISCONNECTED:
        raise ChannelOff("No number is connected here. Connect one first.")
    return row


def subject_of(row: WhatsAppConnection) -> Subject:
    return Subject(
        connection_id=row.id,
        channel_id=row.channel_id,
        waba_id=row.waba_id,
        method=row.method,
        credentials=channels.credentials(row),
        pin=row.pin or "",
        news=row.news,
    )


def due(session: Session, limit: int = 20) -> list[Subject]:
    """The connections whose scheduled check is due, claimed for one period."""
    moment = clock.now()
    late = or_(
        col(WhatsAppConnection.checked_at).is_(None),
        col(WhatsAppConnection.checked_at) <= moment - EVERY,
    )
    rows = session.exec(
        select(WhatsAppConnection)
        .where(WhatsAppConnection.status != ConnectionStatus.DISCONNECTED, late)
        .order_by(col(WhatsAppConnection.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .options(*channels.sealed())
    ).all()
    for row in rows:  # a run that dies is tried again after the next period
        row.checked_at = moment
    return [subject_of(row) for row in channels.opened(session, rows)]


# ---- the check


async def examine(client: GraphClient, subject: Subject) -> Report:
    """Ask Meta everything; nothing is changed anywhere."""
    credentials = subject.credentials
    at_meta, secret = await asyncio.gather(
        management.server_time(client, credentials),
        signup.attempt(management.secret_matches(client, credentials)),
    )
    local = (_address(), _clock(at_meta))
    if secret is False:
        # Each question below carries the secret's proof, so each would be refused.
        return Report((*local, _WRONG_SECRET))
    token = await signup.attempt(management.debug_token(client, subject.asker, credentials.token))
    of_token = (_token(token), _expiry(token), _permissions(token), _secret(secret))
    if isinstance(token, GraphError):
        return Report((*local, *of_token))
    if not token.valid:
        return Report((*local, *of_token), token=token)
    return await _examine_number(client, subject, token, (*local, *of_token))


async def _examine_number(
    client: GraphClient, subject: Subject, token: TokenFacts, so_far: tuple[StepResult, ...]
) -> Report:
    credentials = subject.credentials
    apps, number, health = await asyncio.gather(
        signup.attempt(management.subscribed_apps(client, credentials, subject.waba_id)),
        signup.attempt(management.phone_number(client, credentials)),
        signup.attempt(management.health(client, credentials)),
    )
    steps = (_subscribed(apps, token), _callback(number), _registered(number), _health(health))
    return Report(
        (*so_far, *steps),
        number=None if isinstance(number, GraphError) else number,
        token=token,
        health=None if isinstance(health, GraphError) else health,
    )


def _address() -> StepResult:
    """Meta delivers to public https addresses only (Meta: webhooks)."""
    if settings().meta_graph_url.startswith("http://"):
        return skipped("address", "A simulated Meta on this computer needs no public address.")
    url = urlsplit(settings().public_url)
    if url.scheme == "https" and _public(url.hostname or ""):
        return ok("address", f"The public address is {settings().public_url}.")
    words = f"Meta cannot reach {settings().public_url}: it takes public https addresses only."
    return warning("address", words, "Set PUBLIC_URL to the address people use from outside.")


def _public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))


def _clock(at_meta: datetime | None) -> StepResult:
    if at_meta is None:
        return skipped("clock", "Meta's answer did not say what time it is there.")
    # The demo's clock may be moved on purpose; what counts is the computer's.
    skew = clock.now() - clock.offset() - at_meta
    if abs(skew) <= LARGEST_SKEW:
        return ok("clock", "This server's clock agrees with Meta's.")
    minutes = round(abs(skew) / timedelta(minutes=1))
    words = (
        f"This server's clock is {minutes} min {'ahead of' if skew > timedelta(0) else 'behind'}"
    )
    fix = "Switch on automatic time (NTP) on the server; the 24-hour window depends on it."
    return warning("clock", f"{words} Meta's.", fix)


def _token(token: TokenFacts | GraphError) -> StepResult:
    if isinstance(token, GraphError):
        return _unanswered("token", token, "Meta does not accept the access token.")
    if token.valid:
        return ok("token", "Meta accepts the access token.")
    return failed("token", "Meta no longer accepts the access token.", _RECONNECT)


def _expiry(token: TokenFacts | GraphError) -> StepResult:
    if isinstance(token, GraphError):
        return _not_checked("expiry")
    ends = token.expires_at
    day = f"{ends.day} {ends:%B %Y}" if ends else ""
    if ends and ends <= clock.now():
        return failed("expiry", f"The access token expired on {day}.", _RECONNECT)
    if not token.valid:
        return _not_checked("expiry")
    if ends is None:
        return ok("expiry", "The access token does not expire.")
    if ends - clock.now() <= EXPIRY_NOTICE:
        return warning("expiry", f"The access token expires on {day}.", f"Before then: {_BEFORE}")
    return ok("expiry", f"The access token is good until {day}.")


_BEFORE = "disconnect the number and connect it again with a new token."


def _permissions(token: TokenFacts | GraphError) -> StepResult:
    if isinstance(token, GraphError) or not token.valid:
        return _not_checked("permissions")
    if not token.missing:
        return ok("permissions", "The token has both WhatsApp permissions.")
    words = f"The token lacks the permission {' and '.join(token.missing)}."
    return failed("permissions", words, f"Give the permission at Meta, then: {_RECONNECT}")


def _secret(secret: bool | GraphError) -> StepResult:
    if isinstance(secret, GraphError):
        return _not_checked("secret")
    return ok("secret", "The app secret belongs to the token's app.")


_WRONG_SECRET = failed(
    "secret",
    "The app secret is not that of the token's app, so Meta's messages cannot be verified.",
    "Copy the app secret from the Meta app, App settings, Basic, and connect the number again.",
)


def _subscribed(apps: frozenset[str] | GraphError, token: TokenFacts) -> StepResult:
    if isinstance(apps, GraphError):
        return _unanswered(
            "subscribed", apps, "Meta did not show who gets this account's messages."
        )
    if token.app_id in apps:
        return ok("subscribed", "Meta delivers this account's messages to the app.")
    words = "Meta does not deliver this account's messages to the app."
    return failed("subscribed", words, "Try the step Subscribe again.")


def _callback(number: NumberFacts | GraphError) -> StepResult:
    if isinstance(number, GraphError):
        return _not_checked("callback")
    if not number.callback:
        words = "Meta has no address for this app's messages."
    elif _same_address(number.callback, callback_url()):
        return ok("callback", "Meta delivers to this deployment's address.")
    else:
        words = f"Meta delivers to another address: {number.callback}"
    fix = f"In the Meta app, WhatsApp, Configuration, set the callback URL to {callback_url()}"
    return warning("callback", words, fix)


def _same_address(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    local = first.hostname in _LOOPBACK and second.hostname in _LOOPBACK
    same_host = first.netloc == second.netloc or (local and first.port == second.port)
    return same_host and (first.scheme, first.path) == (second.scheme, second.path)


def _registered(number: NumberFacts | GraphError) -> StepResult:
    if isinstance(number, GraphError):
        return _unanswered("registered", number, "Meta did not show the number.")
    if number.registered:
        return ok("registered", "The number is registered for the Cloud API.")
    words = "The number is not registered for the Cloud API."
    return failed("registered", words, "Try the step Register again.")


def _health(health: Health | GraphError) -> StepResult:
    if isinstance(health, GraphError):
        return _unanswered("health", health, "Meta did not say whether messages can be sent.")
    why = " ".join(health.problems) or "Open WhatsApp Manager to see why."
    if health.can_send == "BLOCKED":
        return failed("health", "Meta blocks messages from this number.", why)
    if health.can_send != "AVAILABLE":
        return warning("health", "Meta limits messages from this number.", why)
    return ok("health", "Meta says that messages can be sent.")


def _unanswered(name: str, error: GraphError, sentence: str) -> StepResult:
    """A refusal is a finding; a bad moment at Meta is none."""
    if error.outcome is Outcome.REFUSED:
        return failed(name, sentence, error.advice)
    return skipped(name, "Meta could not be asked just now. Test again in a minute.")


def _not_checked(name: str) -> StepResult:
    return skipped(name, "Not checked, because an earlier check did not pass.")


# ---- after: what it means


def record(session: Session, subject: Subject, report: Report) -> None:
    """Keep the facts, and let the status follow them; a connection changed meanwhile is left.

    If there was news since the check began, Meta's answers may be older than it: they are dropped,
    and Meta is asked again.
    """
    row = session.get(WhatsAppConnection, subject.connection_id, with_for_update=True)
    if row is None or row.access_token != subject.credentials.token or not row.access_token:
        return None
    if row.news != subject.news:
        return channels.check_soon(session, row)
    _write(session, row, report)
    nudges.after(session, row.workspace_id)
    return None


def _write(session: Session, row: WhatsAppConnection, report: Report) -> None:
    row.checked_at = clock.now()
    reason_is_ours = row.issue in (UNFINISHED, row.health.get("problem"))
    row.health = row.health | _facts(report)
    if report.number:
        row.display_phone_number = report.number.display or row.display_phone_number
        row.verified_name = report.number.verified_name
    if report.problem:
        # What Meta announced says more than the dead token that comes of it.
        if row.status is ConnectionStatus.CONNECTED or reason_is_ours:
            row.status, row.issue = ConnectionStatus.ISSUE, report.problem.text
    elif report.conclusive and not _still_restricted(row, report):
        channels.mended(session, row)


def _still_restricted(row: WhatsAppConnection, report: Report) -> bool:
    """Meta's health says LIMITED for an unverified business too; only its webhook tells more."""
    news = optional_record(row.health.get("ACCOUNT_RESTRICTION"))
    kinds = {item.get("restriction_type") for item in records(news.get("restriction_info"))}
    limited = report.health is not None and report.health.can_send != "AVAILABLE"
    return limited and "RESTRICTED_CUSTOMER_INITIATED_MESSAGING" in kinds


def _facts(report: Report) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "checks": [asdict(step) for step in report.steps],
        "problem": report.problem.text if report.problem else "",
    }
    if report.number:
        facts |= number_facts(report.number)
    if report.token:
        ends = report.token.expires_at
        facts["token_expires_at"] = ends.isoformat() if ends else None
    if report.health:
        facts["can_send"] = report.health.can_send
        facts["problems"] = list(report.health.problems)
    return facts


def number_facts(number: NumberFacts) -> dict[str, Any]:
    """What the connection card shows of a number, under the names it has in `health`."""
    return {
        "quality": number.quality,
        "limit": number.limit,
        "name_status": number.name_status,
        "throughput": number.throughput,
        "number_status": number.status,
        "on_business_app": number.on_business_app,
    }

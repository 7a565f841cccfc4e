"""What Embedded Signup's window gave, proved with Meta before anything is believed.

Each step is one function: it returns what it learned or raises StepFailed. Nothing is stored.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from integrations.whatsapp import management
from integrations.whatsapp.client import Credentials, GraphClient
from integrations.whatsapp.errors import GraphError, Outcome
from integrations.whatsapp.management import App, NumberFacts, TokenFacts

T = TypeVar("T")
COEXISTENCE = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"
_AGAIN = "Click Connect with WhatsApp again."
_DEPLOYMENT = "Ask whoever runs this deployment to check META_APP_ID and META_APP_SECRET."


# Meta's SDK opens its window on these (Meta: Embedded Signup, session logging).
_META_SDK = "connect.facebook.net"
_META_WINDOWS = (
    "https://www.facebook.com",
    "https://web.facebook.com",
    "https://business.facebook.com",
)


def window_origins(sdk_url: str) -> tuple[str, ...]:
    """The exact origins whose messages the page may believe; a look-alike speaks for itself."""
    url = urlsplit(sdk_url)
    return _META_WINDOWS if url.hostname == _META_SDK else (f"{url.scheme}://{url.netloc}",)


class StepState(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepResult:
    """How one step or check ended, in a sentence, and what to do about it."""

    name: str
    state: StepState
    sentence: str
    fix: str = ""

    @property
    def text(self) -> str:
        return f"{self.sentence} {self.fix}".strip()


class StepFailed(Exception):
    """A step that did not work; the steps after it were not tried."""

    def __init__(self, step: StepResult) -> None:
        super().__init__(f"{step.name}: {step.sentence}")
        self.step = step


@dataclass(frozen=True, slots=True)
class Answer:
    """What the signup window and the login gave the browser. None of it is proof."""

    code: str = field(repr=False)
    waba_id: str
    phone_number_id: str = ""
    event: str = "FINISH"


def ok(name: str, sentence: str) -> StepResult:
    return StepResult(name, StepState.OK, sentence)


def warning(name: str, sentence: str, fix: str) -> StepResult:
    return StepResult(name, StepState.WARNING, sentence, fix)


def failed(name: str, sentence: str, fix: str) -> StepResult:
    return StepResult(name, StepState.FAILED, sentence, fix)


def skipped(name: str, sentence: str) -> StepResult:
    return StepResult(name, StepState.SKIPPED, sentence)


async def exchange(client: GraphClient, app: App, code: str) -> str:
    """The business token; never tried twice, because a code works once."""
    try:
        return await management.exchange_code(client, app, code)
    except GraphError as error:
        raise StepFailed(failed("exchange", *_why_no_token(error))) from None


def _why_no_token(error: GraphError) -> tuple[str, str]:
    if error.subcode == 36007:
        return "Meta's permission ended before it could be used (30 seconds).", _AGAIN
    if error.code == 100:
        return "Meta's permission was used already or is not valid.", _AGAIN
    if error.code in (1, 101, 190):
        return "Meta does not accept this deployment's app.", _DEPLOYMENT
    return "Meta did not give the access token.", _AGAIN


async def inspect(client: GraphClient, app: App, token: str, waba_id: str) -> TokenFacts:
    """Check app, permissions and that the account really is in the grant.

    The account's id comes from a browser: believed unchecked, one company could claim another's.
    """
    facts = await _needed(
        "permissions",
        lambda: management.debug_token(client, app.token, token),
        "Meta did not say what the permission covers.",
    )
    if not facts.valid or facts.app_id != app.id:
        raise _refused("permissions", "The permission is not for this deployment's app.", _AGAIN)
    if facts.missing:
        words = " and ".join(facts.missing)
        raise _refused("permissions", f"The permission {words} was not given.", _ALLOW_ALL)
    # Without a list the grant is all the token can see, and Meta itself refuses the rest.
    listed = facts.granted is None or waba_id in facts.granted
    if not (waba_id.isascii() and waba_id.isdigit() and listed):
        words = "The permission does not cover the WhatsApp account that was chosen."
        raise _refused("permissions", words, _ALLOW_ALL)
    return facts


_ALLOW_ALL = f"{_AGAIN} Choose the account there and leave every permission switched on."


async def choose_number(
    client: GraphClient, credentials: Credentials, answer: Answer
) -> NumberFacts:
    """The number that was chosen, if it belongs to the account; else the only one that fits."""
    numbers = await _needed(
        "number",
        lambda: management.phone_numbers(client, credentials, answer.waba_id),
        "Meta did not list the account's numbers.",
    )
    if answer.phone_number_id:
        numbers = [number for number in numbers if number.id == answer.phone_number_id]
        if not numbers:
            words = "The number does not belong to the WhatsApp account that was chosen."
            raise _refused("number", words, _AGAIN)
    elif answer.event == COEXISTENCE:
        # This ending of the window names no number; the newest is the one just added.
        numbers = [number for number in numbers if number.on_business_app]
        numbers = sorted(numbers, key=lambda number: number.onboarded, reverse=True)[:1]
    return _only(numbers)


def _only(numbers: list[NumberFacts]) -> NumberFacts:
    if not numbers:
        words = "The WhatsApp account has no phone number yet."
        raise _refused("number", words, f"{_AGAIN} Add a number in the window.")
    if len(numbers) > 1:
        words = "The WhatsApp account has several numbers and none was chosen."
        raise _refused("number", words, f"{_AGAIN} Choose one number in the window.")
    return numbers[0]


async def subscribe(client: GraphClient, credentials: Credentials, waba_id: str) -> StepResult:
    """Have Meta deliver the account's events; an existing subscription is left as it is.

    Subscribing again would remove an address that somebody set for the account.
    """
    facts = await attempt(management.debug_token(client, credentials, credentials.token))
    apps = await attempt(management.subscribed_apps(client, credentials, waba_id))
    known = frozenset[str]() if isinstance(apps, GraphError) else apps
    if isinstance(facts, TokenFacts) and facts.app_id in known:
        return skipped("subscribe", "Meta already delivers this account's messages.")
    error = await attempt(management.subscribe(client, credentials, waba_id))
    if isinstance(error, GraphError):
        words = "Meta did not agree to deliver this account's messages."
        return failed("subscribe", words, error.advice)
    return ok("subscribe", "Meta delivers this account's messages here.")


async def register(client: GraphClient, credentials: Credentials, pin: str) -> StepResult:
    """Register the number, unless it is registered or shared with the Business app."""
    number = await attempt(management.phone_number(client, credentials))
    if isinstance(number, GraphError):
        return failed("register", "Meta did not show the number.", number.advice)
    if number.on_business_app:
        return skipped("register", "The WhatsApp Business app on the phone keeps the number.")
    if number.registered:
        return skipped("register", "The number is registered already.")
    error = await attempt(management.register(client, credentials, pin))
    if isinstance(error, GraphError):
        words, fix = _WHY_UNREGISTERED.get(error.code or 0, ("", error.advice))
        return failed("register", words or "Meta did not register the number.", fix)
    return ok("register", "The number is registered.")


_WHY_UNREGISTERED = {
    133005: (
        "The number has a two-step PIN already, and it is another one.",
        "Type the number's PIN, or change it in WhatsApp Manager, and try this step again.",
    ),
    133006: (
        "The number was not verified with a code yet.",
        "Verify it in WhatsApp Manager, Phone numbers, then try this step again.",
    ),
}


async def attempt(call: Awaitable[T]) -> T | GraphError:
    """The call's failure as a value."""
    try:
        return await call
    except GraphError as error:
        return error


async def _needed(name: str, call: Callable[[], Awaitable[T]], words: str) -> T:
    found = await attempt(call())
    if isinstance(found, GraphError) and found.outcome is Outcome.RETRY:
        # The code is spent: without a second try a bad moment would cost a new login.
        found = await attempt(call())
    if isinstance(found, GraphError):
        fix = _AGAIN if found.outcome is not Outcome.REFUSED else f"{found.advice} {_AGAIN}"
        raise _refused(name, words, fix)
    return found


def _refused(name: str, sentence: str, fix: str) -> StepFailed:
    return StepFailed(failed(name, sentence, fix))

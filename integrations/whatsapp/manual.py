"""The four values of a manual connection, each proved with Meta. Nothing is stored."""

from dataclasses import dataclass, field

from integrations.whatsapp import management
from integrations.whatsapp.client import Credentials, GraphClient
from integrations.whatsapp.errors import GraphError, Outcome
from integrations.whatsapp.management import Health, NumberFacts, TokenFacts
from integrations.whatsapp.signup import attempt

FORM = "form"  # the field of a sentence that concerns no single value
NUMBER, ACCOUNT, TOKEN, SECRET = "phone_number_id", "waba_id", "access_token", "app_secret"
_UNREACHED = "Meta could not be asked just now. Nothing was saved; try again in a minute."


@dataclass(frozen=True, slots=True)
class Values:
    """What the form holds."""

    phone_number_id: str
    waba_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.phone_number_id, self.access_token, self.app_secret)

    def stripped(self) -> "Values":
        """Copied values often bring a space or a line break along."""
        return Values(*(str(getattr(self, name)).strip() for name in (NUMBER, ACCOUNT, *_SECRETS)))


_SECRETS = (TOKEN, SECRET)


@dataclass(frozen=True, slots=True)
class Checked:
    """Either the sentence for each wrong field, or the proved facts."""

    errors: dict[str, str]
    values: Values
    number: NumberFacts | None = None


async def check(client: GraphClient, values: Values) -> Checked:
    """Ask Meta about all four values, so that every wrong one is told at once."""
    values = values.stripped()
    if errors := _shape(values):
        return Checked(errors, values)
    secret = await attempt(management.secret_matches(client, values.credentials))
    # With a wrong secret the other three can be asked about without it.
    asker = values.credentials
    asker = management.without_secret(asker) if secret is False else asker
    token = await attempt(management.debug_token(client, asker, asker.token))
    errors = _token_errors(token)
    errors |= _secret_errors(secret, alone=not errors)
    if isinstance(token, GraphError) or not token.valid or FORM in errors:
        return Checked(errors, values)
    found, number = await _account_errors(client, asker, values.waba_id)
    return Checked(errors | found, values, number)


def _shape(values: Values) -> dict[str, str]:
    errors = {name: _BLANK[name] for name in _BLANK if not getattr(values, name)}
    for name in (NUMBER, ACCOUNT):
        given = getattr(values, name)
        if given and not (given.isascii() and given.isdigit()):
            errors[name] = "This ID has digits only. Copy it from the Meta app, API Setup."
    for name in _SECRETS:
        given = getattr(values, name)
        if given and not (given.isascii() and given.isprintable() and " " not in given):
            errors[name] = "This holds characters that cannot be in it. Copy it again from Meta."
    return errors


_BLANK = {
    NUMBER: "Fill in the phone number ID. It is in the Meta app, WhatsApp, API Setup.",
    ACCOUNT: "Fill in the WhatsApp Business Account ID. It stands below the phone number ID.",
    TOKEN: "Fill in the system user's access token.",
    SECRET: "Fill in the app secret. It is in the Meta app, App settings, Basic.",
}


def _token_errors(token: TokenFacts | GraphError) -> dict[str, str]:
    if isinstance(token, GraphError):
        # Without a secret that is right, an app may refuse every question.
        return {} if management.about_secret(token) else _from_refusal(token, TOKEN, _DEAD)
    if not token.valid:
        return {TOKEN: _DEAD}
    if token.missing:
        words = " and ".join(token.missing)
        return {TOKEN: f"The token lacks the permission {words}. Make a new one that has it."}
    return {}


_DEAD = (
    "Meta does not accept this token: it has ended or was withdrawn. Make a new system user token."
)


def _secret_errors(secret: bool | GraphError, *, alone: bool) -> dict[str, str]:
    if secret is False:
        words = "This is not the secret of the app the token belongs to. Copy it from App settings."
        return {SECRET: words}
    if isinstance(secret, GraphError) and alone:
        return _from_refusal(secret, NUMBER, secret.advice)
    return {}


async def _account_errors(
    client: GraphClient, asker: Credentials, waba_id: str
) -> tuple[dict[str, str], NumberFacts | None]:
    """Number and account are asked about apart: one may be wrong and the other right."""
    numbers = await attempt(management.phone_numbers(client, asker, waba_id))
    number = await attempt(management.phone_number(client, asker))
    errors: dict[str, str] = {}
    if isinstance(numbers, GraphError):
        errors |= _from_refusal(numbers, ACCOUNT, _NO_ACCOUNT)
    if isinstance(number, GraphError):
        return errors | _from_refusal(number, NUMBER, _NO_NUMBER), None
    if not isinstance(numbers, GraphError) and asker.phone_number_id not in _ids(numbers):
        return {NUMBER: _foreign(numbers)}, None
    health = await attempt(management.health(client, asker))
    return errors | _sending_errors(number, health), number


_NO_ACCOUNT = (
    "Meta finds no WhatsApp Business account with this ID that the token may see. "
    "Check the ID, and give the system user access to the account."
)
_NO_NUMBER = (
    "Meta finds no phone number with this ID that the token may see. "
    "Take the phone number ID, not the number itself."
)


def _ids(numbers: list[NumberFacts]) -> set[str]:
    return {number.id for number in numbers}


def _foreign(numbers: list[NumberFacts]) -> str:
    has = ", ".join(f"{number.display} ({number.id})" for number in numbers) or "none"
    return f"This number belongs to another account. The account's numbers are: {has}."


def _sending_errors(number: NumberFacts, health: Health | GraphError) -> dict[str, str]:
    if not number.registered:
        words = "The number is not registered for the Cloud API yet. Register it in the Meta app, "
        return {NUMBER: f"{words}WhatsApp, API Setup, then connect it here."}
    if isinstance(health, GraphError):
        return _from_refusal(health, NUMBER, health.advice)
    if health.can_send == "BLOCKED":
        why = " ".join(health.problems) or "Open WhatsApp Manager to see why."
        return {NUMBER: f"Meta does not let this number send messages. {why}"}
    return {}


def _from_refusal(error: GraphError, name: str, sentence: str) -> dict[str, str]:
    """A refusal is about the field; a bad moment at Meta is about none."""
    refused = error.outcome is Outcome.REFUSED
    return {name: sentence} if refused else {FORM: _UNREACHED}

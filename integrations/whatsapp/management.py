"""Graph calls for connecting and watching a number. Each raises GraphError and stores nothing."""

from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx

from integrations.whatsapp.client import Credentials, GraphClient
from integrations.whatsapp.error_table import UNSURE
from integrations.whatsapp.errors import GraphError
from integrations.whatsapp.fields import (
    Json,
    flag,
    optional_moment,
    optional_record,
    optional_text,
    records,
)

MESSAGING = "whatsapp_business_messaging"
MANAGEMENT = "whatsapp_business_management"
_NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,quality_rating,status,name_status,"
    "code_verification_status,platform_type,throughput,is_on_biz_app,webhook_configuration,"
    "last_onboarded_time,whatsapp_business_manager_messaging_limit"
)


@dataclass(frozen=True, slots=True)
class App:
    """A Meta app and its secret."""

    id: str
    secret: str = field(repr=False)

    @property
    def token(self) -> Credentials:
        """The app's own token (Meta: access tokens, app token)."""
        return Credentials("", f"{self.id}|{self.secret}")


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What Meta says of a token. `granted` are its WhatsApp accounts, None for all it can see."""

    app_id: str
    valid: bool
    expires_at: datetime | None
    scopes: frozenset[str]
    granted: frozenset[str] | None

    @property
    def missing(self) -> list[str]:
        """The permissions this product needs and the token lacks."""
        return [scope for scope in (MESSAGING, MANAGEMENT) if scope not in self.scopes]


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """A phone number as Meta describes it; words in capitals are Meta's."""

    id: str
    display: str
    verified_name: str
    quality: str
    limit: str
    name_status: str
    throughput: str
    status: str
    verification: str
    platform: str
    on_business_app: bool
    onboarded: str
    callback: str

    @property
    def registered(self) -> bool:
        return self.platform == "CLOUD_API"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether messages can be sent: AVAILABLE, LIMITED or BLOCKED, and Meta's reasons."""

    can_send: str
    problems: tuple[str, ...] = ()


async def exchange_code(client: GraphClient, app: App, code: str) -> str:
    """The business token for a signup code, which works once and for 30 seconds.

    Posted as a form, because an address with the app secret in it would end up in logs.
    """
    form = {"client_id": app.id, "client_secret": app.secret, "code": code}
    with _masked(app.secret, code):
        answer = await client.call(
            app.token, "POST", "oauth/access_token", data=form, repeatable=False
        )
    token = optional_text(answer, "access_token")
    if token is None:
        raise GraphError("Meta's answer held no token", UNSURE)
    return token


async def debug_token(client: GraphClient, asker: Credentials, token: str) -> TokenFacts:
    """What a token is and may do. `asker` is the token itself or the token of its app."""
    with _masked(token):
        answer = await client.call(asker, "GET", "debug_token", params={"input_token": token})
    data = optional_record(answer.get("data"))
    ends = [_moment(data, "expires_at"), _moment(data, "data_access_expires_at")]
    return TokenFacts(
        app_id=optional_text(data, "app_id") or "",
        valid=flag(data, "is_valid"),
        expires_at=min((end for end in ends if end), default=None),
        scopes=frozenset(str(scope) for scope in data.get("scopes") or ()),
        granted=_granted(data),
    )


async def phone_number(client: GraphClient, credentials: Credentials) -> NumberFacts:
    """The number these credentials are for."""
    path = _path(credentials.phone_number_id)
    return _number(await client.call(credentials, "GET", path, params={"fields": _NUMBER_FIELDS}))


async def phone_numbers(
    client: GraphClient, credentials: Credentials, waba_id: str
) -> list[NumberFacts]:
    """Every number of a WhatsApp Business account."""
    params = {"fields": _NUMBER_FIELDS, "limit": "100"}
    found: list[NumberFacts] = []
    while True:
        page = await client.call(credentials, "GET", _path(waba_id, "phone_numbers"), params=params)
        found += [_number(item) for item in records(page.get("data"))]
        paging = optional_record(page.get("paging"))
        after = optional_text(optional_record(paging.get("cursors")), "after")
        if "next" not in paging or after in (None, params.get("after")):
            return found
        params["after"] = after


async def subscribed_apps(
    client: GraphClient, credentials: Credentials, waba_id: str
) -> frozenset[str]:
    """The ids of the apps that hear of the account's events."""
    answer = await client.call(credentials, "GET", _path(waba_id, "subscribed_apps"))
    apps = (optional_record(item.get("whatsapp_business_api_data")) for item in _data(answer))
    return frozenset(found for app in apps if (found := optional_text(app, "id")))


async def subscribe(client: GraphClient, credentials: Credentials, waba_id: str) -> None:
    """Let the token's app hear of the account; an override address of the account is removed."""
    await client.call(credentials, "POST", _path(waba_id, "subscribed_apps"))


async def unsubscribe(client: GraphClient, credentials: Credentials, waba_id: str) -> None:
    """Silence for every number of the account in the token's app."""
    await client.call(credentials, "DELETE", _path(waba_id, "subscribed_apps"))


async def register(client: GraphClient, credentials: Credentials, pin: str) -> None:
    """Register the number with its two-step PIN; Meta takes ten tries in 72 hours."""
    body = {"messaging_product": "whatsapp", "pin": pin}
    await client.call(
        credentials, "POST", _path(credentials.phone_number_id, "register"), json=body
    )


async def health(client: GraphClient, credentials: Credentials) -> Health:
    """Meta's own judgement of the number, its account, business and app."""
    path = _path(credentials.phone_number_id)
    answer = await client.call(credentials, "GET", path, params={"fields": "health_status"})
    status = optional_record(answer.get("health_status"))
    problems = [
        " ".join(filter(None, (optional_text(error, name) for name in _PROBLEM)))
        for entity in records(status.get("entities"))
        for error in records(entity.get("errors"))
    ]
    return Health(optional_text(status, "can_send_message") or "", tuple(dict.fromkeys(problems)))


_PROBLEM = ("error_description", "possible_solution")


async def secret_matches(client: GraphClient, credentials: Credentials) -> bool:
    """Whether the app secret belongs to the token's app (Meta: appsecret_proof)."""
    path = _path(credentials.phone_number_id)
    try:
        await client.call(credentials, "GET", path, params={"fields": "id"})
    except GraphError as error:
        if error.code != 100:
            raise
        # A wrong id has code 100 too, but Meta looks at the proof first.
        return not about_secret(error)
    return True


def about_secret(error: GraphError) -> bool:
    """Whether Meta missed the app secret's proof or found it wrong."""
    return error.code == 100 and "appsecret_proof" in error.message


def without_secret(credentials: Credentials) -> Credentials:
    """The same token, used without the proof of a secret."""
    return replace(credentials, app_secret=None)


async def server_time(client: GraphClient, credentials: Credentials) -> datetime | None:
    """What time it is at Meta, to the second; None when the answer does not say."""
    reader = _DateReader()
    with suppress(GraphError):
        path = _path(credentials.phone_number_id)
        await client.call(credentials, "GET", path, params={"fields": "id"}, auth=reader)
    return reader.moment


class _DateReader(httpx.Auth):
    """httpx shows an answer's headers to `auth`; the client hands on the body only."""

    moment: datetime | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        response = yield request
        with suppress(ValueError):
            self.moment = parsedate_to_datetime(response.headers.get("date", "")).astimezone(UTC)


class _masked:  # noqa: N801  reads as a verb where it is used
    """Takes given secrets out of the text of a GraphError; the client knows the asker's only."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = [secret for secret in secrets if secret]

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, GraphError):
            return
        for secret in self._secrets:
            error.message = error.message.replace(secret, "***")
            error.details = error.details and error.details.replace(secret, "***")
            error.args = tuple(str(part).replace(secret, "***") for part in error.args)


def _path(node: str, edge: str = "") -> str:
    return quote(node, safe="") + (f"/{edge}" if edge else "")


def _data(answer: Json) -> list[Json]:
    return records(answer.get("data"))


def _moment(data: Json, name: str) -> datetime | None:
    """Zero means never (Meta: debug_token)."""
    return optional_moment(data, name) if data.get(name) else None


def _granted(data: Json) -> frozenset[str] | None:
    """The accounts the management permission names; None when it names none, so all."""
    for item in records(data.get("granular_scopes")):
        if item.get("scope") == MANAGEMENT and isinstance(item.get("target_ids"), list):
            return frozenset(str(target) for target in item["target_ids"])
    return None


def _number(node: Json) -> NumberFacts:
    def word(name: str) -> str:
        return optional_text(node, name) or ""

    return NumberFacts(
        id=word("id"),
        display=word("display_phone_number"),
        verified_name=word("verified_name"),
        quality=word("quality_rating"),
        limit=word("whatsapp_business_manager_messaging_limit"),
        name_status=word("name_status"),
        throughput=optional_text(optional_record(node.get("throughput")), "level") or "",
        status=word("status"),
        verification=word("code_verification_status"),
        platform=word("platform_type"),
        on_business_app=flag(node, "is_on_biz_app"),
        onboarded=word("last_onboarded_time"),
        callback=_callback(optional_record(node.get("webhook_configuration"))),
    )


def _callback(configuration: Json) -> str:
    """Where events go: the number's address, else the account's, else the app's."""
    levels = ("phone_number", "whatsapp_business_account", "application")
    return next((url for level in levels if (url := optional_text(configuration, level))), "")

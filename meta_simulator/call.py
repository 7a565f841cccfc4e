"""One Graph request, taken apart and checked: who asks, what for, may they."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.datastructures import UploadFile
from starlette.requests import Request

from meta_simulator.core import Core
from meta_simulator.errors import GraphError, bad_param, no_permission, token_error
from meta_simulator.shapes import as_object
from meta_simulator.world import MESSAGING, App, Json, Token


@dataclass(slots=True)
class Upload:
    """A file of a multipart body."""

    filename: str
    mime_type: str
    data: bytes


@dataclass(slots=True)
class Call:
    """A Graph request with its parameters from query and body together."""

    core: Core
    request: Request
    method: str
    node: str
    edge: str
    params: Json
    raw: bytes
    files: dict[str, Upload] = field(default_factory=dict[str, Upload])
    bearer: str = ""

    @property
    def base_url(self) -> str:
        """Where the caller reached us."""
        return str(self.request.base_url).rstrip("/")

    def text(self, name: str) -> str:
        """A parameter as text, empty if absent."""
        value = self.params.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        """A parameter that must be there. Raises code 100 if it is not."""
        if not (value := self.text(name)):
            raise bad_param(f"The parameter {name} is required.")
        return value

    def token(self, scope: str = "") -> Token:
        """The token of the request. Raises 190, 200 or 10."""
        if not self.bearer:
            raise GraphError(403, 200, "(#200) Provide valid app ID")
        if self.core.faults.take("token_expired"):
            raise token_error(_expired_words(self.core.clock.now() - 60, self.core), 463)
        token = live_token(self.core, self.bearer)
        self._check_proof(token)
        if scope and scope not in token.scopes:
            raise no_permission(10 if scope == MESSAGING else 200)
        return token

    def app(self) -> App:
        """The app of an app token `id|secret`. Raises 190 if it is not one."""
        app_id, _, secret = self.bearer.partition("|")
        app = self.core.world.apps.get(app_id)
        if app is None or not hmac.compare_digest(app.secret, secret):
            raise GraphError(400, 190, "Invalid OAuth access token signature.")
        return app

    def may_reach(self, token: Token, waba_id: str) -> bool:
        """True if the token was given this WABA."""
        waba = self.core.world.wabas.get(waba_id)
        if waba is None:
            return False
        if token.waba_ids:
            return waba_id in token.waba_ids
        return waba.business_id == token.business_id

    def _check_proof(self, token: Token) -> None:
        app = self.core.world.apps[token.app_id]
        proof = self.text("appsecret_proof")
        if not proof and not app.require_proof:
            return
        if not proof:
            raise GraphError(
                400, 100, "API calls from the server require an appsecret_proof argument",
                type="GraphMethodException",
            )  # fmt: skip
        expected = _proof(app.secret, token.value, self.text("appsecret_time"))
        if not hmac.compare_digest(expected, proof):
            raise GraphError(
                400, 100, "Invalid appsecret_proof provided in the API argument",
                type="GraphMethodException",
            )  # fmt: skip


async def read_call(core: Core, request: Request, node: str, edge: str) -> Call:
    """Read query, body and token of a request. Raises code 100 for broken JSON."""
    params: Json = dict(request.query_params)
    files: dict[str, Upload] = {}
    kind = request.headers.get("content-type", "")
    raw = b"" if "multipart" in kind else await request.body()
    if "form" in kind:
        fields, files = await read_form(request)
        params |= fields
    elif raw and "octet-stream" not in kind:
        params |= _json(raw, kind)
    bearer = request.headers.get("authorization", "").partition(" ")[2].strip()
    bearer = bearer or str(params.get("access_token", ""))
    return Call(core, request, request.method, node, edge, params, raw, files, bearer)


async def read_form(request: Request) -> tuple[Json, dict[str, Upload]]:
    """The fields and the files of a form."""
    fields: Json = {}
    files: dict[str, Upload] = {}
    async with request.form() as form:
        for name, value in form.items():
            if isinstance(value, UploadFile):
                data = await value.read()
                files[name] = Upload(value.filename or "", value.content_type or "", data)
            else:
                fields[name] = value
    return fields, files


def live_token(core: Core, value: str) -> Token:
    """The token behind a value. Raises 190 with Meta's subcodes."""
    token = core.world.tokens.get(value)
    if token is None:
        raise token_error("Invalid OAuth access token - Cannot parse access token")
    if token.dead_subcode:
        raise token_error(_DEAD[token.dead_subcode], token.dead_subcode)
    if token.expires_at and token.expires_at <= core.clock.now():
        raise token_error(_expired_words(token.expires_at, core), 463)
    return token


_DEAD = {
    458: "Error validating access token: The user has not authorized application.",
    460: "Error validating access token: The session has been invalidated because the user "
    "changed their password or Facebook has changed the session for security reasons.",
    463: "Error validating access token: Session has expired.",
    467: "Error validating access token: The session is invalid because the user logged out.",
}


def _expired_words(moment: float, core: Core) -> str:
    return (
        f"Error validating access token: Session has expired on {_words(moment)}. "
        f"The current time is {_words(core.clock.now())}."
    )


def _words(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%A, %d-%b-%y %H:%M:%S PST")


def _proof(secret: str, token: str, moment: str) -> str:
    message = f"{token}|{moment}" if moment else token
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def _json(raw: bytes, kind: str) -> Json:
    try:
        data: Any = orjson.loads(raw)
    except orjson.JSONDecodeError:
        if "json" not in kind:
            return {}
        raise bad_param("The request body is not valid JSON.") from None
    if (found := as_object(data)) is None:
        raise bad_param("The request body must be a JSON object.")
    return found

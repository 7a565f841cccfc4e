"""Logging that cannot give away a secret, each line with the id of the work it belongs to.

An HTTP request, a page's event, a job and each of its units bind an id (`about`, `bind`); every
line written meanwhile carries it, and with it what else is known: the lane, the conversation, the
message, the attempt. `LOG_FORMAT` says whether a line is text or one JSON object.
"""

import hashlib
import logging
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from illumichat_app.config import LogFormat, log_format

_BEARER = re.compile(
    r"(?i)(bearer\s+|(?:access|input)_token=|client_secret=|appsecret_proof=)[^\s\"'&]+"
)
# Reflex logs the whole event of an unknown handler, the cookie header included.
_COOKIE = re.compile(r"(?i)(['\"](?:set-)?cookie['\"]:\s*)(['\"]).*?\2")
_TOKEN = re.compile(r"\bEAA[A-Za-z0-9]{6,}\b")
_PHONE = re.compile(r"(?<![\w.:/-])\+?\d{6,11}(\d{4})(?![\w.-])")
_SECRET_FIELDS = frozenset({"authorization", "cookie", "set-cookie"})
_RESERVED = frozenset(RESERVED_ATTRS)

_bound: ContextVar[Mapping[str, Any]] = ContextVar("log_fields")


# ---- what a line belongs to


def new_id() -> str:
    """An id for one request, event, job or unit; short, because people read it out to others."""
    return secrets.token_hex(4)


def id_of_delivery(digest: str) -> str:
    """Of a webhook delivery: the same when it arrives, is applied, or comes again."""
    return digest[:16]


def short_name(text: str) -> str:
    """For something that has to be recognised but says too much: a wamid holds a phone number."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def bind(**fields: Any) -> None:
    """Put these fields into every line that the running task writes from here on."""
    _bound.set({**_bound.get({}), **fields})


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """Put these fields into every line that is written inside."""
    token = _bound.set({**_bound.get({}), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def correlation_id() -> str:
    """The id of the running work, or "" outside of any."""
    return str(_bound.get({}).get("correlation_id", ""))


# ---- what a line may say


def mask(text: str) -> str:
    """The text without tokens, and with phone numbers cut to their last four digits."""
    text = _COOKIE.sub(r"\1***", _BEARER.sub(r"\1***", text))
    text = _TOKEN.sub("EAA***", text)
    return _PHONE.sub(r"••\1", text)


def _masked(value: Any) -> Any:
    """A field's value masked before it becomes JSON: afterwards quotation marks are escaped."""
    if value is None or isinstance(value, bool | int | float):  # ids and counts of our own
        return value
    if isinstance(value, Mapping):
        return {
            str(name): "***" if str(name).lower() in _SECRET_FIELDS else _masked(each)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(each) for each in value]
    return mask(str(value))


class _Text(logging.Formatter):
    """Time, level, logger and words; the fields follow."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's own name
        line = super().formatMessage(record)
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        return f"{line} [{fields}]" if fields else line


class _Json(JsonFormatter):
    """One object a line."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        super().add_fields(log_data, record, message_dict)
        log_data["timestamp"] = log_data["timestamp"].isoformat(timespec="milliseconds")
        log_data.update(_fields(record))

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return _masked({"timestamp": log_data.pop("timestamp"), **log_data})


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What was bound, and what this line says of itself by `extra`."""
    own = {name: value for name, value in vars(record).items() if name not in _RESERVED}
    return {**_bound.get({}), **own}


# ---- setting up


def formatter(chosen: LogFormat) -> logging.Formatter:
    """The formatter of a LOG_FORMAT."""
    if chosen == "text":
        return _Text("%(asctime)s %(levelname)s %(name)s %(message)s")
    return _Json(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger"},
        timestamp=True,
        json_ensure_ascii=False,
    )


def set_up(level: int = logging.INFO) -> None:
    """Log to stderr, masked: Reflex logs whole events, the cookie header included."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(log_format()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # The web server brings a handler of its own, which masks nothing.
    server = logging.getLogger("_granian")
    server.handlers.clear()
    server.propagate = True

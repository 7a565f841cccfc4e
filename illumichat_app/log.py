"""Logging that cannot give away a secret."""

import logging
import re

_BEARER = re.compile(
    r"(?i)(bearer\s+|(?:access|input)_token=|client_secret=|appsecret_proof=)[^\s\"'&]+"
)
# Reflex logs the whole event of an unknown handler, the cookie header included.
_COOKIE = re.compile(r"(?i)(['\"](?:set-)?cookie['\"]:\s*)(['\"]).*?\2")
_TOKEN = re.compile(r"\bEAA[A-Za-z0-9]{6,}\b")
_PHONE = re.compile(r"(?<![\w.:/-])\+?\d{6,11}(\d{4})(?![\w.-])")


def mask(text: str) -> str:
    """The text without tokens, and with phone numbers cut to their last four digits."""
    text = _COOKIE.sub(r"\1***", _BEARER.sub(r"\1***", text))
    text = _TOKEN.sub("EAA***", text)
    return _PHONE.sub(r"••\1", text)


class _Masked(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


def set_up(level: int = logging.INFO) -> None:
    """Log to stderr, masked: Reflex logs whole events, the cookie header included."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Masked("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("httpx").setLevel(logging.WARNING)

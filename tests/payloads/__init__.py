"""Webhook bodies with fictional ids, named by the case they hold."""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


def load(name: str) -> dict[str, Any]:
    """The payload of `<name>.json`."""
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def names() -> list[str]:
    """Every payload's name."""
    return sorted(file.stem for file in _FOLDER.glob("*.json"))


def encode(payload: object) -> bytes:
    """The bytes Meta would send and sign: ASCII, lower-case escapes, and `/` escaped."""
    text = json.dumps(payload, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").encode()

"""Every place where a secret could come to light, read whole and searched."""

import base64
import logging
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import reflex as rx
import sqlalchemy as sa
from sqlmodel import SQLModel

from illumichat_app import db, jobs
from illumichat_app import log as product_log
from illumichat_app.illumichat_app import api, app


def forms(secret: str) -> set[str]:
    """The secret as it stands, and as a careless encoder leaves it."""
    raw = secret.encode()
    shifted = (base64.b64encode(b"\0" * pad + raw).decode() for pad in range(3))
    # The first and last characters of base64 depend on what stands beside the secret; what is left
    # of a short one stands anywhere by chance.
    packed = (words[4:-4] for words in shifted if len(raw) >= 12)
    return {secret, raw.hex(), *packed}


@dataclass
class Sinks:
    """What was read; `found` names where a secret stands in it."""

    texts: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, *things: object) -> None:
        self.texts.setdefault(name, []).extend(map(_text, things))

    def found(self, secrets: Iterable[str]) -> set[tuple[str, str]]:
        """(sink, secret) for each that came to light."""
        return {
            (name, secret)
            for secret in secrets
            for form in forms(secret)
            for name, texts in self.texts.items()
            if any(form in text for text in texts)
        }


def _text(thing: object) -> str:
    if isinstance(thing, bytes):
        return thing.decode("latin-1")
    return thing if isinstance(thing, str) else f"{thing!r} {thing} {thing!s}"


def database() -> Iterator[bytes]:
    """Every byte of the SQLite files, or every stored value of every PostgreSQL table."""
    engine = db.engine()
    if engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        yield from (file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
        return
    with engine.connect() as connection:
        for table in SQLModel.metadata.tables:
            rows = connection.execute(sa.text(f'SELECT t::text FROM "{table}" t'))
            yield from (row[0].encode() for row in rows)


def redis() -> Iterator[bytes]:
    """Every key with its value; what RQ packs is unpacked."""
    for key in jobs.redis().scan_iter():
        yield key
        for value in _values(key):
            yield value
            try:
                yield zlib.decompress(value)
            except zlib.error:
                continue


def _values(key: bytes) -> list[bytes]:
    server: Any = jobs.redis()
    match server.type(key):
        case b"none":  # a flag that ended since the keys were listed
            return []
        case b"string":
            return [server.get(key) or b""]
        case b"list":
            return server.lrange(key, 0, -1)
        case b"hash":
            return [part for pair in server.hgetall(key).items() for part in pair]
        case b"set":
            return list(server.smembers(key))
        case b"zset":
            return server.zrange(key, 0, -1)
        case kind:
            raise AssertionError(f"a {kind!r} in Redis that nobody searches: {key!r}")


def log_lines(records: list[logging.LogRecord]) -> list[str]:
    """As the product's log shows them; those of the product itself before masking too."""
    plain = logging.Formatter("%(message)s")
    text, json = product_log.formatter("text"), product_log.formatter("json")
    own = [record for record in records if not record.name.startswith(("httpx", "httpcore"))]
    return [*map(text.format, records), *map(json.format, records), *map(plain.format, own)]


async def answers(cookie: str) -> list[str]:
    """The HTTP answers of every route, to an admin."""
    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    found: list[str] = []
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as browser:
        for route in api.routes:
            path = str(getattr(route, "path", "/")).replace("{id:int}", "1")
            answer = await browser.get(path, headers={"cookie": cookie})
            found += [path, str(answer.headers), answer.text]
    return found


def pages() -> list[str]:
    """What is built into every page, and the vars' values before anybody has signed in."""
    return [*built(len(decorated_pages())), str(rx.State().dict())]


@cache
def built(number: int) -> list[str]:
    """The pages' own words, which no event changes. Building them takes seconds."""
    return [str(page().render()) for page, _ in decorated_pages()[:number]]


def decorated_pages() -> list[tuple[Callable[[], rx.Component], dict[str, Any]]]:
    """Every page with its route and title; they become the app's own when it is compiled."""
    return app._registration_context.decorated_pages  # type: ignore[union-attr, return-value]

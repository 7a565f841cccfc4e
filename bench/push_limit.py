"""The bare push beside which the inbox is measured: a list of 50 rows, written with modify_state.

No guard, no database: a nudge from Redis changes a row in each known browser's state.
"""

import asyncio
import os
from typing import Any

import reflex as rx
from redis.asyncio import Redis

ROWS = 50
CHANNEL = "bare"

tokens: set[str] = set()


class Feed(rx.State):
    """Rows as long as the inbox's."""

    rows: list[dict[str, Any]] = []  # noqa: RUF012  a var's default; Reflex copies it

    @rx.event
    def join(self) -> None:
        tokens.add(self.router.session.client_token)
        self.rows = [{"id": number, "preview": "x" * 250} for number in range(ROWS)]


async def listen(app: rx.App) -> None:
    redis = Redis.from_url(os.environ["REDIS_URL"])
    async with redis, redis.pubsub() as channel:
        await channel.subscribe(CHANNEL)
        async for message in channel.listen():
            if message["type"] == "message":
                words = message["data"].decode()
                await asyncio.gather(*(_change(app, token, words) for token in list(tokens)))


async def _change(app: rx.App, token: str, words: str) -> None:
    async with app.modify_state(rx.BaseStateToken(ident=token, cls=Feed)) as root:
        feed = await root.get_state(Feed)
        feed.rows = [{**feed.rows[0], "preview": words.ljust(250)}, *feed.rows[1:]]


app = rx.App()
app.register_lifespan_task(listen)

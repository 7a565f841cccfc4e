"""Live push: from a committed message to the browsers that show it, beside the bare push.

Raw websockets stand for the browsers, each at the inbox's list and every tenth with the thread
open. Each is another colleague's, who has read something else: what is personal cannot be shared.
Both servers are up at once and take turns with the same number of browsers.
"""

import asyncio
import json
import secrets
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from redis import Redis
from websockets.asyncio.client import ClientConnection, connect

from bench import processes
from bench.inbox_seed import Size, seed
from bench.push_limit import CHANNEL

BROWSERS = (1, 50, 200)
PUSHES, ROUNDS = 5, 3
PAUSE = 0.5  # seconds between two pushes, more than the hub's coalescing
PATIENCE = 20.0
SIZE = Size(1_000, 200, 10_000)
ROOT = "reflex___state____state"
LOAD = f"{ROOT}.state___inbox____inbox.load"
OPEN = f"{ROOT}.state___thread____thread.open"
JOIN = f"{ROOT}.bench___push_limit____feed.join"
PAGE = "/inbox/[[view]]/[[conversation]]"


@dataclass
class Browser:
    """One tab: it answers pings and notes when the awaited words came."""

    socket: ClientConnection
    awaited: str = ""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    at: float = 0.0

    async def listen(self) -> None:
        async for frame in self.socket:
            if frame == "2":
                await self.socket.send("3")
            elif self.awaited and self.awaited in str(frame):
                self.at, self.awaited = time.perf_counter(), ""
                self.arrived.set()

    async def say(self, name: str, path: str = PAGE, **query: str) -> None:
        route = {"pathname": path, "asPath": "/inbox/open/", "query": query}
        event = {"name": name, "payload": {}, "router_data": route}
        await self.socket.send("42/_event," + json.dumps(["event", event]))

    def expect(self, words: str) -> None:
        self.arrived.clear()
        self.awaited = words


Publish = Callable[[str], None]


def measure(database_url: str, redis_url: str) -> dict[str, object]:
    """Milliseconds to the browsers, p50 and p95, and their ratio to the bare push."""
    environment = processes.environment(database_url, redis_url) | processes.reflex()
    processes.migrate(environment)
    ours = (processes.APP, _company(max(BROWSERS)), _customer_writes)
    bare = (processes.PUSH_LIMIT, [""], lambda words: _nudge(redis_url, words))
    return {
        "database": processes.dialect(database_url),
        **{str(count): asyncio.run(_beside(environment, ours, bare, count)) for count in BROWSERS},
    }


def table(result: dict[str, Any]) -> str:
    head = f"{result['database']}: browsers, ms p50, p95, bare p50, p95, ratio of p50"
    lines = [
        f"{count:>9} {row['p50']:8.0f} {row['p95']:8.0f}"
        f" {row['bare_p50']:8.0f} {row['bare_p95']:8.0f} {row['ratio']:8.2f}"
        for count, row in result.items()
        if count.isdigit()
    ]
    return "\n".join([head, *lines])


# ---- the company


def _company(colleagues: int) -> list[str]:
    """Seed it; returns the cookies of so many agents."""
    from domain import sessions
    from illumichat_app import db

    seed(db.engine(), SIZE)
    with db.transaction() as session:
        people = _colleagues(session, colleagues)
        tokens = [sessions.start(session, person, workspace_id=1) for person in people]
    return [f"{sessions.cookie_name()}={token}" for token in tokens]


def _colleagues(session: Any, count: int) -> list[int]:
    """They joined before all that was said. Each has read a fiftieth of it, and knows four others
    who have read the same."""
    from illumichat_app import clock
    from models import ConversationSeen, Membership, Role, User

    before = clock.now() - timedelta(days=900)
    users = [
        User(email=f"{n}@demo.test", name=f"Agent {n}", password_hash="") for n in range(count)
    ]
    session.add_all(users)
    session.flush()
    for number, user in enumerate(users):
        session.add(Membership(workspace_id=1, user_id=user.id, role=Role.AGENT, created_at=before))
        session.add_all(
            ConversationSeen(user_id=user.id, conversation_id=talk, inbound_count=10)
            for talk in range(1 + number % 50, SIZE.conversations, 50)
        )
    return [user.id for user in users]


def _customer_writes(words: str) -> None:
    """A message in the newest conversation, as the inbound lane stores one."""
    from illumichat_app import clock, db, nudges
    from models import Author, Conversation, Direction, Message, MessageStatus

    with db.transaction() as session:
        row = session.get_one(Conversation, 1)
        moment = clock.now()
        message = Message(
            workspace_id=1,
            channel_id=row.channel_id,
            conversation_id=1,
            direction=Direction.IN,
            author=Author.CUSTOMER,
            kind="text",
            text=words,
            status=MessageStatus.RECEIVED,
            sent_at=moment,
            day=moment.date(),
        )
        session.add(message)
        row.last_preview, row.last_at, row.last_author = words, moment, Author.CUSTOMER
        nudges.after(session, 1, 1)


def _nudge(redis_url: str, words: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.publish(CHANNEL, words)


# ---- the measurement


async def _beside(
    environment: dict[str, str],
    ours: tuple[str, list[str], Publish],
    bare: tuple[str, list[str], Publish],
    count: int,
) -> dict[str, float]:
    with (
        processes.server(ours[0], environment) as port,
        processes.server(bare[0], environment) as limit,
    ):
        async with _inbox(port, ours[1], count) as inbox, _feed(limit, count) as feed:
            rounds = [
                (await _round(inbox, ours[2]), await _round(feed, bare[2])) for _ in range(ROUNDS)
            ]
    mine = sorted(took for one, _ in rounds for took in one)
    theirs = sorted(took for _, one in rounds for took in one)
    ratios = [statistics.median(one) / statistics.median(other) for one, other in rounds]
    return {
        "p50": round(_at(mine, 0.5), 1),
        "p95": round(_at(mine, 0.95), 1),
        "bare_p50": round(_at(theirs, 0.5), 1),
        "bare_p95": round(_at(theirs, 0.95), 1),
        "ratio": round(statistics.median(ratios), 2),
    }


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


async def _round(browsers: list[Browser], publish: Publish) -> list[float]:
    took: list[float] = []
    for _ in range(PUSHES):
        words = f"news {secrets.token_hex(6)}"
        for browser in browsers:
            browser.expect(words)
        began = time.perf_counter()
        await asyncio.to_thread(publish, words)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(browser.arrived.wait() for browser in browsers))
        took += [(browser.at - began) * 1000 for browser in browsers]
        await asyncio.sleep(PAUSE)
    return took


@asynccontextmanager
async def _inbox(port: int, cookies: list[str], count: int) -> AsyncIterator[list[Browser]]:
    async with _connected(port, count, cookies) as browsers:
        for number, browser in enumerate(browsers):
            here = {"view": "open"} | ({"conversation": "1"} if number % 10 == 9 else {})
            browser.expect('"loaded_rx_state_":true')
            await browser.say(LOAD, **here)
            await asyncio.wait_for(browser.arrived.wait(), PATIENCE)
            await browser.say(OPEN, **here)
        await asyncio.sleep(1)
        yield browsers


@asynccontextmanager
async def _feed(port: int, count: int) -> AsyncIterator[list[Browser]]:
    async with _connected(port, count, [""]) as browsers:
        for browser in browsers:
            browser.expect("rows_rx_state_")
            await browser.say(JOIN, path="/")
            await asyncio.wait_for(browser.arrived.wait(), PATIENCE)
        yield browsers


@asynccontextmanager
async def _connected(port: int, count: int, cookies: list[str]) -> AsyncIterator[list[Browser]]:
    browsers: list[Browser] = []
    async with asyncio.TaskGroup() as tasks:
        listeners = []
        for number in range(count):
            token = secrets.token_hex(16)
            address = f"ws://127.0.0.1:{port}/_event/?token={token}&EIO=4&transport=websocket"
            headers = {"Cookie": cookies[number % len(cookies)]}
            socket = await connect(
                address, additional_headers=headers, max_size=None, compression=None
            )
            await socket.send("40/_event,")
            browsers.append(Browser(socket))
            listeners.append(tasks.create_task(browsers[-1].listen()))
        await asyncio.sleep(0.5)
        yield browsers
        for browser in browsers:
            await browser.socket.close()

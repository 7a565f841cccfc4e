"""The live hub of one web process: a change in a workspace refreshes the browsers that show it.

Nudges carry ids, never data. A refresh is an ordinary event without arguments, put into the
browser's own queue: it passes the guard, keeps the tab's order and reads by its own workspace.
Each process hears every nudge and refreshes only the sockets it owns.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import reflex as rx
from redis import RedisError
from redis.asyncio import Redis
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

from illumichat_app import clock, metrics, nudges
from illumichat_app.config import settings
from state import together
from state.together import Asking

COALESCE = 0.2  # seconds; a refresh costs 2.4 ms of processor for each browser
TICK = 1.0
AGAIN = 1.0
# A refresh that was lost (its handler failed) must not block the browser's next ones.
PATIENCE = 5.0
MOST_VIEWERS = 10_000

_log = logging.getLogger(__name__)


@dataclass
class Viewer:
    """One browser tab and what it shows."""

    workspace_id: int
    router_data: dict[str, Any] = field(repr=False)
    # What it shows, "list", "thread" or its "company", and the event that renews it.
    refreshers: dict[str, str]
    conversation_id: int | None = None
    on_lost: Callable[[], None] | None = None  # to be done when its connection ends
    refresh_at: dict[str, datetime | None] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    asked_at: float | None = None
    asking: dict[str, Asking] = field(default_factory=dict)  # for what is read with others

    def shows(self, changed: set[int] | None) -> set[str]:
        """What a change concerns; None means everything of the workspace."""
        parts = set(self.refreshers)
        if changed is None:
            return parts
        here = self.conversation_id in changed
        return parts - {"company"} if here else parts - {"company", "thread"}

    def due(self, moment: datetime) -> set[str]:
        """What time alone has made untrue."""
        return {part for part, at in self.refresh_at.items() if at and at <= moment}


viewers: dict[str, Viewer] = {}
_changed: dict[int, set[int] | None] = {}
_company: set[tuple[int, int]] = set()  # workspace and conversation where somebody came or went
_something = asyncio.Event()


# ---- for the pages


def watch(
    state: rx.State,
    workspace_id: int,
    part: str,
    refresher: Any,
    refresh_at: datetime | None,
    conversation_id: int | None = None,
    on_lost: Callable[[], None] | None = None,
    asking: Asking | None = None,
) -> None:
    """This tab has just read `part`; `refresher` renews it when it changes or at `refresh_at`.

    `on_lost` is done in a thread when the tab's connection ends without a word; `asking` is what
    the refresher will read together with others.
    """
    token = state.router.session.client_token
    viewer = viewers.get(token)
    if viewer is None or viewer.workspace_id != workspace_id:
        if len(viewers) >= MOST_VIEWERS:
            viewers.pop(next(iter(viewers)))
        viewer = viewers[token] = Viewer(workspace_id, {}, {})
    # Without it a state that expired in Redis would be re-made without its cookie.
    viewer.router_data = dict(state.router_data)
    viewer.refreshers[part] = format_event_handler(refresher)
    viewer.refresh_at[part] = refresh_at
    viewer.asked_at = None
    viewer.asking.pop(part, None)
    if asking:
        viewer.asking[part] = asking
    if part == "thread":
        viewer.conversation_id = conversation_id
    if part == "company":
        viewer.on_lost = on_lost


def leave(state: rx.State, part: str | None = None) -> None:
    """This tab shows `part`, or anything of the inbox, no longer."""
    token = state.router.session.client_token
    viewer = viewers.get(token)
    if viewer is None:
        return
    if part is None:
        del viewers[token]
        return
    viewer.refreshers.pop(part, None)
    viewer.refresh_at.pop(part, None)
    viewer.asking.pop(part, None)
    if part == "thread":
        viewer.conversation_id = None
    if part == "company":
        viewer.on_lost = None


# ---- the tasks


async def listen(app: rx.App) -> None:
    """Hear the nudges and keep the browsers fresh, for as long as the process lives."""
    _something.clear()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_for_ever(_hear))
        tasks.create_task(_for_ever(lambda: _flush_changes(app)))
        tasks.create_task(_for_ever(lambda: _watch_clock(app)))


async def _for_ever(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    while True:
        try:
            await work()
        except (RedisError, OSError):
            _log.warning("the live hub lost Redis and tries again")
        except Exception:  # noqa: BLE001  a task that ends is never started again
            _log.exception("the live hub stumbled and goes on")
        await asyncio.sleep(AGAIN)


async def _hear() -> None:
    redis = Redis.from_url(settings().redis_url, health_check_interval=15)
    async with redis, redis.pubsub() as channel:
        await channel.psubscribe(nudges.PATTERN, nudges.COMPANY)
        # What was said while nobody listened is lost, so everybody reads once more.
        everything_changed()
        async for message in channel.listen():
            if message["type"] == "pmessage":
                heard(message["channel"], message["data"])


def heard(channel: bytes, data: bytes) -> None:
    """Note one nudge; one that cannot be read is left out."""
    try:
        kind, number = channel.rsplit(b":", 1)
        workspace_id = int(number)
        ids = {int(number) for number in json.loads(data)}
    except (ValueError, TypeError):
        _log.warning("a nudge could not be read")
        return
    _something.set()
    if kind == b"company":
        _company.update((workspace_id, conversation) for conversation in ids)
        return
    known = _changed.get(workspace_id, set())
    _changed[workspace_id] = known | ids if ids and known is not None else None


def everything_changed() -> None:
    """Every browser reads again: nudges were lost, or the demo clock jumped."""
    for viewer in viewers.values():
        _changed[viewer.workspace_id] = None
    _something.set()


async def _flush_changes(app: rx.App) -> None:
    while True:
        await _something.wait()
        await flush(app)
        await asyncio.sleep(COALESCE)


async def _watch_clock(app: rx.App) -> None:
    offset = clock.offset()
    while True:
        await asyncio.sleep(TICK)
        if clock.offset() != offset:
            offset = clock.offset()
            everything_changed()
        await forget_lost(app)
        if tick():
            await flush(app)


async def forget_lost(app: rx.App) -> None:
    """Take leave of the tabs whose connection ended: closed, asleep, or at another process now."""
    lost = [token for token, viewer in viewers.items() if not _is_connected(app, token, viewer)]
    for viewer in [viewers.pop(token) for token in lost]:
        if viewer.on_lost:
            await asyncio.to_thread(viewer.on_lost)


def tick() -> bool:
    """Mark what time alone has made untrue, and what waits; True if a flush is due."""
    moment = clock.now()
    for viewer in viewers.values():
        parts = viewer.due(moment)
        viewer.stale |= parts
        for part in parts:
            viewer.refresh_at[part] = None
    return any(viewer.stale for viewer in viewers.values())


async def flush(app: rx.App) -> None:
    """Send each connected browser one refresh for each stale part that it shows."""
    _something.clear()
    changed, company = dict(_changed), set(_company)
    _changed.clear()
    _company.clear()
    await forget_lost(app)
    for viewer in viewers.values():
        if viewer.workspace_id in changed:
            viewer.stale |= viewer.shows(changed[viewer.workspace_id])
        if (viewer.workspace_id, viewer.conversation_id) in company:
            viewer.stale.add("company")
    together.begin(_asking())
    for token, viewer in list(viewers.items()):
        if viewer.stale and not _is_busy(viewer):
            await _refresh(app, token, viewer)


def _asking() -> Iterator[Asking]:
    """Who is about to read: those told now, and those of the last time who have not read yet."""
    for viewer in viewers.values():
        parts = viewer.asking.keys() if _is_busy(viewer) else viewer.stale
        yield from (viewer.asking[part] for part in parts if part in viewer.asking)


def _is_connected(app: rx.App, token: str, viewer: Viewer) -> bool:
    space: Any = app.event_namespace
    sockets = space._token_manager
    record = sockets.token_to_socket.get(token)
    if record is None or record.instance_id != sockets.instance_id:
        return False
    # A socket that took over the token hears nothing in the name of the one before it.
    known = space._static_router_data.get(record.sid, {})
    return _cookie(known) == _cookie(viewer.router_data)


def _cookie(router_data: dict[str, Any]) -> str:
    return router_data.get("headers", {}).get("cookie", "")


def _is_busy(viewer: Viewer) -> bool:
    """Whether it still works on the last refresh: a slow browser gets no queue of them."""
    return viewer.asked_at is not None and time.monotonic() - viewer.asked_at < PATIENCE


async def _refresh(app: rx.App, token: str, viewer: Viewer) -> None:
    parts, viewer.stale = viewer.stale & viewer.refreshers.keys(), set()
    if parts:
        viewer.asked_at = time.monotonic()
    for part in sorted(parts):
        event = Event(
            name=viewer.refreshers[part], payload={}, router_data=dict(viewer.router_data)
        )
        await app.event_processor.enqueue(token, event)
    metrics.refreshed(len(parts))

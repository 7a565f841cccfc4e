import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from illumichat_app import clock, nudges
from state import live
from state.inbox import Inbox
from state.presence import Presence
from state.thread import Thread

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HANDLERS = {
    "list": Inbox.event_handlers["refresh"],
    "thread": Thread.event_handlers["refresh"],
    "company": Presence.event_handlers["refresh"],
}


class App:
    """What the hub needs of the app: who is connected, and a place for events."""

    def __init__(self) -> None:
        self.sockets: dict[str, Any] = {}
        manager = SimpleNamespace(instance_id="this", token_to_socket=self.sockets)
        self.connections: dict[str, Any] = {}
        self.event_namespace = SimpleNamespace(
            _token_manager=manager, _static_router_data=self.connections
        )
        self.event_processor = self
        self.sent: list[tuple[str, str]] = []
        self.cookies: list[str] = []

    async def enqueue(self, token: str, event: Any) -> None:
        assert event.payload == {}
        self.sent.append((token, event.name.rsplit(".", 2)[1]))
        self.cookies.append(event.router_data["headers"]["cookie"])

    def connect(self, token: str, cookie: str) -> None:
        self.sockets[token] = SimpleNamespace(instance_id="this", sid=f"socket of {cookie}")
        self.connections[f"socket of {cookie}"] = {"headers": {"cookie": cookie}}

    def take(self) -> list[tuple[str, str]]:
        sent, self.sent = self.sent, []
        return sorted(sent)


@pytest.fixture
def app() -> Iterator[App]:
    live.viewers.clear()
    live._changed.clear()
    live._company.clear()
    clock.freeze(NOW)
    yield App()
    clock.freeze(None)
    live.viewers.clear()
    live._changed.clear()
    live._company.clear()


def tab(token: str) -> Any:
    router = SimpleNamespace(session=SimpleNamespace(client_token=token))
    return SimpleNamespace(router=router, router_data={"headers": {"cookie": f"of {token}"}})


def show(
    app: App,
    token: str,
    workspace: int = 1,
    conversation: int | None = None,
    refresh_at: datetime | None = None,
) -> None:
    """A connected tab has read its list and perhaps a conversation."""
    app.connect(token, f"of {token}")
    live.watch(tab(token), workspace, "list", HANDLERS["list"], refresh_at)
    if conversation:
        live.watch(tab(token), workspace, "thread", HANDLERS["thread"], refresh_at, conversation)


PARTS = {"inbox": "list", "thread": "thread", "presence": "company"}


def parts(sent: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(token, PARTS[name.split("____")[1]]) for token, name in sent]


def see(token: str, conversation_gone: list[str], workspace: int = 1) -> None:
    """The tab shows who else looks at its conversation."""
    live.watch(
        tab(token),
        workspace,
        "company",
        HANDLERS["company"],
        None,
        on_lost=lambda: conversation_gone.append(token),
    )


@pytest.mark.anyio
async def test_a_change_refreshes_the_browsers_that_show_it(app: App) -> None:
    show(app, "ana", conversation=7)
    show(app, "sam", conversation=8)
    show(app, "kim", workspace=2, conversation=7)
    live.heard(b"workspace:1", b"[7]")
    await live.flush(app)
    assert parts(app.take()) == [("ana", "list"), ("ana", "thread"), ("sam", "list")]
    assert set(app.cookies) == {"of ana", "of sam"}


@pytest.mark.anyio
async def test_a_change_without_conversation_concerns_everything(app: App) -> None:
    show(app, "ana", conversation=7)
    live.heard(b"workspace:1", b"[9]")
    live.heard(b"workspace:1", b"[]")
    live.heard(b"workspace:1", b"[9]")
    await live.flush(app)
    assert parts(app.take()) == [("ana", "list"), ("ana", "thread")]


@pytest.mark.anyio
async def test_company_refreshes_only_the_company(app: App) -> None:
    show(app, "ana", conversation=7)
    show(app, "sam", conversation=8)
    show(app, "kim", workspace=2, conversation=7)
    for token, workspace in (("ana", 1), ("sam", 1), ("kim", 2)):
        see(token, [], workspace)
    live.heard(b"company:1", b"[7]")
    await live.flush(app)
    assert parts(app.take()) == [("ana", "company")]
    see("ana", [])
    live.heard(b"workspace:1", b"[7]")
    await live.flush(app)
    assert parts(app.take()) == [("ana", "list"), ("ana", "thread"), ("sam", "list")]


@pytest.mark.anyio
async def test_a_closed_tab_takes_its_leave(app: App) -> None:
    gone: list[str] = []
    for token in ("ana", "sam", "lee"):
        show(app, token, conversation=7)
        see(token, gone)
    live.leave(tab("lee"), "company")
    del app.sockets["ana"], app.sockets["lee"]
    await live.forget_lost(app)
    await live.forget_lost(app)
    assert (gone, set(live.viewers)) == (["ana"], {"sam"})


@pytest.mark.anyio
async def test_many_changes_are_one_refresh(app: App) -> None:
    show(app, "ana", conversation=7)
    for _ in range(50):
        live.heard(b"workspace:1", b"[7, 8]")
    await live.flush(app)
    assert len(app.take()) == 2
    await live.flush(app)
    assert app.take() == []


@pytest.mark.anyio
async def test_a_browser_at_work_gets_no_second_refresh_until_it_answers(app: App) -> None:
    show(app, "ana")
    for _ in range(3):
        live.heard(b"workspace:1", b"[7]")
        await live.flush(app)
    assert len(app.take()) == 1
    show(app, "ana")  # the refresh read again
    await live.flush(app)
    assert len(app.take()) == 1


@pytest.mark.anyio
async def test_a_lost_refresh_blocks_nobody_for_ever(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(app, "ana")
    live.heard(b"workspace:1", b"[7]")
    await live.flush(app)
    live.viewers["ana"].asked_at -= live.PATIENCE  # type: ignore[operator]
    live.heard(b"workspace:1", b"[7]")
    await live.flush(app)
    assert len(app.take()) == 2


@pytest.mark.parametrize("owner", [None, "another process"])
@pytest.mark.anyio
async def test_a_socket_that_is_gone_or_not_ours_is_forgotten(app: App, owner: str | None) -> None:
    show(app, "ana")
    if owner is None:
        del app.sockets["ana"]
    else:
        app.sockets["ana"] = SimpleNamespace(instance_id=owner)
    live.heard(b"workspace:1", b"[7]")
    await live.flush(app)
    assert (app.take(), live.viewers) == ([], {})


@pytest.mark.anyio
async def test_time_alone_refreshes_what_became_untrue(app: App) -> None:
    show(app, "ana", conversation=7, refresh_at=NOW + timedelta(minutes=1))
    show(app, "sam", conversation=7, refresh_at=NOW + timedelta(hours=1))
    assert not live.tick()
    clock.freeze(NOW + timedelta(minutes=1))
    assert live.tick()
    await live.flush(app)
    assert parts(app.take()) == [("ana", "list"), ("ana", "thread")]
    assert not live.tick()


@pytest.mark.anyio
async def test_who_left_is_not_refreshed(app: App) -> None:
    show(app, "ana", conversation=7)
    show(app, "sam", conversation=7)
    live.leave(tab("ana"))
    live.leave(tab("sam"), "thread")
    live.leave(tab("nobody"))
    live.heard(b"workspace:1", b"[7]")
    await live.flush(app)
    assert parts(app.take()) == [("sam", "list")]


@pytest.mark.anyio
async def test_another_workspace_in_the_same_tab_starts_anew(app: App) -> None:
    show(app, "ana", workspace=1, conversation=7)
    show(app, "ana", workspace=2)
    live.heard(b"workspace:1", b"[7]")
    live.heard(b"workspace:2", b"[7]")
    await live.flush(app)
    assert parts(app.take()) == [("ana", "list")]


@pytest.mark.parametrize(
    ("channel", "data"),
    [
        (b"workspace:x", b"[1]"),
        (b"workspace", b"[1]"),
        (b"workspace:1", b"{"),
        (b"workspace:1", b"5"),
    ],
)
def test_a_nudge_that_cannot_be_read_is_left_out(app: App, channel: bytes, data: bytes) -> None:
    live.heard(channel, data)
    assert live._changed == {}


def test_the_registry_is_bounded(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_VIEWERS", 3)
    for number in range(5):
        show(app, f"tab {number}")
    assert list(live.viewers) == ["tab 2", "tab 3", "tab 4"]


async def until(app: App, count: int) -> None:
    """Real time, but only as long as it takes."""
    async with asyncio.timeout(10):
        while len(app.sent) < count:
            await asyncio.sleep(0.01)


@pytest.mark.anyio
async def test_nudges_arrive_through_redis(app: App, redis: None) -> None:
    task = asyncio.create_task(live.listen(app))  # type: ignore[arg-type]
    show(app, "ana", conversation=7)
    await until(app, 2)  # it read once more, because it had not listened before
    show(app, "ana", conversation=7)
    app.take()
    await asyncio.to_thread(nudges.publish, {(1, 7)})
    await until(app, 2)
    app.take()
    see("ana", [])
    await asyncio.to_thread(nudges.company_changed, 1, 7)
    await until(app, 1)
    assert parts(app.take()) == [("ana", "company")]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.anyio
async def test_the_hub_outlives_redis(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    async def broken() -> None:
        calls.append(1)
        raise (RedisConnectionError("gone"), RuntimeError("odd"))[len(calls) % 2]

    monkeypatch.setattr(live, "_hear", broken)
    monkeypatch.setattr(live, "AGAIN", 0)
    task = asyncio.create_task(live.listen(app))  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        while len(calls) < 4:
            await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.anyio
async def test_a_jump_of_the_clock_refreshes_everybody(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    offset = timedelta(0)
    monkeypatch.setattr(clock, "offset", lambda: offset)
    monkeypatch.setattr(live, "TICK", 0)
    monkeypatch.setattr(live, "_hear", asyncio.Event().wait)
    show(app, "ana", conversation=7)
    task = asyncio.create_task(live.listen(app))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert app.take() == []
    offset = timedelta(hours=25)
    await until(app, 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.anyio
async def test_who_takes_over_a_token_hears_nothing_in_its_owners_name(app: App) -> None:
    """The refresh carries the owner's cookie, so the guard would let it pass."""
    show(app, "ana")
    app.connect("ana", "of a thief")
    live.heard(b"workspace:1", b"[7]")
    await live.flush(app)
    assert (app.take(), live.viewers) == ([], {})
    show(app, "ana")
    live.heard(b"workspace:1", b"[7]")
    await live.flush(app)
    assert parts(app.take()) == [("ana", "list")]

"""Agents in their browsers, as raw websockets: they take over, answer and hand back, and click
again when the line broke before the page answered."""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from bench.chaos.company import conversation_of, patiently
from bench.chaos.plan import Episode
from illumichat_app import db

ROOT = "reflex___state____state"
OPEN = f"{ROOT}.state___thread____thread.open"
SEND = f"{ROOT}.state___reply____reply.send"
HANDLING = f"{ROOT}.state___handling____handling"
SHOWN = '"read_at_rx_state_"'
PAGE = "/inbox/[[view]]/[[conversation]]"
ANSWER_SECONDS = 8.0  # a person clicks again after so long
PATIENCE = 90.0


@dataclass
class Reply:
    """What an agent wrote: `taken` if the page said so, `refused` if it said no."""

    customer: int
    text: str
    key: str
    taken: bool = False
    refused: bool = False


class Unanswered(Exception):
    """The page never answered a click."""


class Agent:
    """One person with one tab; `book` is what they remember."""

    def __init__(self, web: str, cookie: str) -> None:
        token = secrets.token_hex(16)
        self._address = f"ws://{web}/_event/?token={token}&EIO=4&transport=websocket"
        self._cookie = cookie
        self._socket: ClientConnection | None = None
        self._conversation = 0
        self.queue: asyncio.Queue[Episode] = asyncio.Queue()
        self.book: list[Reply] = []
        self.unanswered = 0
        self.connections = 0

    async def work(self) -> None:
        """Until cancelled: one episode after the other."""
        while True:
            episode = await self.queue.get()
            try:
                await self._go_through(episode)
            except Unanswered:
                self.unanswered += 1
            finally:
                self.queue.task_done()

    async def _go_through(self, episode: Episode) -> None:
        found = await patiently(lambda: asyncio.to_thread(_conversation, episode.customer))
        if found is None:
            return
        await self._show(found)
        if episode.by_button:
            await self._press("take_over")
        for text in episode.replies:
            await self._reply(episode.customer, text)
        if episode.hands_back:
            await self._press("resume_ai")

    # ---- what the person does

    async def _show(self, conversation: int) -> None:
        self._conversation = conversation
        await self._ask(OPEN, {}, SHOWN)

    async def _press(self, verb: str) -> None:
        await self._ask(f"{HANDLING}.{verb}", {}, '"running_rx_state_":""')

    async def _reply(self, customer: int, text: str) -> None:
        """The same key each time: however often it is clicked, it is one message."""
        reply = Reply(customer, text, secrets.token_hex(12))
        self.book.append(reply)
        given = {"text": text, "send_key": reply.key, "files": []}
        frame = await self._ask(SEND, given, f'"answered_rx_state_":"{reply.key}"')
        reply.taken = f'"taken_rx_state_":"{reply.key}"' in frame
        reply.refused = not reply.taken

    # ---- the line

    async def _ask(self, name: str, payload: dict[str, Any], awaited: str) -> str:
        """The frame with the awaited words. Raises Unanswered."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                socket = await self._line(name)
                await self._say(socket, name, payload)
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await _frame(socket, awaited)
            except (OSError, TimeoutError, WebSocketException):
                await self._hang_up()
                await asyncio.sleep(0.5)
        raise Unanswered(name)

    async def _line(self, name: str) -> ClientConnection:
        """The open socket. After a break the thread is read anew before anything is sent, as the
        reply box of the browser does."""
        if self._socket is None:
            self._socket = await connect(
                self._address,
                additional_headers={"Cookie": self._cookie},
                max_size=None,
                compression=None,
                open_timeout=5,
            )
            self.connections += 1
            await self._socket.send("40/_event,")
            if name != OPEN:
                await self._say(self._socket, OPEN, {})
                async with asyncio.timeout(ANSWER_SECONDS):
                    await _frame(self._socket, SHOWN)
        return self._socket

    async def _say(self, socket: ClientConnection, name: str, payload: dict[str, Any]) -> None:
        query = {"view": "open", "conversation": str(self._conversation)}
        route = {"pathname": PAGE, "asPath": "/inbox/open/", "query": query}
        event = {"name": name, "payload": payload, "router_data": route}
        await socket.send("42/_event," + json.dumps(["event", event]))

    async def _hang_up(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.transport.abort()


async def _frame(socket: ClientConnection, awaited: str) -> str:
    async for frame in socket:
        text = frame if isinstance(frame, str) else frame.decode()
        if text == "2":
            await socket.send("3")
        elif awaited in text:
            return text
    raise OSError("the line broke")


def _conversation(customer: int) -> int | None:
    with db.reading() as session:
        return conversation_of(session, customer)

"""The buttons that change who answers the open conversation."""

from typing import Any

import reflex as rx

from domain import conversations
from state.guard import allow, perform
from state.inbox import Inbox
from state.thread import opened, reread


class Handling(rx.State):
    """Each verb is one transaction; the thread, its header and the list then read anew."""

    @rx.event
    @allow("agent")
    async def take_over(self) -> Any:
        return await self._change(conversations.take_over)

    @rx.event
    @allow("agent")
    async def resume_ai(self) -> Any:
        return await self._change(conversations.resume_ai)

    @rx.event
    @allow("agent")
    async def close(self) -> Any:
        return await self._change(conversations.close)

    @rx.event
    @allow("agent")
    async def reopen(self) -> Any:
        return await self._change(conversations.reopen)

    async def _change(self, verb: Any) -> Any:
        await perform(self, verb, await opened(self))
        await reread(self)
        return Inbox.refresh

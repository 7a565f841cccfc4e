"""Who answers the open conversation: the header's buttons, the pause and the switch of the AI."""

from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import reflex as rx

from domain import auto_resume, conversations
from domain.auto_resume import CHOICES, NEVER, Unit
from illumichat_app.clock import now
from illumichat_app.errors import AppError, Invalid
from state.guard import allow, perform
from state.inbox import Inbox
from state.thread import opened, reread

__all__ = ["CHOICES", "NEVER", "UNITS", "Handling", "short_length"]

UNITS = tuple(unit.value for unit in Unit)
LONGER_BY = 15  # minutes
# A second click on its way while the first was at work is the same wish.
SAME_WISH = timedelta(seconds=1.5)

Verb = Literal[
    "", "claim", "release", "take_over", "resume_ai", "close", "reopen", "pause", "switch"
]
_WORK: dict[Verb, Callable[..., Any]] = {
    "claim": conversations.claim,
    "release": conversations.release,
    "take_over": conversations.take_over,
    "resume_ai": conversations.resume_ai,
    "close": conversations.close,
    "reopen": conversations.reopen,
}


def short_length(minutes: int) -> str:
    """5 m, 4 h, 7 d, Never: a length as a chip has room for it."""
    if minutes == NEVER:
        return "Never"
    count, unit = auto_resume.duration(minutes).split()
    return f"{count} {unit[0]}"


class Handling(rx.State):
    """Each verb is one transaction; the thread, its header and the list then read anew."""

    running: Verb = ""  # whose button shows that it works; the others wait
    pause_problem: str = ""
    problem_in: int = 0  # the conversation where it was typed
    _wish: tuple[str, int] = ("", 0)
    _done_at: datetime | None = None

    @rx.event
    @allow("agent")
    async def claim(self) -> AsyncGenerator[Any, None]:
        """Say that you handle it."""
        async for answer in self._do("claim"):
            yield answer

    @rx.event
    @allow("agent")
    async def release(self) -> AsyncGenerator[Any, None]:
        """Give up your claim."""
        async for answer in self._do("release"):
            yield answer

    @rx.event
    @allow("agent")
    async def take_over(self) -> AsyncGenerator[Any, None]:
        """Answer in the assistant's or a colleague's place."""
        async for answer in self._do("take_over"):
            yield answer

    @rx.event
    @allow("agent")
    async def resume_ai(self) -> AsyncGenerator[Any, None]:
        """Let the assistant answer again."""
        async for answer in self._do("resume_ai"):
            yield answer

    @rx.event
    @allow("agent")
    async def close(self) -> AsyncGenerator[Any, None]:
        """Done, until the customer writes again."""
        async for answer in self._do("close"):
            yield answer

    @rx.event
    @allow("agent")
    async def reopen(self) -> AsyncGenerator[Any, None]:
        """Go on with it."""
        async for answer in self._do("reopen"):
            yield answer

    # ---- the pause

    @rx.event
    @allow("agent")
    async def pause(self, minutes: int) -> AsyncGenerator[Any, None]:
        """The AI resumes after so many minutes; 0 is never."""
        async for answer in self._change("pause", auto_resume.set_timer, minutes):
            yield answer

    @rx.event
    @allow("agent")
    async def pause_other(self, form_data: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """The same for a length of the person's own; what is wrong stands below the field."""
        self.pause_problem, self.problem_in = "", await opened(self)
        try:
            minutes = auto_resume.written_minutes(*_length(form_data))
        except Invalid as refusal:
            self.pause_problem = refusal.message
            return
        async for answer in self._change("pause", auto_resume.set_timer, minutes):
            yield answer

    @rx.event
    @allow("agent")
    async def pause_longer(self) -> AsyncGenerator[Any, None]:
        """15 minutes more."""
        async for answer in self._change("pause", auto_resume.extend, LONGER_BY):
            yield answer

    @rx.event
    @allow("agent")
    async def stop_timer(self) -> AsyncGenerator[Any, None]:
        """The AI stays paused until somebody resumes it."""
        async for answer in self._change("pause", auto_resume.stop):
            yield answer

    @rx.event
    @allow("agent")
    async def switch_ai(self, on: bool) -> AsyncGenerator[Any, None]:
        """Whether the AI may answer in this conversation."""
        async for answer in self._change("switch", conversations.set_ai, on):
            yield answer

    # ---- one change

    async def _do(self, verb: Verb) -> AsyncGenerator[Any, None]:
        wish = (verb, await opened(self))
        if wish == self._wish and self._done_at and abs(now() - self._done_at) < SAME_WISH:
            return
        async for answer in self._change(verb, _WORK[verb]):
            yield answer
        self._wish, self._done_at = wish, now()

    async def _change(
        self, verb: Verb, work: Callable[..., Any], *given: Any
    ) -> AsyncGenerator[Any, None]:
        self.running = verb
        yield None
        try:
            await perform(self, work, await opened(self), *given)
        except AppError as refusal:
            yield rx.toast.error(refusal.message)
        finally:
            self.running = ""
        await reread(self)
        yield Inbox.refresh


def _length(form: dict[str, Any]) -> tuple[str, Unit]:
    unit = form.get("unit")
    return str(form.get("amount", "")), Unit(unit) if unit in UNITS else Unit.MINUTES

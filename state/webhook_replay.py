"""Replaying a time: count, ask, then step by step while the page stays free."""

import asyncio
from datetime import timedelta
from typing import Any

import reflex as rx

from domain import access, accounts, labels, webhook_replay
from domain.webhook_replay import Range
from illumichat_app import db
from illumichat_app.clock import now
from illumichat_app.errors import AppError
from state.guard import actor, allow, look

__all__ = ["WebhookReplay"]

POLL_SECONDS = 0.2
# A step that is not applied by then: the inbound lane stands still, and more would only pile up.
MOST_POLLS = 300


class WebhookReplay(rx.State):
    """The dialog of a replay, and its progress."""

    shown: bool = False
    begins: str = ""
    ends: str = ""
    words: str = ""
    count: int = -1  # not counted yet
    running: bool = False
    finished: str = ""
    done: int = 0
    problem: str = ""
    _wanted: Range | None = None
    _run: int = 0

    @rx.var
    def percent(self) -> int:
        """How far the replay is."""
        return min(100, round(100 * self.done / self.count)) if self.count > 0 else 0

    @rx.event
    @allow("admin")
    async def ask(self, shown: bool) -> None:
        """Open or close the dialog; a replay that runs goes on behind it."""
        self.shown = shown
        if shown and not self.running:
            self._start_over()
            zone = labels.zone((await look(self, accounts.profile))[1].time_zone)
            until = now().astimezone(zone).replace(second=0, microsecond=0) + labels.MINUTE
            self.begins = (until - timedelta(hours=1)).isoformat()[:16]
            self.ends = until.isoformat()[:16]

    @rx.event
    @allow("admin")
    async def measure(self, form_data: dict[str, Any]) -> None:
        """Count what the chosen time holds, before anything is done."""
        if self.running:
            return
        self._start_over()
        self.begins, self.ends = _text(form_data, "begins"), _text(form_data, "ends")
        try:
            wanted = await look(self, webhook_replay.between, self.begins, self.ends)
        except AppError as refusal:
            self.problem = refusal.message
            return
        self._wanted, self.count, self.words = wanted, wanted.count, wanted.words

    @rx.event
    @allow("admin")
    def choose_again(self) -> None:
        """Back to the two times."""
        if not self.running:
            self._start_over()

    @rx.event(background=True)
    @allow("admin")
    async def start(self) -> None:
        """Replay what was counted, some hundred at a time."""
        async with self:
            wanted = self._wanted
            if self.running or wanted is None or not wanted.count:
                return
            self._run += 1
            run = self._run
            self.running, self.finished, self.problem, self.done = True, "", "", 0
        end = "It stopped, because something went wrong on our side. What was done stays done."
        try:
            end = await self._replay(wanted, run)
        except AppError as refusal:
            end = refusal.message
        finally:
            async with self:
                if self._run == run:
                    self.running, self.finished, self._wanted = False, end, None

    @rx.event
    @allow("admin")
    def cancel(self) -> None:
        """Stop after the step at work."""
        if self.running:
            self._run += 1
            self.running, self._wanted = False, None
            self.finished = (
                f"Cancelled after {self.done:,} of {self.count:,}. The rest is as it was."
            )

    async def _replay(self, wanted: Range, run: int) -> str:
        after, queued, left_out = wanted.first, 0, 0
        if (who := await self._still(run)) is not None:
            await db.run(webhook_replay.note_start, who, wanted)
        while (who := await self._still(run)) is not None:
            step = await db.run(webhook_replay.step, who, wanted, after)
            if step.last == after:
                return _ended(queued, left_out)
            if not await _applied(who, after, step.last):
                return "It stopped, because the queue stands still. What was queued is not lost."
            after = step.last
            queued, left_out = queued + step.queued, left_out + step.left_out
            async with self:
                if self._run == run:
                    self.done = queued + left_out
        return ""

    async def _still(self, run: int) -> access.Actor | None:
        """Whoever is behind this browser now, for their session may have ended; None: cancelled."""
        async with self:
            return await actor(self) if self._run == run else None

    def _start_over(self) -> None:
        self._wanted, self.count, self.words = None, -1, ""
        self.done, self.finished, self.problem = 0, "", ""


async def _applied(who: access.Actor, after: int, last: int) -> bool:
    """Wait until a step is applied: new messages must not queue behind a week of old ones."""
    for _ in range(MOST_POLLS):
        if not await db.read(webhook_replay.waiting, who, after + 1, last):
            return True
        await asyncio.sleep(POLL_SECONDS)
    return False


def _ended(queued: int, left_out: int) -> str:
    words = f"{queued:,} applied again." if queued != 1 else "1 applied again."
    if left_out:
        words += f" {left_out:,} left out: their number belongs to another company now."
    return words


def _text(form: dict[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""

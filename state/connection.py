"""Connecting, testing and disconnecting the open channel's number, each step as it comes.

The code, the credentials and the PIN pass through events once; none of them is ever in a var.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import reflex as rx

from domain import connecting, connection_check, signing
from domain.access import Actor
from domain.connections import NumberTaken
from illumichat_app import db
from illumichat_app.clock import now
from illumichat_app.errors import AppError
from integrations.whatsapp import manual, signup
from integrations.whatsapp.process_client import graph
from integrations.whatsapp.signup import Answer, StepResult, StepState
from state.channel import Channel
from state.guard import actor, allow

__all__ = ["Again", "Connection", "Step"]

Again = Literal["subscribe", "health"]

# Longer than Meta takes for all steps together; after it, a page that was opened anew is free.
PATIENCE = timedelta(minutes=2)
# As long as Meta's own values can be, so that nobody makes us ask Meta about megabytes.
LONGEST = 1000

SIGNING_UP = (
    "exchange",
    "permissions",
    "number",
    "saved",
    "subscribe",
    "register",
    "health",
    "templates",
)
# The check that failed, and the step of the set-up that mends it.
MENDED_BY = {
    "subscribe": "subscribe",
    "register": "register",
    "health": "health",
    "subscribed": "subscribe",
    "registered": "register",
}
LABELS = {
    "exchange": "Access from Meta",
    "permissions": "Permissions",
    "number": "Phone number",
    "saved": "Stored encrypted",
    "subscribe": "Webhooks subscribed",
    "register": "Number registered",
    "health": "Ready to send",
    "templates": "Templates",
    "token": "Access token",
    "expiry": "Token's end",
    "secret": "App secret",
    "subscribed": "Webhooks subscribed",
    "callback": "Callback address",
    "registered": "Number registered",
    "address": "Public address",
    "clock": "Clock",
    "unsubscribe": "Disconnected",
}
CHECKS = (
    "token",
    "expiry",
    "permissions",
    "secret",
    "subscribed",
    "callback",
    "registered",
    "health",
    "clock",
    "address",
)
# Proved before a manual connection is saved (integrations.whatsapp.manual).
PROVED = (
    signup.ok("token", "Meta accepts the token, with both permissions."),
    signup.ok("number", "The number belongs to the WhatsApp account."),
    signup.ok("secret", "The app secret belongs to the token's app."),
    signup.ok("saved", "The connection is saved, token and secret encrypted."),
)


@dataclass
class Step:
    """One step: waiting, running, ok, warning, failed or skipped; `again` is what mends it."""

    name: str
    label: str
    state: str
    sentence: str = ""
    fix: str = ""
    again: str = ""


@dataclass(frozen=True)
class Run:
    """One piece of work: whose, on what, and its number, by which a newer one is told from it."""

    number: int
    who: Actor
    assistant: int
    channel: int


class Connection(rx.State):
    """One piece of work at a time in each tab; two tabs are kept apart by the rows."""

    busy: str = ""  # signup, manual, test, disconnect, or the step that is tried again
    steps: list[Step] = []  # noqa: RUF012  a var's default; Reflex copies it
    heading: str = ""
    problems: dict[str, str] = {}  # noqa: RUF012  a sentence for each wrong field
    problem: str = ""
    taken_by: int = 0  # the assistant that has the number
    ended: int = 0  # tells the browser's own button that it is free again
    _of: int = 0
    _run: int = 0
    _until: datetime | None = None

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, or the browser came back while something is still going on."""
        wanted = (await self.get_state(Channel)).assistant
        if wanted != self._of or not self._is_at_work():
            self._clear()
            self._of = wanted

    @rx.event
    @allow("agent")
    def leave(self) -> None:
        """Another page opened; what was begun is finished unseen."""
        self._clear()

    @rx.event
    @allow("admin")
    def close(self) -> None:
        """Put the list of steps away."""
        if not self.busy:
            self.steps, self.problem, self.taken_by = [], "", 0

    @rx.event(background=True)
    @allow("admin")
    async def sign_up(
        self, code: str, waba_id: str, phone_number_id: str, event: str
    ) -> AsyncGenerator[Any, None]:
        """What Meta's window gave: nothing of it is believed, and the code is used once."""
        run = await self._begin("signup", "Connecting", SIGNING_UP)
        if run is None:
            return
        given = (words[:LONGEST] for words in (code, waba_id, phone_number_id, event))
        async with self._ending(run):
            journey = connecting.finish_signup(
                await graph(), run.who, run.assistant, Answer(*given)
            )
            async for step in journey:
                if step.name == "saved":
                    signing.forget()
                await self._show(run, step)
        yield Channel.refresh

    @rx.event(background=True)
    @allow("admin")
    async def connect_manually(self, form_data: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """Check the four values with Meta; each wrong one gets its sentence."""
        run = await self._begin("manual")
        if run is None:
            return
        names = (manual.NUMBER, manual.ACCOUNT, manual.TOKEN, manual.SECRET)
        values = manual.Values(*(_text(form_data, name) for name in names))
        async with self._ending(run):
            outcome = await connecting.connect_manually(
                await graph(), run.who, run.assistant, values
            )
            signing.forget()
            await self._judge(run, outcome)
        yield Channel.refresh

    @rx.event(background=True)
    @allow("admin")
    async def test(self) -> AsyncGenerator[Any, None]:
        """Ask Meta everything about the number, and keep what came of it."""
        run = await self._begin("test", "Testing the connection", CHECKS)
        if run is None:
            return
        async with self._ending(run):
            subject = await db.read(connection_check.subject, run.who, run.channel)
            report = await connection_check.examine(await graph(), subject)
            await db.run(connection_check.record, subject, report)
            await self._show(run, *report.steps)
        yield Channel.refresh

    @rx.event(background=True)
    @allow("admin")
    async def retry(self, step: Again) -> AsyncGenerator[Any, None]:
        """Do one failed step again."""
        await self._try_again(step, "")
        yield Channel.refresh

    @rx.event(background=True)
    @allow("admin")
    async def register(self, form_data: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """Try to register again, with the number's own PIN if it has one."""
        await self._try_again("register", _text(form_data, "pin").strip())
        yield Channel.refresh

    @rx.event(background=True)
    @allow("admin")
    async def disconnect(self) -> AsyncGenerator[Any, None]:
        """Let the number go, here and at Meta."""
        run = await self._begin("disconnect")
        if run is None:
            return
        async with self._ending(run):
            result = await connecting.end(await graph(), run.who, run.channel)
            signing.forget()
            await self._show(run, result)
        yield Channel.refresh

    # ---- one piece of work

    async def _begin(
        self, what: str, heading: str = "", planned: tuple[str, ...] = (), *, keep: bool = False
    ) -> Run | None:
        """Start it, unless another one is going on or no assistant is open."""
        async with self:
            page = await self.get_state(Channel)
            if self._is_at_work() or not page.assistant or page.missing:
                self.ended += 1
                return None
            if not keep:
                self.steps = _plan(planned)
            self.busy, self.heading, self.problems = what, heading or self.heading, {}
            self.problem, self.taken_by = "", 0
            self._run, self._until = self._run + 1, now() + PATIENCE
            return Run(self._run, await actor(self), page.assistant, page.channel)

    @asynccontextmanager
    async def _ending(self, run: Run) -> AsyncIterator[None]:
        """Say why it was refused, and leave no button spinning."""
        refusal: AppError | None = None
        try:
            yield
        except AppError as raised:
            refusal = raised
        finally:
            async with self:
                if self._run == run.number:
                    self._end(refusal)

    async def _show(self, run: Run, *results: StepResult) -> None:
        async with self:
            if self._run == run.number:
                for result in results:
                    self.steps = _with(self.steps, result)

    async def _judge(self, run: Run, outcome: connecting.ManualOutcome) -> None:
        if not outcome.errors:
            return await self._show(run, *PROVED, *outcome.steps)
        async with self:
            if self._run == run.number:
                self.problems = outcome.errors
        return None

    async def _try_again(self, step: str, pin: str) -> None:
        run = await self._begin(step, keep=True)
        if run is None:
            return
        async with self._ending(run):
            results = await connecting.retry(await graph(), run.who, run.channel, step, pin)
            await self._show(run, *results)

    # ---- under the state's lock

    def _end(self, refusal: AppError | None) -> None:
        tested = self.busy == "test"
        self.busy, self._until, self.ended = "", None, self.ended + 1
        self.steps = [step for step in self.steps if step.state not in ("waiting", "running")]
        self.heading = _verdict(self.steps, "Everything works" if tested else "All done")
        if refusal:
            self.problem = refusal.message
        if isinstance(refusal, NumberTaken) and refusal.assistant_id != self._of:
            self.taken_by = refusal.assistant_id or 0

    def _is_at_work(self) -> bool:
        return bool(self.busy and self._until and now() < self._until)

    def _clear(self) -> None:
        run = self._run + 1
        self.reset()
        self._run = run


def _plan(names: tuple[str, ...]) -> list[Step]:
    return [
        Step(name, LABELS[name], "waiting" if number else "running")
        for number, name in enumerate(names)
    ]


def _with(steps: list[Step], result: StepResult) -> list[Step]:
    """The list with this result in its place; the next step that waits is the one that runs."""
    made = _step(result)
    names = [step.name for step in steps]
    mended = [step.again if step.again and made.name not in names else step.name for step in steps]
    if made.name not in mended:
        return [*steps, made]
    place = mended.index(made.name)
    if steps[place].name != made.name:  # the set-up's step, in the place of the check it mends
        made = replace(made, name=steps[place].name, label=steps[place].label)
    after = [replace(step) for step in steps[place + 1 :]]
    if after and after[0].state == "waiting":
        after[0].state = "running"
    return [*steps[:place], made, *after]


def _step(result: StepResult) -> Step:
    again = MENDED_BY.get(result.name, "") if result.state is StepState.FAILED else ""
    label = LABELS.get(result.name, result.name)
    return Step(result.name, label, result.state.value, result.sentence, result.fix, again)


def _verdict(steps: list[Step], well: str) -> str:
    failed = sum(step.state == "failed" for step in steps)
    if failed:
        return f"{failed} step{'s' if failed > 1 else ''} did not work"
    if any(step.state == "warning" for step in steps):
        return "It works, with something to look at"
    return well if steps else ""


def _text(form: dict[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value[:LONGEST] if isinstance(value, str) else ""

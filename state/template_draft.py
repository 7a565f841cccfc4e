"""A template while it is written: what is typed, what Meta would refuse, how the phone shows it."""

from collections.abc import AsyncGenerator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import reflex as rx
from reflex.event import EventSpec

from domain import template_drafts, template_writing
from domain.access import Actor
from domain.template_drafts import (
    ButtonKind,
    Category,
    Draft,
    DraftButton,
    PhoneView,
    Piece,
    Slot,
    phone_view,
)
from domain.template_lint import Problem, Remedy
from domain.template_parts import LONGEST_BODY, LONGEST_HEADER
from domain.template_writing import Purpose, Result
from illumichat_app.clock import now
from illumichat_app.errors import AppError, Conflict
from integrations.whatsapp.process_client import graph
from state.guard import actor, allow, look
from state.templates import Templates

__all__ = [
    "LONGEST_BODY",
    "LONGEST_FOOTER",
    "LONGEST_HEADER",
    "MOST_BUTTONS",
    "ButtonKind",
    "Category",
    "DraftButton",
    "Language",
    "Piece",
    "Problem",
    "Slot",
    "TemplateDraft",
]

LONGEST_FOOTER = template_drafts.LONGEST_FOOTER
MOST_BUTTONS = template_drafts.MOST_BUTTONS
# As long as a kept draft can be with every field at its limit.
LONGEST_KEPT = 200_000
Field = Literal["name", "language", "header", "body", "footer", "minutes"]
ButtonField = Literal["text", "target", "example"]
# Longer than Meta takes to answer and its list to be read; after it, an open page is free again.
PATIENCE = timedelta(minutes=2)
FAILED = "Something went wrong on our side. Look at the list before you hand it in again."


@dataclass
class Language:
    """A choice of the language list."""

    code: str
    words: str


@dataclass(frozen=True)
class Job:
    """What is handed in, by whom; `run` tells it from the ones before."""

    run: int
    who: Actor
    assistant: int
    draft: Draft


class TemplateDraft(rx.State):
    """One draft in each tab; the browser keeps it, so a reload loses nothing."""

    writing: bool = False
    draft: Draft = Draft()
    problems: list[Problem] = []  # noqa: RUF012  a var's default; Reflex copies it
    slots: list[Slot] = []  # noqa: RUF012
    view: PhoneView = PhoneView()
    languages: list[Language] = []  # noqa: RUF012
    lost: str = ""  # what the template it began from had and this cannot have
    kept: str = ""  # for the browser's storage
    sending: bool = False
    _began: Draft = Draft()
    _touched: set[str] = set()  # noqa: RUF012  parts that were typed in: others are not scolded yet
    _all: bool = False  # scold everything: it was handed in once
    _answer: Problem | None = None  # Meta's own refusal, until its part is changed
    _of: int = 0  # the assistant it is written for
    _run: int = 0
    _since: datetime | None = None

    @rx.var
    def wrong(self) -> list[str]:
        """The parts that cannot be handed in like this."""
        return [each.part for each in self.problems if each.blocking]

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, or the browser came back: what is open for its assistant stays."""
        wanted = (await self.get_state(Templates)).assistant
        lost = self.sending and self._since and now() - self._since > PATIENCE
        if wanted != self._of or lost:
            self._close()

    @rx.event
    @allow("agent")
    def leave(self) -> None:
        """Another page opened; the browser keeps the draft."""
        self._close()

    @rx.event
    @allow("admin")
    async def start(self) -> EventSpec:
        """Open an empty draft."""
        if not self.writing:
            await self._open(Draft())
            await self._judge()
        return rx.set_focus("template-name")

    @rx.event
    @allow("admin")
    async def begin(self, template: int, purpose: Purpose) -> EventSpec:
        """Open a draft that begins from a template: to fix it, change it or copy it."""
        if self.writing and self._own() != self._began:
            raise Conflict("A draft is open. Submit it or cancel it first.")
        assistant = (await self.get_state(Templates)).assistant
        draft, lost = await look(self, template_writing.begin, assistant, template, purpose)
        await self._open(draft)
        self.lost, self._all = lost, purpose == "fix"
        await self._judge()
        return rx.set_focus("template-body" if draft.template else "template-name")

    @rx.event
    @allow("admin")
    async def restore(self, kept: str) -> None:
        """The browser had kept a draft; one that is open is newer."""
        draft = template_drafts.from_text(kept) if len(kept) <= LONGEST_KEPT else None
        if self.writing or draft is None or draft == Draft():
            return
        await self._open(draft)
        self._all = bool(draft.name and draft.body)
        await self._judge()

    @rx.event
    @allow("admin")
    def cancel(self) -> EventSpec | None:
        """Let the draft go."""
        if self.sending:
            return None
        self._close()
        return rx.set_focus("create-template")

    @rx.event
    @allow("admin")
    async def write(self, field: Field, words: str) -> None:
        """A field was typed in."""
        await self._change(field, **{field: words[: template_drafts.MOST_TYPED]})

    @rx.event
    @allow("admin")
    async def choose(self, category: Category) -> None:
        """Another category; the texts stay, in case it is changed back."""
        if not self.draft.approved:
            await self._change("category", category=category)

    @rx.event
    @allow("admin")
    async def advise(self, on: bool) -> None:
        """Whether the code comes with “do not share this code”."""
        await self._change("advice", advice=on)

    @rx.event
    @allow("admin")
    async def write_example(self, key: str, words: str) -> None:
        """An example for a variable was typed in."""
        known = {slot.key for slot in self.slots}
        if key in known:
            examples = self._own().examples | {key: words[: template_drafts.MOST_TYPED]}
            await self._change(key, examples=examples)

    @rx.event
    @allow("admin")
    async def add_button(self, kind: ButtonKind) -> None:
        """Another button; quick replies stand together, before the others."""
        buttons = self._own().buttons
        if len(buttons) < MOST_BUTTONS:
            made = [*buttons, DraftButton(kind)]
            await self._change("buttons", buttons=sorted(made, key=lambda b: b.kind != "reply"))

    @rx.event
    @allow("admin")
    async def drop_button(self, index: int) -> None:
        """Take a button away."""
        kept = [each for place, each in enumerate(self._own().buttons) if place != index]
        await self._change("buttons", buttons=kept)

    @rx.event
    @allow("admin")
    async def write_button(self, index: int, field: ButtonField, words: str) -> None:
        """A field of a button was typed in."""
        buttons = self._own().buttons
        if 0 <= index < len(buttons):
            words = words[: template_drafts.MOST_TYPED]
            buttons[index] = replace(buttons[index], **{field: words})
            await self._change(f"button.{index}.{field}", buttons=buttons)

    @rx.event
    @allow("admin")
    async def fix(self, remedy: Remedy) -> None:
        """Let the linter mend what it named."""
        if not self.sending:
            draft = await look(self, template_writing.mended, self._of, self._own(), remedy)
            self.draft, self._answer = draft, None
            await self._judge()

    @rx.event(background=True)
    @allow("admin")
    async def submit(self) -> AsyncGenerator[Any, None]:
        """Hand it in, unless something is wrong with it."""
        async with self:
            job = await self._begin_sending()
        if job is None:
            return
        result = Result("refused", Problem("", FAILED))
        try:
            result = await _hand_in(job)
        except AppError as refusal:
            result = Result("refused", Problem("", refusal.message))
        finally:
            async with self:
                said = await self._end_sending(job, result)
        for each in said:
            yield each
        yield Templates.refresh

    # ---- under the state's lock

    async def _begin_sending(self) -> Job | None:
        if self.sending or not self.writing:
            return None
        self._all, self._answer = True, None  # what Meta said before does not stop a new try
        await self._judge()
        if any(each.blocking for each in self.problems):
            return None
        self.sending, self._since, self._run = True, now(), self._run + 1
        return Job(self._run, await actor(self), self._of, self._own())

    async def _end_sending(self, job: Job, result: Result) -> list[EventSpec]:
        if self._run != job.run:
            return []
        self.sending, self._answer = False, result.problem
        if result.state != "done":
            await self._judge()
            return []
        self._close()
        words = f"{job.draft.name} is handed in. It is Pending until Meta has looked at it."
        said = [rx.toast.success(words), rx.set_focus("create-template")]
        return [*said, rx.toast.warning(result.problem.sentence)] if result.problem else said

    async def _change(self, part: str, **words: Any) -> None:
        if self.sending or not self.writing:
            return
        self.draft = replace(self._own(), **words)
        self._touched = self._touched | {part}
        if self._answer and self._answer.part in ("", part):
            self._answer = None
        await self._judge()

    async def _judge(self) -> None:
        """Everything that follows from the draft."""
        draft = self._own()
        found = await look(self, template_writing.examine, self._of, draft)
        shown = [each for each in found if self._all or self._is_due(each)]
        self.problems = [*([self._answer] if self._answer else []), *shown]
        self.slots, self.view = template_drafts.slots(draft), phone_view(draft)
        choices = template_drafts.languages(draft)
        self.languages = [Language(code, words) for code, words in choices.items()]
        self.kept = template_drafts.to_text(draft)

    def _own(self) -> Draft:
        """The draft without the proxies in which Reflex hands out what a var holds."""
        return deepcopy(self.draft)

    def _is_due(self, problem: Problem) -> bool:
        # What is said of the category comes of the words, so it needs no touch of its own.
        return problem.part in self._touched or problem.part == "category"

    async def _open(self, draft: Draft) -> None:
        self._close()
        self._of = (await self.get_state(Templates)).assistant
        self.draft = self._began = draft
        self.writing = True

    def _close(self) -> None:
        run = self._run + 1
        self.reset()
        self._run = run


async def _hand_in(job: Job) -> Result:
    """No state is locked and no transaction is open while Meta thinks."""
    step = template_writing.change if job.draft.template else template_writing.create
    return await step(await graph(), job.who, job.assistant, job.draft)

"""The assistants' pages: the list, one assistant's settings and passages, and the playground."""

import asyncio
import importlib
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx
from reflex.event import EventSpec

from domain import assistants, labels, passages
from domain.assistants import Detail, Summary
from domain.passages import PassageRow, Trial
from illumichat_app.errors import AppError, Conflict, Invalid, NotFound
from integrations import llm
from state.guard import actor, allow, look, perform

__all__ = ["Assistants", "Editor", "Knowledge", "PassageRow", "Playground", "Section", "Summary"]

# The limits the fields show; the rules themselves are checked where the rows are written.
NAME_LENGTH = assistants.NAME_LENGTH
INSTRUCTIONS_LENGTH = assistants.INSTRUCTIONS_LENGTH
MODEL_LENGTH = assistants.MODEL_LENGTH
TITLE_LENGTH = passages.TITLE_LENGTH
BODY_LENGTH = passages.BODY_LENGTH
QUESTION_LENGTH = passages.QUESTION_LENGTH
# The model's own time-out, and the reads around it.
PATIENCE = llm.TIMEOUT + 10

Field = Literal["name", "instructions", "model"]
Section = Literal["general", "knowledge"]


class Assistants(rx.State):
    """The list, which everyone may see."""

    rows: list[Summary] = []  # noqa: RUF012  a var's default; Reflex copies it
    loaded: bool = False
    naming: bool = False
    problem: str = ""

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """Read the list anew."""
        self.rows = await look(self, assistants.listing)
        self.loaded, self.naming, self.problem = True, False, ""

    @rx.event
    @allow("admin")
    def ask_name(self, shown: bool) -> None:
        """Open or close the dialog of a new assistant."""
        self.naming, self.problem = shown, ""

    @rx.event
    @allow("admin")
    async def create(self, form_data: dict[str, Any]) -> EventSpec | None:
        """Make an assistant and open its page; what is wrong with the name stands below it."""
        try:
            made = await perform(self, assistants.create, _text(form_data, "name"))
        except (Invalid, Conflict) as refusal:
            self.problem = refusal.message
            return None
        self.naming = False
        return rx.redirect(f"/assistants/{made}/")


class Editor(rx.State):
    """One assistant: what is stored, and what the person changed since."""

    assistant: int = 0
    loaded: bool = False
    missing: bool = False
    section: Section = "general"
    stored: Detail = Detail(0, "", "", "", [])
    name: str = ""
    instructions: str = ""
    model: str = ""
    stored_model: str = ""  # in words
    stored_initials: str = ""
    default_model: str = ""
    model_problem: str = ""
    problem: str = ""

    @rx.var
    def changed(self) -> bool:
        """Whether there is something to save."""
        drafted = (self.name, self.instructions, self.model)
        return drafted != (self.stored.name, self.stored.instructions, self.stored.model)

    @rx.event
    @allow("agent")
    async def load(self) -> Any:
        """The page opened, or the browser came back: what was typed meanwhile stays."""
        wanted = _number(self.rx_router_page.params.get("assistant"))
        if wanted != self.assistant:
            self.reset()
            self.assistant = wanted
            if self.rx_router_page.params.get("section") == "knowledge":
                self.section = "knowledge"
        if not (await actor(self)).is_admin:
            self.loaded = True
            return None
        await self._read()
        return None if self.missing else [Knowledge.load, Playground.load]

    @rx.event
    @allow("agent")
    def leave(self) -> None:
        """Another page opened; what was not saved is let go."""
        self.reset()

    @rx.event
    @allow("admin")
    def show(self, section: Section) -> None:
        """Switch between the settings and the knowledge."""
        self.section = section

    @rx.event
    @allow("admin")
    def change(self, field: Field, words: str) -> None:
        """A field changed; nothing is stored yet."""
        setattr(self, field, words[:INSTRUCTIONS_LENGTH])

    @rx.event
    @allow("admin")
    def add_guidance(self) -> None:
        """Put the advice for WhatsApp below the instructions; it counts once it is saved."""
        self.instructions = assistants.with_guidance(self.instructions)

    @rx.event
    @allow("admin")
    def discard(self) -> None:
        """Back to what is stored."""
        self._show(self.stored)

    @rx.event
    @allow("admin")
    async def save(self, form_data: dict[str, Any]) -> EventSpec | None:
        """Store the fields as the browser holds them: the last key may not have arrived yet."""
        words = {each: _text(form_data, each) for each in ("name", "instructions", "model")}
        try:
            saved = await perform(self, assistants.save, self.assistant, **words)
        except (Invalid, Conflict) as refusal:
            self.problem = refusal.message
            return None
        self._show(saved)
        return rx.toast.success("The assistant is saved. Its next answer follows it.")

    async def _read(self) -> None:
        try:
            found = await look(self, assistants.detail, self.assistant)
        except NotFound:
            self.missing = self.loaded = True
            return
        if self.loaded and self.changed:
            self.stored = found
        else:
            self._show(found)
        self.loaded, self.missing = True, False

    def _show(self, found: Detail) -> None:
        self.stored, self.problem = found, ""
        self.name, self.instructions, self.model = found.name, found.instructions, found.model
        self.stored_model = assistants.model_label(found.model)
        self.stored_initials = labels.initials(found.name)
        self.default_model = assistants.model_label("")
        self.model_problem = assistants.model_problem(found.model)


class Knowledge(rx.State):
    """The passages of the open assistant, and the one in the dialog."""

    rows: list[PassageRow] = []  # noqa: RUF012
    has_more: bool = False
    total: int = 0
    search: str = ""
    loaded: bool = False
    writing: bool = False
    passage: int = 0  # 0: a new one
    title: str = ""
    body: str = ""
    problem: str = ""
    _next: int | None = None
    _of: int = 0

    @rx.event
    @allow("admin")
    async def load(self) -> None:
        """Read the first page; after a break of the line, what was open stays open."""
        wanted = await self._assistant()
        if wanted != self._of:
            self.reset()
            self._of = wanted
        await self._read()

    @rx.event
    @allow("admin")
    async def search_for(self, words: str) -> None:
        """Narrow the list to passages that hold these words."""
        self.search = words[: passages.SEARCH_LENGTH]
        await self._read()

    @rx.event
    @allow("admin")
    async def more(self) -> None:
        """Read on below the last row."""
        if self._next is None or len(self.rows) >= passages.MOST_PASSAGES:
            return
        page = await look(
            self, passages.page, await self._assistant(), self.search, after=self._next
        )
        self._show(page, [*self.rows, *page.rows])

    @rx.event
    @allow("admin")
    def write(self, shown: bool) -> None:
        """Open the dialog for a new passage, or close it."""
        self.writing, self.passage = shown, 0
        self.title = self.body = self.problem = ""

    @rx.event
    @allow("admin")
    async def edit(self, passage: int) -> None:
        """Open the dialog with a passage."""
        wanted = await self._assistant()
        self.title, self.body = await look(self, passages.read, wanted, passage)
        self.passage, self.problem, self.writing = passage, "", True

    @rx.event
    @allow("admin")
    async def save(self, form_data: dict[str, Any]) -> EventSpec | None:
        """Store the dialog's passage; what is wrong with it stands below, and the words stay."""
        words = {each: _text(form_data, each) for each in ("title", "body")}
        try:
            wanted = await self._assistant()
            await perform(self, passages.save, wanted, self.passage, **words)
        except (Invalid, Conflict) as refusal:
            self.problem = refusal.message
            return None
        self.writing = False
        await self._read()
        return rx.toast.success("The passage is saved. The assistant knows it from now on.")

    @rx.event
    @allow("admin")
    async def delete(self, passage: int) -> EventSpec:
        """Take a passage away from the assistant."""
        await perform(self, passages.delete, await self._assistant(), passage)
        await self._read()
        return rx.toast.success("The passage is deleted.")

    async def _read(self) -> None:
        page = await look(self, passages.page, await self._assistant(), self.search)
        self._show(page, page.rows)
        self.loaded = True

    def _show(self, page: passages.PassagePage, rows: list[PassageRow]) -> None:
        self.rows, self.total, self._next = rows, page.total, page.next
        self.has_more = page.next is not None

    async def _assistant(self) -> int:
        return (await self.get_state(Editor)).assistant


@dataclass
class Found:
    """A passage the answer was made from."""

    title: str
    score: str


@dataclass
class Outcome:
    """What came of one question."""

    answer: str = ""
    hand_over: str = ""
    failure: str = ""
    facts: str = ""


class Playground(rx.State):
    """One question at a time, to the assistant as it is stored; nothing is kept or sent."""

    question: str = ""
    asking: bool = False
    answered: bool = False
    outcome: Outcome = Outcome()
    found: list[Found] = []  # noqa: RUF012
    problem: str = ""
    _run: int = 0
    _of: int = 0

    @rx.event
    @allow("admin")
    async def load(self) -> None:
        """The page opened: an answer that is still on its way is not waited for."""
        wanted = (await self.get_state(Editor)).assistant
        run = self._run + 1
        if wanted != self._of:
            self.reset()
        self._run, self._of, self.asking = run, wanted, False

    @rx.event(background=True)
    @allow("admin")
    async def ask(self, form_data: dict[str, Any]) -> None:
        """Ask as a customer would; the page stays free while the model thinks."""
        trial, run = await self._begin(_text(form_data, "question"))
        if trial is None:
            return
        outcome = Outcome(failure="Something went wrong on our side", facts=trial.model)
        try:
            outcome = await _answer(trial)
        finally:
            async with self:
                if self._run == run:
                    self.asking, self.answered, self.outcome = False, True, outcome

    async def _begin(self, words: str) -> tuple[Trial | None, int]:
        async with self:
            if self.asking:
                return None, self._run
            assistant = (await self.get_state(Editor)).assistant
            try:
                trial = await look(self, passages.trial, assistant, words)
            except AppError as refusal:
                self.problem = refusal.message
                return None, self._run
            self._run += 1
            self.asking, self.answered, self.problem = True, False, ""
            self.question = trial.question.history[0].text
            self.found = [
                Found(each.title, f"{each.score:.2f}") for each in trial.question.passages
            ]
            return trial, self._run


async def _answer(trial: Trial) -> Outcome:
    """No transaction is open and no state is locked while the model thinks."""
    try:
        async with asyncio.timeout(PATIENCE):
            if trial.model != assistants.OFFLINE:
                # Seconds of importing, which must not stop the other browsers' events.
                await asyncio.to_thread(importlib.import_module, "integrations.llm.providers")
            return _outcome(await llm.answer(trial.question, trial.model))
    except llm.ModelFailure as failure:
        return Outcome(failure=failure.message, facts=trial.model)
    except TimeoutError:
        return Outcome(failure="The AI model did not answer in time", facts=trial.model)


def _outcome(answer: llm.Answer) -> Outcome:
    tokens = answer.input_tokens + answer.output_tokens
    cost = f" · {tokens:,} tokens" if tokens else ""
    took = (
        f"{answer.milliseconds / 1000:.1f} s"
        if answer.milliseconds > 999
        else (f"{answer.milliseconds} ms")
    )
    return Outcome(
        answer=answer.text or "",
        hand_over=_hand_over(answer),
        facts=f"{answer.model} · {took}{cost}",
    )


def _hand_over(answer: llm.Answer) -> str:
    if answer.hand_over is None:
        return ""
    why = {
        llm.HandOverCode.ASKED_FOR_PERSON.value: "the customer asks for a person",
        llm.HandOverCode.NO_ANSWER.value: "the answer is not in its passages or instructions",
    }
    return f"It would hand over to a person: {why.get(answer.hand_over, answer.reason)}."


def _number(given: Any) -> int:
    """The assistant of the address, 0 for none; the address is the browser's to forge."""
    words = str(given or "")
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 19 else 0


def _text(form: dict[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""

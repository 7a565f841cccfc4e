"""The dialog that takes contacts over from a CSV file: choose, check, import."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import reflex as rx
from reflex.event import EventSpec

from domain import contact_csv, contact_files, contact_import
from domain.access import Actor
from domain.contact_csv import Column, Sheet
from domain.contact_import import Batch, Figures, Trouble
from illumichat_app import db
from illumichat_app.errors import AppError
from state.contacts import Contacts
from state.guard import actor, allow

__all__ = ["ContactImport", "Heading", "Stage", "Trouble"]

Stage = Literal["choose", "columns", "checking", "checked", "importing", "done"]
SHOWN_TROUBLES = 20
LONGEST_EXAMPLE = 60
LONGEST_NAME = 120
# Nothing was heard of an import for so long: its process is gone.
SILENT = 120.0
MOST_BYTES = contact_files.MOST_BYTES


@dataclass
class Heading:
    """A column of the file and what it is taken for."""

    number: int
    name: str
    example: str
    kind: str


@dataclass(frozen=True)
class Job:
    """What a check or an import works on; `run` tells it from the ones before."""

    run: int
    file: str
    kinds: tuple[Column, ...]
    overwrite: bool


class ContactImport(rx.State):
    """One file at a time; the file itself stays on the server's disk and out of the state."""

    shown: bool = False
    stage: Stage = "choose"
    filename: str = ""
    headings: list[Heading] = []  # noqa: RUF012  a var's default; Reflex copies it
    overwrite: bool = False
    lines: int = 0
    done: int = 0
    figures: Figures = Figures()
    troubles: list[Trouble] = []  # noqa: RUF012
    stopping: bool = False
    stopped: bool = False
    problem: str = ""
    _file: str = ""
    _line: int = 0  # of the audit trail
    _run: int = 0
    _heard: float = 0.0

    @rx.var
    def to_write(self) -> int:
        """How many contacts the checked file would add or change."""
        return self.figures.written

    @rx.event
    @allow("admin")
    async def ask(self, shown: bool) -> None:
        """Open or close the dialog; an import that runs goes on behind it."""
        self.shown = shown
        if self._is_busy() and time.time() - self._heard > SILENT:
            self._run += 1
            self.stage, self.stopping, self.stopped = "done", False, True
        elif not shown and self.stage in ("choose", "done"):
            await self._start_over()

    @rx.event
    @allow("admin")
    async def again(self) -> None:
        """Choose another file."""
        if not self._is_busy():
            await self._start_over()

    @rx.event(background=True)
    @allow("admin")
    async def upload(self, chunks: rx.UploadChunkIterator) -> None:
        """A file arrives in pieces, so that one that is too big is cut off early."""
        filename, data = "", bytearray()
        async for chunk in chunks:
            filename = chunk.filename
            data += chunk.data
            if len(data) > contact_files.MOST_BYTES:
                break
        async with self:
            ready = await self._receive(filename, bytes(data))
        if ready:
            await self._check()

    @rx.event
    @allow("admin")
    def take_for(self, number: int, kind: Column) -> None:
        """Choose what a column holds."""
        if self.stage == "columns" and 0 <= number < len(self.headings):
            self.headings[number] = replace(self.headings[number], kind=kind)

    @rx.event
    @allow("admin")
    def change_columns(self) -> None:
        """Back to what each column holds."""
        if self.stage == "checked":
            self.stage = "columns"

    @rx.event
    @allow("admin")
    def set_overwrite(self, on: bool) -> Any:
        """Whether the file's values replace those that are there; counted anew."""
        if self.stage not in ("columns", "checked"):
            return None
        self.overwrite = on
        return ContactImport.check if self.stage == "checked" else None

    @rx.event(background=True)
    @allow("admin")
    async def check(self) -> None:
        """Say what an import would do, line by line; nothing is written."""
        await self._check()

    @rx.event(background=True)
    @allow("admin")
    async def run(self) -> None:
        """Import what was checked, some hundred lines in each transaction."""
        async with self:
            job = self._begin("importing", ("checked",))
        if job:
            await self._work(job, db.run, contact_import.take_over)

    @rx.event
    @allow("admin")
    def stop(self) -> None:
        """End the import after the lines it is at; what is imported stays."""
        self.stopping = self.stage == "importing"

    @rx.event
    @allow("admin")
    async def download_refused(self) -> EventSpec:
        """The refused lines as a file."""
        data = await asyncio.to_thread(contact_files.load_report, await actor(self), self._file)
        return rx.download(data=data, filename="refused-lines.csv", mime_type="text/csv")

    async def _receive(self, filename: str, data: bytes) -> bool:
        """Keep the file; True when its headings are known and it can be checked at once."""
        who = await actor(self)
        if self._is_busy():
            return False
        await self._start_over()
        try:
            self._file = await asyncio.to_thread(contact_files.keep, who, data)
            sheet = await asyncio.to_thread(contact_csv.read, data)
            contact_import.require_usable(sheet)
        except AppError as refusal:
            self.problem = refusal.message
            return False
        self.filename, self.lines = filename[-LONGEST_NAME:], len(sheet.lines)
        kinds = contact_csv.guess(sheet.headings)
        self.headings = [
            Heading(number, name[:LONGEST_EXAMPLE], _example(sheet, number), kinds[number])
            for number, name in enumerate(sheet.headings)
        ]
        self.stage = "columns"
        return all(kinds)

    async def _start_over(self) -> None:
        contact_files.forget(await actor(self), self._file)
        run, shown = self._run, self.shown
        self.reset()
        self._run, self.shown = run + 1, shown

    def _is_busy(self) -> bool:
        return self.stage in ("checking", "importing")

    def _begin(self, stage: Stage, after: tuple[Stage, ...]) -> Job | None:
        if self.stage not in after:
            return None
        kinds: Any = tuple(each.kind for each in self.headings)
        self._run, self._heard = self._run + 1, time.time()
        self.stage, self.done, self.figures, self.problem = stage, 0, Figures(), ""
        self.stopping = self.stopped = False
        self._line = 0
        return Job(self._run, self._file, kinds, self.overwrite)

    async def _check(self) -> None:
        async with self:
            job = self._begin("checking", ("columns", "checked"))
            self.troubles = [] if job else self.troubles
        if job:
            await self._work(job, db.read, contact_import.judge)

    async def _work(self, job: Job, door: Any, step: Any) -> None:
        """Batch by batch: no state is locked while the database works."""
        troubles: list[Trouble] = []
        failure = "Something went wrong on our side. Try again: nothing is taken over twice."
        async with self:
            starter = who = await actor(self)
        try:
            await self._note_beginning(job, starter)
            async for batch in _batches(who, job):
                troubles += batch.troubles
                figures = await door(step, who, batch, overwrite=job.overwrite)
                async with self:
                    who = await actor(self)  # who may have lost the role meanwhile
                    if not self._advance(job, batch, figures):
                        break
            failure = ""
        except AppError as refusal:
            failure = refusal.message
        finally:
            await self._finish(job, starter, troubles, failure)

    async def _note_beginning(self, job: Job, who: Actor) -> None:
        async with self:
            if self._run == job.run and self.stage == "importing":
                self._line = await db.run(contact_import.note_start, who, self.filename, self.lines)

    def _advance(self, job: Job, batch: Batch, figures: Figures) -> bool:
        if self._run != job.run:
            return False
        self.done, self.figures = self.done + batch.lines, self.figures + figures
        self._heard = time.time()
        return not self.stopping

    async def _finish(self, job: Job, who: Actor, troubles: list[Trouble], failure: str) -> None:
        async with self:
            if self._run != job.run:
                return
            self.problem = failure
            if self.stage == "checking":
                self.stage = "columns" if failure else "checked"
                self.troubles = troubles[:SHOWN_TROUBLES]
                await asyncio.to_thread(contact_files.keep_report, who, job.file, troubles)
                return
            self.stage, self.stopped = "done", bool(failure) or self.stopping
            self.stopping = False
            await self._note_end(who)
            contact_files.forget(who, job.file, report=False)
            listed = await self.get_state(Contacts)
            await listed._read()

    async def _note_end(self, who: Actor) -> None:
        if self._line:
            whole = not self.stopped
            await db.run(contact_import.note_end, who, self._line, self.figures, whole=whole)


async def _batches(who: Actor, job: Job) -> AsyncIterator[Batch]:
    """The file's parts, read in a thread: numbers take a tenth of a millisecond each."""
    sheet = await asyncio.to_thread(_sheet, who, job)
    parts = contact_import.batches(sheet, job.kinds)
    while batch := await asyncio.to_thread(next, parts, None):
        yield batch


def _sheet(who: Actor, job: Job) -> Sheet:
    sheet = contact_csv.read(contact_files.load(who, job.file))
    contact_import.require_usable(sheet)
    contact_import.require_columns(job.kinds)
    return sheet


def _example(sheet: Sheet, number: int) -> str:
    """The first value of a column."""
    cells = (line.cells[number].strip() for line in sheet.lines[:50] if number < len(line.cells))
    return next((cell for cell in cells if cell), "")[:LONGEST_EXAMPLE]

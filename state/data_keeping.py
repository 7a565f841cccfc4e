"""How long messages are kept: an admin chooses, reads what would go, and confirms."""

from typing import Any, Literal

import reflex as rx
from reflex.event import EventSpec

from domain import retention
from domain.retention import Preview
from illumichat_app.errors import AppError, Invalid
from state.guard import allow, look, perform

__all__ = ["CHOICES", "LONGEST", "SHORTEST", "DataKeeping"]

SHORTEST, LONGEST = retention.SHORTEST, retention.LONGEST
OTHER = "other"
Choice = Literal["0", "365", "730", "other"]
CHOICES = {
    **{str(days): retention.in_words(days).capitalize() for days in (0, 365, 730)},
    OTHER: "A number of days…",
}


class DataKeeping(rx.State):
    """`choice` is what the list shows now; `days` what is stored, `asked` what is asked about."""

    loaded: bool = False
    choice: str = "0"
    days: int = 0
    asked: int = 0
    asking: bool = False
    question: str = ""
    goes: str = ""
    shown: int = 0  # so often: the form starts anew from what is stored
    problem: str = ""

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, or the browser came back; what is chosen stays unless others saved."""
        days = await look(self, _read)
        if days is not None and (days != self.days or not self.loaded):
            self._show(days)

    @rx.event
    @allow("admin")
    def choose(self, choice: Choice) -> None:
        """Another entry of the list was chosen; nothing is stored yet."""
        self.choice = choice

    @rx.event
    @allow("admin")
    async def ask(self, form_data: dict[str, Any]) -> EventSpec | None:
        """Say what would be deleted and from when; a longer time needs no question."""
        try:
            found = await look(self, retention.preview, _days(form_data))
        except AppError as refusal:
            self.problem = refusal.message
            return None
        if found.days == 0 or 0 < self.days <= found.days:
            return await self._save(found.days)
        self.asked, self.asking, self.problem = found.days, True, ""
        self.question = f"Keep messages {_for(found.days)}?"
        self.goes = _goes(found)
        return None

    @rx.event
    @allow("admin")
    def cancel(self) -> None:
        """Nothing is stored."""
        self.asking = False

    @rx.event
    @allow("admin")
    async def confirm(self) -> EventSpec | None:
        """What was asked about is what the person wants."""
        if not self.asking:
            return None
        return await self._save(self.asked)

    async def _save(self, days: int) -> EventSpec:
        await perform(self, retention.save, days)
        self._show(days)
        return rx.toast.success(f"Saved. Messages are kept {_for(days)}.")

    def _show(self, days: int) -> None:
        self.days = days
        self.choice = str(days) if str(days) in CHOICES else OTHER
        self.asking, self.problem = False, ""
        self.loaded, self.shown = True, self.shown + 1


def _read(session: Any, actor: Any) -> int | None:
    """Nothing for an agent: the page asks for everybody."""
    return retention.read(session, actor) if actor.is_admin else None


def _goes(found: Preview) -> str:
    """What goes and from when."""
    if found.messages == 0:
        now = f"Nothing is older than that now: no message is from before {found.before}."
    else:
        now = (
            f"{_counted(found.messages, 'message')} in "
            f"{_counted(found.conversations, 'conversation')} and {_counted(found.files, 'file')} "
            f"from before {found.before} are deleted for good, notes included."
        )
    return f"{now} It begins at {found.begins} and goes on each night. Until then you can undo it."


def _for(days: int) -> str:
    return retention.in_words(days) if days == 0 else f"for {retention.in_words(days)}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _days(form: dict[str, Any]) -> int:
    """Raises Invalid for what is no number of days."""
    chosen = form.get("keep", "")
    words = form.get("days", "") if chosen == OTHER else chosen
    words = words.strip() if isinstance(words, str) else ""
    if not (words.isascii() and words.isdecimal() and len(words) <= 6):
        raise Invalid("Write the days as a whole number, such as 180.")
    if chosen == OTHER and int(words) == retention.FOR_EVER:
        raise Invalid(f"Messages are kept for {SHORTEST} to {LONGEST} days, or for ever.")
    return int(words)

"""How the workspace works: admins set it, everybody reads it in words."""

from typing import Any, Literal

import reflex as rx
from reflex.event import EventSpec

from domain import auto_resume, ways_of_working
from domain.ways_of_working import WaysOfWorking
from illumichat_app.errors import AppError, Invalid
from state.guard import allow, look, perform

__all__ = ["CHOICES", "UNITS", "HowWeWork"]

Choice = Literal["0", "5", "15", "60", "240", "1440", "10080", "other"]
UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}
OTHER = "other"
CHOICES = {
    **{str(each): auto_resume.duration(each) for each in auto_resume.CHOICES},
    str(auto_resume.NEVER): "Never, only when somebody says so",
    OTHER: "Another time…",
}


class HowWeWork(rx.State):
    """The form's first values, as they are stored; `choice` is what the list shows now."""

    loaded: bool = False
    choice: str = "0"
    amount: int = 0
    unit: str = "minutes"
    only_claimer: bool = False
    resumes: str = ""  # 4 hours, or nothing when it does not by itself
    shown: int = 0  # so often: the form starts anew from what is stored
    problem: str = ""
    _stored: WaysOfWorking | None = None

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, or the browser came back: what is typed stays, unless others saved."""
        found = await look(self, ways_of_working.read)
        if found != self._stored:
            self._show(found)

    @rx.event
    @allow("admin")
    def choose(self, choice: Choice) -> None:
        """Another entry of the list was chosen; nothing is stored yet."""
        self.choice = choice

    @rx.event
    @allow("admin")
    async def save(self, form_data: dict[str, Any]) -> EventSpec | None:
        """Store the form; what is wrong stands below it, and what was typed stays."""
        try:
            ways = WaysOfWorking(_minutes(form_data), _is_on(form_data, "only_claimer"))
            await perform(self, ways_of_working.save, ways)
        except AppError as refusal:
            self.problem = refusal.message
            return None
        self._show(ways)
        return rx.toast.success("Saved. It counts from the next take-over on.")

    def _show(self, ways: WaysOfWorking) -> None:
        self._stored, minutes = ways, ways.auto_resume_minutes
        self.choice = str(minutes) if str(minutes) in CHOICES else OTHER
        self.amount, self.unit = _measured(minutes)
        self.only_claimer = ways.only_claimer_replies
        self.resumes = auto_resume.duration(minutes) if minutes else ""
        self.loaded, self.shown, self.problem = True, self.shown + 1, ""


def _measured(minutes: int) -> tuple[int, str]:
    """The length in the largest unit that divides it."""
    unit = next(name for name in reversed(UNITS) if minutes % UNITS[name] == 0)
    return (minutes // UNITS[unit], unit) if minutes else (0, "minutes")


def _minutes(form: dict[str, Any]) -> int:
    """Raises Invalid for what is no length."""
    choice = _text(form, "resume")
    if choice != OTHER:
        return _number(choice)
    unit = UNITS.get(_text(form, "unit"))
    if unit is None:
        raise Invalid("Choose minutes, hours or days.")
    # 0 is never, which the list has an entry for.
    return _number(_text(form, "amount")) * unit or -1


def _number(words: str) -> int:
    if not (words.isascii() and words.isdecimal() and len(words) <= 6):
        raise Invalid("Write the time as a whole number, such as 90.")
    return int(words)


def _is_on(form: dict[str, Any], name: str) -> bool:
    return form.get(name) in (True, "on", "true")


def _text(form: dict[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""

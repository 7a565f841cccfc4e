"""“Paste a payload”: what it would do, without doing it."""

from typing import Any

import reflex as rx

from domain import webhook_dry_run
from domain.webhook_dry_run import Line, Report
from illumichat_app.errors import AppError
from state.guard import allow, look

__all__ = ["DryRun", "Line"]

MOST_TEXT = webhook_dry_run.MOST_TEXT


class DryRun(rx.State):
    """One try at a time. What was pasted stays in the browser."""

    shown: bool = False
    tried: bool = False
    problem: str = ""
    report: Report = Report()

    @rx.event
    @allow("admin")
    def ask(self, shown: bool) -> None:
        """Open or close the dialog."""
        self.reset()
        self.shown = shown

    @rx.event
    @allow("admin")
    async def run(self, form_data: dict[str, Any]) -> None:
        """Try the payload out; nothing is stored, sent or changed."""
        self.tried, self.report, self.problem = False, Report(), ""
        given, header = _text(form_data, "payload"), _text(form_data, "signature")
        try:
            self.report = await look(self, webhook_dry_run.run, given, header)
        except AppError as refusal:
            self.problem = refusal.message
            return
        self.problem, self.tried = self.report.problem, not self.report.problem


def _text(form: dict[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""

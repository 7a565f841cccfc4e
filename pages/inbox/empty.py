"""What an empty list says: what will be here, and the one thing that starts it."""

from typing import Any

import reflex as rx

from pages import theme
from state.filtering import Filtering
from state.inbox import Inbox

_WORDS = {
    "mine": ("Nothing is yours", "Take over a conversation or reply to one, and it appears here."),
    "unclaimed": ("Everything is claimed", "Conversations that nobody has claimed wait here."),
    "needs_human": (
        "Nobody waits for a person",
        "When the assistant cannot help, or a customer asks for a person, it shows up here.",
    ),
    "closing_soon": (
        "No window closes soon",
        "Conversations whose 24-hour window has less than 6 hours left appear here.",
    ),
    "mentions": (
        "No note names you",
        "When a colleague writes @ and your name in an internal note, the conversation waits here "
        "until you have read it.",
    ),
    "closed": ("Nothing is closed", "Closed conversations rest here until the customer writes."),
}


def empty_list() -> rx.Component:
    """The words of the view, or of filters that leave nothing of it."""
    return rx.el.div(
        rx.cond(
            Inbox.active > 0,
            _filtered_out(),
            rx.match(
                Inbox.view,
                *[(view, _said(*words)) for view, words in _WORDS.items()],
                _first_message(),
            ),
        ),
        style=_WORDS_IN_THE_MIDDLE,
    )


def refused_filter() -> rx.Component:
    """The address asks for a filter that there is not."""
    return rx.el.div(
        _said("This filter does not work", Inbox.problem),
        _clear(),
        role="alert",
        style=_WORDS_IN_THE_MIDDLE,
    )


def _filtered_out() -> rx.Component:
    return rx.fragment(
        _said("Nothing fits the filters", "This view has no conversation that fits all of them."),
        _clear(),
    )


def _clear() -> rx.Component:
    return rx.el.div(rx.button("Clear filters", variant="soft", on_click=Filtering.clear))


def _said(heading: str, sentence: Any) -> rx.Component:
    return rx.fragment(rx.el.h2(heading, style=theme.HEADING), rx.el.p(sentence, style=theme.SMALL))


def _first_message() -> rx.Component:
    return rx.fragment(
        _said(
            "No open conversations",
            "When a customer writes to your WhatsApp number, the conversation appears here "
            "and the assistant answers it.",
        ),
        rx.cond(
            Inbox.simulator_url != "",
            rx.link(
                rx.button("Write as a customer"),
                href=Inbox.simulator_url,
                is_external=True,
                underline="none",
            ),
        ),
    )


_WORDS_IN_THE_MIDDLE: theme.Style = theme.COLUMN | {
    "gap": theme.S2,
    "padding": "48px 28px",
    "text_align": "center",
}

"""The channel page's messaging settings: the card, and the Enabled toggle of its header."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.leaving import leave_guard
from pages.components.settings_parts import quiet_button
from pages.sign_in import problem
from state.messaging import LENGTHS, RECEIPTS, Messaging, Switch


def enabled_toggle() -> rx.Component:
    """Turns the channel on or off without disconnecting; saved with the card's settings.

    It stands in the header, which outlives the page's tabs, so it also guards the unsaved changes.
    """
    return rx.cond(
        Messaging.loaded,
        rx.el.div(
            leave_guard(changed=Messaging.changed, question="Leave without saving your changes?"),
            rx.cond(
                Messaging.draft.enabled != Messaging.stored.enabled,
                rx.el.span("Not saved yet", role="status", style=theme.SMALL | _SOON),
            ),
            _meanwhile("enabled"),
            rx.el.label("Enabled", html_for="enabled-switch", style=theme.SMALL),
            _switch("enabled"),
            on_unmount=Messaging.leave,
            style=theme.ROW | {"flex_wrap": "wrap"},
        ),
    )


def messaging_card() -> rx.Component:
    """How the channel's conversations are handled."""
    return rx.el.section(
        rx.cond(Messaging.loaded, _card(), _waiting()),
        aria_label="Messaging settings",
        style=theme.CARD | theme.COLUMN | {"padding": "18px 20px 12px"},
    )


def _card() -> rx.Component:
    return rx.fragment(
        _head(),
        rx.cond(
            Messaging.problem != "",
            rx.el.div(problem(Messaging.problem), style={"padding_bottom": theme.S3}),
        ),
        _option(
            "AI replies to WhatsApp messages",
            "When off, conversations still reach the inbox and people answer them.",
            "ai_replies",
            _switch("ai_replies"),
        ),
        _option(
            "Match WhatsApp users to existing contacts",
            "By phone number.",
            "match_contacts",
            _switch("match_contacts"),
        ),
        _option(
            "Auto-create contacts for new conversations",
            rx.cond(
                Messaging.draft.match_contacts,
                "A new WhatsApp user becomes a contact.",
                "Needs contact matching.",
            ),
            "auto_create_contacts",
            _switch("auto_create_contacts", disabled=~Messaging.draft.match_contacts),
        ),
        _option(
            "Max message length",
            "Longer replies are split at a paragraph or sentence.",
            "max_message_length",
            _length(),
        ),
        _option(
            "Show customers that their messages are read",
            "As blue ticks. WhatsApp also shows them while somebody types, except with Never.",
            "read_receipts",
            _receipts(),
        ),
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.h2("Messaging settings", style=theme.HEADING | {"flex": "1 1 auto"}),
        rx.cond(
            Messaging.changed,
            rx.fragment(
                rx.el.span("Unsaved changes", role="status", style=theme.SMALL),
                quiet_button(
                    "Discard",
                    on_click=Messaging.discard,
                    disabled=Messaging.saving,
                    style=_BUTTON,
                ),
            ),
        ),
        rx.button(
            "Save changes",
            on_click=Messaging.save,
            disabled=~Messaging.changed,
            loading=Messaging.saving,
            style=_BUTTON,
        ),
        style=theme.ROW | {"flex_wrap": "wrap", "padding_bottom": theme.S2},
    )


def _option(title: str, line: Any, name: str, control: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.label(title, html_for=f"{name}-switch"),
            rx.el.p(line, id=f"{name}-line", style=theme.SMALL),
            _meanwhile(name),
            style=theme.COLUMN | {"gap": theme.S1, "flex": "1 1 0", "min_width": "0"},
        ),
        control,
        style=_OPTION,
    )


def _switch(name: Switch, **props: Any) -> rx.Component:
    return rx.switch(
        id=f"{name}-switch",
        checked=getattr(Messaging.draft, name),
        on_change=lambda on: Messaging.switch(name, on),
        size="2",
        custom_attrs={"aria-describedby": f"{name}-line"},
        style=_TARGET,
        **props,
    )


def _length() -> rx.Component:
    limit: Any = Messaging.limit
    return _select(
        "max_message_length", {str(each): str(each) for each in LENGTHS}, Messaging.length, limit
    )


def _receipts() -> rx.Component:
    tell_read: Any = Messaging.tell_read
    words = {when.value: said[0].upper() + said[1:] for when, said in RECEIPTS.items()}
    return _select("read_receipts", words, Messaging.draft.read_receipts, tell_read)


def _select(name: str, choices: dict[str, str], value: Any, on_change: Any) -> rx.Component:
    return rx.select.root(
        rx.select.trigger(
            id=f"{name}-switch",
            custom_attrs={"aria-describedby": f"{name}-line"},
            style=theme.NUMBER | _BUTTON,
        ),
        rx.select.content(
            *[rx.select.item(words, value=each) for each, words in choices.items()],
            position="popper",
        ),
        value=value,
        on_change=on_change,
    )


def _meanwhile(name: str) -> rx.Component:
    """What others made of this value while the form was open."""
    elsewhere: Any = Messaging.elsewhere
    now: Any = getattr(Messaging.stored, name)
    if name == "read_receipts":
        now = rx.match(now, *[(when.value, f"“{said}”") for when, said in RECEIPTS.items()], "")
    elif name != "max_message_length":
        now = rx.cond(now, "on", "off")
    return rx.cond(
        elsewhere.contains(name),
        rx.el.p("Set to ", now, " elsewhere meanwhile.", style=theme.SMALL | _SOON),
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        *[rx.skeleton(height="40px", width="100%") for _ in range(4)],
        role="status",
        aria_label="Loading",
        style=theme.COLUMN | {"gap": theme.S3},
    )


_SOON: theme.Style = {"color": theme.on_soft("amber")}
_BUTTON: theme.Style = {
    "border_radius": theme.RADIUS,
    theme.PHONE: {"min_height": theme.TOUCH},
}
_OPTION: theme.Style = {
    "display": "flex",
    "align_items": "start",
    "gap": theme.S4,
    "padding": "12px 0",
    "border_top": theme.LINE,
}
# The touch target is larger than what is drawn.
_TARGET: theme.Style = {
    theme.PHONE: {
        "position": "relative",
        "&::after": {"content": "''", "position": "absolute", "inset": "-12px"},
    }
}

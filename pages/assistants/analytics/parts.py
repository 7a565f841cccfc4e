"""What the cards of the analytics page are made of."""

from typing import Any

import reflex as rx

from pages import theme
from state.analytics import DEFINITIONS

_LABELS = {name: label for name, (label, _) in DEFINITIONS.items()}
_MEANINGS = {name: sentence for name, (_, sentence) in DEFINITIONS.items()}


def card(key: str, *content: Any, beside: Any = None, **style: Any) -> rx.Component:
    """A card whose heading can be asked what it means; `beside` stands at its right."""
    label, sentence = DEFINITIONS[key]
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2(label, title=sentence, style=theme.HEADING),
                meaning(label, sentence),
                style=theme.ROW | {"gap": "2px", "flex": "1"},
            ),
            beside if beside is not None else rx.fragment(),
            style=theme.ROW | {"flex_wrap": "wrap"},
        ),
        *content,
        aria_label=label,
        style=theme.CARD | theme.COLUMN | _CARD | style,
    )


def tile(each: Any) -> rx.Component:
    """A figure with its change and what it means."""
    return rx.el.div(
        label_of(each),
        rx.el.div(each.value, custom_attrs={"data-figure": each.key}, style=_VALUE),
        rx.cond(each.change != "", change(each)),
        rx.cond(each.note != "", rx.el.div(each.note, style=theme.TINY | theme.NUMBER)),
        key=each.key,
        role="group",
        aria_label=each.label,
        style=theme.CARD | {"padding": "13px 16px", "min_width": "0"},
    )


def label_of(each: Any) -> rx.Component:
    """The name of a figure, and the way to its meaning."""
    sentence = rx.Var.create(_MEANINGS)[each.key].to(str)
    return rx.el.div(
        rx.el.span(each.label, title=sentence, style=theme.CUT),
        meaning(each.label, sentence),
        style=theme.ROW | theme.SMALL | {"font_size": "12.5px", "gap": "2px"},
    )


def change(each: Any) -> rx.Component:
    """By how much it moved; an arrow beside the colour."""
    color = rx.match(
        each.tone,
        ("jade", theme.on_soft("jade")),
        ("red", theme.on_soft("red")),
        theme.MUTED,
    )
    return rx.el.div(each.change, style=theme.TINY | theme.NUMBER | {"color": color})


def meaning(label: Any, sentence: Any) -> rx.Component:
    """A small ⓘ that says what a figure is, to a pointer, a finger and the keyboard alike."""
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                rx.icon("info", size=13, aria_hidden="true"),
                rx.el.span("What is ", label, "?", style=theme.HIDDEN),
                type="button",
                title=sentence,
                style=_INFO,
            )
        ),
        rx.popover.content(sentence, size="1", max_width="300px", style={"font_size": "13px"}),
    )


_CARD: theme.Style = {"padding": "16px 20px", "gap": theme.S2, "min_width": "0"}
_VALUE: theme.Style = theme.NUMBER | {
    "font_size": "23px",
    "line_height": "30px",
    "font_weight": "600",
    "letter_spacing": "-0.02em",
}
_INFO: theme.Style = theme.FOCUS | {
    "display": "grid",
    "place_items": "center",
    "width": "24px",
    "height": "24px",
    "flex": "none",
    "margin": "-4px 0",
    "border_radius": theme.ROUND,
    "color": theme.MUTED,
    "cursor": "pointer",
    "&:hover": {"color": theme.TEXT, "background": theme.SUNKEN},
    theme.PHONE: {"width": theme.TOUCH, "height": theme.TOUCH, "margin": "-14px -10px -14px 0"},
}

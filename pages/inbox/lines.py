"""The lines of a thread. Customers' words are only ever text, never markup."""

from typing import Any

import reflex as rx

from pages import theme
from pages.inbox import line_styles as styles
from pages.inbox.attachments import attachment
from state.thread import Item


class MessageText(rx.Component):
    """A message's words, its web addresses as links (assets/js/message-text.jsx)."""

    library = "$/public/js/message-text.jsx"
    tag = "MessageText"

    text: rx.Var[str]
    mentions: rx.Var[list[str]]


@rx.memo
def line(rest: rx.RestProp, *, item: rx.Var[Item]) -> rx.Component:
    """One line, by its kind."""
    shown: Any = item
    return rx.el.div(
        rx.match(
            shown.kind,
            ("day", _mark(shown, styles.DAY)),
            ("unread", _mark(shown, styles.UNREAD)),
            ("system", _happened(shown)),
            _message(shown),
        ),
        rest,
        style={"display": "contents"},
    )


def _happened(item: Any) -> rx.Component:
    """What was done, by whom and when."""
    return rx.el.div(
        rx.el.span(item.text),
        rx.cond(
            item.time != "",
            rx.el.time(item.time, date_time=item.time_iso, style=styles.WHEN),
        ),
        custom_attrs={"data-line": item.key},
        style=styles.SYSTEM,
    )


def _mark(item: Any, style: theme.Style) -> rx.Component:
    return rx.el.div(item.text, custom_attrs={"data-line": item.key}, style=style)


def _message(item: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(_bubble(item), _menu_button(), style=styles.BESIDE),
        rx.cond(item.reactions != "", _reactions(item)),
        rx.cond(item.buttons.length() > 0, _buttons(item)),
        rx.cond(item.problem != "", _problem(item)),
        custom_attrs={
            "data-line": item.key,
            "data-message": item.id,
            "data-side": item.side,
            "data-can": item.can,
            "data-author": item.author,
            "data-mine": _flag(item.mine),
            "data-assistant": _flag(item.by_assistant),
        },
        style=styles.PLACE,
    )


def _flag(value: Any) -> Any:
    return rx.cond(value, "true", "false")


def _bubble(item: Any) -> rx.Component:
    return rx.el.div(
        _author(item),
        rx.cond(item.label != "", rx.el.div(item.label, style=styles.LABEL)),
        rx.cond(item.quote != "", _quote(item)),
        rx.cond(item.heading != "", rx.el.div(item.heading, style=styles.HEADING)),
        attachment(item),
        rx.cond(item.text != "", _words(item)),
        rx.cond(item.footer != "", rx.el.div(item.footer, style=styles.FOOTER)),
        _meta(item),
        custom_attrs={"data-bare": _flag((item.media == "sticker") & (item.media_url != ""))},
        style=styles.BUBBLE,
    )


def _author(item: Any) -> rx.Component:
    color = rx.cond(
        item.side == "note",
        theme.on_soft("amber"),
        rx.cond(item.by_assistant, theme.on_soft("jade"), theme.MUTED),
    )
    return rx.cond(
        item.author != "",
        rx.el.div(
            rx.cond(item.by_assistant, "✦ ", ""),
            item.author,
            style=styles.AUTHOR | {"color": color},
        ),
    )


def _quote(item: Any) -> rx.Component:
    """What it answers; pressed, it leads there."""
    inside = rx.fragment(
        rx.cond(
            item.quote_author != "",
            rx.el.span(item.quote_author, style={"font_weight": "500", "display": "block"}),
        ),
        rx.el.span(item.quote, style=theme.CUT | {"display": "block"}),
    )
    return rx.cond(
        item.quote_id > 0,
        rx.el.button(
            rx.el.span("Answers: ", style=theme.HIDDEN),
            inside,
            type="button",
            title="Go to this message",
            custom_attrs={"data-jump": item.quote_id},
            style=styles.QUOTE | styles.PRESSED,
        ),
        rx.el.blockquote(inside, style=styles.QUOTE),
    )


def _words(item: Any) -> rx.Component:
    return MessageText.create(
        text=item.text,
        mentions=item.mentions,
        style=styles.WORDS
        | {
            "font_style": rx.cond(item.deleted, "italic", "normal"),
            "color": rx.cond(item.deleted, theme.MUTED, theme.TEXT),
        },
    )


def _meta(item: Any) -> rx.Component:
    return rx.el.div(
        rx.cond(item.edited, rx.el.span("edited")),
        rx.cond(item.waiting, rx.el.span("sending", aria_hidden="true")),
        rx.el.time(item.time, date_time=item.time_iso),
        rx.cond(item.tick != "", _tick(item)),
        style=styles.META,
    )


def _tick(item: Any) -> rx.Component:
    """Its mark, in words too where the mark alone would alarm."""
    unsure = item.tick == "?"
    color = rx.cond(
        item.failed,
        theme.on_soft("red"),
        rx.cond(unsure, theme.on_soft("amber"), rx.cond(item.read, theme.READ, theme.MUTED)),
    )
    return rx.el.span(
        rx.cond(item.failed | unsure, rx.el.span(item.tick_label, aria_hidden="true"), ""),
        item.tick,
        role="img",
        aria_label=item.tick_label,
        title=item.tick_label,
        style={"color": color, "display": "inline-flex", "gap": theme.S1},
    )


def _menu_button() -> rx.Component:
    return rx.el.button(
        rx.icon("ellipsis", size=16, aria_hidden="true"),
        type="button",
        aria_label="Message options",
        aria_haspopup="menu",
        class_name="options",
        custom_attrs={"data-act": "menu"},
        style=styles.OPTIONS,
    )


def _reactions(item: Any) -> rx.Component:
    return rx.el.div(
        item.reactions,
        role="img",
        aria_label=item.reactions_label,
        title=item.reactions_label,
        style=styles.REACTIONS,
    )


def _buttons(item: Any) -> rx.Component:
    """The buttons of a template, as the customer has them."""
    return rx.el.div(
        rx.foreach(item.buttons, lambda words: rx.el.div(words, style=styles.CHOICE)),
        role="group",
        aria_label="Buttons of this template",
        style=styles.CHOICES,
    )


# ---- what went wrong


def _problem(item: Any) -> rx.Component:
    color = rx.cond(item.failed, theme.on_soft("red"), theme.on_soft("amber"))
    return rx.el.div(
        rx.el.span(item.problem),
        rx.cond(
            item.again != "",
            rx.el.span(item.again, style={"color": theme.MUTED}),
            rx.fragment(
                rx.cond(item.can.contains("retry"), _act("Retry", "retry")),
                rx.cond(item.can.contains("check"), _act("Retry…", "check")),
            ),
        ),
        style=styles.PROBLEM | {"color": color},
    )


def _act(words: str, name: str) -> rx.Component:
    return rx.el.button(
        words, type="button", custom_attrs={"data-act": name}, style=styles.SMALL_BUTTON
    )

"""What hangs on a message: picture, sound, film, document, place, contact card."""

from typing import Any

import reflex as rx

from pages import theme


def attachment(item: Any) -> rx.Component:
    return rx.fragment(
        rx.match(
            item.media_state,
            ("pending", _note(item.media_name, "is being fetched…")),
            ("failed", _note(item.media_name, "could not be fetched from WhatsApp.")),
            ("ready", _file(item)),
            rx.fragment(),
        ),
        rx.cond(item.place != "", _place(item)),
        rx.cond(item.card != "", _card(item)),
    )


def _note(name: Any, words: str) -> rx.Component:
    return rx.el.div(name, " ", words, role="status", style=_NOTE)


def _file(item: Any) -> rx.Component | rx.Var[Any]:
    return rx.match(
        item.media,
        ("image", _image(item)),
        ("video", rx.el.video(src=item.media_url, controls=True, preload="metadata", style=_BOX)),
        ("audio", rx.el.audio(src=item.media_url, controls=True, preload="metadata", style=_AUDIO)),
        _document(item),
    )


def _image(item: Any) -> rx.Component:
    return rx.el.a(
        rx.el.img(src=item.media_url, alt=item.media_name, loading="lazy", style=_BOX),
        href=item.media_url,
        target="_blank",
        rel="noopener",
    )


def _document(item: Any) -> rx.Component:
    return rx.el.a(
        rx.icon("file-text", size=18, aria_hidden="true"),
        rx.el.span(item.media_name, style=theme.CUT),
        href=item.media_url,
        target="_blank",
        rel="noopener",
        style=_TILE,
    )


def _place(item: Any) -> rx.Component:
    return rx.el.a(
        rx.icon("map-pin", size=18, aria_hidden="true"),
        item.place,
        href=item.place_url,
        target="_blank",
        rel="noopener noreferrer",
        style=_MAP,
    )


def _card(item: Any) -> rx.Component:
    return rx.el.div(
        rx.icon("contact", size=18, aria_hidden="true"),
        rx.el.div(
            rx.el.div(item.card, style={"font_weight": "500"}),
            rx.el.div(item.card_detail, style=theme.TINY | theme.NUMBER),
        ),
        style=_TILE,
    )


_BOX: theme.Style = {
    "display": "block",
    "max_width": "100%",
    "width": "280px",
    "max_height": "320px",
    "object_fit": "cover",
    "border_radius": "10px",
    "background": "var(--gray-4)",
    "margin_bottom": theme.S1,
}
_AUDIO: theme.Style = {"display": "block", "width": "260px", "max_width": "100%"}
_NOTE: theme.Style = {
    "padding": "14px 16px",
    "border_radius": "10px",
    "background": "var(--gray-a3)",
    "color": theme.MUTED,
    "font_size": "13px",
}
_TILE: theme.Style = theme.ROW | {
    "min_width": "180px",
    "padding": "8px 10px",
    "border_radius": "10px",
    "background": "var(--gray-a3)",
    "color": theme.TEXT,
}
_MAP: theme.Style = theme.ROW | {
    "justify_content": "center",
    "width": "250px",
    "max_width": "100%",
    "min_height": "84px",
    "padding": theme.S2,
    "border_radius": "10px",
    "background": theme.PLACE,
    "color": theme.TEXT,
    "text_decoration": "none",
}

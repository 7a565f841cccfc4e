"""What hangs on a message: picture, sound, film, document, place, contact card."""

from typing import Any

import reflex as rx

from pages import theme
from pages.inbox.line_styles import SMALL_BUTTON
from state.message import OneMessage


class VoiceNote(rx.Component):
    """A sound with its own small player (assets/js/voice-note.jsx)."""

    library = "$/public/js/voice-note.jsx"
    tag = "VoiceNote"

    src: rx.Var[str]
    name: rx.Var[str]


def attachment(item: Any) -> rx.Component:
    return rx.fragment(
        rx.match(
            item.media_state,
            ("pending", _coming(item)),
            ("failed", _missing(item)),
            ("sending", rx.fragment(_file(item), _going())),
            ("ready", _file(item)),
            rx.fragment(),
        ),
        rx.cond(item.place != "", _place(item)),
        rx.foreach(item.cards, _card),
    )


# ---- on the way


def _coming(item: Any) -> rx.Component:
    return rx.el.div(item.media_name, " is being fetched…", role="status", style=_NOTE | _SHIMMER)


def _going() -> rx.Component:
    return rx.el.div("Being given to WhatsApp…", role="status", style=theme.TINY)


def _missing(item: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(item.media_name, " could not be fetched. ", item.media_problem),
        rx.el.button(
            "Fetch again",
            type="button",
            on_click=OneMessage.fetch_again(item.id).throttle(800),
            style=SMALL_BUTTON | {"margin_top": theme.S2},
        ),
        style=_NOTE,
    )


# ---- files


def _file(item: Any) -> rx.Component | rx.Var[Any]:
    return rx.match(
        item.media,
        ("image", _image(item, _BOX)),
        ("sticker", _image(item, _STICKER)),
        ("video", _video(item)),
        ("audio", _sound(item)),
        ("voice", _sound(item)),
        _document(item),
    )


def _image(item: Any, style: theme.Style) -> rx.Component:
    """A link, so that it opens in a tab of its own as well; pressed, it opens large here."""
    return rx.el.a(
        rx.el.img(src=item.media_url, alt=item.media_name, loading="lazy", style=style),
        href=item.media_url,
        target="_blank",
        rel="noopener",
        aria_haspopup="dialog",
        custom_attrs={"data-image": "", "data-name": item.media_name},
        style={"display": "block", "border_radius": "10px"} | theme.FOCUS,
    )


def _video(item: Any) -> rx.Component:
    return rx.el.video(
        src=item.media_url,
        controls=True,
        preload="metadata",
        aria_label=item.media_name,
        style=_BOX | {"height": "190px", "object_fit": "contain"},
    )


def _sound(item: Any) -> rx.Component:
    return VoiceNote.create(src=item.media_url, name=item.media_name, style=_SOUND)


def _document(item: Any) -> rx.Component:
    return rx.el.a(
        rx.icon("file-text", size=20, aria_hidden="true", flex="none"),
        rx.el.span(
            rx.el.span(item.media_name, style=theme.CUT | {"display": "block"}),
            rx.cond(
                item.media_size != "",
                rx.el.span(item.media_size, style=theme.TINY | theme.NUMBER | {"display": "block"}),
            ),
            style={"flex": "1", "min_width": "0"},
        ),
        rx.icon("download", size=16, aria_hidden="true", flex="none"),
        rx.el.span("Download", style=theme.HIDDEN),
        href=item.media_url,
        # With a target the browser follows it, not the page's own router.
        target="_blank",
        rel="noopener",
        download=item.media_name,
        title=item.media_name,
        style=_TILE | theme.FOCUS,
    )


# ---- places and cards


def _place(item: Any) -> rx.Component:
    return rx.el.a(
        rx.icon("map-pin", size=18, aria_hidden="true", flex="none"),
        rx.el.span(item.place, style={"min_width": "0", "overflow_wrap": "anywhere"}),
        rx.el.span("Open the map", style=theme.HIDDEN),
        href=item.place_url,
        target="_blank",
        rel="noopener noreferrer",
        style=_MAP | theme.FOCUS,
    )


def _card(card: Any) -> rx.Component:
    return rx.el.div(
        rx.icon("contact", size=18, aria_hidden="true", flex="none"),
        rx.el.div(
            rx.el.div(card.name, style={"font_weight": "500"}),
            rx.cond(card.detail != "", rx.el.div(card.detail, style=theme.TINY | theme.NUMBER)),
            style={"min_width": "0", "overflow_wrap": "anywhere"},
        ),
        style=_TILE | {"margin_bottom": theme.S1},
    )


_BOX: theme.Style = {
    "display": "block",
    "max_width": "100%",
    "width": "280px",
    "min_height": "60px",
    "max_height": "320px",
    "object_fit": "cover",
    "border_radius": "10px",
    "background": "var(--gray-4)",
    "margin_bottom": theme.S1,
}
_STICKER: theme.Style = {
    "display": "block",
    "width": "140px",
    "height": "140px",
    "object_fit": "contain",
}
_NOTE: theme.Style = {
    "max_width": "280px",
    "padding": "14px 16px",
    "margin_bottom": theme.S1,
    "border_radius": "10px",
    "background": "var(--gray-a3)",
    "color": theme.MUTED,
    "font_size": "13px",
    "overflow_wrap": "anywhere",
}
_SHIMMER: theme.Style = {
    "min_height": "84px",
    "display": "grid",
    "place_items": "center",
    theme.MOTION: {
        "animation": "wait 1.6s ease-in-out infinite",
        "@keyframes wait": {"50%": {"background": "var(--gray-a4)"}},
    },
}
_TILE: theme.Style = theme.ROW | {
    "gap": "10px",
    "width": "260px",
    "max_width": "100%",
    "min_height": theme.TOUCH,
    "padding": "8px 12px",
    "border_radius": "10px",
    "background": "var(--gray-a3)",
    "color": theme.TEXT,
    "text_decoration": "none",
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
_TRACK: theme.Style = {
    "height": "4px",
    "border_radius": "2px",
    "background": (
        f"linear-gradient(to right, {theme.solid('jade')} var(--done), var(--gray-7) var(--done))"
    ),
}
_THUMB: theme.Style = {
    "appearance": "none",
    "width": "12px",
    "height": "12px",
    "border": "0",
    "border_radius": theme.ROUND,
    "background": theme.solid("jade"),
}
_SOUND: theme.Style = theme.ROW | {
    "width": "260px",
    "max_width": "100%",
    "min_height": theme.TOUCH,
    "& button": {
        "flex": "none",
        "display": "grid",
        "place_items": "center",
        "height": "32px",
        "border_radius": theme.ROUND,
        "cursor": "pointer",
        "color": theme.TEXT,
    }
    | theme.FOCUS,
    "& .play": {
        "width": "32px",
        "background": theme.solid("jade"),
        "color": theme.ON_SOLID,
        "&:focus-visible": {"outline": f"2px solid {theme.TEXT}", "outline_offset": "2px"},
        theme.PHONE: {"width": theme.TOUCH, "height": theme.TOUCH},
    },
    "& .speed": theme.NUMBER
    | {
        "min_width": "36px",
        "padding": "0 6px",
        "background": "var(--gray-a3)",
        "font_size": "12px",
        "font_weight": "500",
        theme.PHONE: {"min_width": theme.TOUCH, "height": theme.TOUCH},
    },
    "& .time": theme.NUMBER | {"font_size": "12px", "color": theme.MUTED, "min_width": "30px"},
    "& input": {
        "flex": "1",
        "min_width": "40px",
        "height": "20px",
        "appearance": "none",
        "background": "transparent",
        "cursor": "pointer",
        "&:focus-visible": {"outline": f"2px solid {theme.solid('jade')}", "border_radius": "4px"},
        "&::-webkit-slider-runnable-track": _TRACK,
        "&::-moz-range-track": _TRACK,
        "&::-webkit-slider-thumb": _THUMB | {"margin_top": "-4px"},
        "&::-moz-range-thumb": _THUMB,
    },
}

"""Small marks: avatar, chip, the ring of the 24-hour window, the live chip."""

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from pages import theme


def avatar(initials: Any, color: Any, size: int) -> rx.Component:
    """Initials on a colour; decoration, so the name must stand beside it."""
    return rx.el.span(
        initials,
        aria_hidden="true",
        style={
            "display": "grid",
            "place_items": "center",
            "flex": "none",
            "width": f"{size}px",
            "height": f"{size}px",
            "border_radius": theme.ROUND,
            "background": color,
            "color": theme.ON_SOLID,
            "font_size": f"{max(9, round(size * 0.35))}px",
            "font_weight": "600",
            "user_select": "none",
        },
    )


def face(number: Any) -> rx.Var:
    """The avatar colour of a customer: `number` picks one, always the same."""
    return rx.Var.create(list(theme.FACES))[number % len(theme.FACES)]


def chip(*content: Any, tone: str = "gray") -> rx.Component:
    """A word in a box; tone is gray, jade, amber, red or blue."""
    return rx.el.span(*content, style=_CHIP | _TONES[tone])


def toned_chip(tone: Any, label: Any) -> rx.Component | rx.Var[Any]:
    """A chip whose tone is known only in the browser."""
    return rx.match(
        tone,
        *[(name, chip(label, tone=name)) for name in _TONES if name != "gray"],
        chip(label),
    )


def ring(percent: Any, level: Any, label: Any, hole: str = theme.PANEL) -> rx.Component:
    """How much of the 24-hour window is left; `label` says it in words."""
    color = rx.match(level, ("open", theme.ACCENT), ("soon", theme.SOON), theme.STOPPED)
    left = rx.cond(level == "closed", "100", percent.to_string())
    return rx.el.span(
        role="img",
        aria_label=label,
        title=label,
        style=_RING
        | {
            "background": f"conic-gradient({color} calc({left} * 1%), var(--gray-5) 0)",
            "&::after": _RING_HOLE | {"background": hole},
        },
    )


def live_chip() -> rx.Component:
    """Whether this browser hears the server."""
    return rx.el.span(
        rx.cond(
            has_connection_errors,
            chip("Reconnecting, catching up", tone="amber"),
            chip("● Live", tone="jade"),
        ),
        role="status",
    )


_CHIP: theme.Style = theme.NUMBER | {
    "display": "inline-flex",
    "align_items": "center",
    "height": "20px",
    "padding": "0 7px",
    "border_radius": theme.RADIUS_CHIP,
    "border": "1px solid transparent",
    "font_size": "11.5px",
    "line_height": "18px",
    "font_weight": "500",
    "white_space": "nowrap",
}
_TONES: dict[str, theme.Style] = {
    "gray": {"color": theme.MUTED, "background": theme.SUNKEN, "border": theme.LINE},
    **{
        name: {"color": theme.on_soft(name), "background": theme.soft(name)}
        for name in ("jade", "amber", "red", "blue")
    },
}
_RING: theme.Style = {
    "display": "inline-block",
    "width": "18px",
    "height": "18px",
    "border_radius": theme.ROUND,
    "position": "relative",
    "flex": "none",
}
_RING_HOLE: theme.Style = {
    "content": "''",
    "position": "absolute",
    "inset": "3px",
    "border_radius": theme.ROUND,
}

"""The keys of every page, the command bar and the map of the keys."""

import reflex as rx

from pages import theme
from pages.components.places import PLACES
from state.command import Command, Found

VIEWS = (
    ("open", "Open"),
    ("mine", "Mine"),
    ("unclaimed", "Unclaimed"),
    ("needs_human", "Needs a human"),
    ("closing_soon", "Closing soon"),
    ("mentions", "Mentions"),
    ("closed", "Closed"),
)
KEYS = (
    ("Ctrl+K ⌘K", "Command bar"),
    ("/", "Search"),
    ("J K ↓ ↑", "Next and previous conversation"),
    ("Enter", "Open the conversation"),
    ("X", "Choose it, for several at once"),
    ("U", "Mark it as unread"),
    ("R", "Reply"),
    ("N", "Internal note"),
    ("#", "Template"),
    ("C", "Claim"),
    ("T", "Take over"),
    ("A", "Resume AI"),
    ("E", "Close or reopen"),
    ("Esc", "Leave a field, clear the search or the choice"),
    ("?", "This map"),
)


def _words(words: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (words,)


class Keyboard(rx.Component):
    """Listens to the keys (assets/js/keyboard.jsx, assets/js/command-bar.jsx)."""

    library = "$/public/js/keyboard.jsx"
    tag = "Keyboard"

    places: rx.Var[list[dict[str, str]]]
    keys: rx.Var[list[list[str]]]
    words: rx.Var[str]
    found: rx.Var[list[Found]]
    on_search: rx.EventHandler[_words]


def keyboard() -> rx.Component:
    views = [
        {"kind": "view", "label": label, "hint": "Inbox", "href": f"/inbox/{name}/"}
        for name, label in VIEWS
    ]
    pages = [{"kind": "page", "label": label, "href": href} for _, label, _, href in PLACES]
    return Keyboard.create(
        places=views + pages,
        keys=[list(each) for each in KEYS],
        words=Command.words,
        found=Command.found,
        on_search=Command.look_for,
        style=_DIALOGS,
    )


_DIALOGS: theme.Style = {
    "& dialog": {
        "position": "fixed",
        "inset": "0",
        "margin": "12vh auto auto",
        "padding": "0",
        "width": "min(560px, calc(100vw - 24px))",
        "max_height": "70vh",
        "border": theme.STRONG_LINE,
        "border_radius": theme.RADIUS_CARD,
        "background": theme.PANEL,
        "color": theme.TEXT,
        "box_shadow": "var(--shadow-6)",
        "overflow": "hidden",
        "&::backdrop": {"background": "var(--black-a6)"},
    }
    | theme.appear(),
    "& dialog.commands[open]": theme.COLUMN,
    "& input": {
        "flex": "none",
        "height": "48px",
        "padding": "0 16px",
        "border": "0",
        "border_bottom": theme.LINE,
        "outline": "none",
        "background": "transparent",
        "color": theme.TEXT,
        "font_size": "16px",
        "&::placeholder": {"color": theme.MUTED, "opacity": "1"},
    },
    "& ul": {
        "list_style": "none",
        "margin": "0",
        "padding": "6px",
        "overflow_y": "auto",
        "&:empty": {"display": "none"},
    },
    "& .heading": theme.TINY | {"padding": "8px 10px 2px", "font_weight": "600"},
    "& [role=option]": theme.ROW
    | {
        "min_height": "36px",
        "padding": "0 10px",
        "border_radius": theme.RADIUS,
        "cursor": "pointer",
        "&[aria-selected=true]": {
            "background": theme.soft("jade"),
            "color": theme.on_soft("jade"),
        },
        theme.PHONE: {"min_height": theme.TOUCH},
    },
    "& .label": theme.CUT | {"flex": "none", "max_width": "60%"},
    "& .hint": theme.SMALL | theme.CUT | {"flex": "1", "min_width": "0"},
    "& [role=option] kbd": {"margin_left": "auto"},
    "& kbd": theme.KEY,
    "& p": theme.SMALL | {"padding": theme.S4, "text_align": "center"},
    "& dialog.keys": {"overflow_y": "auto"},
    "& header": theme.ROW | {"justify_content": "space-between", "padding": "12px 12px 12px 20px"},
    "& h2": theme.HEADING,
    "& header button": {
        "width": "32px",
        "height": "32px",
        "border_radius": theme.RADIUS,
        "color": theme.MUTED,
        "cursor": "pointer",
        "&:hover": {"background": theme.SUNKEN},
        theme.PHONE: {"width": theme.TOUCH, "height": theme.TOUCH},
    }
    | theme.FOCUS,
    "& dl": {
        "margin": "0",
        "padding": "0 20px 20px",
        "display": "grid",
        "grid_template_columns": "1fr 1fr",
        "column_gap": theme.S6,
        theme.PHONE: {"grid_template_columns": "1fr"},
    },
    "& dl > div": theme.ROW
    | {"gap": theme.S3, "min_height": "34px", "border_bottom": theme.LINE, "font_size": "13px"},
    "& dt": theme.ROW | {"gap": theme.S1, "flex": "none", "min_width": "92px"},
    "& dd": {"margin": "0", "color": theme.MUTED},
}

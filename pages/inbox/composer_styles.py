"""How the composer looks: tabs, boxes, what pops up, files. The templates have a file of their own.

On a phone the tools stand beside the tabs, so that the box is one line: attach, write, send.
"""

from pages import theme
from pages.inbox.template_styles import TEMPLATES

_TABS: theme.Style = {
    "display": "flex",
    "gap": "18px",
    "margin_bottom": "10px",
    "& button": {
        "padding": "2px 0 4px",
        "border_bottom": "2px solid transparent",
        "font_size": "13px",
        "font_weight": "500",
        "color": theme.MUTED,
        "cursor": "pointer",
        "&[aria-selected=true]": {
            "color": theme.TEXT,
            "border_bottom_color": theme.ACCENT,
        },
        "&:hover": {"color": theme.TEXT},
        **theme.FOCUS,
    },
    theme.PHONE: {
        "gap": theme.S4,
        "margin_bottom": theme.S1,
        "& button": {"height": theme.TOUCH, "font_size": "14px"},
    },
}
_BOX: theme.Style = {
    "position": "relative",
    "border": theme.STRONG_LINE,
    "border_radius": theme.RADIUS_CARD,
    "background": theme.PANEL,
    "box_shadow": theme.SHADOW,
    "&:focus-within": {"border_color": theme.ACCENT},
    "&.note": {
        "background": theme.soft("amber"),
        "border": "1px dashed var(--amber-8)",
    },
    theme.PHONE: {
        "position": "static",
        "display": "grid",
        "grid_template_columns": "auto minmax(0, 1fr) auto",
        "align_items": "end",
        "column_gap": theme.S2,
        "border": "0",
        "box_shadow": "none",
        "background": "transparent",
        "&.note": {"border": "0", "background": "transparent"},
        "&.templates": {"display": "block"},
        "& > .quote, & > .files, & > .problem": {"grid_column": "1 / -1"},
    },
}
_WRITING: theme.Style = {
    "position": "relative",
    "& textarea": {
        "display": "block",
        "width": "100%",
        "padding": "11px 14px",
        "min_height": "56px",
        "max_height": "200px",
        "field_sizing": "content",
        "resize": "none",
        "border": "0",
        "outline": "none",
        "background": "transparent",
        "color": theme.TEXT,
        "font": "inherit",
        "&::placeholder": {"color": theme.MUTED, "opacity": "1"},
    },
    theme.PHONE: {
        "grid_row": "10",
        "grid_column": "2",
        "& textarea": {
            "font_size": "16px",
            "min_height": theme.TOUCH,
            "max_height": "132px",
            "border": theme.STRONG_LINE,
            "border_radius": theme.RADIUS_CARD,
            "background": theme.PANEL,
            "&:focus": {"border_color": theme.ACCENT},
        },
    },
}
_BAR: theme.Style = theme.NUMBER | {
    "display": "flex",
    "align_items": "center",
    "gap": theme.S1,
    "padding": "5px 8px",
    "border_top": theme.LINE,
    "font_size": "11.5px",
    "color": theme.MUTED,
    "& .tools": {"display": "flex", "align_items": "center", "gap": "2px"},
    "& .left": {"flex": "1", "padding": "0 6px", "text_align": "right"},
    "& .count": {"padding": "0 6px", "white_space": "nowrap"},
    "& .hurry": {"color": theme.on_soft("amber"), "font_weight": "500"},
    "& .over": {"color": theme.on_soft("red"), "font_weight": "600"},
    theme.PHONE: {
        "display": "contents",
        "& > *": {"grid_row": "10"},
        "& .left, & .count:not(.over)": {"display": "none"},
        "& .count.over": {"grid_row": "9", "grid_column": "1 / -1", "text_align": "right"},
        "& .tools": {
            "position": "absolute",
            "top": "0",
            "right": "0",
            "gap": "0",
            "&:has(.recording) > :not(.recording)": {"display": "none"},
        },
        "& .send": {"grid_column": "3"},
    },
}
_TOOL: theme.Style = {
    "display": "inline-grid",
    "grid_auto_flow": "column",
    "align_items": "center",
    "justify_content": "center",
    "gap": "5px",
    "min_width": "32px",
    "height": "32px",
    "flex": "none",
    "border_radius": theme.RADIUS,
    "color": theme.MUTED,
    "cursor": "pointer",
    "&:hover": {"background": "var(--gray-a3)", "color": theme.TEXT},
    "&:disabled": {"opacity": "0.5", "cursor": "not-allowed"},
    "&.worded": {"padding": "0 8px", "font_size": "13px", "color": theme.TEXT},
    theme.PHONE: {"min_width": theme.TOUCH, "height": theme.TOUCH},
} | theme.FOCUS
_SEND: theme.Style = {
    "height": "28px",
    "padding": "0 12px",
    "flex": "none",
    "border_radius": theme.RADIUS,
    "background": theme.solid("jade"),
    "color": theme.ON_SOLID,
    "font_size": "12.5px",
    "font_weight": "500",
    "white_space": "nowrap",
    "cursor": "pointer",
    "&:disabled": {
        "background": "var(--gray-4)",
        "color": theme.MUTED,
        "cursor": "not-allowed",
    },
    "&:focus-visible": {"outline": f"2px solid {theme.TEXT}", "outline_offset": "2px"},
    theme.PHONE: {"height": theme.TOUCH, "font_size": "14px", "border_radius": "10px"},
}
_POPPED_UP: theme.Style = {
    "position": "absolute",
    "z_index": "5",
    "border": theme.STRONG_LINE,
    "border_radius": theme.RADIUS_CARD,
    "background": theme.PANEL,
    "box_shadow": "var(--shadow-4)",
} | theme.appear()
_OFFERS: theme.Style = _POPPED_UP | {
    "left": "8px",
    "right": "8px",
    "bottom": "calc(100% - 2px)",
    "max_width": "460px",
    "max_height": "264px",
    "overflow_y": "auto",
    "margin": "0",
    "padding": "4px",
    "list_style": "none",
    "& li": {
        "display": "flex",
        "gap": theme.S2,
        "align_items": "baseline",
        "padding": "6px 10px",
        "border_radius": theme.RADIUS,
        "cursor": "pointer",
        "font_size": "13px",
        "&[aria-selected=true]": {"background": theme.soft("jade")},
        theme.PHONE: {"min_height": theme.TOUCH, "align_items": "center"},
    },
    "& strong": {"font_weight": "500", "white_space": "nowrap"},
    "& span": theme.CUT | {"color": theme.MUTED},
    theme.PHONE: {"left": "0", "right": "auto", "width": "min(300px, calc(100vw - 90px))"},
}
_EMOJI: theme.Style = {
    "position": "relative",
    "& .palette": _POPPED_UP
    | {
        "left": "0",
        "bottom": "calc(100% + 8px)",
        "width": "302px",
        "max_height": "264px",
        "overflow_y": "auto",
        "padding": "8px",
        theme.PHONE: {"left": "auto", "right": "0", "width": "min(366px, calc(100vw - 24px))"},
    },
    "& .palette span": theme.TINY | {"display": "block", "padding": "2px 4px"},
    "& .grid": {"display": "grid", "grid_template_columns": "repeat(8, minmax(0, 1fr))"},
    "& .grid button": {
        "height": "34px",
        "font_size": "19px",
        "border_radius": theme.RADIUS,
        "cursor": "pointer",
        "&:hover": {"background": "var(--gray-a3)"},
        theme.PHONE: {"height": theme.TOUCH},
    }
    | theme.FOCUS,
    theme.PHONE: {"position": "static"},
}
_FILES: theme.Style = {
    "display": "flex",
    "flex_wrap": "wrap",
    "gap": theme.S2,
    "max_height": "168px",
    "overflow_y": "auto",
    "margin": "0",
    "padding": "8px 8px 0",
    "list_style": "none",
    "& li": {
        "display": "flex",
        "align_items": "center",
        "gap": theme.S2,
        "width": "268px",
        "max_width": "100%",
        "padding": "6px",
        "border": theme.LINE,
        "border_radius": "10px",
        "background": theme.SUNKEN,
        "font_size": "12.5px",
        "line_height": "17px",
    },
    "& li[data-state=refused], & li[data-state=lost]": {
        "border": theme.line_of("red"),
        "background": theme.soft("red"),
        "& .size": {"color": theme.on_soft("red"), "white_space": "normal"},
    },
    "& img, & .thumb": {
        "width": "40px",
        "height": "40px",
        "flex": "none",
        "border_radius": "7px",
        "object_fit": "cover",
        "background": "var(--gray-4)",
    },
    "& .thumb": {"display": "grid", "place_items": "center", "color": theme.MUTED},
    "& .facts": theme.COLUMN | {"flex": "1", "min_width": "0"},
    "& .name": theme.CUT | {"font_weight": "500"},
    "& .size": theme.NUMBER | theme.CUT | {"color": theme.MUTED, "font_size": "11.5px"},
    "& audio": {"width": "100%", "height": "32px"},
    "& progress": {
        "width": "100%",
        "height": "4px",
        "appearance": "none",
        "border_radius": "2px",
        "overflow": "hidden",
        "&::-webkit-progress-bar": {"background": "var(--gray-5)"},
        "&::-webkit-progress-value": {"background": theme.ACCENT},
        "&::-moz-progress-bar": {"background": theme.ACCENT},
    },
    theme.PHONE: {"padding": "0 0 8px", "& li": {"width": "100%"}},
}
_QUOTE: theme.Style = theme.ROW | {
    "margin": "8px 8px 0",
    "padding": "5px 4px 5px 10px",
    "border_left": f"3px solid {theme.ACCENT}",
    "border_radius": "4px",
    "background": "var(--gray-a3)",
    "font_size": "12.5px",
    "line_height": "17px",
    "& > div": {"flex": "1", "min_width": "0"},
    "& strong, & span": theme.CUT | {"display": "block"},
    "& strong": {"font_weight": "500"},
    "& span": {"color": theme.MUTED},
    theme.PHONE: {"margin": "0 0 8px"},
}
_UNDO: theme.Style = (
    theme.ROW
    | {
        "justify_content": "space-between",
        "margin_bottom": theme.S2,
        "padding": "5px 6px 5px 12px",
        "border_radius": "10px",
        "background": theme.soft("jade"),
        "color": theme.on_soft("jade"),
        "font_size": "13px",
        "& button": theme.NUMBER
        | {
            "height": "28px",
            "padding": "0 12px",
            "border_radius": theme.RADIUS,
            "border": theme.line_of("jade"),
            "background": theme.PANEL,
            "color": theme.TEXT,
            "font_weight": "500",
            "cursor": "pointer",
            theme.PHONE: {"height": theme.TOUCH},
        }
        | theme.FOCUS,
    }
    | theme.appear()
)
_PROBLEM: theme.Style = {
    "margin": "0",
    "padding": "4px 14px 8px",
    "font_size": "12.5px",
    "line_height": "17px",
    "color": theme.on_soft("red"),
}
_BEHIND: theme.Style = theme.SMALL | {
    "margin_bottom": theme.S2,
    "color": theme.on_soft("amber"),
    "font_weight": "500",
}
_RECORDING: theme.Style = (
    theme.ROW
    | theme.NUMBER
    | {
        "gap": "2px",
        "padding_left": theme.S2,
        "font_size": "13px",
        "color": theme.TEXT,
        "white_space": "nowrap",
        "& .dot": {
            "width": "8px",
            "height": "8px",
            "margin_right": "6px",
            "border_radius": theme.ROUND,
            "background": theme.STOPPED,
        },
    }
)
_DROP: theme.Style = {
    "position": "absolute",
    "inset": "0",
    "display": "grid",
    "place_items": "center",
    "border": f"2px dashed {theme.ACCENT}",
    "border_radius": theme.RADIUS_CARD,
    "background": theme.soft("jade"),
    "color": theme.on_soft("jade"),
    "font_weight": "500",
    "pointer_events": "none",
}

BOX: theme.Style = {
    "position": "relative",
    "& .hidden": theme.HIDDEN,
    "& .narrow": {"display": "none", theme.PHONE: {"display": "inline"}},
    "& .wide": {theme.PHONE: {"display": "none"}},
    "& .tabs": _TABS,
    "& .box": _BOX,
    "& .writing": _WRITING,
    "& .bar": _BAR,
    "& .note .bar": {"border_top": "1px solid var(--amber-6)"},
    "& .note textarea": {
        theme.PHONE: {
            "background": theme.soft("amber"),
            "border": "1px dashed var(--amber-8)",
        },
    },
    "& .tool": _TOOL,
    "& .send": _SEND,
    "& .offers": _OFFERS,
    "& .emoji": _EMOJI,
    "& .files": _FILES,
    "& .quote": _QUOTE,
    "& .undo": _UNDO,
    "& .problem": _PROBLEM,
    "& .behind": _BEHIND,
    "& .recording": _RECORDING,
    "& .drop": _DROP,
} | TEMPLATES

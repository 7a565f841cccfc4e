"""How the template picker looks: its search, chips, fields and the phone's preview."""

from pages import theme

_INPUT: theme.Style = {
    "height": "32px",
    "min_width": "0",
    "padding": "0 10px",
    "border": theme.STRONG_LINE,
    "border_radius": theme.RADIUS,
    "background": theme.PANEL,
    "color": theme.TEXT,
    "font_size": "13px",
    "&::placeholder": {"color": theme.MUTED, "opacity": "1"},
    "&:focus-visible": {"outline": f"2px solid {theme.solid('jade')}", "outline_offset": "-1px"},
    theme.PHONE: {"height": theme.TOUCH, "font_size": "16px"},
}
_SEARCH: theme.Style = {
    "display": "flex",
    "gap": theme.S2,
    "padding": "9px 12px",
    "border_bottom": theme.LINE,
    "& input": _INPUT | {"flex": "1"},
    "& select": _INPUT | {"max_width": "150px", "background": theme.SUNKEN},
}
_FILLING: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr) 236px",
    "max_height": "300px",
    "min_height": "96px",
    theme.PHONE: {"grid_template_columns": "minmax(0, 1fr)", "max_height": "46vh"},
    "overflow_y": "auto",
}
_FIELDS: theme.Style = theme.COLUMN | {
    "gap": theme.S2,
    "padding": "10px 12px",
    "min_width": "0",
    "& p": theme.SMALL,
    "& .problem": {"padding": "0", "color": theme.on_soft("red")},
}
_CHIPS: theme.Style = {
    "display": "flex",
    "flex_wrap": "wrap",
    "gap": "6px",
    "max_height": "112px",
    "overflow_y": "auto",
    "padding": "2px",
    "margin": "-2px",
}
_CHIP: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "gap": theme.S1,
    "flex": "none",
    "height": "24px",
    "padding": "0 8px",
    "border": theme.LINE,
    "border_radius": theme.RADIUS_CHIP,
    "background": theme.SUNKEN,
    "color": theme.MUTED,
    "font_size": "11.5px",
    "font_weight": "500",
    "cursor": "pointer",
    "& small": {"font_weight": "400"},
    "&:hover": {"color": theme.TEXT},
    "&[aria-pressed=true]": {
        "background": theme.soft("jade"),
        "border_color": "var(--jade-7)",
        "color": theme.on_soft("jade"),
    },
    "&.refused": {"text_decoration": "line-through"},
    theme.PHONE: {"height": theme.TOUCH, "padding": "0 12px", "font_size": "13px"},
} | theme.FOCUS
_VARIABLES: theme.Style = {
    "display": "grid",
    "grid_template_columns": "repeat(auto-fill, minmax(170px, 1fr))",
    "gap": "6px",
    "& label": theme.ROW
    | {
        "gap": theme.S2,
        "min_width": "0",
        "padding_left": "10px",
        "border": theme.STRONG_LINE,
        "border_radius": theme.RADIUS,
        "background": theme.PANEL,
        "font_size": "13px",
        "&:focus-within": {"border_color": theme.ACCENT},
    },
    "& label > span": {"color": theme.MUTED, "white_space": "nowrap"},
    "& input": {
        "flex": "1",
        "min_width": "0",
        "height": "30px",
        "padding": "0 10px 0 0",
        "border": "0",
        "outline": "none",
        "background": "transparent",
        "color": theme.TEXT,
        "font": "inherit",
        "&::placeholder": {"color": theme.MUTED, "opacity": "1"},
        theme.PHONE: {"height": "42px", "font_size": "16px"},
    },
}
# WhatsApp's own wallpaper and bubble, in both appearances.
_PREVIEW: theme.Style = {
    "padding": "10px",
    "background": "var(--bronze-4)",
    "border_bottom_right_radius": "0",
    "font_size": "13px",
    "line_height": "19px",
    "& .bubble": theme.COLUMN
    | {
        "gap": "3px",
        "padding": "6px 9px",
        "border_radius": theme.RADIUS,
        "background": theme.PANEL,
        "color": theme.TEXT,
        "box_shadow": theme.SHADOW,
    },
    "& p": {"margin": "0", "white_space": "pre-wrap", "overflow_wrap": "anywhere"},
    "& b": {"font_weight": "600"},
    "& mark": {
        "padding": "0 3px",
        "border_radius": "4px",
        "background": theme.soft("amber"),
        "color": theme.on_soft("amber"),
    },
    "& small": {"color": theme.MUTED, "font_size": "11.5px"},
    "& img": {
        "width": "100%",
        "max_height": "120px",
        "object_fit": "cover",
        "border_radius": "6px",
    },
    "& .media": theme.ROW
    | {
        "padding": "14px 10px",
        "border_radius": "6px",
        "background": "var(--gray-a3)",
        "color": theme.MUTED,
        "overflow_wrap": "anywhere",
    },
    "& .button": theme.ROW
    | {
        "justify_content": "center",
        "gap": "6px",
        "padding_top": "6px",
        "border_top": theme.LINE,
        "color": theme.on_soft("blue"),
    },
}
_BAR: theme.Style = {
    "& .left": {"text_align": "left"},
    "& .missing": {"color": theme.on_soft("amber"), "padding": "0 6px"},
    theme.PHONE: {
        "display": "flex",
        "flex_wrap": "wrap",
        "padding": "8px 0 0",
        "& .left": {"display": "block", "flex": "1 0 100%"},
        "& .missing": {"flex": "1"},
        "& .send": {"margin_left": "auto"},
    },
}

TEMPLATES: theme.Style = {
    "& .templates": {
        "overflow": "hidden",
        "& .search": _SEARCH,
        "& .filling": _FILLING,
        "& .fields": _FIELDS,
        "& .chips": _CHIPS,
        "& .chip": _CHIP,
        "& .variables": _VARIABLES,
        "& .preview": _PREVIEW,
        "& .bar": _BAR,
        "& .header-file .files": {"padding": "0"},
        theme.PHONE: {
            "overflow": "visible",
            "& .search": {"padding": "0 0 8px"},
            "& .search select": {"width": "132px"},
            "& .fields": {"padding": "8px 0"},
            "& .preview": {"border_radius": theme.RADIUS},
        },
    },
}

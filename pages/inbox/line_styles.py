"""How the lines of a thread look."""

from pages import theme

DAY: theme.Style = theme.TINY | {"align_self": "center", "padding": "2px 0"}
UNREAD: theme.Style = theme.ROW | {
    "font_size": "11.5px",
    "font_weight": "500",
    "color": theme.on_soft("jade"),
    "&::before, &::after": {"content": "''", "flex": "1", "border_top": theme.line_of("jade")},
}
WHEN: theme.Style = theme.NUMBER | {"margin_left": "6px", "font_size": "11px"}
SYSTEM: theme.Style = {
    "align_self": "center",
    "max_width": "90%",
    "text_align": "center",
    "overflow_wrap": "anywhere",
    "font_size": "12px",
    "line_height": "18px",
    "color": theme.MUTED,
    "background": theme.SUNKEN,
    "border": theme.LINE,
    "border_radius": "20px",
    "padding": "2px 11px",
}
_OUTGOING: theme.Style = {
    "align_self": "flex-end",
    "align_items": "flex-end",
    "--row": "row-reverse",
}
PLACE: theme.Style = (
    theme.COLUMN
    | {
        "width": "100%",
        "align_items": "flex-start",
        "--row": "row",
        "--bubble": theme.PANEL,
        "--edge": theme.LINE,
        "--corners": "14px 14px 14px 4px",
        "&[data-side=out]": _OUTGOING
        | {
            "--bubble": theme.soft("jade"),
            "--edge": "1px solid var(--jade-5)",
            "--corners": "14px 14px 4px 14px",
        },
        "&[data-side=note]": _OUTGOING
        | {
            "--bubble": theme.soft("amber"),
            "--edge": "1px dashed var(--amber-7)",
            "--corners": "14px",
        },
        # The line that somebody was led to.
        "&[data-flash] > div:first-child > div": {
            "outline": f"2px solid {theme.solid('amber')}",
            "outline_offset": "2px",
        },
        "&:hover .options, &:focus-within .options": {"opacity": "1"},
    }
    | theme.appear()
)
BESIDE: theme.Style = {
    "display": "flex",
    "flex_direction": "var(--row)",
    "align_items": "center",
    "gap": theme.S1,
    "max_width": "min(74%, 640px)",
    theme.PHONE: {"max_width": "96%"},
}
BUBBLE: theme.Style = {
    "min_width": "0",
    "padding": "8px 12px 6px",
    "background": "var(--bubble)",
    "border": "var(--edge)",
    "border_radius": "var(--corners)",
    "box_shadow": theme.SHADOW,
    "&[data-bare=true]": {
        "background": "none",
        "border": "0",
        "padding": "0",
        "box_shadow": "none",
    },
}
OPTIONS: theme.Style = {
    "display": "grid",
    "place_items": "center",
    "flex": "none",
    "width": "28px",
    "height": "28px",
    "padding": "0",
    "border_radius": theme.ROUND,
    "color": theme.MUTED,
    "cursor": "pointer",
    "opacity": "0",
    "&:hover": {"background": "var(--gray-a4)"},
    "&:focus-visible": {"opacity": "1", "outline": f"2px solid {theme.solid('jade')}"},
    "@media (hover: none)": {"opacity": "1"},
    theme.PHONE: {"opacity": "1", "width": theme.TOUCH, "height": theme.TOUCH},
}
AUTHOR: theme.Style = {
    "font_size": "11.5px",
    "line_height": "16px",
    "font_weight": "500",
    "margin_bottom": "2px",
    "overflow_wrap": "anywhere",
}
LABEL: theme.Style = theme.TINY | {"font_style": "italic", "overflow_wrap": "anywhere"}
HEADING: theme.Style = {"font_weight": "600", "overflow_wrap": "anywhere"}
FOOTER: theme.Style = theme.TINY | {"margin_top": "2px", "overflow_wrap": "anywhere"}
WORDS: theme.Style = {
    "white_space": "pre-wrap",
    "overflow_wrap": "anywhere",
    "& a": {"color": theme.on_soft("blue"), "text_decoration": "underline"},
    "& strong": {
        "font_weight": "600",
        "color": theme.on_soft("amber"),
        "background": "var(--amber-a4)",
        "border_radius": "4px",
        "padding": "0 2px",
    },
}
QUOTE: theme.Style = {
    "display": "block",
    "text_align": "left",
    "margin": "2px 0 6px",
    "padding": "4px 8px",
    "border": "0",
    "border_left": f"3px solid {theme.ACCENT}",
    "border_radius": "4px",
    "background": "var(--gray-a3)",
    "color": theme.TEXT,
    "font": "inherit",
    "font_size": "12.5px",
    "line_height": "17px",
    "width": "100%",
    "max_width": "100%",
    "overflow": "hidden",
}
PRESSED: theme.Style = {"cursor": "pointer", "&:hover": {"background": "var(--gray-a4)"}} | (
    theme.FOCUS
)
META: theme.Style = theme.NUMBER | {
    "display": "flex",
    "gap": "5px",
    "justify_content": "flex-end",
    "margin_top": "2px",
    "font_size": "11px",
    "line_height": "15px",
    "color": theme.MUTED,
}
REACTIONS: theme.Style = {
    "margin": "-5px 8px 0",
    "padding": "1px 7px",
    "border_radius": theme.ROUND,
    "background": theme.PANEL,
    "border": theme.LINE,
    "font_size": "13px",
    "z_index": "1",
}
CHOICES: theme.Style = theme.ROW | {"flex_wrap": "wrap", "gap": theme.S1, "margin_top": theme.S1}
CHOICE: theme.Style = {
    "padding": "3px 12px",
    "border": theme.LINE,
    "border_radius": theme.RADIUS,
    "background": theme.PANEL,
    "font_size": "13px",
    "color": theme.on_soft("blue"),
    "overflow_wrap": "anywhere",
}
PROBLEM: theme.Style = {
    "display": "flex",
    "flex_wrap": "wrap",
    "align_items": "center",
    "justify_content": "flex-end",
    "text_align": "right",
    "gap": theme.S2,
    "margin_top": theme.S1,
    "font_size": "12px",
    "line_height": "17px",
    "max_width": "440px",
    "overflow_wrap": "anywhere",
}
SMALL_BUTTON: theme.Style = {
    "height": "26px",
    "padding": "0 10px",
    "border_radius": theme.RADIUS,
    "border": theme.STRONG_LINE,
    "background": theme.PANEL,
    "color": theme.TEXT,
    "font_size": "12px",
    "font_weight": "500",
    "cursor": "pointer",
    "&:hover": {"background": theme.SUNKEN},
    theme.PHONE: {"height": theme.TOUCH},
} | theme.FOCUS

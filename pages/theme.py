"""Every colour, size and space of the product, as Radix Themes tokens; light and dark follow."""

from typing import Any

Style = dict[str, Any]

# The accent (jade) and gray (slate) are chosen in rxconfig.py, which may import no app code.
STYLESHEETS = ["/fonts/inter.css", "/theme.css"]

# Surfaces and lines.
PAGE = "var(--gray-1)"
PANEL = "var(--color-panel-solid)"
SUNKEN = "var(--gray-2)"
LINE = "1px solid var(--gray-5)"
STRONG_LINE = "1px solid var(--gray-6)"
SHADOW = "0 1px 2px var(--black-a2)"

# Text. Step 11 is the faintest that keeps 4.5:1 on every surface above.
TEXT = "var(--gray-12)"
MUTED = "var(--gray-11)"
ON_SOLID = "white"


def soft(color: str) -> str:
    """A tinted surface of this Radix colour."""
    return f"var(--{color}-3)"


def on_soft(color: str) -> str:
    """Text on `soft`: step 11 alone misses 4.5:1 there for jade, amber and blue."""
    return f"color-mix(in srgb, var(--{color}-11), var(--{color}-12) 35%)"


def line_of(color: str) -> str:
    return f"1px solid var(--{color}-6)"


def solid(color: str) -> str:
    """A filled surface that carries white text; step 9 alone misses 4.5:1."""
    return f"color-mix(in srgb, var(--{color}-9), black 25%)"


ACCENT = "var(--jade-9)"
SOON = "var(--amber-9)"
STOPPED = "var(--red-9)"
READ = "var(--blue-10)"
# Charts: what came in, what went out, and the steps of a heat map from nothing to most.
INBOUND = ACCENT
OUTBOUND = "color-mix(in srgb, var(--iris-9), white 30%)"
HEAT = ("var(--gray-3)", "var(--jade-4)", "var(--jade-6)", "var(--jade-8)", "var(--jade-9)")

# Avatars: white initials at 4.5:1, in light and dark.
FACES = tuple(
    f"color-mix(in srgb, var(--{name}-9), black 22%)"
    for name in ("crimson", "blue", "violet", "orange", "grass", "plum", "cyan", "bronze")
)
BRAND = "linear-gradient(140deg, var(--amber-8), var(--jade-9) 70%)"
PLACE = "linear-gradient(120deg, var(--blue-4), var(--amber-4))"

# Space in pixels, radii, widths.
S1, S2, S3, S4, S5, S6 = "4px", "8px", "12px", "16px", "20px", "28px"
RADIUS, RADIUS_CARD, RADIUS_CHIP, ROUND = "8px", "12px", "6px", "999px"
RAIL, LIST, DETAILS = "64px", "340px", "304px"
HEADER = "60px"
TOUCH = "44px"

# Below these widths details become a drawer, and one pane shows at a time.
NARROW = "@media (max-width: 1099px)"
PHONE = "@media (max-width: 719px)"
MOTION = "@media (prefers-reduced-motion: no-preference)"

FONT = "'Inter Variable', Inter, system-ui, -apple-system, 'Segoe UI', sans-serif"

STYLE: Style = {
    "font_family": FONT,
    "font_size": "14px",
    "line_height": "20px",
    "color": TEXT,
    "background": PAGE,
    "font_feature_settings": "'cv11', 'ss03'",
    "-webkit-font-smoothing": "antialiased",
}

NUMBER: Style = {"font_variant_numeric": "tabular-nums"}
TITLE: Style = {
    "font_size": "20px",
    "line_height": "28px",
    "font_weight": "600",
    "letter_spacing": "-0.01em",
    "margin": "0",
}
HEADING: Style = {"font_size": "15px", "line_height": "22px", "font_weight": "600", "margin": "0"}
SMALL: Style = {"font_size": "13px", "line_height": "19px", "color": MUTED, "margin": "0"}
TINY: Style = {"font_size": "11.5px", "line_height": "16px", "color": MUTED}
CUT: Style = {"white_space": "nowrap", "overflow": "hidden", "text_overflow": "ellipsis"}
CARD: Style = {
    "background": PANEL,
    "border": LINE,
    "border_radius": RADIUS_CARD,
    "box_shadow": SHADOW,
}
ROW: Style = {"display": "flex", "align_items": "center", "gap": S2}
COLUMN: Style = {"display": "flex", "flex_direction": "column"}
FOCUS: Style = {
    "&:focus-visible": {"outline": f"2px solid {solid('jade')}", "outline_offset": "-2px"},
}
KEY: Style = {
    "border": STRONG_LINE,
    "border_bottom_width": "2px",
    "border_radius": "5px",
    "padding": "0 5px",
    "background": PANEL,
    "color": MUTED,
    "font_family": "inherit",
    "font_size": "11px",
    "line_height": "16px",
    "white_space": "nowrap",
}
# Seen by a screen reader only.
HIDDEN: Style = {
    "position": "absolute",
    "width": "1px",
    "height": "1px",
    "overflow": "hidden",
    "clip_path": "inset(50%)",
    "white_space": "nowrap",
}


def appear() -> Style:
    """A short rise for what is new; none for people who asked for less motion."""
    return {
        MOTION: {
            "animation": "appear 140ms ease-out",
            "@keyframes appear": {"from": {"opacity": "0", "transform": "translateY(3px)"}},
        }
    }

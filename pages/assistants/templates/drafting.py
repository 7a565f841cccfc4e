"""The form of the draft, checked while it is written."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.templates.buttons import buttons
from pages.assistants.templates.fields import (
    BETWEEN,
    FIELD,
    area,
    complaints,
    counter,
    field,
    labelled,
)
from pages.assistants.templates.preview import preview
from pages.components.settings_parts import count, quiet_button
from pages.setup import SELECT
from pages.sign_in import LABEL
from state.template_draft import (
    LONGEST_BODY,
    LONGEST_FOOTER,
    LONGEST_HEADER,
    Category,
    TemplateDraft,
)

_CATEGORIES: tuple[tuple[Category, str, str], ...] = (
    ("UTILITY", "Utility", "Order updates, reminders, answers to what a customer asked."),
    ("MARKETING", "Marketing", "Offers, news, invitations to come back."),
    ("AUTHENTICATION", "Authentication", "One-time passcodes, in Meta's own words."),
)


def drafting() -> rx.Component:
    """The card beside the list."""
    return rx.el.section(
        rx.el.form(
            rx.el.h2(_heading(), style=theme.HEADING),
            rx.cond(TemplateDraft.lost != "", rx.el.p(TemplateDraft.lost, style=theme.SMALL)),
            _name(),
            _category(),
            _language(),
            rx.cond(TemplateDraft.draft.category == "AUTHENTICATION", _code(), _texts()),
            complaints(""),
            rx.el.div(
                rx.button(
                    rx.cond(_is_change(), "Submit the change", "Submit for review"),
                    type="submit",
                    loading=TemplateDraft.sending,
                    style=_BUTTON,
                ),
                quiet_button(
                    "Cancel",
                    on_click=TemplateDraft.cancel,
                    disabled=TemplateDraft.sending,
                    style=_BUTTON,
                ),
                style=theme.ROW,
            ),
            on_submit=TemplateDraft.submit,
            no_validate=True,
            style=theme.COLUMN | {"gap": "14px", "min_width": "0"},
        ),
        preview(),
        aria_label="Template draft",
        style=_CARD | theme.appear(),
    )


def _is_change() -> Any:
    return TemplateDraft.draft.template > 0


def _heading() -> rx.Var[str]:
    return rx.cond(_is_change(), f"Change {TemplateDraft.draft.name}", "Create template")


def _name() -> rx.Component:
    return rx.cond(
        ~_is_change(),
        labelled(
            "Name",
            "name",
            field(
                "name",
                TemplateDraft.draft.name,
                lambda words: TemplateDraft.write("name", words),
                auto_complete="off",
                placeholder="order_confirmation",
            ),
            rx.el.div("Lowercase letters, numbers and underscores.", style=theme.TINY),
        ),
    )


def _category() -> rx.Component:
    return rx.el.div(
        rx.el.div("Category", id="template-category", style=LABEL),
        rx.el.div(
            *[_choice(code, words) for code, words, _ in _CATEGORIES],
            role="group",
            aria_labelledby="template-category",
            style=theme.ROW | {"flex_wrap": "wrap"},
        ),
        rx.el.div(
            rx.cond(
                TemplateDraft.draft.approved,
                "Meta does not let the category of an approved template be changed.",
                rx.match(
                    TemplateDraft.draft.category,
                    *[(code, line) for code, _, line in _CATEGORIES],
                    "",
                ),
            ),
            style=theme.TINY,
        ),
        complaints("category"),
        style=FIELD,
    )


def _choice(code: Category, words: str) -> rx.Component:
    on: Any = TemplateDraft.draft.category == code
    return rx.el.button(
        rx.cond(on, rx.el.span("✓ ", aria_hidden="true")),
        words,
        type="button",
        disabled=TemplateDraft.draft.approved & ~on,
        on_click=TemplateDraft.choose(code),
        custom_attrs={"aria-pressed": rx.cond(on, "true", "false")},
        style=_CHOICE
        | {
            "color": rx.cond(on, theme.on_soft("jade"), theme.MUTED),
            "background": rx.cond(on, theme.soft("jade"), theme.SUNKEN),
            "border": rx.cond(on, theme.line_of("jade"), theme.LINE),
        },
    )


def _language() -> rx.Component:
    return rx.cond(
        ~_is_change(),
        labelled(
            "Language",
            "language",
            rx.el.select(
                rx.foreach(
                    TemplateDraft.languages,
                    lambda each: rx.el.option(each.words, value=each.code),
                ),
                id="template-language",
                value=TemplateDraft.draft.language,
                on_change=lambda code: TemplateDraft.write("language", code),
                style=SELECT | {"height": "32px", theme.PHONE: {"min_height": theme.TOUCH}},
            ),
        ),
    )


def _texts() -> rx.Component:
    draft: Any = TemplateDraft.draft
    return rx.fragment(
        labelled(
            _counted("Header, optional", draft.header.length(), LONGEST_HEADER),
            "header",
            field("header", draft.header, lambda words: TemplateDraft.write("header", words)),
        ),
        labelled(
            _counted("Body", draft.body.length(), LONGEST_BODY),
            "body",
            area(
                "body",
                draft.body,
                lambda words: TemplateDraft.write("body", words),
                rows="5",
                placeholder="Hi {{1}}, we have your order {{2}}. It ships today.",
            ),
            rx.el.div(
                "Write {{1}}, {{2}} where a name or a number goes, *stars* around bold words.",
                style=theme.TINY,
            ),
        ),
        rx.cond(count(TemplateDraft.slots) > 0, _examples()),
        labelled(
            _counted("Footer, optional", draft.footer.length(), LONGEST_FOOTER),
            "footer",
            field("footer", draft.footer, lambda words: TemplateDraft.write("footer", words)),
        ),
        buttons(),
    )


def _counted(label: str, length: Any, longest: int) -> rx.Component:
    return rx.el.span(label, counter(length, longest), style=BETWEEN)


def _examples() -> rx.Component:
    return rx.el.div(
        rx.el.div("Examples for Meta's review", style=LABEL),
        rx.foreach(TemplateDraft.slots, _example),
        style=FIELD,
    )


def _example(slot: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.label(
                slot.label,
                html_for=f"template-{slot.key}",
                style=theme.SMALL | theme.NUMBER | {"min_width": "44px"},
            ),
            rx.el.div(
                field(
                    slot.key,
                    slot.example,
                    lambda words: TemplateDraft.write_example(slot.key, words),
                    auto_complete="off",
                ),
                style={"flex": "1", "min_width": "0"},
            ),
            style=theme.ROW,
        ),
        complaints(slot.key),
        key=slot.key,
        style=FIELD,
    )


def _code() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "Meta writes the text of a passcode itself, in the template's language, with a button "
            "that copies the code. Two things can be chosen.",
            style=theme.SMALL,
        ),
        rx.el.label(
            rx.switch(checked=TemplateDraft.draft.advice, on_change=TemplateDraft.advise),
            "Ask not to share the code",
            style=theme.ROW | {theme.PHONE: {"min_height": theme.TOUCH}},
        ),
        labelled(
            "Minutes until the code expires, optional",
            "minutes",
            field(
                "minutes",
                TemplateDraft.draft.minutes,
                lambda words: TemplateDraft.write("minutes", words),
                input_mode="numeric",
                style={"max_width": "120px"},
            ),
        ),
    )


_CARD: theme.Style = theme.CARD | {
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr) 216px",
    "gap": "18px",
    "padding": "18px 20px",
    "min_width": "0",
    theme.PHONE: {"grid_template_columns": "minmax(0, 1fr)", "padding": theme.S4},
}
_CHOICE: theme.Style = theme.FOCUS | {
    "height": "28px",
    "padding": "0 9px",
    "border_radius": theme.RADIUS_CHIP,
    "font_size": "12.5px",
    "font_weight": "500",
    "cursor": "pointer",
    "&:disabled": {"cursor": "not-allowed"},
    theme.PHONE: {"min_height": theme.TOUCH},
}
_BUTTON: theme.Style = {
    "border_radius": theme.RADIUS,
    theme.PHONE: {"min_height": theme.TOUCH},
}

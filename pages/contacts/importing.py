"""The dialog that takes contacts over from a CSV file."""

from typing import Any, cast

import reflex as rx

from pages import theme
from pages.components.settings_parts import count, quiet_button
from pages.contacts.card import DIALOG
from pages.setup import SELECT
from pages.sign_in import problem
from state.contact_import import MOST_BYTES, ContactImport

UPLOAD = "contacts-file"
KINDS = (
    ("", "Leave out"),
    ("name", "Name"),
    ("first", "First name"),
    ("last", "Last name"),
    ("phone", "Phone"),
    ("email", "E-mail"),
)


def import_dialog() -> rx.Component:
    """Choose a file, say what its columns hold, see what would happen, import."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title("Import contacts", size="4"),
            rx.dialog.description(
                rx.cond(
                    ContactImport.filename != "",
                    rx.fragment(ContactImport.filename, " · ", _lines()),
                    "From a CSV file, as spreadsheets and address books save it.",
                ),
                size="2",
            ),
            rx.el.div(
                problem(ContactImport.problem),
                rx.match(
                    ContactImport.stage,
                    ("columns", _columns()),
                    ("checking", _progress("Checking. Nothing is written yet.")),
                    ("checked", _checked()),
                    ("importing", _importing()),
                    ("done", _done()),
                    _choose(),
                ),
                style=theme.COLUMN | {"gap": theme.S4, "margin_top": theme.S4},
            ),
            max_width="600px",
            style=DIALOG,
        ),
        open=ContactImport.shown,
        on_open_change=ContactImport.ask,
    )


def _lines() -> Any:
    return rx.cond(ContactImport.lines == 1, "1 line", f"{ContactImport.lines} lines")


def _choose() -> rx.Component:
    return rx.fragment(
        rx.upload(
            rx.icon("file-up", size=24, stroke_width=1.5, aria_hidden="true"),
            rx.el.span("Drop a CSV file here, or click to choose", style={"font_weight": "500"}),
            rx.el.span("Up to 5 MB and 50,000 lines", style=theme.SMALL),
            id=UPLOAD,
            accept={"text/csv": [".csv"], "text/plain": [".txt", ".tsv"]},
            multiple=False,
            max_files=1,
            max_size=MOST_BYTES,
            on_drop=ContactImport.upload(rx.upload_files_chunk(upload_id=UPLOAD)),  # pyright: ignore[reportCallIssue, reportArgumentType]
            on_drop_rejected=rx.toast.error(
                "This file cannot be used. Choose one CSV file of 5 MB at most."
            ),
            style=_DROP,
        ),
        rx.el.p(
            "The first line names the columns: name, phone, email. Numbers begin with + and the "
            "country code. You see what would happen before anything is written.",
            style=theme.SMALL,
        ),
    )


def _columns() -> rx.Component:
    return rx.fragment(
        rx.el.p("What does each column hold?", style={"margin": "0"}),
        rx.el.div(rx.foreach(ContactImport.headings, _column), style=_SCROLL),
        _buttons(rx.button("Check the file", on_click=ContactImport.check)),
    )


def _column(each: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.span(
                rx.cond(each.name != "", each.name, "(no heading)"),
                style=theme.CUT | {"font_weight": "500"},
            ),
            rx.el.span(each.example, style=theme.SMALL | theme.CUT),
            html_for=f"column-{each.number}",
            style=theme.COLUMN | {"flex": "1", "min_width": "0"},
        ),
        rx.el.select(
            *[rx.el.option(label, value=kind) for kind, label in KINDS],
            id=f"column-{each.number}",
            value=each.kind,
            on_change=lambda kind: ContactImport.take_for(each.number, cast(Any, kind)),
            style=SELECT | {"height": "32px", "width": "140px"},
        ),
        key=each.number,
        style=theme.ROW | {"gap": theme.S3, "padding": "6px 0"},
    )


def _checked() -> rx.Component:
    return rx.fragment(
        _figures(),
        rx.el.label(
            rx.switch(checked=ContactImport.overwrite, on_change=ContactImport.set_overwrite),
            rx.el.span(
                "Overwrite names and e-mails that are there",
                rx.el.span(
                    "Off: only empty fields are filled.",
                    style=theme.SMALL | {"display": "block"},
                ),
            ),
            style=theme.ROW | {"gap": theme.S3, "align_items": "flex-start"},
        ),
        _troubles(),
        _buttons(
            quiet_button("Change columns", on_click=ContactImport.change_columns),
            rx.button(
                rx.match(
                    ContactImport.to_write,
                    (0, "Nothing to import"),
                    (1, "Import 1 contact"),
                    f"Import {ContactImport.to_write} contacts",
                ),
                disabled=ContactImport.to_write == 0,
                on_click=ContactImport.run,
            ),
        ),
    )


def _figures() -> rx.Component:
    figures = ContactImport.figures
    return rx.el.dl(
        _figure("New", figures.new),
        _figure("Updated", figures.updated),
        _figure("Unchanged", figures.unchanged),
        _figure("Refused", figures.refused),
        style=_FIGURES,
    )


def _figure(label: str, number: Any) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, style=theme.SMALL),
        rx.el.dd(number.to_string(), style=theme.NUMBER | {"margin": "0", "font_weight": "600"}),
        style={
            "padding": "8px 12px",
            "border": theme.LINE,
            "border_radius": theme.RADIUS,
            "background": theme.SUNKEN,
        },
    )


def _troubles() -> rx.Component:
    refused = ContactImport.figures.refused
    return rx.cond(
        refused > 0,
        rx.el.section(
            rx.el.h3("Refused lines", style=theme.HEADING),
            rx.el.ul(rx.foreach(ContactImport.troubles, _trouble), style=_LIST),
            rx.el.div(
                rx.cond(
                    refused > count(ContactImport.troubles),
                    rx.el.span(
                        "And ",
                        refused - count(ContactImport.troubles),
                        " more.",
                        style=theme.SMALL,
                    ),
                ),
                quiet_button(
                    "Download all refused lines", size="1", on_click=ContactImport.download_refused
                ),
                style=theme.ROW | {"margin_top": theme.S2},
            ),
            aria_label="Refused lines",
        ),
    )


def _trouble(each: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span("Line ", each[0], style=theme.NUMBER | {"font_weight": "500"}),
        rx.cond(each[1] != "", rx.fragment(", ", each[1])),
        rx.cond(each[2] != "", rx.fragment(": ", rx.el.q(each[2]))),
        rx.el.div(each[3], style=theme.SMALL),
        style={"padding": "6px 0", "overflow_wrap": "anywhere"},
    )


def _progress(words: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(words, style={"flex": "1"}),
            rx.el.span(
                ContactImport.done,
                " of ",
                ContactImport.lines,
                style=theme.NUMBER,
            ),
            style=theme.ROW,
        ),
        rx.progress(
            value=ContactImport.done,
            max=ContactImport.lines,
            custom_attrs={"aria-label": "Lines done"},
        ),
        role="status",
        style=theme.COLUMN | {"gap": theme.S2},
    )


def _importing() -> rx.Component:
    return rx.fragment(
        _progress("Importing. You may close this window; it goes on."),
        _figures(),
        _buttons(quiet_button("Stop", loading=ContactImport.stopping, on_click=ContactImport.stop)),
    )


def _done() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            rx.cond(
                ContactImport.stopped,
                "Stopped. What was imported so far stays; import the file again to go on, "
                "nothing is doubled.",
                "The import is complete.",
            ),
            role="status",
            style={"margin": "0"},
        ),
        _figures(),
        _troubles(),
        _buttons(
            quiet_button("Import another file", on_click=ContactImport.again),
            rx.button("Close", on_click=ContactImport.ask(False)),
            again=False,
        ),
    )


def _buttons(*buttons: rx.Component, again: bool = True) -> rx.Component:
    other = (
        rx.cond(
            (ContactImport.stage == "columns") | (ContactImport.stage == "checked"),
            quiet_button("Choose another file", on_click=ContactImport.again),
        )
        if again
        else rx.fragment()
    )
    return rx.el.div(
        other,
        *buttons,
        style=theme.ROW | {"justify_content": "flex-end", "flex_wrap": "wrap"},
    )


_DROP: theme.Style = theme.COLUMN | {
    "align_items": "center",
    "gap": theme.S1,
    "padding": "32px 20px",
    "border": "1px dashed var(--gray-7)",
    "border_radius": theme.RADIUS_CARD,
    "background": theme.SUNKEN,
    "text_align": "center",
    "cursor": "pointer",
    "width": "100%",
}
_FIGURES: theme.Style = {
    "display": "grid",
    "grid_template_columns": "repeat(4, minmax(0, 1fr))",
    "gap": theme.S2,
    "margin": "0",
    theme.PHONE: {"grid_template_columns": "repeat(2, minmax(0, 1fr))"},
}
_SCROLL: theme.Style = {"max_height": "320px", "overflow": "auto"}
_LIST: theme.Style = {
    "list_style": "none",
    "padding": "0",
    "margin": "4px 0 0",
    "max_height": "220px",
    "overflow": "auto",
}

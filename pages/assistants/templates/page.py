"""The message templates of an assistant's number: the list, and the draft beside it."""

import reflex as rx

from pages import theme
from pages.assistants import sidebar
from pages.assistants.channel.parts import plain_button
from pages.assistants.channel.tabs import tabs
from pages.assistants.refusals import admins_only, missing
from pages.assistants.templates.deleting import deletion
from pages.assistants.templates.drafting import drafting
from pages.assistants.templates.keeper import keeper
from pages.assistants.templates.listing import listing
from pages.assistants.templates.teaching import no_number
from pages.components.shell import shell
from pages.sign_in import problem
from state.session import Session
from state.template_deletion import TemplateDeletion
from state.template_draft import TemplateDraft
from state.templates import Templates, TemplateSync


@rx.page(
    route="/assistants/[assistant]/whatsapp/templates",
    title="Message templates · IllumiChat",
    on_load=[Session.load, Templates.load, TemplateSync.load, TemplateDraft.load],
)
def templates() -> rx.Component:
    """/assistants/<id>/whatsapp/templates: see, write, sync and delete message templates."""
    return shell(
        rx.el.div(
            rx.cond(
                Templates.loaded,
                rx.cond(
                    Session.is_admin,
                    rx.cond(Templates.missing, missing(), _open()),
                    admins_only(),
                ),
                _waiting(),
            ),
            on_unmount=[
                Templates.leave,
                TemplateSync.leave,
                TemplateDraft.leave,
                TemplateDeletion.close(False),
            ],
            style={"display": "contents"},
        ),
        active="assistants",
    )


def _open() -> rx.Component:
    return rx.el.div(
        _header(),
        tabs(Templates.assistant, "templates"),
        rx.cond(
            Templates.connected,
            rx.fragment(
                keeper(),
                _sync_state(),
                rx.el.div(
                    rx.el.div(listing(), style=_LIST | {theme.PHONE: {"display": _hidden()}}),
                    rx.cond(TemplateDraft.writing, drafting()),
                    style=_COLUMNS
                    | {
                        "grid_template_columns": rx.cond(
                            TemplateDraft.writing,
                            "minmax(0, 1fr) minmax(0, 580px)",
                            "minmax(0, 1fr)",
                        )
                    },
                ),
                deletion(),
            ),
            no_number(),
        ),
        style=_PAGE,
    )


def _hidden() -> rx.Var[str]:
    """On a phone the draft takes the place of the list."""
    return rx.cond(TemplateDraft.writing, "none", "block")


def _header() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.div(
                rx.link(Templates.name, href=f"/assistants/{Templates.assistant}/", style=_CRUMB),
                " / ",
                rx.link("WhatsApp", href=sidebar.whatsapp(Templates.assistant), style=_CRUMB),
                style=theme.SMALL,
            ),
            rx.el.h1("Message Templates", style=theme.TITLE),
            style={"flex": "1", "min_width": "200px"},
        ),
        rx.cond(
            Templates.connected,
            rx.el.div(
                plain_button(
                    "↻ Sync with Meta",
                    on_click=TemplateSync.run,
                    loading=TemplateSync.running,
                ),
                rx.button(
                    "Create Template",
                    id="create-template",
                    on_click=TemplateDraft.start,
                    style=_BUTTON,
                ),
                style=theme.ROW,
            ),
        ),
        style=theme.ROW | {"flex_wrap": "wrap", "gap": theme.S3},
    )


def _sync_state() -> rx.Component:
    """How far the reading is, or how it ended."""
    return rx.el.div(
        rx.cond(
            TemplateSync.running,
            rx.el.div(
                rx.progress(
                    value=TemplateSync.read,
                    max=rx.cond(TemplateSync.total > 0, TemplateSync.total, 1),
                    custom_attrs={"aria-label": "Templates read from Meta"},
                    style={"max_width": "260px"},
                ),
                rx.el.span(
                    rx.cond(
                        TemplateSync.total > 0,
                        f"{TemplateSync.read} of {TemplateSync.total} templates read",
                        "Asking Meta",
                    ),
                    style=theme.SMALL | theme.NUMBER,
                ),
                style=theme.ROW | {"gap": theme.S3},
            ),
        ),
        rx.cond(
            TemplateSync.done != "",
            rx.el.span("✓ ", TemplateSync.done, style=theme.SMALL | theme.NUMBER),
        ),
        problem(TemplateSync.problem),
        aria_live="polite",
        style={"&:empty": {"display": "none"}},
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.skeleton(height="44px", width="260px"),
        rx.skeleton(height="32px", width="300px"),
        rx.skeleton(height="360px", width="100%", border_radius=theme.RADIUS_CARD),
        role="status",
        aria_label="Loading",
        style=theme.COLUMN | {"gap": theme.S4, "padding": "22px 34px"},
    )


_PAGE: theme.Style = theme.COLUMN | {
    "position": "relative",  # what is hidden from sight stays inside
    "gap": theme.S4,
    "padding": "22px 34px",
    theme.NARROW: {"padding": theme.S5},
    theme.PHONE: {"padding": theme.S4},
}
_COLUMNS: theme.Style = {
    "display": "grid",
    "gap": "18px",
    "align_items": "start",
    theme.NARROW: {"grid_template_columns": "minmax(0, 1fr) !important"},
}
# Where there is one column, what is being written comes first.
_LIST: theme.Style = {"min_width": "0", theme.NARROW: {"order": "2"}}
_CRUMB: theme.Style = theme.FOCUS | {"color": theme.MUTED}
_BUTTON: theme.Style = {
    "border_radius": theme.RADIUS,
    theme.PHONE: {"min_height": theme.TOUCH},
}

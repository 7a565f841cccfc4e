"""Keeps the draft in the browser (assets/js/draft-keeper.jsx)."""

import reflex as rx

from state.template_draft import TemplateDraft
from state.templates import Templates


def _restored(kept: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (kept,)


class DraftKeeper(rx.Component):
    """Shows nothing."""

    library = "$/public/js/draft-keeper.jsx"
    tag = "DraftKeeper"

    place: rx.Var[str]
    draft: rx.Var[str]
    on_restore: rx.EventHandler[_restored]


def keeper() -> rx.Component:
    """One kept draft for each assistant."""
    return DraftKeeper.create(
        place=f"template-draft:{Templates.assistant}",
        draft=TemplateDraft.kept,
        on_restore=TemplateDraft.restore,
    )

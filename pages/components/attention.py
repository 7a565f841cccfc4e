"""What calls a person who looks elsewhere, on every page."""

import reflex as rx

from state.attention import Alert
from state.attention import Attention as News
from state.session import Session

ATTENTION = "$/public/js/attention.jsx"


class Attention(rx.Component):
    """The icon's dot, the tone and the notifications (assets/js/attention.jsx)."""

    library = ATTENTION
    tag = "Attention"

    user: rx.Var[str]
    ready: rx.Var[bool]
    unread: rx.Var[str]
    alerts: rx.Var[list[Alert]]


def attention() -> rx.Component:
    return Attention.create(
        user=Session.email, ready=News.loaded, unread=News.unread, alerts=News.alerts
    )

"""Asking a language model, or the built-in one that needs no key."""

from integrations.llm.answering import OFFLINE, TIMEOUT, answer, load
from integrations.llm.question import (
    Answer,
    HandOverCode,
    ModelFailure,
    Passage,
    Question,
    Speaker,
    Turn,
)

__all__ = [
    "OFFLINE",
    "TIMEOUT",
    "Answer",
    "HandOverCode",
    "ModelFailure",
    "Passage",
    "Question",
    "Speaker",
    "Turn",
    "answer",
    "load",
]

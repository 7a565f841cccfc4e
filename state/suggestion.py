"""✦ Suggest: a draft of the assistant for the reply box."""

import asyncio
import importlib
from typing import Any

import reflex as rx

from domain import assistants, suggestion
from domain.suggestion import Asked
from illumichat_app.errors import AppError
from integrations import llm
from state.guard import allow, look
from state.thread import opened

# The model's own time-out, and the reads around it.
PATIENCE = llm.TIMEOUT + 10
_NO_DRAFT = "The assistant has no answer to this; it would hand over to a person."


class Suggestion(rx.State):
    """The last draft; nothing is queued or kept."""

    words: str = ""
    answered: str = ""  # the browser's name for its wish

    @rx.event(background=True)
    @allow("agent")
    async def ask(self, key: str) -> Any:
        """The page stays free while the model thinks; who asked is checked again after it."""
        words, problem = "", ""
        try:
            async with self:
                conversation = await opened(self)
                asked = await look(self, suggestion.prepare, conversation)
            words, problem = await _draft(asked)
            async with self:
                await look(self, suggestion.require_open, conversation)
        except AppError as refusal:
            words, problem = "", refusal.message
        async with self:
            self.words, self.answered = words, key
        if problem:
            yield rx.toast.info(problem)


async def _draft(asked: Asked) -> tuple[str, str]:
    """The words, or why there are none. No transaction is open and no state is locked."""
    try:
        async with asyncio.timeout(PATIENCE):
            if asked.model != assistants.OFFLINE:
                # Seconds of importing, which must not stop the other browsers' events.
                await asyncio.to_thread(importlib.import_module, "integrations.llm.providers")
            answer = await llm.answer(asked.question, asked.model)
    except llm.ModelFailure as failure:
        return "", f"The AI model gave no draft: {failure.message}."
    except TimeoutError:
        return "", "The AI model did not answer in time. Try again."
    if answer.hand_over or not answer.text:
        return "", _NO_DRAFT
    return answer.text, ""

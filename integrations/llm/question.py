"""What the assistant is asked, and what it answers: no database, no network."""

from dataclasses import dataclass, field
from enum import StrEnum

from integrations.llm import words


class Speaker(StrEnum):
    CUSTOMER = "customer"
    ASSISTANT = "assistant"
    HUMAN = "human"  # somebody of the team
    EVENT = "event"  # nobody's words: what happened between two messages


class HandOverCode(StrEnum):
    """Why a model asks for a person."""

    ASKED_FOR_PERSON = "asked_for_person"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. `attachment` says in words what came with it, as "📷 Photo"."""

    role: Speaker
    text: str
    attachment: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """Something the assistant knows; a higher score fits the question better."""

    title: str
    body: str
    score: float


@dataclass(frozen=True, slots=True)
class Question:
    """All that a model may know when it answers. `max_length` is in characters."""

    instructions: str
    assistant_name: str
    history: list[Turn]
    passages: list[Passage] = field(default_factory=list[Passage])
    max_length: int = 4096

    @property
    def burst(self) -> list[Turn]:
        """The customer's messages that nobody has answered yet, oldest first."""
        turns: list[Turn] = []
        for turn in reversed(self.history):
            if turn.role in (Speaker.ASSISTANT, Speaker.HUMAN):
                break
            if turn.role is Speaker.CUSTOMER:
                turns.insert(0, turn)
        return turns

    @property
    def language(self) -> str:
        """The language of the burst; where it is too short to tell, of what was said before."""
        before = _text([turn for turn in self.history if turn.role is Speaker.CUSTOMER])
        return words.language(_text(self.burst), default=words.language(before))


def _text(turns: list[Turn]) -> str:
    return "\n".join(turn.text for turn in turns)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell the customer, and the hand-over code if a person must go on.

    `text` None hands over without a word. `reason` is for the team, never for the customer.
    """

    text: str | None
    hand_over: str | None
    reason: str
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    milliseconds: int = 0

    def __post_init__(self) -> None:
        if not (self.text or "").strip() and self.hand_over is None:
            raise ValueError("an answer says something or hands over")


class ModelFailure(Exception):
    """No answer came. The message names what went wrong and holds no secret."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.message = message
        self.retryable = retryable

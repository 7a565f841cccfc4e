from enum import StrEnum
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from models.columns import BigId, Row, json_field, ref, word


class Assistant(Row, table=True):
    """Who answers: its instructions and what it knows."""

    workspace_id: int = ref("workspace.id", index=True)
    name: str
    instructions: str = ""
    model: str = ""  # empty: the deployment's AI_MODEL


class KnowledgePassage(Row, table=True):
    """One thing the assistant knows, in words it may use."""

    assistant_id: int = ref("assistant.id", index=True)
    title: str
    body: str


class Decision(StrEnum):
    ANSWERED = "answered"
    HANDED_OVER = "handed_over"
    SILENT = "silent"
    DROPPED = "dropped"
    FAILED = "failed"


class AssistantTrace(Row, table=True):
    """Why the assistant said that, or why it stayed silent."""

    __table_args__ = (Index("ix_assistant_trace_newest", "conversation_id", "id"),)

    workspace_id: int = ref("workspace.id")
    conversation_id: int = ref("conversation.id")
    seen_message_id: int | None = Field(default=None, sa_type=BigId)
    decision: Decision = word(Decision)
    reason: str = ""
    passages: list[Any] = json_field(list)
    model: str = ""
    milliseconds: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

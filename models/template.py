from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint

from models.columns import Row, json_field, ref


class Template(Row, table=True):
    """A message template as Meta last described it. Only APPROVED ones can be sent."""

    __table_args__ = (UniqueConstraint("workspace_id", "waba_id", "name", "language"),)

    workspace_id: int = ref("workspace.id")
    waba_id: str
    meta_id: str = ""
    name: str
    language: str
    category: str
    status: str
    parameter_format: str = "POSITIONAL"
    components: list[Any] = json_field(list)
    rejected_reason: str = ""
    quality: str = ""
    synced_at: datetime | None = None

from datetime import date, datetime

from sqlmodel import Field

from models.columns import Row


class Workspace(Row, table=True):
    """One company. Everything else belongs to exactly one workspace."""

    name: str
    time_zone: str = Field(default="UTC")
    only_claimer_replies: bool = False
    # After a take-over the assistant resumes by itself; 0: only when somebody says so.
    auto_resume_minutes: int = 0
    keep_messages_days: int = 0  # 0: for ever
    messages_go_from: datetime | None = None  # nothing is deleted earlier: a rule may be a mistake
    messages_gone_before: date | None = None  # days before it cannot be counted anew

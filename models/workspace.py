from sqlmodel import Field

from models.columns import Row


class Workspace(Row, table=True):
    """One company. Everything else belongs to exactly one workspace."""

    name: str
    time_zone: str = Field(default="UTC")
    only_claimer_replies: bool = False
    # After a take-over the assistant resumes by itself; 0: only when somebody says so.
    auto_resume_minutes: int = 0

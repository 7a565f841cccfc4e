from sqlmodel import Field

from models.columns import Row


class Workspace(Row, table=True):
    """One company. Everything else belongs to exactly one workspace."""

    name: str
    time_zone: str = Field(default="UTC")

from sqlalchemy import UniqueConstraint

from models.columns import Row, ref


class SavedReply(Row, table=True):
    """Words that agents use again, called by `/shortcut`; may hold {name} and {agent}."""

    __table_args__ = (UniqueConstraint("workspace_id", "shortcut"),)

    workspace_id: int = ref("workspace.id")
    shortcut: str
    text: str
    made_by: int | None = ref("app_user.id", nullable=True, ondelete="SET NULL")

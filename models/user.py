from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.columns import Row, ref, word


class Role(StrEnum):
    ADMIN = "admin"
    AGENT = "agent"


class User(Row, table=True):
    """A person who signs in. `user` alone is a reserved word in PostgreSQL."""

    __tablename__ = "app_user"  # pyright: ignore[reportAssignmentType]

    email: str = Field(unique=True)
    name: str
    password_hash: str
    sound: bool = True  # when a conversation needs a person

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()


class Membership(Row, table=True):
    """A person's role in a workspace."""

    __table_args__ = (UniqueConstraint("workspace_id", "user_id"),)

    workspace_id: int = ref("workspace.id")
    user_id: int = ref("app_user.id", index=True)
    role: Role = word(Role)


class LoginSession(Row, table=True):
    """A signed-in browser. Only the sha-256 of its cookie is kept."""

    user_id: int = ref("app_user.id", index=True)
    workspace_id: int | None = ref("workspace.id", nullable=True)
    token_digest: str = Field(unique=True)
    last_seen_at: datetime
    expires_at: datetime = Field(index=True)
    revoked_at: datetime | None = None
    browser: str = ""
    address: str = ""


class Invitation(Row, table=True):
    """A link that lets one person in. Without a workspace it sets up a new deployment."""

    workspace_id: int | None = ref("workspace.id", nullable=True, index=True)
    invited_by: int | None = ref("app_user.id", nullable=True, ondelete="SET NULL")
    email: str = ""
    role: Role = word(Role)
    token_digest: str = Field(unique=True)
    expires_at: datetime
    accepted_at: datetime | None = None

"""Column types and constraints the tables share."""

import re
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import JSON as GENERIC_JSON
from sqlalchemy import BigInteger, Dialect, Enum, Integer, MetaData, Text, types
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from illumichat_app.clock import now
from illumichat_app.config import settings
from illumichat_app.errors import SecretLost

# Named, so that a later migration can drop or alter them on every database.
SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention

# SQLite numbers rows only for INTEGER keys; PostgreSQL needs 8 bytes for years of messages.
BigId = BigInteger().with_variant(Integer, "sqlite")
JSON = GENERIC_JSON().with_variant(JSONB, "postgresql")


def cipher() -> MultiFernet:
    """Encrypts with the first key, decrypts with any, so that keys rotate."""
    return MultiFernet([Fernet(key.get_secret_value()) for key in settings().encryption_keys])


class Encrypted(types.TypeDecorator[str]):
    """Text that is stored encrypted. Raises SecretLost when none of the keys opens it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else cipher().encrypt(value.encode()).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            raise SecretLost from None


class Row(SQLModel):
    """What every table has: a number and the moment it was made."""

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805  # pyright: ignore[reportIncompatibleVariableOverride]
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    id: int = Field(default=None, primary_key=True, sa_type=BigId)  # pyright: ignore[reportCallIssue, reportArgumentType]
    created_at: datetime = Field(default_factory=now)

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            """Set a column once: SQLModel sets it for SQLAlchemy and again for pydantic, which
            validates nothing in a table, and that is most of what a new row costs."""
            if name in self.__pydantic_fields__:
                object.__setattr__(self, name, value)
            else:
                super().__setattr__(name, value)


def ref(target: str, *, index: bool = False, ondelete: str = "CASCADE", **kwargs: Any) -> Any:
    """A foreign key to `table.column`."""
    return Field(foreign_key=target, sa_type=BigId, index=index, ondelete=ondelete, **kwargs)  # pyright: ignore[reportCallIssue, reportArgumentType]


def json_field(factory: type[dict[str, Any]] | type[list[Any]]) -> Any:
    """A JSON column, JSONB on PostgreSQL."""
    return Field(default_factory=factory, sa_type=JSON)  # pyright: ignore[reportCallIssue, reportArgumentType]


def word(kind: type[StrEnum], default: StrEnum | None = None, **kwargs: Any) -> Any:
    """A column of named states, kept as plain text so that a new state needs no migration."""
    stored = Enum(kind, native_enum=False, length=32, values_callable=_values)
    if default is not None:
        kwargs["default"] = default
    return Field(sa_type=stored, **kwargs)  # pyright: ignore[reportCallIssue, reportArgumentType]


def _values(kind: type[StrEnum]) -> list[str]:
    return [member.value for member in kind]

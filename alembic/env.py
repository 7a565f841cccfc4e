"""Migrations run on the database of the settings, or on the one a caller hands over."""

from alembic import context
from sqlmodel import SQLModel

import models  # noqa: F401  fills the metadata
from illumichat_app.config import settings
from illumichat_app.db import build_engine
from models.columns import Encrypted


def without_our_types(kind: str, item: object, _context: object) -> str | bool:
    """A migration outlives the code, so it names the stored type instead of ours."""
    return "sa.Text()" if kind == "type" and isinstance(item, Encrypted) else False


def without_search(name: str | None, kind: str, _parents: object) -> bool:
    """The indexes of words are made by hand in a migration: no table of ours describes them."""
    return kind not in ("table", "index", "column") or "_words" not in (name or "")


def migrate() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or settings().database_url
    engine = build_engine(url)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            render_item=without_our_types,
            include_name=without_search,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


migrate()

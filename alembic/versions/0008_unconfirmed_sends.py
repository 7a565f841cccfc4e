"""Unconfirmed sends are found without a look at every message."""

import sqlalchemy as sa

from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        'ix_message_unconfirmed',
        'message',
        ['workspace_id', 'id'],
        postgresql_where=sa.text("status = 'unknown'"),
        sqlite_where=sa.text("status = 'unknown'"),
    )


def downgrade() -> None:
    op.drop_index('ix_message_unconfirmed', 'message')

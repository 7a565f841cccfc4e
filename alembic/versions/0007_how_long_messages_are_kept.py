"""How long messages are kept."""

import sqlalchemy as sa
import sqlmodel

from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('workspace', sa.Column('keep_messages_days', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('workspace', sa.Column('messages_go_from', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column('workspace', sa.Column('messages_gone_before', sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column('workspace', 'messages_gone_before')
    op.drop_column('workspace', 'messages_go_from')
    op.drop_column('workspace', 'keep_messages_days')

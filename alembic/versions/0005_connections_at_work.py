"""Connections at work."""

import sqlalchemy as sa
import sqlmodel

from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('whatsapp_connection', schema=None) as batch_op:
        batch_op.add_column(sa.Column('token_end', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('secret_end', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('first_event_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column('news', sa.Integer(), nullable=False, server_default='0'))
    op.execute(FIRST_EVENT)


def downgrade() -> None:
    with op.batch_alter_table('whatsapp_connection', schema=None) as batch_op:
        batch_op.drop_column('news')
        batch_op.drop_column('first_event_at')
        batch_op.drop_column('secret_end')
        batch_op.drop_column('token_end')


# What was applied before this was written down left its messages.
FIRST_EVENT = """
    UPDATE whatsapp_connection SET first_event_at = (
        SELECT min(message.created_at) FROM message
        WHERE message.channel_id = whatsapp_connection.channel_id
        AND message.direction = 'in'
        AND message.created_at >= whatsapp_connection.created_at
    )
"""

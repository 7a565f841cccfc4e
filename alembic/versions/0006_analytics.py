"""Counts for analytics: by hour, by reason, by wait, and each conversation once a day.

The hour and the wait of the messages that are here are filled in; the counts themselves by
`python -m illumichat_app recount`, or by the upkeep lane, which sees that they were never made.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import sqlmodel

from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None



NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

# Each answer, and the first of the customer's messages that it answered.
WAITS = """
WITH turns AS (
    SELECT id, conversation_id, direction, sent_at, coalesce(sum(CASE direction WHEN 'out' THEN 1
        ELSE 0 END) OVER (PARTITION BY conversation_id ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING
        AND 1 PRECEDING), 0) AS turn
    FROM message WHERE direction IN ('in', 'out') AND kind <> 'reaction' AND status <> 'cancelled'
), answers AS (
    SELECT max(CASE direction WHEN 'out' THEN id END) AS id,
        min(CASE direction WHEN 'in' THEN sent_at END) AS since
    FROM turns GROUP BY conversation_id, turn
)
UPDATE message SET waited = {seconds} FROM answers
WHERE message.id = answers.id AND answers.since IS NOT NULL
"""
SECONDS = {
    'sqlite': "max(0, CAST(round((julianday(message.sent_at) - julianday(answers.since)) * 86400)"
    " AS INTEGER))",
    'postgresql': "greatest(0, round(extract(epoch FROM message.sent_at - answers.since)))::int",
}


def upgrade() -> None:
    # In place: a table made anew would lose the triggers of its search index.
    op.add_column('message', sa.Column('hour', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('message', sa.Column('waited', sa.Integer(), nullable=True))
    op.add_column('conversation', sa.Column('waiting_since', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.create_table('daily_count',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('workspace_id', NUMBER, nullable=False),
    sa.Column('channel_id', NUMBER, nullable=False),
    sa.Column('what', sa.Enum('hour', 'failure', 'assistant_within', 'people_within', 'new', 'active', 'answered', 'assisted', 'alone', 'handed_over', name='counted', native_enum=False, length=32), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('part', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_daily_count_channel_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspace.id'], name=op.f('fk_daily_count_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_daily_count')),
    sa.UniqueConstraint('workspace_id', 'channel_id', 'what', 'day', 'part', name=op.f('uq_daily_count_workspace_id_channel_id_what_day_part'))
    )
    op.create_table('conversation_day',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('workspace_id', NUMBER, nullable=False),
    sa.Column('channel_id', NUMBER, nullable=False),
    sa.Column('conversation_id', NUMBER, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('inbound', sa.Integer(), nullable=False),
    sa.Column('outbound', sa.Integer(), nullable=False),
    sa.Column('by_assistant', sa.Integer(), nullable=False),
    sa.Column('by_people', sa.Integer(), nullable=False),
    sa.Column('hand_overs', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_conversation_day_channel_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspace.id'], name=op.f('fk_conversation_day_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversation_day')),
    sa.UniqueConstraint('conversation_id', 'day', name=op.f('uq_conversation_day_conversation_id_day'))
    )
    op.create_index('ix_conversation_day_list', 'conversation_day', ['workspace_id', 'channel_id', 'day', 'conversation_id'])
    fill_hours()
    op.execute(WAITS.format(seconds=SECONDS[op.get_bind().dialect.name]))


def fill_hours() -> None:
    """The hour of each message on its workspace's clock."""
    connection = op.get_bind()
    hour = "extract(hour FROM message.created_at AT TIME ZONE workspace.time_zone)"
    if connection.dialect.name == 'sqlite':
        connection.connection.driver_connection.create_function('local_hour', 2, local_hour)
        hour = "local_hour(message.created_at, workspace.time_zone)"
    op.execute(
        f"UPDATE message SET hour = {hour} FROM workspace"
        " WHERE workspace.id = message.workspace_id"
    )


def local_hour(stored: str, zone: str) -> int:
    moment = datetime.fromisoformat(stored).replace(tzinfo=ZoneInfo('UTC'))
    return moment.astimezone(ZoneInfo(zone)).hour


def downgrade() -> None:
    op.drop_table('conversation_day')
    op.drop_table('daily_count')
    op.drop_column('conversation', 'waiting_since')
    op.drop_column('message', 'waited')
    op.drop_column('message', 'hour')

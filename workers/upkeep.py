"""Lane upkeep: the sweep that makes every wake a mere hint, and the slow work of the house."""

import logging
from datetime import date, datetime, timedelta
from time import monotonic, sleep

from domain import (
    assistant,
    auto_resume,
    deliveries,
    media,
    message_words,
    outbox,
    outgoing_media,
    parked,
    recount,
    sessions,
    templates,
)
from domain.retention import NIGHT_FROM
from illumichat_app import clock, db, jobs
from integrations.whatsapp import process_client
from integrations.whatsapp.errors import GraphError
from workers import connecting, lane, retention

EVERY_SECONDS = 10
LOOK_AGAIN_SECONDS = 0.2
KEPT_SECONDS = 2 * 24 * 3600

_log = logging.getLogger(__name__)


def drain() -> None:
    """One round. Each part may run twice, or again after a crash, without harm."""
    with lane.at_work("upkeep"):
        _drain()


def _drain() -> None:
    jobs.clear_flag("upkeep")
    with db.transaction() as session:
        outbox.give_up_expired(session)
        parked.join_late(session)
        parked.forget_old(session)
        sessions.forget_ended(session)
    fill_search()
    resume_paused()
    with db.reading() as session:  # taking files away holds up no writer
        outgoing_media.forget_abandoned(session)
    wake_what_waits()
    jobs.note_sweep()
    look_after_counts()
    retention.delete_old()
    lane.run(connecting.check_due())
    lane.run(read_templates())
    resume_to_the_second()


def fill_search() -> None:
    """Make what was said since the last round searchable by the index."""
    filled = message_words.MOST_AT_ONCE
    while filled == message_words.MOST_AT_ONCE:
        with db.transaction() as session:
            filled = message_words.fill(session)


def resume_paused() -> None:
    """Let the assistant go on wherever its pause has ended."""
    due = auto_resume.MOST_AT_ONCE
    while due == auto_resume.MOST_AT_ONCE:
        with db.transaction() as session:
            due = auto_resume.resume_due(session)


def resume_to_the_second() -> None:
    """Wait for a pause that ends before the next round: people watch its countdown."""
    started = monotonic()
    while (left := EVERY_SECONDS - 1 - (monotonic() - started)) > 0:
        with db.reading() as session:
            due = auto_resume.next_due(session)
        if due is None or due - clock.now() > timedelta(seconds=left):
            return
        if due <= clock.now():
            resume_paused()
        else:
            sleep(LOOK_AGAIN_SECONDS)


def wake_what_waits() -> None:
    """A wake that was lost, or came while Redis was away, is made good here."""
    with db.reading() as session:
        moment = clock.now()
        if deliveries.waiting(session):
            jobs.wake("inbound")
        waiting: dict[jobs.Lane, datetime | None] = {
            "replies": assistant.next_due(session),
            "outbox": outbox.next_due(session),
            "media": media.next_due(session),
        }
        for name, due in waiting.items():
            if due is not None and due <= moment:
                jobs.wake(name)


def look_after_counts() -> None:
    """Count old days that nobody counted; each night, whether the last ones are still right."""
    with db.reading() as session:
        old = recount.first_uncounted(session)
    if old:
        _log.warning("the messages since %s are counted", old)
        count_anew(old)
    elif _night_begins():
        _compare_counts()


def _compare_counts() -> None:
    with db.reading() as session:
        differing = recount.check(session)
    if differing:
        recount.report(differing)
        with db.transaction() as session:
            recount.repair(session)


def count_anew(first: date | None = None) -> int:
    """Make the counts anew, from this day on or all; returns how many counters there are."""
    with db.reading() as session:
        portions = recount.portions(session, first)
    made = 0
    for portion in portions:
        with db.transaction() as session:
            made += recount.count_anew(session, portion)
    return made


def _night_begins() -> bool:
    """Once a night, in the one process that asks first."""
    moment = clock.now()
    name = f"counts-checked:{moment.date()}"
    return moment.hour >= NIGHT_FROM and bool(jobs.redis().set(name, 1, nx=True, ex=KEPT_SECONDS))


async def read_templates() -> None:
    """Read the templates of every account that is due, all pages of them."""
    for connection_id, waba_id, credentials in await db.run(templates.due):
        began = clock.now()
        try:
            client = await process_client.graph()
            listed = [t async for t in client.templates(credentials, waba_id)]
        except GraphError as error:
            _log.warning("templates of account %s were not read: %s", waba_id, error)
        else:
            await db.run(templates.replace, connection_id, listed, began)

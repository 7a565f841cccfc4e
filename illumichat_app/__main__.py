"""`python -m illumichat_app COMMAND`: what an operator does from the shell."""

import argparse
import asyncio
import sys
from getpass import getpass
from pathlib import Path

from sqlmodel import Session, col, select

from domain import accounts, connecting, deliveries, demo, encryption
from domain.access import Actor
from domain.connecting import ManualOutcome
from illumichat_app import db, log
from illumichat_app.config import settings
from illumichat_app.errors import AppError, NotFound
from illumichat_app.ops import backup, restore
from integrations.whatsapp.client import GraphClient
from integrations.whatsapp.manual import Values
from models import Assistant, Membership
from workers import upkeep


def seed_demo(_args: argparse.Namespace) -> None:
    with db.transaction() as session:
        made = demo.seed(session)
    print("Demo workspace made." if made else "The database has people already: left as it is.")


def reencrypt(_args: argparse.Namespace) -> None:
    with db.transaction() as session:
        rows = encryption.reencrypt(session)
    if rows:
        print(f"{rows} rows now use the first of the ENCRYPTION_KEYS. Run this again: a process")
        print("that still has the old order of keys may have written another one meanwhile.")
    else:
        print("Everything uses the first of the ENCRYPTION_KEYS. The others can go.")


def replay(args: argparse.Namespace) -> None:
    with db.transaction() as session:
        count = deliveries.replay(session, args.first, args.last or args.first)
    print(f"{count} events will be applied again; what is already there stays as it is.")


def count_anew(_args: argparse.Namespace) -> None:
    print(f"{upkeep.count_anew()} counters were made anew from the messages.")


def make_backup(args: argparse.Namespace) -> None:
    manifest = backup.make(args.file)
    rows, media = sum(manifest.rows.values()), len(manifest.media)
    print(f"{args.file}: {rows} rows in {len(manifest.rows)} tables, {media} files of messages.")
    if manifest.missing:
        print(f"{len(manifest.missing)} files of messages were not on disk, so they are not in it.")
    print("ENCRYPTION_KEYS are not in it: keep them at another place. Without them the access to")
    print("WhatsApp numbers in this backup cannot be read, and each is to be connected again.")


def restore_backup(args: argparse.Namespace) -> None:
    done = restore.restore(args.file, replace=args.replace)
    print(f"The backup of {done.manifest.made_at} is in place. What was sent or answered since it")
    print("was made is not in it: messages on their way then are shown as unconfirmed, customers")
    print("who waited for the assistant are handed to people, and everybody signs in again.")
    for each in done.aside:
        print(f"The data from before is kept in {each}.")
    if done.locked:
        print(
            f"{done.locked} stored secrets open with none of the ENCRYPTION_KEYS. Put the keys of"
        )
        print("that time back, or disconnect these numbers and connect them again.")


def connect(args: argparse.Namespace) -> None:
    values = Values(
        args.phone_number_id,
        args.waba_id,
        getpass("System user access token: "),
        getpass("App secret: "),
    )
    outcome = asyncio.run(_connect(args.admin, args.assistant, values))
    for field, sentence in outcome.errors.items():
        print(f"{field}: {sentence}")
    for step in outcome.steps:
        print(f"{step.name}: {step.state}. {step.sentence} {step.fix}".rstrip())
    if outcome.errors:
        sys.exit("Nothing was saved.")


async def _connect(email: str, assistant_id: int | None, values: Values) -> ManualOutcome:
    actor, chosen = await db.read(_on_behalf_of, email, assistant_id)
    where = settings()
    async with GraphClient(where.meta_graph_url, where.meta_graph_version, slots=1) as client:
        return await connecting.connect_manually(client, actor, chosen, values)


def _on_behalf_of(session: Session, email: str, assistant_id: int | None) -> tuple[Actor, int]:
    """The admin with this address, and the assistant meant or the workspace's first one."""
    user = accounts.by_email(session, email)
    membership = session.exec(
        select(Membership).where(Membership.user_id == (user.id if user else 0))
    ).first()
    if user is None or membership is None:
        raise NotFound(f"Nobody signs in here as {email}.")
    actor = Actor(user.id, membership.workspace_id, membership.role, user.name)
    first = select(Assistant.id).where(Assistant.workspace_id == actor.workspace_id)
    return actor, assistant_id or session.exec(first.order_by(col(Assistant.id))).first() or 0


def main() -> None:
    log.set_up()
    parser = argparse.ArgumentParser(prog="python -m illumichat_app", description=__doc__)
    commands = parser.add_subparsers(required=True)
    add = commands.add_parser("demo", help="make the demo workspace in an empty database")
    add.set_defaults(run=seed_demo)
    add = commands.add_parser(
        "connect", help="connect a WhatsApp number; asks for the token and the app secret"
    )
    add.add_argument("admin", help="e-mail of the admin who connects it")
    add.add_argument("phone_number_id")
    add.add_argument("waba_id", help="id of the WhatsApp Business account")
    add.add_argument("--assistant", type=int, help="number of the assistant (else the first one)")
    add.set_defaults(run=connect)
    add = commands.add_parser("reencrypt", help="move stored secrets to the newest key")
    add.set_defaults(run=reencrypt)
    add = commands.add_parser("replay", help="apply stored webhook events again")
    add.add_argument("first", type=int, help="number of the first event")
    add.add_argument("last", type=int, nargs="?", help="number of the last event")
    add.set_defaults(run=replay)
    add = commands.add_parser("recount", help="make the counts of analytics anew")
    add.set_defaults(run=count_anew)
    add = commands.add_parser("backup", help="write database and files into an archive")
    add.add_argument("file", type=Path, help="the archive to make, for example backup.tar.gz")
    add.set_defaults(run=make_backup)
    add = commands.add_parser("restore", help="put a backup back; everything must be stopped")
    add.add_argument("file", type=Path, help="an archive that `backup` made")
    add.add_argument("--replace", action="store_true", help="there is data here: keep it aside")
    add.set_defaults(run=restore_backup)
    args = parser.parse_args()
    try:
        args.run(args)
    except AppError as refusal:
        sys.exit(refusal.message)


if __name__ == "__main__":
    main()

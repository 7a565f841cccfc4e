"""`python -m illumichat_app COMMAND`: what an operator does from the shell."""

import argparse

from domain import deliveries, demo, encryption
from illumichat_app import db, log


def seed_demo(_args: argparse.Namespace) -> None:
    with db.transaction() as session:
        made = demo.seed(session)
    print("Demo workspace made." if made else "The database has people already: left as it is.")


def reencrypt(_args: argparse.Namespace) -> None:
    with db.transaction() as session:
        rows = encryption.reencrypt(session)
    print(f"{rows} rows now use the first of the ENCRYPTION_KEYS. The others can go.")


def replay(args: argparse.Namespace) -> None:
    with db.transaction() as session:
        count = deliveries.replay(session, args.first, args.last or args.first)
    print(f"{count} events will be applied again; what is already there stays as it is.")


def main() -> None:
    log.set_up()
    parser = argparse.ArgumentParser(prog="python -m illumichat_app", description=__doc__)
    commands = parser.add_subparsers(required=True)
    add = commands.add_parser("demo", help="make the demo workspace in an empty database")
    add.set_defaults(run=seed_demo)
    add = commands.add_parser("reencrypt", help="move stored secrets to the newest key")
    add.set_defaults(run=reencrypt)
    add = commands.add_parser("replay", help="apply stored webhook events again")
    add.add_argument("first", type=int, help="number of the first event")
    add.add_argument("last", type=int, nargs="?", help="number of the last event")
    add.set_defaults(run=replay)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()

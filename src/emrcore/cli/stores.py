"""``emrcore store``: what is done to a store as a whole."""

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be done, and to which store."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    migrating = actions.add_parser("migrate", help="create the tables, or bring them up to date")
    _url(migrating)
    migrating.set_defaults(command=migrate)


def _url(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--url", required=True, help="such as sqlite:///portal.db or postgresql+psycopg://host/db"
    )


def migrate(chosen: argparse.Namespace) -> None:
    """Bring the store to the schema of this version."""
    from emrcore.adapters import sql  # noqa: PLC0415 - an extra

    sql.migrate(sql.store_engine(chosen.url))
    print(f"the store has schema {sql.SCHEMA}")

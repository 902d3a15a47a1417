"""``emrcore store``: what is done to a store as a whole."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emrcore.errors import Fault, Malformed

if TYPE_CHECKING:  # an extra
    from emrcore.adapters.sql.moving import Contents

_URL = "such as sqlite:///portal.db or postgresql+psycopg://host/db"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be done, and to which store."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def action(
        name: str, does: Callable[[argparse.Namespace], None], told: str, **options: str
    ) -> None:
        made = actions.add_parser(name, help=told)
        for option, meant in options.items():
            made.add_argument(f"--{option}", required=True, help=meant)
        made.set_defaults(command=does)

    action("migrate", _migrate, "create the tables, or bring them up to date", url=_URL)
    action("verify", _verify, "read all of it, and see that every journal is whole", url=_URL)
    action("backup", _back_up, "copy it to a file, while it is used", url=_URL, to="a new file")
    action("restore", _restore, "fill an empty store from a file", file="a backup", url=_URL)
    action("copy", _copy, "copy it to an empty store", url=_URL, to=_URL)


def _migrate(chosen: argparse.Namespace) -> None:
    from emrcore.adapters import sql  # noqa: PLC0415 - an extra

    sql.migrate(_engine("--url", chosen.url))
    print(f"the store has schema {sql.SCHEMA}")


def _verify(chosen: argparse.Namespace) -> None:
    from emrcore.adapters import sql  # noqa: PLC0415 - an extra

    _tell("whole", sql.verify(_engine("--url", chosen.url)))


def _back_up(chosen: argparse.Namespace) -> None:
    from emrcore.adapters import sql  # noqa: PLC0415 - an extra

    source = _engine("--url", chosen.url)
    _tell("backed up", sql.back_up(source, Path(chosen.to), progress=_progress))


def _restore(chosen: argparse.Namespace) -> None:
    from emrcore.adapters import sql  # noqa: PLC0415 - an extra

    target = _engine("--url", chosen.url)
    _tell("restored", sql.restore(Path(chosen.file), target, progress=_progress))


def _copy(chosen: argparse.Namespace) -> None:
    from emrcore.adapters import sql  # noqa: PLC0415 - an extra

    source, target = _engine("--url", chosen.url), _engine("--to", chosen.to)
    _tell("copied", sql.copy(source, target, progress=_progress))


def _progress(table: str, rows: int) -> None:
    print(f"{table}: {rows}", file=sys.stderr)


def _tell(done: str, contents: "Contents") -> None:
    for name, content in contents.items():
        print(f"{name:18} {content.rows:9} {content.digest}")
    print(f"{done}: {sum(content.rows for content in contents.values())} rows")


def _engine(option: str, url: str) -> Any:
    """An engine for what *option* names.

    Raises:
        Malformed: it cannot be one.
    """
    from emrcore.adapters import sql  # noqa: PLC0415 - an extra

    try:
        return sql.store_engine(url)
    except ValueError as wrong:
        raise Malformed("command line", (Fault(option, str(wrong)),)) from None

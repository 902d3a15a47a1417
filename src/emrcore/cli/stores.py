"""``emrcore store``: what is done to a store as a whole."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emrcore.errors import Corrupt, Fault, Malformed

if TYPE_CHECKING:  # an extra
    from emrcore.adapters.sql.digests import Contents

_URL = "such as sqlite:///portal.db or postgresql+psycopg://host/db"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be done, and to which store."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def action(
        name: str, does: Callable[[argparse.Namespace], None], told: str, **options: str
    ) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=told)
        for option, meant in options.items():
            made.add_argument(f"--{option}", required=True, help=meant)
        made.set_defaults(command=does)
        return made

    action("migrate", _migrate, "create the tables, or bring them up to date", url=_URL)
    verify = action(
        "verify", _verify, "read all of it, and see that every journal is whole", url=_URL
    )
    verify.add_argument(
        "--against", help="another store, or a backup: names the shards that differ"
    )
    action("backup", _back_up, "copy it to a file, while it is used", url=_URL, to="a new file")
    action("restore", _restore, "fill an empty store from a file", file="a backup", url=_URL)
    action("copy", _copy, "copy it to an empty store", url=_URL, to=_URL)


def _migrate(chosen: argparse.Namespace) -> None:
    from emrcore.adapters import sql  # noqa: PLC0415 - an extra

    sql.migrate(_engine("--url", chosen.url))
    print(f"the store has schema {sql.SCHEMA}")


def _verify(chosen: argparse.Namespace) -> None:
    from emrcore.adapters import sql  # noqa: PLC0415 - an extra

    engine = _engine("--url", chosen.url)
    if chosen.against is None:
        _tell("whole", sql.verify(engine))
        return
    is_url = "://" in chosen.against
    other = _engine("--against", chosen.against) if is_url else Path(chosen.against)
    number = 0
    for found in sql.differences(engine, other):
        print(found)
        number += 1
    if number:
        raise Corrupt(f"{number} shard(s) differ")
    print("the same, shard by shard")


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


def _progress(shard: str, rows: int) -> None:
    print(f"{rows} rows, up to {shard}", file=sys.stderr)


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

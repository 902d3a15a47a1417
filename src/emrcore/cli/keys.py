"""The command that makes a master key."""

import argparse
from pathlib import Path

from emrcore.adapters.keyring import write_master
from emrcore.adapters.system import SystemRandomness
from emrcore.errors import Fault, Malformed


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where the key goes."""
    parser.add_argument("file", type=Path, help="such as 2020.key: the key's id is 2020")


def make(chosen: argparse.Namespace) -> None:
    """Write a new master key to a file that only its owner may read; a key is never overwritten.

    Raises:
        Malformed: the file is there already, is not named ID.key, or cannot be written.
    """
    path: Path = chosen.file
    if path.suffix != ".key":
        raise _refused(path, "is not named ID.key")
    try:
        write_master(path, SystemRandomness())
    except FileExistsError:
        raise _refused(path, "is there already") from None
    except OSError:
        raise _refused(path, "cannot be written") from None


def _refused(path: Path, what: str) -> Malformed:
    return Malformed("master key", (Fault(str(path), what),))

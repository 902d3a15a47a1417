"""Checkpoints in a folder: one file each, written once and never touched again.

A file ``000000000017`` holds the signed note, an empty line, and the heads it added, one a line of
JSON. It appears whole or not at all, and nothing replaces one: the name is linked to a file that
is already synced, which fails if the name is taken. Put the folder where the database's owner
cannot write: another machine's mount, a medium that is written once, another organisation's.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs

from emrcore.errors import Conflict, Corrupt, Unavailable
from emrcore.journal import Sealed, head

_DIGITS = 12


@attrs.frozen
class CheckpointFolder:
    """Keeps checkpoints in ``folder``, which must be there; see ``CheckpointSink``."""

    folder: Path

    def append(self, sealed: Sealed) -> None:
        """See ``CheckpointSink.append``."""
        if sealed.number != self._count() + 1:
            raise Conflict("the log of checkpoints")
        try:
            self._write(self._place(sealed.number), _written(sealed))
        except FileExistsError:
            raise Conflict("the log of checkpoints") from None
        except OSError as failure:
            raise Unavailable(f"the folder of checkpoints ({failure.strerror})") from None

    def last(self) -> Sealed | None:
        """See ``CheckpointSink.last``."""
        number = self._count()
        return self._read(number) if number else None

    def read(self) -> Iterator[Sealed]:
        """See ``CheckpointSink.read``."""
        for number in range(1, self._count() + 1):
            yield self._read(number)

    def _place(self, number: int) -> Path:
        return self.folder / f"{number:0{_DIGITS}}"

    def _count(self) -> int:
        """The highest number kept; that none below it is missing is seen when it is read."""
        try:
            names = [one.name for one in os.scandir(self.folder)]
        except OSError as failure:
            raise Unavailable(f"the folder of checkpoints ({failure.strerror})") from None
        numbers = (int(one) for one in names if len(one) == _DIGITS and one.isdecimal())
        return max(numbers, default=0)

    def _write(self, place: Path, content: str) -> None:
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".new-") as file:
            file.write(content.encode())
            file.flush()
            os.fsync(file.fileno())
            os.link(file.name, place)
        directory = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _read(self, number: int) -> Sealed:
        try:
            content = self._place(number).read_bytes().decode()
        except FileNotFoundError:
            raise Corrupt(f"checkpoint {number}, which is missing") from None
        except OSError as failure:
            raise Unavailable(f"the folder of checkpoints ({failure.strerror})") from None
        except UnicodeDecodeError:
            raise Corrupt(f"checkpoint {number}") from None
        return _sealed(number, content)


def _written(sealed: Sealed) -> str:
    return "".join([sealed.note, "\n", *(f"{one.text}\n" for one in sealed.heads)])


def _sealed(number: int, content: str) -> Sealed:
    text, _, rest = content.partition("\n\n")
    signatures, _, lines = rest.partition("\n\n")
    note = f"{text}\n\n{signatures}\n"
    heads = tuple(head(line) for line in lines.split("\n")[:-1])
    if content != f"{note}\n{lines}" or not f"\n{lines}".endswith("\n"):
        raise Corrupt(f"checkpoint {number}")
    return Sealed(number=number, note=note, heads=heads)

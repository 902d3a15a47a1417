"""A disk that remembers what it was told to write, and what of that was synced.

Of what was written and not synced a power cut leaves whatever it likes: all, nothing, a part, or
half a sector of it. Names are the folder's: a new file is there for sure once it was synced first,
since SQLite then syncs the folder too, and one that was removed once the folder was synced.
"""

import pathlib
import random
from collections.abc import Callable
from typing import Any

import apsw
import attrs

SECTOR = 512


@attrs.define
class File:
    """A file, as it is for sure, and what may have come on top of it since."""

    name: str
    durable: bytearray = attrs.field(factory=bytearray)
    pending: list[tuple[int, bytes | None]] = attrs.field(factory=list[tuple[int, "bytes | None"]])
    named: bool = False

    def sync(self) -> None:
        """All of it is for sure."""
        for offset, data in self.pending:
            apply(self.durable, offset, data)
        self.pending.clear()


def apply(content: bytearray, offset: int, data: bytes | None) -> None:
    """Write *data* at *offset*; None cuts the file off there."""
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


@attrs.define
class Disk:
    """Every file under one folder. ``gone`` are removals that the folder may not know of yet.

    ``before`` is called before each write, sync and removal.
    """

    files: dict[str, File] = attrs.field(factory=dict[str, File])
    gone: dict[str, File] = attrs.field(factory=dict[str, File])
    before: Callable[[], None] = lambda: None

    def open(self, name: str) -> File:
        """The file of that *name*, made if there is none."""
        if name not in self.files:
            self.files[name] = File(name)
        return self.files[name]

    def write(self, file: File, offset: int, data: bytes | None) -> None:
        """Not synced yet."""
        self.before()
        file.pending.append((offset, data))

    def sync(self, file: File) -> None:
        """SQLite syncs the folder with the first sync of a file it made."""
        self.before()
        file.sync()
        if not file.named:
            file.named = True
            self.gone.clear()

    def remove(self, name: str, *, synced: bool) -> None:
        """Remove *name*; if the folder is *synced*, for sure."""
        self.before()
        file = self.files.pop(name, None)
        if file is None:
            return
        if synced:
            self.gone.clear()
        elif file.named:
            self.gone[name] = file

    def image(self, chance: random.Random, manner: str) -> dict[str, bytes]:
        """What may be found after a power cut now, in one of the ``MANNERS``."""
        found: dict[str, bytes] = {}
        for name, file in self.gone.items():
            if manner == "nothing" or (manner != "all" and chance.random() < 0.5):
                found[name] = bytes(file.durable)
        for name, file in self.files.items():
            there = file.named or manner == "all" or (manner != "nothing" and chance.random() < 0.5)
            if there:
                found[name] = _left(file, chance, manner)
        return found


MANNERS = ("nothing", "all", "prefix", "subset", "torn", "garbage")
"""What becomes of what was not synced."""


def _left(file: File, chance: random.Random, manner: str) -> bytes:
    content, pending = bytearray(file.durable), file.pending
    match manner:
        case "nothing":
            chosen: list[tuple[int, bytes | None]] = []
        case "all":
            chosen = pending
        case "prefix":
            chosen = pending[: chance.randint(0, len(pending))]
        case _:
            chosen = [one for one in pending if chance.random() < 0.5]
    for offset, data in chosen:
        if manner in {"torn", "garbage"} and data:
            for start in range(0, len(data), SECTOR):
                part = data[start : start + SECTOR]
                if manner == "garbage" and chance.random() < 0.2:
                    part = chance.randbytes(len(part))
                if manner == "garbage" or chance.random() < 0.7:
                    apply(content, offset + start, part)
        else:
            apply(content, offset, data)
    return bytes(content)


class Watched(apsw.VFS):
    """The machine's files, with a *disk* that is told what is done to them."""

    def __init__(self, name: str, disk: Disk) -> None:
        self.name, self.disk = name, disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _Watched(self.disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        self.disk.remove(pathlib.Path(filename).name, synced=syncdir)


class _Watched(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._disk, self._file = disk, disk.open(pathlib.Path(path).name)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        file: Any = super()
        file.xWrite(data, offset)
        self._disk.write(self._file, offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._disk.write(self._file, newsize, None)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._disk.sync(self._file)

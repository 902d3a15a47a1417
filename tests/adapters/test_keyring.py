"""Master keys in files: read with every fault, made closed, and never shown."""

import base64
import os
import stat
from pathlib import Path

import pytest

from emrcore.adapters.keyring import LocalKeys, is_closed, read_masters, write_master
from emrcore.adapters.system import SystemRandomness
from emrcore.errors import Malformed

MASTER, OTHER = bytes(range(32)), bytes(range(32, 64))


def put(directory: Path, name: str, content: bytes, mode: int = 0o600) -> None:
    path = directory / name
    path.write_bytes(content)
    path.chmod(mode)


def faults(directory: Path) -> list[str]:
    with pytest.raises(Malformed) as error:
        read_masters(directory)
    assert base64.b64encode(MASTER).decode() not in str(error.value)
    return [str(fault) for fault in error.value.faults]


def test_a_master_is_32_bytes_or_their_base64(tmp_path: Path) -> None:
    """STO-6: each under the id that its file is named by; other files are none."""
    put(tmp_path, "2020.key", MASTER)
    put(tmp_path, "2021.key", base64.b64encode(OTHER) + b"\n")
    put(tmp_path, "README", b"not a key")
    assert read_masters(tmp_path) == {"2020": MASTER, "2021": OTHER}


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """STO-6: and none of them shows a byte of a key."""
    put(tmp_path, "a.key", MASTER)
    put(tmp_path, "b.key", MASTER)
    put(tmp_path, "c.key", OTHER, 0o644)
    put(tmp_path, "d.key", OTHER[:31])
    put(tmp_path, "e.key", bytes(33))
    put(tmp_path, "f.key", b"")
    put(tmp_path, "g.key", bytes(32))
    (tmp_path / "h.key").mkdir(mode=0o600)
    assert faults(tmp_path) == [
        "b.key: holds the same key as a.key",
        "c.key: is open to others: mode 0600, or 0640 if it is root's",
        "d.key: is neither 32 bytes nor base64 of them",
        "e.key: is neither 32 bytes nor base64 of them",
        "f.key: is neither 32 bytes nor base64 of them",
        "g.key: is one byte repeated",
        "h.key: cannot be read",
    ]


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_no_master_is_a_fault(tmp_path: Path, name: str) -> None:
    """STO-6: of an empty directory, and of one that is not there."""
    (tmp_path / "empty").mkdir()
    assert faults(tmp_path / name) == [f"{tmp_path / name}: holds no file ID.key"]


@pytest.mark.parametrize(
    ("mode", "owner", "closed"),
    [
        (0o400, 1000, True),
        (0o600, 1000, True),
        (0o640, 1000, False),
        (0o601, 1000, False),
        (0o640, 0, True),
        (0o660, 0, False),
        (0o644, 0, False),
        (0o700, 1000, False),
    ],
)
def test_who_may_read_a_master(mode: int, owner: int, closed: bool) -> None:
    """STO-6: its owner; the group only where root owns the file."""
    assert is_closed(stat.S_IFREG | mode, owner=owner) is closed


def test_a_new_master_is_closed_and_never_overwritten(tmp_path: Path) -> None:
    """STO-6: whatever the process lets others do, and whatever was there stays."""
    path, before = tmp_path / "k.key", os.umask(0)
    try:
        write_master(path, SystemRandomness())
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = read_masters(tmp_path)
    with pytest.raises(FileExistsError):
        write_master(path, SystemRandomness())
    assert read_masters(tmp_path) == kept


@pytest.mark.parametrize(
    ("masters", "current", "what"),
    [
        ({"k1": MASTER}, "k2", "missing"),
        ({"k1": MASTER[:31]}, "k1", "32 bytes"),
        ({"k1": bytes(33)}, "k1", "32 bytes"),
        ({"": MASTER}, "", "1 to 255"),
        ({"x" * 256: MASTER}, "x" * 256, "1 to 255"),
    ],
)
def test_keys_that_cannot_be_worked_with(
    masters: dict[str, bytes], current: str, what: str
) -> None:
    """STO-6: are refused when they are made, and not when something is to be opened."""
    with pytest.raises(ValueError, match=what):
        LocalKeys(masters=masters, current=current, randomness=SystemRandomness())


def test_keys_do_not_show_themselves() -> None:
    """JRN-4: in no repr that a log might keep."""
    keys = LocalKeys(masters={"x" * 255: MASTER}, current="x" * 255, randomness=SystemRandomness())
    assert "masters" not in repr(keys)
    assert repr(MASTER)[2:-1] not in repr(keys)

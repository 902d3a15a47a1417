"""Checkpoints as files, and the keys that sign them."""

import pathlib

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from emrcore.adapters.checkpoint_folder import CheckpointFolder
from emrcore.adapters.ed25519 import Ed25519Signer, Ed25519Verifier
from emrcore.adapters.memory import MemoryCheckpoints
from emrcore.errors import Conflict, Corrupt, Unavailable
from emrcore.journal import Head, Sealed, Shard
from emrcore.ports import CheckpointSink

HEADS = tuple(
    Head(shard=Shard("patient", name), number=7, hash="0" * 64, trimmed=name == "é")
    for name in ("a", "é", 'x"\n\u2028')
)
FIRST = Sealed(number=1, note="o\n3\nAAAA\nat x\n\n— o AAAA\n", heads=HEADS)
SECOND = Sealed(number=2, note="o\n3\nAAAA\nat y\n\n— o AAAB\n— w AAAA\n", heads=())


@pytest.fixture(params=["memory", "folder"])
def sink(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> CheckpointSink:
    return MemoryCheckpoints() if request.param == "memory" else CheckpointFolder(tmp_path)


def test_what_was_appended_is_read(sink: CheckpointSink) -> None:
    """JRN-7: as it was, in its order, and of nothing nothing."""
    assert (sink.last(), list(sink.read())) == (None, [])
    sink.append(FIRST)
    sink.append(SECOND)
    assert (sink.last(), list(sink.read())) == (SECOND, [FIRST, SECOND])


def test_a_checkpoint_stands_behind_the_one_before(sink: CheckpointSink) -> None:
    """JRN-7: no number comes twice, and none is left out."""
    with pytest.raises(Conflict):
        sink.append(SECOND)
    sink.append(FIRST)
    for wrong in (FIRST, attrs.evolve(SECOND, number=3)):
        with pytest.raises(Conflict):
            sink.append(wrong)
    assert list(sink.read()) == [FIRST]


def test_a_file_is_never_replaced(tmp_path: pathlib.Path) -> None:
    """JRN-7: not even by one whose writer did not see it; and no other file is left behind."""

    class Blind(CheckpointFolder):
        def _count(self) -> int:
            return 0

    CheckpointFolder(tmp_path).append(FIRST)
    with pytest.raises(Conflict):
        Blind(tmp_path).append(attrs.evolve(FIRST, heads=()))
    assert CheckpointFolder(tmp_path).last() == FIRST
    assert [one.name for one in tmp_path.iterdir()] == ["000000000001"]


def test_files_left_by_a_crash_are_no_checkpoints(tmp_path: pathlib.Path) -> None:
    """JRN-7: a checkpoint appears whole or not at all."""
    (tmp_path / ".new-x").write_text("o\n3\nAA")
    (tmp_path / "notes.txt").write_text("")
    folder = CheckpointFolder(tmp_path)
    folder.append(FIRST)
    assert list(folder.read()) == [FIRST]


@pytest.mark.parametrize("content", [b"", b"x", b"\xff", b"a\n\nb\n\n[]\n", b"a\n\nb\n\n[1"])
def test_a_file_that_is_none_is_corrupt(tmp_path: pathlib.Path, content: bytes) -> None:
    """JRN-7: and so is one that is missing."""
    folder = CheckpointFolder(tmp_path)
    folder.append(FIRST)
    (tmp_path / "000000000001").write_bytes(content)
    with pytest.raises(Corrupt):
        folder.last()
    (tmp_path / "000000000001").rename(tmp_path / "000000000003")
    with pytest.raises(Corrupt, match="missing"):
        list(folder.read())


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: pathlib.Path) -> None:
    """JRN-7: nothing is made in its place, since it may be a mount that failed."""
    folder = CheckpointFolder(tmp_path / "mount")
    for ask in (folder.last, lambda: list(folder.read()), lambda: folder.append(FIRST)):
        with pytest.raises(Unavailable):
            ask()
    assert not (tmp_path / "mount").exists()


# -- Keys -----------------------------------------------------------------------------------------


def pem(key: Ed25519PrivateKey | X25519PrivateKey, password: bytes | None = None) -> bytes:
    """As ``openssl genpkey`` writes it."""
    locked = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)


def public_pem(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    """As ``openssl pkey -pubout`` writes it."""
    form = PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(Encoding.PEM, form)


def test_keys_in_pem() -> None:
    """JRN-7: what one half signs the other checks, and not the key of another."""
    key = Ed25519PrivateKey.generate()
    signer = Ed25519Signer.from_pem(pem(key), origin="o")
    verifier = Ed25519Verifier.from_pem(public_pem(key), origin="o")
    assert (signer.public, signer.origin) == (verifier.public, verifier.origin)
    signature = signer.sign(b"text")
    assert verifier.check(b"text", signature)
    assert signer.check(b"text", signature)
    assert not verifier.check(b"Text", signature)
    assert not verifier.check(b"text", signature[:-1])
    other = Ed25519Signer.from_pem(pem(Ed25519PrivateKey.generate()), origin="o")
    assert not other.check(b"text", signature)
    assert repr(signer) == "Ed25519Signer(origin='o')"


def test_other_keys_are_refused() -> None:
    """JRN-7: of another kind, the wrong half, under a password, or none."""
    key, other = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    for wrong in (pem(other), pem(key, b"x"), public_pem(key), b"", b"x"):
        with pytest.raises(ValueError):  # noqa: PT011 - each says what is wrong with it
            Ed25519Signer.from_pem(wrong, origin="o")
    for wrong in (public_pem(other), pem(key), b""):
        with pytest.raises(ValueError):  # noqa: PT011
            Ed25519Verifier.from_pem(wrong, origin="o")

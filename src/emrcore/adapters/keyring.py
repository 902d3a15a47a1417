"""Keys derived and wrapped under master keys that this process holds (``cryptography``).

The masters come from a directory, which is how systemd, Docker and Kubernetes hand secrets to a
process: one file ``ID.key`` for each, of 32 bytes or of their base64.
"""

import base64
import binascii
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from emrcore.errors import Corrupt, Fault, Malformed, Unavailable
from emrcore.ports import Randomness

_NONCE = 12
_SIZE = 32
_LONGEST_ID = 255
_VERSION = 1
_AES_256_GCM = 1
_START = 3


@attrs.frozen(kw_only=True)
class LocalKeys:
    """Master keys of 32 bytes by id; ``current`` names the one that new things use.

    A wrapped key is ``version(1) algorithm(1) length(1) id nonce(12) ciphertext-and-tag`` under
    AES-256-GCM, and all before the nonce is authenticated with it: the master is chosen by the id,
    never by trial (STO-6). Old masters stay for as long as anything is made by them.
    """

    masters: Mapping[str, bytes] = attrs.field(repr=False)
    current: str
    randomness: Randomness = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse masters of the wrong size, and a current one that is not there."""
        if self.current not in self.masters:
            raise ValueError("the current master key is missing")
        if any(len(master) != _SIZE for master in self.masters.values()):
            raise ValueError(f"a master key has {_SIZE} bytes")
        if any(not 0 < len(name.encode()) <= _LONGEST_ID for name in self.masters):
            raise ValueError(f"the id of a master key has 1 to {_LONGEST_ID} bytes")

    def derive(self, use: str, context: bytes, *, key: str) -> bytes:
        """See ``Keys.derive``."""
        return self._expand(key, _joined(b"emrcore/1", b"derive", use.encode(), context))

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """See ``Keys.wrap``."""
        name = self.current.encode()
        header = bytes([_VERSION, _AES_256_GCM, len(name)]) + name
        nonce = self.randomness.bytes(_NONCE)
        sealed = self._wrapping(self.current).encrypt(nonce, key, _joined(header, context))
        return header + nonce + sealed

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See ``Keys.unwrap``."""
        if len(wrapped) < _START or wrapped[:2] != bytes([_VERSION, _AES_256_GCM]):
            raise Corrupt("a wrapped key")
        end = _START + wrapped[2]
        header, nonce, sealed = wrapped[:end], wrapped[end : end + _NONCE], wrapped[end + _NONCE :]
        cipher = self._wrapping(header[_START:].decode(errors="replace"))
        try:
            return cipher.decrypt(nonce, sealed, _joined(header, context))
        except (InvalidTag, ValueError):
            raise Corrupt("a wrapped key") from None

    def _wrapping(self, name: str) -> AESGCM:
        return AESGCM(self._expand(name, _joined(b"emrcore/1", b"wrap")))

    def _expand(self, name: str, info: bytes) -> bytes:
        if name not in self.masters:
            raise Unavailable("a master key")
        return HKDF(algorithm=SHA256(), length=_SIZE, salt=None, info=info).derive(
            self.masters[name]
        )


def read_masters(directory: Path) -> Mapping[str, bytes]:
    """The master keys in *directory*, by id: each is a file ``ID.key``.

    A file is as closed as PostgreSQL asks of a server's key: mode 0600 at most, or 0640 if it is
    root's.

    Raises:
        Malformed: with every fault of every file, and nothing of what is in them.
    """
    files = {path.stem: path for path in sorted(directory.glob("*.key"))}
    found = {name: _read(path) for name, path in files.items()}
    faults = [] if found else [Fault(str(directory), "holds no file ID.key")]
    for name, path in files.items():
        faults += [Fault(path.name, what) for what in _faults(name, path, found)]
    if faults:
        raise Malformed("master keys", tuple(faults))
    return {name: master for name, master in found.items() if isinstance(master, bytes)}


def write_master(path: Path, randomness: Randomness) -> None:
    """Write a new master key to *path*, which nobody but its owner may read.

    Raises:
        FileExistsError: a key is never overwritten: what it made would be lost.
    """
    text = base64.b64encode(randomness.bytes(_SIZE)) + b"\n"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)


def _read(path: Path) -> bytes | str:
    """The 32 bytes in *path*, or what is wrong with it."""
    try:
        content = path.read_bytes()
        master = (
            content if len(content) == _SIZE else base64.b64decode(content.strip(), validate=True)
        )
    except OSError:
        return "cannot be read"
    except binascii.Error:
        master = b""
    if len(master) != _SIZE:
        return f"is neither {_SIZE} bytes nor base64 of them"
    return master if len(set(master)) > 1 else "is one byte repeated"


def _faults(name: str, path: Path, found: Mapping[str, bytes | str]) -> Iterator[str]:
    status = path.stat()
    if not is_closed(status.st_mode, owner=status.st_uid):
        yield "is open to others: mode 0600, or 0640 if it is root's"
    master = found[name]
    if isinstance(master, str):
        yield master
    else:
        same = [other for other in found if other < name and found[other] == master]
        yield from (f"holds the same key as {other}.key" for other in same)


def is_closed(mode: int, *, owner: int) -> bool:
    """Whether a file of that *mode* and *owner* (a user id) is closed to all who need no key."""
    allowed = 0o640 if owner == 0 else 0o600
    return not stat.S_IMODE(mode) & ~allowed


def _joined(*parts: bytes) -> bytes:
    """*parts*, each behind its length, so that no two lists of parts read the same."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)

"""Checkpoints: what the journal had come to, signed, in the form of C2SP tlog-checkpoint.

The text is four lines: the origin, the number of heads in the log, the root of the tree over them
in base64, and the moment. The signature lines are those of C2SP signed-note, for Ed25519; the key
is named by the origin. Whoever holds the public key can check it, and lines of other signers, such
as witnesses, are passed over.

How to sign comes in as an argument: nothing here holds a key.
"""

import base64
import contextlib
import datetime as dt
import hashlib
from collections.abc import Callable, Iterator

import attrs

from emrcore.errors import Corrupt
from emrcore.journal import tree
from emrcore.journal.heads import Head

Sign = Callable[[bytes], bytes]
"""The Ed25519 signature of a message."""

Check = Callable[[bytes, bytes], bool]
"""Whether a message has that signature."""

_ED25519 = b"\x01"
_AT = "at "
_LINES = 4
_KEY_ID = 4
_HASH = 32


@attrs.frozen(kw_only=True)
class Checkpoint:
    """The log ``origin`` had ``size`` heads at the moment ``at``, with ``root`` over them."""

    origin: str
    size: int
    root: bytes
    at: dt.datetime

    def __attrs_post_init__(self) -> None:
        """Refuse an origin that cannot name a key of a signed note."""
        if not self.origin or "+" in self.origin or any(one.isspace() for one in self.origin):
            raise ValueError("an origin has neither spaces nor plus signs")

    @property
    def text(self) -> str:
        """What is signed."""
        root = base64.b64encode(self.root).decode()
        at = self.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
        return f"{self.origin}\n{self.size}\n{root}\n{_AT}{at}\n"


@attrs.frozen(kw_only=True)
class Sealed:
    """A checkpoint as it is kept elsewhere: the signed ``note``, and the heads it added.

    They are numbered from 1, without a gap.
    """

    number: int
    note: str
    heads: tuple[Head, ...]


@attrs.frozen(kw_only=True)
class Proof:
    """That the log of the checkpoint in ``note`` says ``head``, as its head ``index`` from 0."""

    note: str
    index: int
    head: Head
    path: tuple[bytes, ...]


def key_id(origin: str, public: bytes) -> bytes:
    """The four bytes by which a signed note names an Ed25519 key."""
    named = origin.encode() + b"\n" + _ED25519 + public
    return hashlib.sha256(named).digest()[:_KEY_ID]


def signed(checkpoint: Checkpoint, *, public: bytes, sign: Sign) -> str:
    """*checkpoint* as a signed note (JRN-7)."""
    return note(checkpoint.text, name=checkpoint.origin, public=public, sign=sign)


def note(text: str, *, name: str, public: bytes, sign: Sign) -> str:
    """*text*, whose last line is ended, and its signature by the key of that *name*."""
    signature = key_id(name, public) + sign(text.encode())
    return f"{text}\n— {name} {base64.b64encode(signature).decode()}\n"


def opened(note: str, *, origin: str, public: bytes, check: Check) -> Checkpoint:
    """The checkpoint in *note*, which the key of *origin* must have signed (JRN-7).

    Raises:
        Corrupt: it is no checkpoint of that origin, or the signature is not the key's.
    """
    text, _, lines = note.rpartition("\n\n")
    message = f"{text}\n"
    mine = key_id(origin, public)
    signatures = [one[_KEY_ID:] for one in _signatures(lines, origin) if one[:_KEY_ID] == mine]
    if not signatures or not all(check(message.encode(), one) for one in signatures):
        raise Corrupt("the signature of a checkpoint")
    try:
        found = _read(text)
    except ValueError:
        raise Corrupt("a checkpoint") from None
    if found.origin != origin or found.text != message:
        raise Corrupt("a checkpoint")
    return found


def proven(proof: Proof, *, origin: str, public: bytes, check: Check) -> Checkpoint:
    """The checkpoint whose log says the head of *proof* (JRN-6).

    Raises:
        Corrupt: the note is not what *origin* signed, or the path does not lead to its root.
    """
    found = opened(proof.note, origin=origin, public=public, check=check)
    leaf, index = proof.head.leaf, proof.index
    if not tree.includes(found.root, leaf, proof.path, index=index, size=found.size):
        raise Corrupt("a proof")
    return found


def _signatures(lines: str, name: str) -> Iterator[bytes]:
    for line in lines.split("\n")[:-1]:
        dash, _, rest = line.partition(" ")
        who, _, text = rest.partition(" ")
        if (dash, who) == ("—", name):
            with contextlib.suppress(ValueError):
                yield _decoded(text)


def _decoded(text: str) -> bytes:
    """The bytes in *text*, which is their only spelling in base64."""
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise ValueError(text)
    return found


def _read(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != _LINES or not lines[3].startswith(_AT):
        raise ValueError(text)
    origin, size, root, at = lines
    found = _decoded(root)
    if len(found) != _HASH or not size.isdecimal():
        raise ValueError(text)
    moment = dt.datetime.fromisoformat(at.removeprefix(_AT))
    return Checkpoint(origin=origin, size=int(size), root=found, at=moment)

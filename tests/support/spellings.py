"""Searching for a secret in every common encoding, and chance that spells none by accident."""

import base64
import hashlib
from collections.abc import Generator

import attrs


def spellings(secret: str) -> Generator[bytes]:
    """*secret* in every common encoding, at every alignment."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        yield secret.encode(encoding)
    for raw in (secret.encode(), secret.encode("utf-16-le")):
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        yield raw[::-1]
        yield from _base64(raw)
    yield base64.b32encode(secret.encode()).rstrip(b"=")[:-1]
    if secret.isdigit():
        yield from _numbers(int(secret))


def _base64(raw: bytes) -> Generator[bytes]:
    """What stands in the base64 of any text with *raw* in it, wherever it begins."""
    for before in range(3):
        text = base64.b64encode(b"\x00" * before + raw)
        known = text[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        yield known
        yield known.translate(bytes.maketrans(b"+/", b"-_"))


def _numbers(number: int) -> Generator[bytes]:
    """As a number of 8 bytes, or as packed digits."""
    yield number.to_bytes(8, "big")
    yield number.to_bytes(8, "little")
    digits = str(number)
    yield bytes.fromhex(digits if len(digits) % 2 == 0 else f"0{digits}")


def found(secret: str, dump: bytes) -> list[bytes]:
    """In which of its spellings *secret* stands in *dump*."""
    return [one for one in spellings(secret) if one in dump]


@attrs.define
class ScatteredBytes:
    """Looks like chance and is the same in every run: no short code turns up in it by accident."""

    _count: int = 0

    def bytes(self, number: int) -> bytes:
        """See ``Randomness.bytes``."""
        self._count += 1
        return hashlib.shake_256(str(self._count).encode()).digest(number)

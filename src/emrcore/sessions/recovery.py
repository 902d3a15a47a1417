"""Saved recovery codes: shown once, kept as slow hashes, each replaced once it was used."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable

import attrs

RECOVERY_CODES = 8
"""How many a person holds."""

_CODE = re.compile(r"[0-7][A-Z2-7]{16}", re.ASCII)
_LONGEST = 32
_BYTES = 10
_SALT = 16


@attrs.frozen(kw_only=True)
class RecoveryCodes:
    """The hashes of one person's codes; the code in place *n* begins with the digit *n*.

    scrypt (RFC 7914) with N = 2^14, r = 8, p = 1 and one salt for all; every code has 80 random
    bits (SES-22).
    """

    salt: bytes = attrs.field(repr=False)
    hashes: tuple[str, ...] = attrs.field(repr=False)

    def place(self, given: str) -> int | None:
        """Which code was *given*, if any; one hash is computed whatever was."""
        text = _bare(given)
        place = int(text[0]) if text[:1].isdigit() and int(text[0]) < len(self.hashes) else 0
        right = hmac.compare_digest(self.hashes[place], _slow(text, self.salt))
        return place if right else None

    def replaced(self, code: str) -> "RecoveryCodes":
        """These with *code* in its place."""
        hashes = list(self.hashes)
        hashes[place_of(code)] = _slow(_bare(code), self.salt)
        return attrs.evolve(self, hashes=tuple(hashes))


def new_recovery_codes(
    random_bytes: Callable[[int], bytes],
) -> tuple[RecoveryCodes, tuple[str, ...]]:
    """New codes: what is kept of them, and they themselves, to be shown once (SES-22)."""
    salt = random_bytes(_SALT)
    codes = tuple(new_recovery_code(place, random_bytes) for place in range(RECOVERY_CODES))
    hashes = tuple(_slow(_bare(code), salt) for code in codes)
    return RecoveryCodes(salt=salt, hashes=hashes), codes


def new_recovery_code(place: int, random_bytes: Callable[[int], bytes]) -> str:
    """A new code for *place*: the digit of its place, and 16 base32 characters in fours."""
    text = base64.b32encode(random_bytes(_BYTES)).decode()
    return "-".join([str(place), *(text[start : start + 4] for start in range(0, 16, 4))])


def is_recovery_code(text: str) -> bool:
    """Whether *text* has the form of a recovery code; hyphens and case do not matter."""
    return len(text) <= _LONGEST and _CODE.fullmatch(_bare(text)) is not None


def place_of(code: str) -> int:
    """The place that *code* names."""
    return int(code[0])


def _bare(text: str) -> str:
    return text.replace("-", "").upper()


def _slow(text: str, salt: bytes) -> str:
    return hashlib.scrypt(text.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32).hex()

"""What opens a share: derived whenever it is needed, and kept nowhere (SHR-5).

From a share's id, 32 random bytes and a master key; so no passcode lies anywhere to be guessed at,
and a wrong one costs no slow hash that an attacker could make the server compute.
"""

import base64
import hashlib
import hmac
import re

from emrcore import rules
from emrcore.errors import RuleBroken
from emrcore.office.codes import joined
from emrcore.ports import Keys
from emrcore.sharing import OpenShare

_ADDRESS = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_TICKET = re.compile(r"([0-9]{1,9})\.([A-Za-z0-9_-]{43})", re.ASCII)


def address_of(keys: Keys, share: OpenShare) -> str:
    """Where the share is: 256 bits as 43 URL-safe characters."""
    return _text(_derived(keys, "share-address", share))


def digest_of(address: str) -> str | None:
    """What is kept of an *address*: its SHA-256, in hex; None of what is none."""
    if not _ADDRESS.fullmatch(address):
        return None
    return hashlib.sha256(address.encode()).hexdigest()


def key_of(keys: Keys, share: OpenShare) -> bytes:
    """The 32 bytes under which all that the share shows is encrypted."""
    return _derived(keys, "share-key", share)


def passcode_of(keys: Keys, share: OpenShare) -> str:
    """The passcode: exactly ``share.digits`` ASCII digits."""
    number = int.from_bytes(_derived(keys, "share-passcode", share)[:16], "big")
    return f"{number % 10**share.digits:0{share.digits}}"


def ticket_of(keys: Keys, share: OpenShare, opening: int) -> str:
    """What fetches the file of one *opening*."""
    return f"{opening}.{_text(_derived(keys, 'share-file', share, str(opening)))}"


def opening_of(keys: Keys, share: OpenShare, ticket: object) -> int:
    """Which opening *ticket* belongs to.

    Raises:
        RuleBroken: SHR-8, none.
    """
    found = _TICKET.fullmatch(ticket) if isinstance(ticket, str) else None
    if found is None:
        raise RuleBroken(rules.SHR_8)
    opening = int(found[1])
    if not hmac.compare_digest(found[0].encode(), ticket_of(keys, share, opening).encode()):
        raise RuleBroken(rules.SHR_8)
    return opening


def _derived(keys: Keys, use: str, share: OpenShare, *more: str) -> bytes:
    """32 bytes that only this share gives, and of it only this *use*."""
    texts = (one.encode() for one in more)
    context = joined(share.id.encode(), share.patient.encode(), share.nonce, *texts)
    return keys.derive(use, context, key=share.key)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

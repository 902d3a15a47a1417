"""The codes people are sent: never kept, derived when sent and again when checked."""

import base64
import hashlib

from pyotp.hotp import HOTP

from emrcore.people import AccountId
from emrcore.ports import Keys
from emrcore.sessions import Challenge


def code_for(keys: Keys, account: AccountId, challenge: Challenge) -> str:
    """The code of *challenge*: exactly ``challenge.digits`` ASCII digits (SES-6).

    An HOTP value (RFC 4226) of a key that only this account, challenge, purpose and host session
    give; any other of them gives another code (SES-7). The master key is the one it was issued by.
    """
    parts = (account, challenge.id, challenge.purpose, challenge.host or "")
    context = joined(*(part.encode() for part in parts), challenge.nonce)
    code_key = keys.derive("one-time-code", context, key=challenge.key)
    secret = base64.b32encode(code_key).decode()
    return HOTP(secret, digits=challenge.digits, digest=hashlib.sha256).at(0)


def joined(*parts: bytes) -> bytes:
    """*parts*, each behind its length, so that no two lists of parts read the same."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)

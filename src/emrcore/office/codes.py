"""The codes people are sent, or read off an authenticator: derived, never kept."""

import datetime as dt
import hmac
from collections.abc import Mapping

from pyotp.totp import TOTP

from emrcore.errors import Unavailable
from emrcore.people import AccountId
from emrcore.ports import Keys
from emrcore.sessions import Challenge

DRIFT = 1
"""How many time steps an authenticator's clock may be off, either way."""

_STEP = 30


def code_for(keys: Keys, account: AccountId, challenge: Challenge) -> str:
    """The code of *challenge*: exactly ``challenge.digits`` ASCII digits (SES-6).

    A number out of 128 bits that only this account, challenge, purpose, host session, action, phone
    and issue give; any other of them gives another code (SES-7, SES-15). So many bits leave no
    digit likelier than another by more than one part in 2**98. The master key is the one it was
    issued by.
    """
    parts = (
        account,
        challenge.id,
        challenge.purpose,
        challenge.host or "",
        challenge.session or "",
        challenge.digest or "",
        str(challenge.phone),
        str(challenge.issue),
    )
    context = joined(*(part.encode() for part in parts), challenge.nonce)
    derived = keys.derive("one-time-code", context, key=challenge.key)
    number = int.from_bytes(derived[:16], "big") % 10**challenge.digits
    return f"{number:0{challenge.digits}}"


def derive_nothing(keys: Keys) -> str:
    """No code, at the cost of one."""
    keys.derive("one-time-code", b"", key=keys.current)
    return ""


def totp_codes(secret: str, at: dt.datetime) -> Mapping[int, str]:
    """What an authenticator with the base32 *secret* may show at *at*, by time step (RFC 6238)."""
    authenticator = TOTP(secret, interval=_STEP)
    now = int(at.timestamp()) // _STEP
    return {step: authenticator.generate_otp(step) for step in range(now - DRIFT, now + DRIFT + 1)}


def provisioning(secret: str, *, account: AccountId, issuer: str) -> str:
    """The ``otpauth://`` address for an authenticator, as a QR code; it holds the secret."""
    return TOTP(secret, interval=_STEP).provisioning_uri(name=account, issuer_name=issuer)


def client_digest(keys: Keys, client: str) -> str:
    """What is kept of what the host knows of a device: keyed, since addresses could be tried."""
    return keys.derive("client", client.encode(), key=keys.current).hex()


def repudiation(keys: Keys, account: AccountId, version: int, *, key: str) -> str:
    """The token by which the person at the old phone repudiates phone *version*."""
    context = joined(account.encode(), str(version).encode())
    return f"{key}.{keys.derive('repudiation', context, key=key).hex()[:32]}"


def is_repudiation(keys: Keys, account: AccountId, version: int, token: str) -> bool:
    """Whether *token* repudiates phone *version* of *account*."""
    key = token.rpartition(".")[0]
    try:
        expected = repudiation(keys, account, version, key=key)
    except Unavailable:
        return False
    return hmac.compare_digest(token.encode(errors="replace"), expected.encode())


def joined(*parts: bytes) -> bytes:
    """*parts*, each behind its length, so that no two lists of parts read the same."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)

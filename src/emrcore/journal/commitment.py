"""Salted commitments: how a personal datum may be in the journal without being told (JRN-8).

The entry holds the hash of a salt and the value; the salt is kept sealed under the person's key.
Who may open the salt can show that a value is the one entered. When the person's key is destroyed,
the chain still holds, and since the salt is gone nobody can find the value by trying all there are.
"""

import hashlib
import hmac

SALT = 32
"""The length of a salt in bytes, which are random and used once."""


def commit(value: str, salt: bytes) -> str:
    """The commitment to *value*: SHA-256 over *salt* and the value, in hex.

    Raises:
        ValueError: the salt has another length, so that its end could be taken for the value.
    """
    if len(salt) != SALT:
        raise ValueError(f"a salt has {SALT} bytes")
    return hashlib.sha256(salt + value.encode()).hexdigest()


def opens(commitment: str, value: str, salt: bytes) -> bool:
    """Whether *commitment* is the one to *value* with *salt*."""
    return hmac.compare_digest(commit(value, salt).encode(), commitment.encode())

"""Blind indexes: how identity data is found without being kept in clear (STO-7).

An index is HMAC-SHA-256 of a canonical value under a key that one field and one master key give:
equal values have equal indexes, and without the key nobody can try the numbers there are. Only
values of many possibilities have one; a sex or a blood group would be told by its frequency.
"""

import hashlib
import hmac
from typing import TypeAlias

import attrs

from emrcore.office.codes import joined
from emrcore.people import (
    Mobile,
    OldPolicy,
    Passport,
    Policy,
    Snils,
    TemporaryCertificate,
    UnifiedPolicy,
)
from emrcore.ports import Keys

Indexed: TypeAlias = Mobile | Passport | Policy | Snils
"""What can be looked up. Every spelling of one number is read as one value."""

_FORMS: dict[type[Indexed], str] = {
    Mobile: "mobile/1",
    Passport: "passport/1",
    OldPolicy: "policy/1",
    TemporaryCertificate: "policy/1",
    UnifiedPolicy: "policy/1",
    Snils: "snils/1",
}
"""The field of a value, and the version of its canonical form, which the index depends on."""


@attrs.frozen(kw_only=True)
class BlindIndex:
    """The index of one value: its ``field``, the master ``key`` that made it, and 32 bytes."""

    field: str
    key: str
    digest: bytes = attrs.field(repr=False)


def blind_index(keys: Keys, value: Indexed, *, key: str) -> BlindIndex:
    """The index of *value* under the master *key*.

    While the master is being changed, one looks under the current one and then under the one
    before. The digest is shown to nobody outside: it tells who shares a number.

    Raises:
        Unavailable: that master key is not here.
    """
    field = _FORMS[type(value)]
    secret = keys.derive("blind-index", joined(field.encode()), key=key)
    digest = hmac.digest(secret, value.canonical.encode(), hashlib.sha256)
    return BlindIndex(field=field, key=key, digest=digest)

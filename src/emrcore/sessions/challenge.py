"""One running proof: what its code is derived from, what it is good for, and until when."""

import datetime as dt
import enum
import hashlib
from collections.abc import Mapping
from typing import NewType

import attrs

from emrcore.people import AccountId
from emrcore.rulebook import Means

ChallengeId = NewType("ChallengeId", str)
SessionId = NewType("SessionId", str)


class Purpose(enum.StrEnum):
    """What a code is good for."""

    FIRST_LOGIN = "first-login"
    LOGIN = "login"
    APPROVAL = "approval"
    NEW_PHONE = "new-phone"


class ActionKind(enum.StrEnum):
    """What a person approves with a code of its own; ``renew`` is nothing but being there."""

    RENEW = "renew"
    PHONE = "phone"
    AUTHENTICATOR = "authenticator"
    SHARE = "share"
    GUARDIANSHIP = "guardianship"
    EXPORT = "export"


@attrs.frozen
class Action:
    """What is to be approved: its ``kind``, and everything about it that must not be exchanged."""

    kind: ActionKind
    about: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)

    @property
    def digest(self) -> str:
        """SHA-256, in hex, over the kind and every name and value, each behind its length."""
        parts = [self.kind, *(part for pair in sorted(self.about.items()) for part in pair)]
        content = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hashlib.sha256(content).hexdigest()


RENEW = Action(ActionKind.RENEW)
"""Proving again that one is there, for nothing in particular."""


@attrs.frozen(kw_only=True)
class Challenge:
    """A code under way: its ``issue`` counts how often it was sent, each time as another code.

    The code of the current issue is accepted until ``expires_at`` (exclusive), from the host
    session whose digest is ``host`` (the first password, sent before there is one, has none), for
    the ``purpose`` only: an approval for the ``action`` and ``digest`` only. It goes to version
    ``phone`` of the account's phone. ``client`` is a keyed digest of what the host knows of the
    device that asked. ``key`` names the master key the code is derived from.
    """

    id: ChallengeId
    purpose: Purpose
    nonce: bytes = attrs.field(repr=False)
    key: str
    digits: int
    phone: int
    issued_at: dt.datetime
    expires_at: dt.datetime
    host: str | None = attrs.field(default=None, repr=False)
    issue: int = 1
    failures: int = 0
    session: SessionId | None = None
    action: ActionKind | None = None
    digest: str | None = attrs.field(default=None, repr=False)
    client: str | None = attrs.field(default=None, repr=False)

    def runs_at(self, at: dt.datetime) -> bool:
        """Whether the code may still be accepted at *at*."""
        return at < self.expires_at

    @property
    def reference(self) -> str:
        """Names this issue of the challenge, and tells nothing."""
        return f"{self.id}.{self.issue}"


@attrs.frozen(kw_only=True)
class Attempt:
    """What somebody wants to prove: from which ``host`` session, for what, with ``means``."""

    account: AccountId
    host: str = attrs.field(repr=False)
    purpose: Purpose = Purpose.LOGIN
    means: Means = Means.SMS
    session: SessionId | None = None
    action: Action | None = None
    client: str | None = attrs.field(default=None, repr=False)

    def is_of(self, challenge: Challenge) -> bool:
        """Whether *challenge* is the one begun for this."""
        digest = self.action.digest if self.action else None
        purposes = {self.purpose}
        if self.purpose is Purpose.LOGIN:
            purposes.add(Purpose.FIRST_LOGIN)
        hosts = {self.host, None} if challenge.purpose is Purpose.FIRST_LOGIN else {self.host}
        return (
            challenge.purpose in purposes
            and challenge.host in hosts
            and challenge.session == self.session
            and challenge.digest == digest
        )


@attrs.frozen(kw_only=True)
class Login:
    """A proof under way: which code is awaited, of how many digits, until when (exclusive).

    ``means`` are those that may be used, the best first. ``notice`` is the version of the notice
    about SMS to be shown and acknowledged with the first password. The same answer is given whether
    or not a code was sent (SES-28).
    """

    purpose: Purpose
    means: tuple[Means, ...]
    digits: int
    expires_at: dt.datetime
    notice: str | None = None

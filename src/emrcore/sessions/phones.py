"""The phones of one account: what was bound since when, and why it is no longer.

::

    pending --proven--> active --suspended--> suspended
       |                  |                       |
       +---revoked        +--replaced, revoked    +--revoked
"""

import datetime as dt
import enum

import attrs

from emrcore.rulebook import PhoneRule


class PhoneState(enum.StrEnum):
    """Where a phone stands."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REPLACED = "replaced"
    REVOKED = "revoked"


class PhoneEnd(enum.StrEnum):
    """Why a phone is not used any more."""

    LOST = "lost"
    REPUDIATED = "repudiated"
    SIM_SWAPPED = "sim-swapped"
    CHANGED = "changed"
    NOT_PROVEN = "not-proven"
    REPROOFED = "reproofed"
    ACCESS_ENDED = "access-ended"


@attrs.frozen(kw_only=True)
class Phone:
    """One binding of a number, which itself is kept sealed under the ``version``.

    ``bound_at`` is when it was first proven, ``proven_at`` when last; ``notice`` is the version of
    the notice about SMS that was acknowledged. Until ``cooling_until`` nothing sensitive is
    approved by it. ``ended_at`` and ``why`` say what stopped it.
    """

    version: int
    state: PhoneState
    since: dt.datetime
    bound_at: dt.datetime | None = None
    proven_at: dt.datetime | None = None
    notice: str | None = None
    cooling_until: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    why: PhoneEnd | None = None

    def is_cooling(self, at: dt.datetime) -> bool:
        """Whether it is too new for anything sensitive."""
        return self.cooling_until is not None and at < self.cooling_until

    def is_usable(self, at: dt.datetime, rule: PhoneRule) -> bool:
        """Whether codes may go to it: proven, not ended, and not silent for too long.

        A number that nobody proved for ``rebind_days`` may be another person's by now.
        """
        if self.state is not PhoneState.ACTIVE or self.proven_at is None:
            return False
        return at - self.proven_at < dt.timedelta(days=rule.rebind_days.value)


Phones = tuple[Phone, ...]
"""All phones an account ever had, the oldest first; at most one is active or suspended."""


def current(phones: Phones) -> Phone | None:
    """The phone that is active or suspended, if any."""
    live = (PhoneState.ACTIVE, PhoneState.SUSPENDED)
    return next((phone for phone in phones if phone.state in live), None)


def pending(phones: Phones) -> Phone | None:
    """The phone that is still to be proven, if any."""
    return next((phone for phone in phones if phone.state is PhoneState.PENDING), None)


def added(phones: Phones, at: dt.datetime) -> Phones:
    """*phones* and a new one to be proven; one that waited before is given up."""
    kept = ended(phones, PhoneState.PENDING, why=PhoneEnd.NOT_PROVEN, at=at)
    return (*kept, Phone(version=len(phones) + 1, state=PhoneState.PENDING, since=at))


def proven(
    phones: Phones,
    version: int,
    at: dt.datetime,
    *,
    notice: str | None,
    cooling_until: dt.datetime | None,
) -> Phones:
    """*phones* after a code sent to *version* came back: a pending one takes over."""
    if not any(p.version == version and p.state is PhoneState.PENDING for p in phones):
        return tuple(
            attrs.evolve(phone, proven_at=at) if phone.version == version else phone
            for phone in phones
        )
    others = ended(phones, PhoneState.ACTIVE, PhoneState.SUSPENDED, why=PhoneEnd.CHANGED, at=at)
    return tuple(
        attrs.evolve(
            phone,
            state=PhoneState.ACTIVE,
            since=at,
            bound_at=at,
            proven_at=at,
            notice=notice,
            cooling_until=cooling_until,
        )
        if phone.version == version
        else phone
        for phone in others
    )


def untouched_since(phones: Phones, at: dt.datetime) -> bool:
    """Whether none was suspended or ended, for whatever reason, at *at* or later."""
    live = (PhoneState.PENDING, PhoneState.ACTIVE)
    return not any(
        phone.since >= at
        for phone in phones
        if phone.state not in live and phone.why is not PhoneEnd.NOT_PROVEN
    )


def is_repudiable(phones: Phones, version: int) -> bool:
    """Whether nobody has repudiated *version*, or begun anew, since it was to be bound.

    Neither a later change nor a loss buries it: whoever made the first could make the second.
    """
    over = {PhoneEnd.REPUDIATED, PhoneEnd.REPROOFED, PhoneEnd.ACCESS_ENDED}
    now, since = current(phones), [phone for phone in phones if phone.version >= version]
    return (
        now is not None
        and now.why is not PhoneEnd.REPUDIATED
        and bool(since)
        and not any(phone.why in over for phone in since)
    )


def suspended(phones: Phones, *, why: PhoneEnd, at: dt.datetime) -> Phones:
    """*phones* with the active one suspended, and one that waits given up.

    One that is suspended already stays so for the first reason, unless it is repudiated.
    """
    states = {PhoneState.ACTIVE}
    if why is PhoneEnd.REPUDIATED:
        states.add(PhoneState.SUSPENDED)
    kept = ended(phones, PhoneState.PENDING, why=why, at=at)
    return tuple(
        attrs.evolve(phone, state=PhoneState.SUSPENDED, since=at, why=why)
        if phone.state in states
        else phone
        for phone in kept
    )


def ended(phones: Phones, *states: PhoneState, why: PhoneEnd, at: dt.datetime) -> Phones:
    """*phones* with those in one of *states* ended: replaced by a change, else revoked."""
    state = PhoneState.REPLACED if why is PhoneEnd.CHANGED else PhoneState.REVOKED
    return tuple(
        attrs.evolve(phone, state=state, since=at, ended_at=at, why=why)
        if phone.state in states
        else phone
        for phone in phones
    )

"""How one gets in, as data: every limit with its bounds, which no rulebook can leave.

The bounds are those of the standards the rules cite (NIST SP 800-63B, RTS 2018/389, OWASP ASVS). A
value outside them is refused wherever it comes from: a file, or a constructor.
"""

import enum
import itertools
from collections.abc import Callable
from typing import Any

import attrs

from emrcore.rulebook.cited import Cited


class Means(enum.StrEnum):
    """What the second factor is proven with."""

    TOTP = "totp"
    SMS = "sms"
    RECOVERY = "recovery"


class Activation(enum.StrEnum):
    """When the first password is sent: at the grant, or when the first login begins."""

    PUSH = "push"
    ON_DEMAND = "on-demand"


class AtMost(enum.StrEnum):
    """What happens to a login when as many sessions are open as may be."""

    END_OLDEST = "end-oldest"
    REFUSE = "refuse"


@attrs.frozen(kw_only=True)
class LockStep:
    """From ``failures`` consecutive failures on, a lock of ``minutes``."""

    failures: int
    minutes: int


# -- Bounds ---------------------------------------------------------------------------------------

BOUNDS = "bounds"
"""Under which key of a field's metadata its bounds are."""

_MOST_LOCK = 30 * 24 * 60
_FIRST_LOCK = 5


def _checked(check: Callable[[Any], object]) -> Any:
    def validate(_: object, __: object, cited: Cited[Any]) -> None:
        check(cited.value)

    return validate


def number(least: int, most: int) -> Any:
    """A field with a cited whole number from *least* to *most*, both inclusive."""

    def check(_: object, attribute: "attrs.Attribute[Any]", cited: Cited[Any]) -> None:
        value = cited.value
        if not (_is_whole(value) and least <= value <= most):
            raise ValueError(f"{attribute.name} must be a whole number from {least} to {most}")

    return attrs.field(validator=check, metadata={BOUNDS: (least, most)})


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def check_pauses(pauses: tuple[int, ...]) -> tuple[int, ...]:
    """*pauses* in seconds, if they may be.

    Raises:
        ValueError: there is none, one is outside 15 to 3600, or one is shorter than that before.
    """
    if not pauses or not all(_is_whole(one) and 15 <= one <= 3600 for one in pauses):  # noqa: PLR2004
        raise ValueError("must be whole numbers from 15 to 3600")
    if list(pauses) != sorted(pauses):
        raise ValueError("must not fall")
    return pauses


def check_steps(steps: tuple[LockStep, ...]) -> tuple[LockStep, ...]:
    """*steps* of a lock, if they may be: rising, from 5 failures or fewer on, up to 30 days.

    Raises:
        ValueError: they may not (RTS 2018/389 article 4(3)(b): at most five tries).
    """
    if not steps:
        raise ValueError("is empty")
    if not all(_is_whole(step.failures) and _is_whole(step.minutes) for step in steps):
        raise ValueError("must be whole numbers")
    if not 1 <= steps[0].failures <= _FIRST_LOCK:
        raise ValueError(f"must lock at {_FIRST_LOCK} failures or fewer")
    if any(not 1 <= step.minutes <= _MOST_LOCK for step in steps):
        raise ValueError(f"must lock for 1 to {_MOST_LOCK} minutes")
    if any(
        later.failures <= step.failures or later.minutes < step.minutes
        for step, later in itertools.pairwise(steps)
    ):
        raise ValueError("must rise from step to step")
    return steps


def check_means(means: tuple[Means, ...]) -> tuple[Means, ...]:
    """*means*, if one can get in by them.

    Raises:
        ValueError: neither an authenticator nor SMS is among them.
    """
    if not set(means) & {Means.TOTP, Means.SMS}:
        raise ValueError("must name totp, sms or both")
    return means


@attrs.frozen(kw_only=True)
class FirstPasswordRule:
    """The password of the first login: digits, life, re-issues, and tries over all issues."""

    activation: Cited[Activation]
    digits: Cited[int] = number(6, 9)
    lifetime_minutes: Cited[int] = number(1, 72 * 60)
    tries: Cited[int] = number(1, 5)
    reissues: Cited[int] = number(0, 10)


@attrs.frozen(kw_only=True)
class OneTimeCodeRule:
    """The code of every later login, and how often one may be sent to an account.

    ``pauses`` are the seconds to wait after the first, second, ... code within an hour; the last
    one serves all further codes.
    """

    pauses: Cited[tuple[int, ...]] = attrs.field(validator=_checked(check_pauses))
    digits: Cited[int] = number(6, 9)
    lifetime_minutes: Cited[int] = number(1, 10)
    tries: Cited[int] = number(1, 5)
    sends_per_hour: Cited[int] = number(1, 20)
    sends_per_day: Cited[int] = number(1, 100)


@attrs.frozen(kw_only=True)
class LockRule:
    """How failures of one account lock it.

    Consecutive ones lock by ``steps``, and at ``hard_failures`` until a person helps. However many
    succeed between them, at most ``per_day`` and ``per_month`` are evaluated in a day and in 30.
    """

    steps: Cited[tuple[LockStep, ...]] = attrs.field(validator=_checked(check_steps))
    hard_failures: Cited[int] = number(1, 100)
    per_day: Cited[int] = number(1, 50)
    per_month: Cited[int] = number(1, 100)


@attrs.frozen(kw_only=True)
class SessionRule:
    """When a session ends by itself, how many there may be, and how long a proof is fresh."""

    at_most: Cited[AtMost]
    idle_minutes: Cited[int] = number(1, 30)
    absolute_minutes: Cited[int] = number(1, 720)
    most: Cited[int] = number(1, 10)
    fresh_minutes: Cited[int] = number(1, 15)


@attrs.frozen(kw_only=True)
class PhoneRule:
    """Which numbers may be bound, and what a change, a swapped SIM and long silence mean.

    ``countries`` are the dialling codes allowed, such as ``"+7"``.
    """

    countries: Cited[tuple[str, ...]]
    cooling_hours: Cited[int] = number(24, 720)
    swap_hours: Cited[int] = number(1, 2400)
    rebind_days: Cited[int] = number(1, 3650)


@attrs.frozen(kw_only=True)
class SendingRule:
    """How many messages leave: by number, by client and in all, and when sending stops.

    With more than ``conversion_from`` codes sent within 15 minutes, at least
    ``conversion_percent`` of them must have been used, or nothing more is sent.
    """

    per_phone_hour: Cited[int] = number(1, 100)
    per_phone_day: Cited[int] = number(1, 1000)
    per_client: Cited[int] = number(1, 10_000)
    client_minutes: Cited[int] = number(1, 1440)
    per_minute: Cited[int] = number(1, 1_000_000)
    per_day: Cited[int] = number(1, 1_000_000_000)
    conversion_percent: Cited[int] = number(1, 100)
    conversion_from: Cited[int] = number(1, 1_000_000)


@attrs.frozen(kw_only=True)
class EntryRule:
    """How one gets in.

    ``means`` are offered in this order; ``skew_seconds`` is how far back a clock may step.
    """

    means: Cited[tuple[Means, ...]] = attrs.field(validator=_checked(check_means))
    first_password: FirstPasswordRule
    one_time_code: OneTimeCodeRule
    lock: LockRule
    session: SessionRule
    phone: PhoneRule
    sending: SendingRule
    skew_seconds: Cited[int] = number(0, 60)

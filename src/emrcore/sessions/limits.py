"""How often somebody may guess and be sent a code: all counted per account, never per code."""

import datetime as dt

from emrcore import rules
from emrcore.errors import RuleBroken
from emrcore.rulebook import LockRule, OneTimeCodeRule

DAY = dt.timedelta(days=1)
MONTH = dt.timedelta(days=30)

Moments = tuple[dt.datetime, ...]


def within(moments: Moments, span: dt.timedelta, at: dt.datetime) -> Moments:
    """Those of *moments* that lie less than *span* before *at*."""
    return tuple(moment for moment in moments if at - moment < span)


def check_failures(failed_at: Moments, at: dt.datetime, rule: LockRule) -> None:
    """Refuse another guess where too many failed of late, whatever succeeded between them.

    Raises:
        RuleBroken: SES-5.
    """
    if len(within(failed_at, DAY, at)) >= rule.per_day.value:
        raise RuleBroken(rules.SES_5, "too many failures in a day")
    if len(within(failed_at, MONTH, at)) >= rule.per_month.value:
        raise RuleBroken(rules.SES_5, "too many failures in 30 days")


def lock_until(streak: int, at: dt.datetime, rule: LockRule) -> dt.datetime | None:
    """Until when the *streak*-th failure in a row locks; None if it does not."""
    steps = rule.steps.value
    if streak % steps[0].failures:
        return None
    minutes = max(step.minutes for step in steps if step.failures <= streak)
    return at + dt.timedelta(minutes=minutes)


def check_sends(
    sends: Moments, at: dt.datetime, rule: OneTimeCodeRule, *, pause: bool = True
) -> None:
    """Refuse another code after so many or, with *pause*, so soon after the last.

    The pause grows with every code within the hour.

    Raises:
        RuleBroken: SES-10.
    """
    hour = within(sends, dt.timedelta(hours=1), at)
    if len(within(sends, DAY, at)) >= rule.sends_per_day.value:
        raise RuleBroken(rules.SES_10, "too many in a day")
    if len(hour) >= rule.sends_per_hour.value:
        raise RuleBroken(rules.SES_10, "too many in an hour")
    pauses = rule.pauses.value
    if (
        pause
        and hour
        and at < hour[-1] + dt.timedelta(seconds=pauses[min(len(hour), len(pauses)) - 1])
    ):
        raise RuleBroken(rules.SES_10, "too soon")

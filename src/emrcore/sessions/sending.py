"""How many messages leave: to one number, for one client, and in all.

An account's own limits are part of its second factor. These are across accounts, and are kept where
messages leave, so that no login waits for another.
"""

import datetime as dt

import attrs

from emrcore.rulebook import SendingRule
from emrcore.sessions.limits import DAY, Moments, within

_WINDOW = dt.timedelta(minutes=15)


@attrs.frozen(kw_only=True)
class Minute:
    """What left, and what was proven, in the minute that began at ``start``."""

    start: dt.datetime
    sent: int = 0
    proven: int = 0


@attrs.frozen(kw_only=True)
class Budget:
    """The last 15 minutes one by one, and how many left on the day (UTC) ``day``."""

    minutes: tuple[Minute, ...] = ()
    day: dt.date | None = None
    of_day: int = 0

    def allows(self, at: dt.datetime, rule: SendingRule) -> bool:
        """Whether another message may leave.

        Not beyond what a minute and a day allow, nor while too few codes come back: whoever pumps
        messages never uses one.
        """
        recent = self._recent(at)
        this = [minute for minute in recent if minute.start == _start(at)]
        sent, proven = sum(one.sent for one in recent), sum(one.proven for one in recent)
        pumped = sent > rule.conversion_from.value and (
            proven * 100 < sent * rule.conversion_percent.value
        )
        of_day = self.of_day if self.day == at.astimezone(dt.UTC).date() else 0
        full = bool(this) and this[0].sent >= rule.per_minute.value
        return not (pumped or full or of_day >= rule.per_day.value)

    def counted(self, at: dt.datetime, *, sent: int = 0, proven: int = 0) -> "Budget":
        """The budget after so many more left, or were proven, at *at*."""
        start, day = _start(at), at.astimezone(dt.UTC).date()
        recent = self._recent(at)
        this = next((one for one in recent if one.start == start), Minute(start=start))
        others = tuple(one for one in recent if one.start != start)
        now = Minute(start=start, sent=this.sent + sent, proven=this.proven + proven)
        of_day = self.of_day if self.day == day else 0
        return Budget(minutes=(*others, now), day=day, of_day=of_day + sent)

    def _recent(self, at: dt.datetime) -> tuple[Minute, ...]:
        return tuple(one for one in self.minutes if at - one.start < _WINDOW)


@attrs.frozen(kw_only=True)
class Traffic:
    """When messages left, to one number or for one client."""

    sends: Moments = ()

    def allows_phone(self, at: dt.datetime, rule: SendingRule) -> bool:
        """Whether another message may go to this number."""
        hour = within(self.sends, dt.timedelta(hours=1), at)
        day = within(self.sends, DAY, at)
        return len(hour) < rule.per_phone_hour.value and len(day) < rule.per_phone_day.value

    def allows_client(self, at: dt.datetime, rule: SendingRule) -> bool:
        """Whether this client may cause another message."""
        span = dt.timedelta(minutes=rule.client_minutes.value)
        return len(within(self.sends, span, at)) < rule.per_client.value

    def counted(self, at: dt.datetime) -> "Traffic":
        """The traffic after one more."""
        return Traffic(sends=(*within(self.sends, DAY, at), at))


def _start(at: dt.datetime) -> dt.datetime:
    moment = at.astimezone(dt.UTC)
    return moment.replace(second=0, microsecond=0)

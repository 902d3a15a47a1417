"""Which days work: a finite table, each day with the act that made it so."""

import datetime as dt
import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from enum import StrEnum

import attrs

from emrcore.errors import BeyondCalendar

ONE_DAY = dt.timedelta(days=1)


class DayKind(StrEnum):
    """What a day is to a working calendar."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    DAY_OFF_BY_TRANSFER = "day-off-by-transfer"
    DAY_OFF_BY_DECREE = "day-off-by-decree"
    WORKDAY_BY_TRANSFER = "workday-by-transfer"

    @property
    def works(self) -> bool:
        """Whether a day of this kind is a working day."""
        return self in {DayKind.WORKDAY, DayKind.WORKDAY_BY_TRANSFER}


@attrs.frozen(kw_only=True)
class Why:
    """Why a day works or not: its kind, and the act that made it so (CAL-1).

    A ``shortened`` day is a full working day; only its closing hour moves (CAL-4).
    """

    kind: DayKind
    act: str
    shortened: bool = False

    def __attrs_post_init__(self) -> None:
        if self.shortened and not self.kind.works:
            raise ValueError("only a working day can be shortened")


_WEEK = (
    *(Why(kind=DayKind.WORKDAY, act="five-day week"),) * 5,
    *(Why(kind=DayKind.WEEKEND, act="five-day week"),) * 2,
)

Rulings = tuple[tuple[dt.date, Why], ...]


def _by_day(rulings: Mapping[dt.date, Why] | Iterable[tuple[dt.date, Why]]) -> Rulings:
    return tuple(sorted(dict(rulings).items(), key=lambda ruling: ruling[0]))


@attrs.frozen(kw_only=True)
class WorkingCalendar:
    """The days over ``[known_since, known_until)``; asked about any other, it refuses (CAL-2).

    ``rulings`` holds the days an act speaks of, in order, and is given as a mapping or as pairs;
    every other day follows the five-day week. A transfer published later makes a new calendar:
    ``attrs.evolve(calendar, rulings={**dict(calendar.rulings), day: why})``.
    """

    name: str
    known_since: dt.date
    known_until: dt.date
    rulings: Rulings = attrs.field(converter=_by_day, repr=False)
    fingerprint: str = attrs.field(
        init=False, eq=False, default=attrs.Factory(lambda self: self._hash(), takes_self=True)
    )
    """SHA-256 (hex) over everything the calendar says, its name and horizon included."""

    # Fields, not cached properties: those would slow down every look-up.
    _whys: dict[dt.date, Why] = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(lambda self: self._every_day(), takes_self=True),
    )
    _working: list[dt.date] = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(lambda self: self._every_working_day(), takes_self=True),
    )
    _latest: dict[dt.date, int] = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(lambda self: self._latest_working_day(), takes_self=True),
    )

    def __attrs_post_init__(self) -> None:
        if any(not self.known_since <= day < self.known_until for day, _ in self.rulings):
            raise ValueError("an act speaks of a day outside the calendar")

    def _hash(self) -> str:
        acts = [[str(day), why.kind, why.act, why.shortened] for day, why in self.rulings]
        content = [self.name, str(self.known_since), str(self.known_until), acts]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def _every_day(self) -> dict[dt.date, Why]:
        length = (self.known_until - self.known_since).days
        days = (self.known_since + n * ONE_DAY for n in range(length))
        return {day: _WEEK[day.weekday()] for day in days} | dict(self.rulings)

    def _every_working_day(self) -> list[dt.date]:
        return [day for day, why in self._whys.items() if why.kind.works]

    def _latest_working_day(self) -> dict[dt.date, int]:
        """Where in ``_working`` the latest working day stands as each day ends: the prefix sums."""
        at = -1
        return {day: (at := at + why.kind.works) for day, why in self._whys.items()}

    def why(self, day: dt.date) -> Why:
        """What *day* is and which act made it so.

        Raises:
            BeyondCalendar: nothing is known about *day* (CAL-2).
            TypeError: *day* is a datetime.
        """
        try:
            return self._whys[day]
        except KeyError:
            raise self._refusal(day) from None

    def is_working(self, day: dt.date) -> bool:
        """Whether *day* is a working day. Raises as `why` does."""
        return self.why(day).kind.works

    def is_shortened(self, day: dt.date) -> bool:
        """Whether *day* is a working day that closes early. Raises as `why` does."""
        return self.why(day).shortened

    def nth_working_day_after(self, day: dt.date, n: int) -> dt.date:
        """The *n*-th working day after *day*, which itself never counts; ``n >= 1``.

        Raises:
            BeyondCalendar: *day* or the answer lies outside the calendar (CAL-2).
            TypeError: *day* is a datetime.
        """
        if n < 1:
            raise ValueError("working days are counted from 1")
        try:
            return self._working[self._latest[day] + n]
        except (KeyError, IndexError):
            raise self._refusal(day) from None

    def working_days_between(self, since: dt.date, until: dt.date) -> int:
        """How many working days lie in ``[since, until)``.

        Raises:
            BeyondCalendar: part of the interval lies outside the calendar (CAL-2).
            TypeError: an end is a datetime.
        """
        if until < since:
            raise ValueError("the interval ends before it begins")
        if since < self.known_since or self.known_until < until:
            raise self._refusal(since)
        return bisect_left(self._working, until) - bisect_left(self._working, since)

    def _refusal(self, day: dt.date) -> TypeError | BeyondCalendar:
        if isinstance(day, dt.datetime):
            return TypeError("a date is meant, not a datetime")
        unknown = self.known_until if day in self._whys else day
        return BeyondCalendar(unknown, self.known_since, self.known_until)

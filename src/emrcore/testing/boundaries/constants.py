"""The constants of one role in one edition, and the moments on either side of them."""

import calendar
import datetime as dt
import functools
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from emrcore.rulebook import Band, Cited, Edition, Role, Rulebook

TICK = dt.timedelta(microseconds=1)
DAY = dt.timedelta(days=1)
LONG_AGO = dt.date(1850, 1, 1)
"""A day before all that a rulebook names."""

_LONG = dt.timedelta(days=400)
_NOON = dt.timedelta(hours=12, microseconds=345)


@attrs.frozen(eq=False)
class Scene:
    """One role in one edition, and the constants that count there."""

    rulebook: Rulebook
    edition: Edition
    role: Role

    @property
    def bands(self) -> list[Band]:
        """The bands of the role; none where the role is nobody's."""
        return list(self.edition.relations[self.role].bands.values())

    def named(self, key: str) -> list[Any]:
        """What the bands of the role say at *key*."""
        said: list[Cited[Any] | None] = [getattr(band, key) for band in self.bands]
        return [one.value for one in said if one]

    @functools.cached_property
    def ages(self) -> list[int]:
        """The ages in years that are compared with."""
        keys = ("from_age", "until_age", "records_until_age")
        return sorted({years for key in keys for years in self.named(key)})

    @functools.cached_property
    def days(self) -> list[dt.date]:
        """The days on which something may open or close."""
        sections = self.edition.sections.values()
        turns = [day for one in sections for day in (one.opened_on, one.closed_on)]
        turned = [day.value for day in turns if day]
        return sorted({self.edition.valid_from, *self.named("opens_on"), *turned})

    @functools.cached_property
    def seams(self) -> list[dt.date]:
        """The days on which an edition takes the place of another."""
        days = [edition.valid_from for edition in self.rulebook.editions[1:]]
        return [day for day in days if day in {self.edition.valid_from, self.edition.until}]

    def sides(self, days: Iterable[dt.date]) -> list[dt.datetime]:
        """The last moment before each of *days* and its first, while the edition is in force."""
        starts = [start_of(self.edition, day) for day in days]
        sides = [side for start in starts for side in (start - TICK, start)]
        return [at for at in sides if self.rulebook.edition_at(at) is self.edition]

    @functools.cached_property
    def settled(self) -> dt.datetime:
        """A moment inside the edition, long after all that it names if it is in force so long."""
        windows = [one for rule in self.edition.sections.values() for one in rule.windows.values()]
        starts = [one.records_from.value for one in windows]
        last = max(*self.days, *self.named("records_from"), *starts)
        at, end = start_of(self.edition, last + _LONG) + _NOON, self.edition.until
        return min(at, start_of(self.edition, end) - TICK) if end else at

    def leap_days(self) -> Iterator[tuple[dt.date, dt.datetime]]:
        """Births on 29 February, and moments around the birthday in a common year."""
        years_to_come = range(self.settled.year, self.settled.year + 400)
        for years in self.ages:
            turning = (year for year in years_to_come if _turns_on_leap_day(year, years))
            for year, (month, day) in itertools.product(itertools.islice(turning, 1), _AROUND):
                at = start_of(self.edition, dt.date(year, month, day)) + _NOON
                if self.rulebook.edition_at(at) is self.edition:
                    yield dt.date(year - years, 2, 29), at


def start_of(edition: Edition, day: dt.date) -> dt.datetime:
    """The moment *day* begins in the zone of *edition*, in UTC."""
    return edition.start_of(day).astimezone(dt.UTC)


_AROUND = ((2, 27), (2, 28), (3, 1), (3, 2), (3, 3))


def _turns_on_leap_day(year: int, years: int) -> bool:
    return calendar.isleap(year - years) and not calendar.isleap(year)


def years_before(day: dt.date, years: int) -> dt.date:
    """The same day so many *years* before; of 29 February the day before that."""
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - years, day=28 if leap_day else day.day)

"""By when an answer is due, and the receipt that shows how the days were counted."""

import datetime as dt
from collections.abc import Iterator
from enum import StrEnum
from functools import partial
from zoneinfo import ZoneInfo

import attrs

from emrcore.calendar.local_time import local
from emrcore.calendar.terms import Counting, Term, TermUnit
from emrcore.calendar.working_calendar import ONE_DAY, Why, WorkingCalendar


class Skip(StrEnum):
    """Why a term passes over a day, whatever the calendar says of it."""

    FILED = "filed"
    UNRECEIVED = "unreceived"
    RECEIVED = "received"
    SUSPENDED = "suspended"
    ROLLED = "rolled"


@attrs.frozen(kw_only=True)
class Suspension:
    """The clock stands after ``on`` and up to ``resumed_on``, both local dates (CAL-8, CAL-16).

    The day ``on`` itself still counts, the day ``resumed_on`` does not yet; None: it still stands.
    """

    on: dt.date
    resumed_on: dt.date | None = None

    def __attrs_post_init__(self) -> None:
        if self.resumed_on is not None and self.resumed_on < self.on:
            raise ValueError("resumed before it was suspended")

    def covers(self, day: dt.date) -> bool:
        """Whether the clock stands on *day*."""
        return self.on < day and (self.resumed_on is None or day <= self.resumed_on)


@attrs.frozen(kw_only=True)
class ReceiptLine:
    """One day of a term: its ``number`` if it was counted, and why it was or was not (CAL-9)."""

    day: dt.date
    number: int | None
    why: Why
    skip: Skip | None = None

    @property
    def counted(self) -> bool:
        """Whether the day used up one of the term's days."""
        return self.number is not None


@attrs.frozen(kw_only=True)
class Deadline:
    """Due by the end of ``due_on``: before ``due_at``, which is 00:00 of the next day in ``zone``.

    Both are None while an open suspension keeps the term from running out. The receipt lists each
    day from the filing to the due day, or to the day the clock stopped; a term in months is counted
    in the days it comes to. ``calendar`` and ``fingerprint`` name the calendar that counted;
    ``standard_due_on`` is the due day by the standard one, None if it was not asked for (CAL-9).
    ``after_hours`` matters to counting B only.
    """

    filed_at: dt.datetime
    after_hours: bool
    term: Term
    counting: Counting
    zone: str
    suspended: tuple[Suspension, ...]
    calendar: str
    fingerprint: str
    due_on: dt.date | None
    due_at: dt.datetime | None
    standard_due_on: dt.date | None
    receipt: tuple[ReceiptLine, ...]

    def is_missed(self, at: dt.datetime) -> bool:
        """Whether the term has run out by the moment *at*."""
        return self.due_at is not None and self.due_at <= at


@attrs.frozen(kw_only=True)
class Recomputed:
    """What another edition of the calendar would make of a deadline already given (CAL-10).

    ``changed`` are the days of the receipt it sees differently, as it sees them.
    """

    given_on: dt.date | None
    due_on: dt.date | None
    fingerprint: str
    changed: tuple[ReceiptLine, ...]


def deadline(
    filed_at: dt.datetime,
    *,
    term: Term | None = None,
    working_days: int | None = None,
    calendar: WorkingCalendar,
    counting: Counting,
    zone: str,
    closes: dt.time = dt.time(18),
    closes_shortened: dt.time = dt.time(17),
    standard: WorkingCalendar | None = None,
    suspended: tuple[Suspension, ...] = (),
) -> Deadline:
    """The deadline of what was filed at *filed_at* (CAL-5 to CAL-9, CAL-13 to CAL-16).

    The term is given as *term*, or in short as a number of *working_days*. The closing hours are
    local and matter to counting B only. A suspension on the last day counted, or later, changes
    nothing.

    Raises:
        BeyondCalendar: a day of the term lies outside the calendar (CAL-2).
        TypeError: neither *term* nor *working_days* is given, or both.
        ValueError: *filed_at* is naive (CAL-7).
    """
    filed = local(filed_at, zone)
    filed_on = filed.date()
    if any(suspension.on < filed_on for suspension in suspended):
        raise ValueError("suspended before it was filed")
    # A day off by decree is not short, but to the standard calendar it may be.
    shortened = any(by.is_shortened(filed_on) for by in (calendar, standard) if by)
    after_hours = filed.time() >= (closes_shortened if shortened else closes)
    term = _either(term, working_days)
    count = partial(
        _count,
        filed_on=filed_on,
        after_hours=after_hours,
        term=term,
        counting=counting,
        suspended=suspended,
    )
    receipt, due_on = count(calendar)
    return Deadline(
        filed_at=filed_at,
        after_hours=after_hours,
        term=term,
        counting=counting,
        zone=zone,
        suspended=suspended,
        calendar=calendar.name,
        fingerprint=calendar.fingerprint,
        due_on=due_on,
        due_at=_end_of(due_on, zone) if due_on else None,
        standard_due_on=count(standard)[1] if standard else None,
        receipt=receipt,
    )


def recompute(given: Deadline, calendar: WorkingCalendar) -> Recomputed | None:
    """What *calendar* would make of *given*, whose due day stands; None: the same day (CAL-10).

    Raises:
        BeyondCalendar: a day of the term lies outside *calendar* (CAL-2).
    """
    receipt, due_on = _count(
        calendar,
        filed_on=local(given.filed_at, given.zone).date(),
        after_hours=given.after_hours,
        term=given.term,
        counting=given.counting,
        suspended=given.suspended,
    )
    if due_on == given.due_on:
        return None
    seen = {line.day: line.why for line in given.receipt}
    return Recomputed(
        given_on=given.due_on,
        due_on=due_on,
        fingerprint=calendar.fingerprint,
        changed=tuple(line for line in receipt if seen.get(line.day, line.why) != line.why),
    )


def _either(term: Term | None, working_days: int | None) -> Term:
    match term, working_days:
        case Term(), None:
            return term
        case None, int():
            return Term(number=working_days, unit=TermUnit.WORKING_DAYS)
        case _:
            raise TypeError("a deadline takes a term or a number of working days")


def _count(
    calendar: WorkingCalendar,
    *,
    filed_on: dt.date,
    after_hours: bool,
    term: Term,
    counting: Counting,
    suspended: tuple[Suspension, ...],
) -> tuple[tuple[ReceiptLine, ...], dt.date | None]:
    """The receipt, and the due day; None: the clock stands."""
    received_on = filed_on
    if counting is Counting.B and (after_hours or not calendar.is_working(filed_on)):
        received_on = calendar.nth_working_day_after(filed_on, 1)
    length = term.days_from(received_on)
    every_day = term.unit is not TermUnit.WORKING_DAYS
    stopped_on = min((s.on for s in suspended if s.resumed_on is None), default=dt.date.max)
    lines: list[ReceiptLine] = []
    day, number = filed_on, 0
    while number < length and day <= stopped_on:
        why = calendar.why(day)
        skip = _skip(day, filed_on, received_on, suspended)
        counts = skip is None and (every_day or why.kind.works)
        number += counts
        lines.append(ReceiptLine(day=day, number=number if counts else None, why=why, skip=skip))
        day += ONE_DAY
    if number < length:
        return tuple(lines), None
    if term.rolls:
        lines.extend(_rolled(lines[-1].day, calendar))
    return tuple(lines), lines[-1].day


def _rolled(day: dt.date, calendar: WorkingCalendar) -> Iterator[ReceiptLine]:
    """The days over which an end on *day* moves; none if *day* is a working day (CAL-15)."""
    while not calendar.is_working(day):
        day += ONE_DAY
        yield ReceiptLine(day=day, number=None, why=calendar.why(day), skip=Skip.ROLLED)


def _skip(
    day: dt.date, filed_on: dt.date, received_on: dt.date, suspended: tuple[Suspension, ...]
) -> Skip | None:
    if day == filed_on:
        return Skip.FILED
    if day <= received_on:
        return Skip.RECEIVED if day == received_on else Skip.UNRECEIVED
    return Skip.SUSPENDED if any(s.covers(day) for s in suspended) else None


def _end_of(day: dt.date, zone: str) -> dt.datetime:
    return dt.datetime.combine(day + ONE_DAY, dt.time(), ZoneInfo(zone))

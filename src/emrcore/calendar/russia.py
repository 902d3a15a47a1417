"""The three Russian calendars, 2013 to 2027.

`holidays` gives the public holidays, ``russia.toml`` the acts that moved days off or declared days
non-working. The library is populated, read once and frozen: a year it was not populated with, or
no transfer is decreed for yet, it answers without a word as if nothing was moved. Where it and a
cited act differ the act wins, and the working days of each year must come to the stated number.
"""

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

from emrcore import rules
from emrcore.calendar.public_holidays import public_holidays
from emrcore.calendar.working_calendar import ONE_DAY, DayKind, Why, WorkingCalendar
from emrcore.errors import Fault, Malformed


@cache
def russian_calendar(name: str) -> WorkingCalendar:
    """The calendar called ``standard``, ``federal`` or ``moscow`` (CAL-3).

    Raises:
        ValueError: there is no calendar of that name.
        Malformed: the installed `holidays` does not give the working days stated (CAL-1).
    """
    match name:
        case "standard":
            return checked(_with_short_days(_standard()))
        case "federal":
            return _less_decreed(russian_calendar("standard"), name)
        case "moscow":
            return _less_decreed(russian_calendar("federal"), name)
        case _:
            raise ValueError(f"no Russian calendar is called {name!r}")


@cache
def _acts() -> Mapping[str, Any]:
    return tomllib.loads(files("emrcore.calendar").joinpath("russia.toml").read_text("utf-8"))


def _moves() -> Iterator[tuple[dt.date, dt.date, str]]:
    for transfer in _acts()["transfers"]:
        for origin, target in transfer["moves"]:
            yield origin, target, transfer["act"]


def _standard() -> WorkingCalendar:
    years = [int(year) for year in _acts()["working_days"]]
    since, until = min(years), max(years) + 1
    named = public_holidays("RU", None, range(since, until)).names
    public = named.keys() - {target for _, target, _ in _moves()}
    holiday = Why(kind=DayKind.HOLIDAY, act=_acts()["labour_code"]["holiday"])
    rulings = dict.fromkeys(public, holiday)
    for origin, target, act in _moves():
        rulings[target] = Why(kind=DayKind.DAY_OFF_BY_TRANSFER, act=act)
        rulings.setdefault(origin, Why(kind=DayKind.WORKDAY_BY_TRANSFER, act=act))
    return WorkingCalendar(
        name="standard",
        known_since=dt.date(since, 1, 1),
        known_until=dt.date(until, 1, 1),
        rulings=rulings,
    )


def _with_short_days(calendar: WorkingCalendar) -> WorkingCalendar:
    """Shorten the eve of each holiday, or the day that works in its stead (CAL-4)."""
    worked_on = {target: origin for origin, target, _ in _moves() if calendar.is_working(origin)}
    rulings = dict(calendar.rulings)
    for holiday, why in calendar.rulings:
        eve = holiday - ONE_DAY
        if why.kind is DayKind.HOLIDAY and calendar.known_since <= eve:
            day = worked_on.get(eve, eve)
            rulings |= _short(day, calendar.why(day))
    return attrs.evolve(calendar, rulings=rulings)


def _short(day: dt.date, why: Why) -> dict[dt.date, Why]:
    match why.kind:
        case DayKind.WORKDAY:
            return {day: attrs.evolve(why, act=_acts()["labour_code"]["shortened"], shortened=True)}
        case DayKind.WORKDAY_BY_TRANSFER:
            return {day: attrs.evolve(why, shortened=True)}
        case _:
            return {}


def checked(calendar: WorkingCalendar) -> WorkingCalendar:
    """The *calendar* itself, if each year has the working days stated.

    Raises:
        Malformed: a year has not; every such year is named.
    """
    faults = tuple(
        Fault(f"RU {year}", "not the stated number of working days", rules.CAL_1)
        for year, stated in _acts()["working_days"].items()
        if stated != _working_days_of(int(year), calendar)
    )
    if faults:
        raise Malformed("holidays", faults)
    return calendar


def _working_days_of(year: int, calendar: WorkingCalendar) -> int:
    return calendar.working_days_between(dt.date(year, 1, 1), dt.date(year + 1, 1, 1))


def _less_decreed(calendar: WorkingCalendar, name: str) -> WorkingCalendar:
    """*calendar* less the days off declared for *name*; a day already off keeps its own act."""
    rulings = dict(calendar.rulings)
    for decree in _acts()[name]:
        off = Why(kind=DayKind.DAY_OFF_BY_DECREE, act=decree["act"])
        for n in range((decree["until"] - decree["since"]).days):
            day = decree["since"] + n * ONE_DAY
            if calendar.is_working(day):
                rulings[day] = off
    return attrs.evolve(calendar, name=name, rulings=rulings)

"""Measurements at home and notes: what was entered, in the unit it was entered in.

Nothing is converted: a glucose of 5.4 mmol/L and one of 97 mg/dL are two entries, and a reader sees
which was on the device. Whether a value is good or bad is no question here.
"""

import datetime as dt
import functools
import importlib.resources
import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs

from emrcore import rules
from emrcore.diary.questionnaires import read_text
from emrcore.errors import Fault, Malformed

_NUMBER = re.compile(r"\d{1,4}([.,]\d{1,3})?", re.ASCII)


@attrs.frozen(kw_only=True)
class Bounds:
    """What is plausible, both ends included, and who says so."""

    low: Decimal
    high: Decimal
    source: str


@attrs.frozen(kw_only=True)
class Measure:
    """Something that is measured: its ``parts``, and its units by UCUM code.

    With ``descending``, each part is above the next.
    """

    name: str
    title: Mapping[str, str]
    parts: tuple[str, ...]
    units: Mapping[str, Bounds]
    descending: bool = False


@attrs.frozen(kw_only=True)
class Measured:
    """What was measured at a moment: each part as it was entered, all in one ``unit``."""

    measure: str
    entered: Mapping[str, str] = attrs.field(repr=False)
    unit: str
    at: dt.datetime

    @property
    def numbers(self) -> Mapping[str, Decimal]:
        """The parts as numbers, in ``unit``."""
        return {part: _number(text) for part, text in self.entered.items()}


@attrs.frozen(kw_only=True)
class Note:
    """What somebody noted about a moment."""

    text: str = attrs.field(repr=False)
    at: dt.datetime


@functools.cache
def measures() -> Mapping[str, Measure]:
    """Everything that can be measured, by name."""
    file = importlib.resources.files("emrcore.diary") / "measurements.toml"
    tables: dict[str, dict[str, Any]] = tomllib.loads(file.read_text("utf-8"))
    return {name: _measure(name, table) for name, table in tables.items()}


def _measure(name: str, table: Mapping[str, Any]) -> Measure:
    units = {
        unit: Bounds(low=Decimal(one["low"]), high=Decimal(one["high"]), source=one["source"])
        for unit, one in table["units"].items()
    }
    return Measure(
        name=name,
        title=table["title"],
        parts=tuple(table["parts"]),
        units=units,
        descending=table.get("descending", False),
    )


def read_measured(
    measure: str,
    typed: Mapping[str, object],
    *,
    unit: str,
    at: dt.datetime,
    now: dt.datetime,
) -> Measured:
    """What was *typed*, by part, as text with a point or a comma.

    Raises:
        Malformed: OWN-2 an unknown measure or unit (those that are known are named), OWN-3 a value
            that is implausible; with every fault. None says what was typed.
    """
    known = measures().get(measure)
    faults = list(_untimely(at, now))
    if known is None:
        what = f"must be one of {', '.join(measures())}"
        raise Malformed("measurement", (Fault("measure", what, rules.OWN_2), *faults))
    bounds = known.units.get(unit)
    if bounds is None:
        faults.append(Fault("unit", f"must be one of {', '.join(known.units)}", rules.OWN_2))
    if set(typed) != set(known.parts):
        faults.append(Fault("parts", f"must be {', '.join(known.parts)}", rules.OWN_2))
    entered = {
        part: text.strip()
        for part in known.parts
        if isinstance(text := typed.get(part), str) and _NUMBER.fullmatch(text.strip())
    }
    faults += [
        Fault(part, "must be a number of up to four digits and three decimals", rules.OWN_2)
        for part in known.parts
        if part in typed and part not in entered
    ]
    faults += _implausible(known, bounds, {part: _number(text) for part, text in entered.items()})
    if faults:
        raise Malformed("measurement", tuple(faults))
    return Measured(measure=measure, entered=entered, unit=unit, at=at)


def read_note(typed: object, *, at: dt.datetime, now: dt.datetime) -> Note:
    """What was *typed* as a note about the moment *at*.

    Raises:
        Malformed: with every fault.
    """
    faults = list(_untimely(at, now))
    text = ""
    try:
        text = read_text(typed)
    except ValueError as error:
        faults.insert(0, Fault("text", str(error), rules.OWN_1))
    if faults:
        raise Malformed("note", tuple(faults))
    return Note(text=text, at=at)


def _untimely(at: dt.datetime, now: dt.datetime) -> Iterator[Fault]:
    if at.tzinfo is None:
        raise ValueError("at must be an aware datetime")
    if at > now:
        yield Fault("at", "is still to come", rules.OWN_3)


def _implausible(
    measure: Measure, bounds: Bounds | None, numbers: Mapping[str, Decimal]
) -> Iterator[Fault]:
    for part, number in numbers.items():
        if bounds and not bounds.low <= number <= bounds.high:
            what = f"must be {bounds.low} to {bounds.high}"
            yield Fault(part, what, rules.OWN_3)
    ordered = [numbers[part] for part in measure.parts if part in numbers]
    pairs = itertools.pairwise(ordered)
    if measure.descending and any(above <= below for above, below in pairs):
        yield Fault(measure.parts[0], f"must be above {measure.parts[1]}", rules.OWN_3)


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))

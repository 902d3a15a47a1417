"""Forms: each takes what stands at one place of a JSON text, or tells every fault of it.

A form refuses by `Malformed` with faults placed below itself, as the values of the domain do; the
form around it puts its own key in front.
"""

import datetime as dt
import enum
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeGuard, TypeVar

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed
from emrcore.rules import Rule

T = TypeVar("T")
E = TypeVar("E", bound=enum.StrEnum)

Form = Callable[[Any], T]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_YEARS = range(1000, 9001)
_NOTHING: Mapping[str, Form[Any]] = MappingProxyType({})


def unfit(what: str, rule: Rule | None = None, *, at: str = "") -> Malformed:
    """One fault of what a form is given, or of the part *at* which it is."""
    return Malformed("vectors", (Fault(at, what, rule),))


class Members(dict[str, Any]):
    """An object of a JSON text, which may say the same key twice."""

    repeated: tuple[str, ...] = ()


@attrs.define
class Report:
    """The faults found while several forms are tried."""

    faults: list[Fault] = attrs.field(factory=list[Fault])

    def read(self, form: Form[T], value: object, *, at: str) -> T | None:
        """What *form* makes of *value*; None with its faults noted below *at*."""
        try:
            return form(value)
        except Malformed as wrong:
            self.note(at, wrong.faults)
            return None

    def note(self, at: str, faults: Iterable[Fault]) -> None:
        """Note *faults* below *at*."""
        self.faults.extend(attrs.evolve(one, where=_below(at, one.where)) for one in faults)

    def close(self) -> None:
        """End the reading.

        Raises:
            Malformed: there are faults.
        """
        if self.faults:
            raise Malformed("vectors", tuple(self.faults))


def _below(outer: str, inner: str) -> str:
    dot = "." if outer and inner and not inner.startswith("[") else ""
    return f"{outer}{dot}{inner}"


# -- Texts, objects and lists ----------------------------------------------------------------------


def a_json(text: str) -> object:
    """What a JSON text says."""
    try:
        return json.loads(text, object_pairs_hook=_members)
    except json.JSONDecodeError as broken:
        raise unfit(f"is not JSON, line {broken.lineno}") from None
    except (ValueError, RecursionError):  # a number without end, brackets without end
        raise unfit("is not JSON that can be read") from None


def _members(pairs: list[tuple[str, Any]]) -> Members:
    found = Members(pairs)
    keys = [key for key, _ in pairs]
    found.repeated = tuple(key for key in found if keys.count(key) > 1)
    return found


def members(
    required: Mapping[str, Form[Any]], optional: Mapping[str, Form[Any]] = _NOTHING
) -> Form[dict[str, Any]]:
    """An object of these keys and no others."""

    def read(value: object) -> dict[str, Any]:
        if not isinstance(value, Members):
            raise unfit("must be an object")
        report, found = Report(), dict[str, Any]()
        for key, form in (*required.items(), *optional.items()):
            if key in value:
                found[key] = report.read(form, value[key], at=key)
            elif key in required:
                report.faults.append(Fault(key, "is missing"))
        unknown = value.keys() - required.keys() - optional.keys()
        report.note("", (Fault(_shown(key), "is not known here") for key in sorted(unknown)))
        report.note("", (Fault(_shown(key), "stands here twice") for key in value.repeated))
        report.close()
        return found

    return read


def _shown(key: str) -> str:
    return key if key.isprintable() else ascii(key)


def made(form: Form[dict[str, Any]], make: Callable[[dict[str, Any]], T]) -> Form[T]:
    """What *make* makes of an object; its faults are those of the file."""

    def read(value: object) -> T:
        found = form(value)
        try:
            return make(found)
        except ValueError as wrong:
            raise unfit(str(wrong)) from None

    return read


def list_of(form: Form[T]) -> Form[tuple[T, ...]]:
    """A list of what *form* takes."""

    def read(value: object) -> tuple[T, ...]:
        report = Report()
        found = [report.read(form, one, at=f"[{n}]") for n, one in enumerate(a_list(value))]
        report.close()
        return tuple(one for one in found if one is not None)

    return read


def a_list(value: object) -> list[Any]:
    """A list of anything."""
    if not is_list(value):
        raise unfit("must be a list")
    return value


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether *value* is a list."""
    return isinstance(value, list)


def or_null(form: Form[T]) -> Form[T | None]:
    """The same, or null."""
    return lambda value: None if value is None else form(value)


# -- Single values ---------------------------------------------------------------------------------


def anything(value: object) -> object:
    """Whatever it is."""
    return value


def a_text(value: object) -> str:
    """A text, which may be empty."""
    if not isinstance(value, str):
        raise unfit("must be a text")
    return value


def a_name(value: object) -> str:
    """A text that can be printed on a line."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise unfit("must be a text that is not blank and can be printed on a line")
    return value


def a_flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise unfit("must be true or false")
    return value


def a_number(least: int, most: float = math.inf) -> Form[int]:
    """Whole numbers from *least* to *most*."""
    span = f"from {least} on" if most == math.inf else f"from {least} to {most}"

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise unfit(f"must be a whole number {span}")
        return value

    return read


def one_of(choices: Iterable[str]) -> Form[str]:
    """One of these texts."""
    known = tuple(choices)

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise unfit(f"must be one of {', '.join(known)}")
        return value

    return read


def member_of(choices: type[E]) -> Form[E]:
    """One of an enumeration."""
    text = one_of(choices)
    return lambda value: choices(text(value))


def a_day(value: object) -> dt.date:
    """A day of the years 1000 to 9000."""
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            day = dt.date.fromisoformat(value)
            if day.year in _YEARS:
                return day
    except ValueError:
        pass
    raise unfit("must be a day, such as 2020-01-31", rules.PPL_4)


def a_moment(value: object) -> dt.datetime:
    """A moment with its offset, of the years 1000 to 9000."""
    try:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            at = dt.datetime.fromisoformat(value)
            if at.year in _YEARS:
                return at
    except ValueError:
        pass
    what = "must be a moment with its offset, such as 2020-01-14T10:00:00+03:00"
    raise unfit(what, rules.CAL_7)

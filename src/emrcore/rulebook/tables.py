"""A TOML text being read: tables, plain values, and the places of all that is wrong with them."""

import datetime as dt
import enum
import hashlib
import itertools
import json
import re
import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard, TypeVar

import attrs

from emrcore import rules
from emrcore.errors import Fault
from emrcore.rulebook.cited import Cited

T = TypeVar("T")
E = TypeVar("E", bound=enum.StrEnum)

_HEADER = re.compile(r"\s*\[(\[?)([^\[\]]+)\]?\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


class Places:
    """Which line of a text a key stands on; tomllib does not say."""

    def __init__(self, content: str, file: str) -> None:
        self._file = file
        self._lines: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        editions = -1
        for number, line in enumerate(content.splitlines(), 1):
            if header := _HEADER.match(line):
                names = [name.strip().strip("\"'") for name in header[2].split(".")]
                editions += bool(header[1]) and names == ["edition"]
                if names[0] == "edition":
                    names.insert(1, str(max(editions, 0)))
                table = tuple(names)
                self._lines.setdefault(table, number)
            elif key := _KEY.match(line):
                self._lines.setdefault((*table, key[1]), number)

    def of(self, path: tuple[str, ...]) -> str:
        """``file:line key`` of the innermost known part of *path*."""
        for end in range(len(path), 0, -1):
            if line := self._lines.get(path[:end]):
                return f"{self._file}:{line} {'.'.join(path)}"
        return f"{self._file} {'.'.join(path)}"


@attrs.define
class Report:
    """What reading a text has found out: every fault, and every citation with its place."""

    places: Places
    faults: list[Fault] = attrs.field(factory=list[Fault])
    citations: list[tuple[tuple[str, ...], str]] = attrs.field(
        factory=list[tuple[tuple[str, ...], str]]
    )

    def fault(self, path: tuple[str, ...], what: str, rule: rules.Rule) -> None:
        """Note a fault at *path*."""
        self.faults.append(Fault(self.places.of(path), what, rule))


class Table:
    """One TOML table being read: each read notes its faults and answers with a stand-in.

    The stand-ins never leave this module: with any fault, nothing is returned.
    """

    def __init__(self, data: object, path: tuple[str, ...], report: Report) -> None:
        self._path = path
        self._report = report
        self._read: set[str] = set()
        self._data: Mapping[str, Any] = {}
        if is_table(data):
            self._data = data
        else:
            self.fault((), "must be a table")

    def fault(self, key: tuple[str, ...], what: str, rule: rules.Rule = rules.RB_1) -> None:
        """Note what is wrong with the table, or with the *key* in it."""
        self._report.fault((*self._path, *key), what, rule)

    def _get(self, key: str) -> Any:
        self._read.add(key)
        return self._data.get(key)

    def _inner(self, key: str, data: object) -> "Table":
        return Table(data, (*self._path, key), self._report)

    def has(self, key: str) -> bool:
        """Whether anything stands at *key*."""
        return key in self._data

    def fingerprint(self, *names: str) -> str:
        """SHA-256 of the table's content and *names*, the same in every process."""
        content = json.dumps([*names, self._data], default=str, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def plain(
        self, key: str, kind: Callable[[Any], T], stand_in: T, rule: rules.Rule = rules.RB_1
    ) -> T:
        """The value at *key*, which must be there."""
        value = self._get(key)
        if value is None:
            self.fault((key,), "is missing", rule)
            return stand_in
        try:
            return kind(value)
        except (TypeError, ValueError) as wrong:
            self.fault((key,), str(wrong), rule)
            return stand_in

    def cited(self, key: str, kind: Callable[[Any], T], stand_in: T) -> Cited[T]:
        """The ``{ value, source }`` at *key*, which must be there."""
        data = self._get(key)
        if data is None:
            self.fault((key,), "is missing")
            return Cited(stand_in, "")
        inner = self._inner(key, data)
        value = inner.plain("value", kind, stand_in)
        source = inner.plain("source", a_text, "", rules.RB_2)
        inner.close()
        self._report.citations.append(((*self._path, key, "source"), source))
        return Cited(value, source)

    def maybe(self, key: str, kind: Callable[[Any], T], stand_in: T) -> Cited[T] | None:
        """The ``{ value, source }`` at *key*, or None where the key is absent."""
        return self.cited(key, kind, stand_in) if key in self._data else None

    def table(self, key: str) -> "Table":
        """The table at *key*, which must be there."""
        data = self._get(key)
        if data is None:
            self.fault((key,), "is missing")
        return self._inner(key, data or {})

    def tables(self, key: str) -> list[tuple[str, "Table"]]:
        """The named tables below *key*, of which there must be one."""
        outer = self.table(key)
        if self.has(key) and outer.is_empty():
            self.fault((key,), "is empty")
        return list(outer)

    def __iter__(self) -> Iterator[tuple[str, "Table"]]:
        for name, data in self._data.items():
            yield name, self._inner(name, data)

    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return not self._data

    def array(self, key: str) -> list["Table"]:
        """The array of tables at *key*, of which there must be one.

        A later table says only what it changes of the one before.
        """
        items = self._get(key)
        if not _is_list(items) or not items:
            self.fault((key,), "must be one or more tables")
            return []
        amended = itertools.accumulate(items, _amended)
        return [
            Table(item, (*self._path, key, str(number)), self._report)
            for number, item in enumerate(amended)
        ]

    def close(self) -> None:
        """Fault every key that nobody asked for."""
        for key in self._data:
            if key not in self._read:
                self.fault((key,), "is not known here")


def _amended(before: object, change: object) -> object:
    """*before* with the tables of *change* laid over it; a cited value is replaced whole."""
    if not is_table(before) or not is_table(change) or "value" in change:
        return change
    return before | {
        key: _amended(before[key], value) if key in before else value
        for key, value in change.items()
    }


def is_table(data: object) -> TypeGuard[dict[str, Any]]:
    """Whether *data* is a TOML table."""
    return isinstance(data, dict)


def _is_list(data: object) -> TypeGuard[list[Any]]:
    return isinstance(data, list)


# -- Plain values: each takes what TOML gave, and says in a lower-case clause what it wants --------


def a_text(value: object) -> str:
    """A text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise TypeError("must be a text")
    return value


def a_flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def a_day(value: object) -> dt.date:
    """A local day."""
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise TypeError("must be a day, such as 2020-01-14")
    return value


def a_number(least: int, most: int) -> Callable[[object], int]:
    """Whole numbers from *least* to *most*."""

    def whole(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return whole


def one_of(choices: type[E]) -> Callable[[object], E]:
    """One of an enumeration."""

    def one(value: object) -> E:
        if not isinstance(value, str) or value not in list(choices):
            raise ValueError(f"must be one of {', '.join(choices)}")
        return choices(value)

    return one


def list_of(kind: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """A list of different things of *kind*."""

    def items(value: object) -> tuple[T, ...]:
        if not _is_list(value):
            raise TypeError("must be a list")
        found = tuple(kind(item) for item in value)
        if len(set(found)) != len(found):
            raise ValueError("names something twice")
        return found

    return items


def a_zone(value: object) -> zoneinfo.ZoneInfo:
    """A time zone of the IANA database."""
    try:
        return zoneinfo.ZoneInfo(a_text(value))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise ValueError("must be a time zone of the IANA database") from None

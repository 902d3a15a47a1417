"""From a TOML text to a rulebook, with every fault and the line it stands on.

A rulebook is read in three passes: the text (TOML), the form (every key known, present, cited and
of its type), the sense (``totality``). A pass with faults ends the reading, so that each fault is
told once and none is a consequence of another.
"""

import datetime as dt
import enum
import functools
import hashlib
import importlib.resources
import itertools
import json
import pathlib
import re
import tomllib
import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard, TypeVar

import attrs

from emrcore import rules
from emrcore.calendar import Counting
from emrcore.errors import Fault, Malformed
from emrcore.people import AccountLevel, AgeConvention, KinshipStatus, LeapBirthday
from emrcore.rulebook import totality
from emrcore.rulebook.edition import (
    Access,
    Ages,
    ApplicationRule,
    Basis,
    Check,
    Cited,
    Edition,
    EmergencyRule,
    FirstPasswordRule,
    LockRule,
    LockStep,
    OneTimeCodeRule,
    Relation,
    Role,
    Rulebook,
    SectionRule,
    SessionRule,
    Source,
)

T = TypeVar("T")
E = TypeVar("E", bound=enum.StrEnum)

_LANGUAGES = ("en", "ru")
_HEADER = re.compile(r"\s*\[(\[?)([^\[\]]+)\]?\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


@functools.cache
def shipped(name: str) -> Rulebook:
    """The rulebook *name* that comes with the library, such as ``"ru-moscow-2020"``.

    Raises:
        Malformed: there is none of that name.
    """
    if name not in shipped_names():
        known = ", ".join(shipped_names())
        raise Malformed(f"rulebook {name!r}", (Fault("name", f"not one of {known}", rules.RB_1),))
    folder = importlib.resources.files("emrcore") / "rulebooks"
    return parse((folder / f"{name}.toml").read_text("utf-8"), file=f"{name}.toml")


@functools.cache
def shipped_names() -> tuple[str, ...]:
    """The names of the rulebooks that come with the library, sorted."""
    folder = importlib.resources.files("emrcore") / "rulebooks"
    return tuple(sorted(item.name.removesuffix(".toml") for item in folder.iterdir()))


def load(path: pathlib.Path) -> Rulebook:
    """The rulebook in the file at *path*.

    Raises:
        Malformed: with every fault, its line and its key.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        fault = Fault(path.name, "cannot be read as UTF-8 text", rules.RB_1)
        raise Malformed(f"rulebook {path.name}", (fault,)) from unreadable
    return parse(text, file=path.name)


def parse(text: str, *, file: str) -> Rulebook:
    """The rulebook in *text*; *file* names it in faults.

    Raises:
        Malformed: with every fault, its line and its key (RB-1 form, RB-2 sources, RB-3 sense).
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        fault = Fault(file, f"not TOML: {broken}", rules.RB_1)
        raise Malformed(f"rulebook {file}", (fault,)) from None
    places = _Places(text, file)
    top = _Table(data, (), places, [])
    book = _rulebook(top)
    if not top.faults:
        for rule, findings in (
            (rules.RB_2, totality.unknown_sources(book)),
            (rules.RB_3, totality.faults(book)),
        ):
            top.faults.extend(Fault(places.of(path), what, rule) for path, what in findings)
    if top.faults:
        raise Malformed(f"rulebook {file}", tuple(top.faults))
    return book


class _Places:
    """Which line of the text a key stands on; tomllib does not say."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._lines: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        editions = -1
        for number, line in enumerate(text.splitlines(), 1):
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


class _Table:
    """One TOML table being read: each read notes its faults and answers with a stand-in.

    The stand-ins never leave this module: with any fault, nothing is returned.
    """

    def __init__(
        self, data: object, path: tuple[str, ...], places: _Places, faults: list[Fault]
    ) -> None:
        self._path = path
        self._places = places
        self._read: set[str] = set()
        self.faults = faults
        self._data: Mapping[str, Any] = {}
        if _is_table(data):
            self._data = data
        else:
            self.fault((), "must be a table")

    def fault(self, key: tuple[str, ...], what: str, rule: rules.Rule = rules.RB_1) -> None:
        self.faults.append(Fault(self._places.of((*self._path, *key)), what, rule))

    def _get(self, key: str) -> Any:
        self._read.add(key)
        return self._data.get(key)

    def _inner(self, key: str, data: object) -> "_Table":
        return _Table(data, (*self._path, key), self._places, self.faults)

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
        source = inner.plain("source", _text, "", rules.RB_2)
        inner.close()
        return Cited(value, source)

    def maybe(self, key: str, kind: Callable[[Any], T], stand_in: T) -> Cited[T] | None:
        """The ``{ value, source }`` at *key*, or None where the key is absent."""
        return self.cited(key, kind, stand_in) if key in self._data else None

    def table(self, key: str) -> "_Table":
        """The table at *key*, which must be there."""
        data = self._get(key)
        if data is None:
            self.fault((key,), "is missing")
        return self._inner(key, data or {})

    def tables(self, key: str) -> list[tuple[str, "_Table"]]:
        """The named tables below *key*, of which there must be one."""
        outer = self.table(key)
        if self.has(key) and outer.is_empty():
            self.fault((key,), "is empty")
        return list(outer)

    def __iter__(self) -> Iterator[tuple[str, "_Table"]]:
        for name, data in self._data.items():
            yield name, self._inner(name, data)

    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return not self._data

    def array(self, key: str) -> list["_Table"]:
        """The array of tables at *key*, of which there must be one.

        A later table says only what it changes of the one before.
        """
        items = self._get(key)
        if not _is_list(items) or not items:
            self.fault((key,), "must be one or more tables")
            return []
        amended = itertools.accumulate(items, _amended)
        return [
            _Table(item, (*self._path, key, str(number)), self._places, self.faults)
            for number, item in enumerate(amended)
        ]

    def close(self) -> None:
        """Fault every key that nobody asked for."""
        for key in self._data:
            if key not in self._read:
                self.fault((key,), "is not known here")


def _amended(before: object, change: object) -> object:
    """*before* with the tables of *change* laid over it; a cited value is replaced whole."""
    if not _is_table(before) or not _is_table(change) or "value" in change:
        return change
    return before | {
        key: _amended(before[key], value) if key in before else value
        for key, value in change.items()
    }


def _is_table(data: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(data, dict)


def _is_list(data: object) -> TypeGuard[list[Any]]:
    return isinstance(data, list)


# -- Plain values: each takes what TOML gave, and says in a lower-case clause what it wants --------


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError("must be a text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def _day(value: object) -> dt.date:
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise TypeError("must be a day, such as 2020-01-14")
    return value


def _number(least: int, most: int) -> Callable[[object], int]:
    def number(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return number


def _one_of(choices: type[E]) -> Callable[[object], E]:
    def one(value: object) -> E:
        if not isinstance(value, str) or value not in list(choices):
            raise ValueError(f"must be one of {', '.join(choices)}")
        return choices(value)

    return one


def _list_of(kind: Callable[[Any], T]) -> Callable[[object], tuple[T, ...]]:
    def items(value: object) -> tuple[T, ...]:
        if not _is_list(value):
            raise TypeError("must be a list")
        found = tuple(kind(item) for item in value)
        if len(set(found)) != len(found):
            raise ValueError("names something twice")
        return found

    return items


def _lock_step(value: object) -> LockStep:
    if not _is_table(value) or set(value) != {"failures", "minutes"}:
        raise TypeError("must be tables of failures and minutes")
    many = _number(1, 1_000_000)
    return LockStep(failures=many(value["failures"]), minutes=many(value["minutes"]))


def _zone(value: object) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(_text(value))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise ValueError("must be a time zone of the IANA database") from None


# -- Tables ---------------------------------------------------------------------------------------

_UTC = zoneinfo.ZoneInfo("UTC")
_NO_DAY = dt.date.max
_texts = _list_of(_text)


def _rulebook(top: _Table) -> Rulebook:
    name = top.plain("id", _text, "")
    zone = top.plain("zone", _zone, _UTC)
    title = _titles(top.table("title"))
    sources = {key: _source(table) for key, table in top.tables("sources")}
    editions = [_edition(table, name, zone) for table in top.array("edition")]
    top.close()
    ends = [*(edition.valid_from for edition in editions[1:]), None]
    return Rulebook(
        id=name,
        title=title,
        sources=sources,
        editions=tuple(map(_ending, editions, ends)),
    )


def _ending(edition: Edition, until: dt.date | None) -> Edition:
    return attrs.evolve(edition, until=until)


def _titles(table: _Table) -> dict[str, str]:
    found = {language: table.plain(language, _text, "") for language in _LANGUAGES}
    table.close()
    return found


def _source(table: _Table) -> Source:
    found = Source(
        title=table.plain("title", _text, ""),
        url=table.plain("url", _text, "") if table.has("url") else None,
    )
    table.close()
    return found


def _edition(table: _Table, name: str, zone: zoneinfo.ZoneInfo) -> Edition:
    found = Edition(
        rulebook=name,
        zone=zone,
        valid_from=table.plain("valid_from", _day, _NO_DAY),
        ages=_ages(table.table("ages")),
        relations=_relations(table),
        sections={key: _section(inner) for key, inner in table.tables("sections")},
        emergency=_emergency(table.table("emergency")),
        application=_application(table.table("application")),
        first_password=_first_password(table.table("first_password")),
        one_time_code=_one_time_code(table.table("one_time_code")),
        lock=_lock(table.table("lock")),
        session=_session(table.table("session")),
        fingerprint=table.fingerprint(name, zone.key),
    )
    table.close()
    return found


def _ages(table: _Table) -> Ages:
    found = Ages(
        attained=table.cited("attained", _one_of(AgeConvention), AgeConvention.DAY_AFTER),
        leap_birthday=table.cited("leap_birthday", _one_of(LeapBirthday), LeapBirthday.FEB28),
    )
    table.close()
    return found


def _relations(table: _Table) -> dict[Role, Relation]:
    found: dict[Role, Relation] = {}
    for key, inner in table.tables("relations"):
        relation = _relation(inner)
        if key in list(Role):
            found[Role(key)] = relation
        else:
            table.fault(("relations", key), f"is not one of {', '.join(Role)}")
    return found


def _relation(table: _Table) -> Relation:
    years = _number(0, 150)
    found = Relation(
        access=table.cited("access", _one_of(Access), Access.GRANTED),
        restricted=table.cited("restricted", _flag, stand_in=True),
        after_death=table.cited("after_death", _flag, stand_in=False),
        windows=table.cited("windows", _flag, stand_in=True),
        labels=table.cited("labels", _texts, ()),
        sections=table.cited("sections", _texts, ()),
        opens_on=table.maybe("opens_on", _day, _NO_DAY),
        from_age=table.maybe("from_age", years, 0),
        until_age=table.maybe("until_age", years, 0),
        kinship=table.maybe("kinship", _one_of(KinshipStatus), KinshipStatus.CONFIRMED),
    )
    table.close()
    return found


def _section(table: _Table) -> SectionRule:
    found = SectionRule(
        title=_titles(table.table("title")),
        kinds=table.cited("kinds", _texts, ()),
        opened_on=table.maybe("opened_on", _day, _NO_DAY),
        records_from=table.maybe("records_from", _day, _NO_DAY),
        basis=table.maybe("basis", _one_of(Basis), Basis.OCCURRED),
        announced=table.maybe("announced", _flag, stand_in=True),
    )
    table.close()
    return found


def _emergency(table: _Table) -> EmergencyRule:
    found = EmergencyRule(hours=table.cited("hours", _number(1, 24 * 14), 1))
    table.close()
    return found


def _application(table: _Table) -> ApplicationRule:
    found = ApplicationRule(
        opens_on=table.cited("opens_on", _day, _NO_DAY),
        account_levels=table.cited("account_levels", _list_of(_one_of(AccountLevel)), ()),
        checks=table.cited("checks", _list_of(_one_of(Check)), ()),
        working_days=table.cited("working_days", _number(1, 365), 1),
        counting=table.cited("counting", _one_of(Counting), Counting.A),
        calendar=table.cited("calendar", _text, ""),
    )
    table.close()
    return found


def _first_password(table: _Table) -> FirstPasswordRule:
    found = FirstPasswordRule(
        digits=table.cited("digits", _number(6, 9), 6),
        lifetime_hours=table.cited("lifetime_hours", _number(1, 72), 1),
        tries=table.cited("tries", _number(1, 5), 1),
    )
    table.close()
    return found


def _one_time_code(table: _Table) -> OneTimeCodeRule:
    found = OneTimeCodeRule(
        digits=table.cited("digits", _number(6, 9), 6),
        lifetime_minutes=table.cited("lifetime_minutes", _number(1, 10), 1),
        pause_seconds=table.cited("pause_seconds", _number(15, 3600), 15),
        sends_per_day=table.cited("sends_per_day", _number(1, 100), 1),
    )
    table.close()
    return found


def _lock(table: _Table) -> LockRule:
    found = LockRule(
        steps=table.cited("steps", _list_of(_lock_step), ()),
        hard_failures=table.cited("hard_failures", _number(1, 100), 1),
    )
    table.close()
    return found


def _session(table: _Table) -> SessionRule:
    found = SessionRule(
        idle_minutes=table.cited("idle_minutes", _number(1, 30), 1),
        absolute_minutes=table.cited("absolute_minutes", _number(1, 720), 1),
    )
    table.close()
    return found

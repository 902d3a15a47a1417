"""The commands that answer one question each, and write nothing."""

import argparse
import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from emrcore import rules
from emrcore.adapters import fhir
from emrcore.calendar import calendar_named, deadline
from emrcore.errors import Fault, Malformed
from emrcore.people import Sex, parse_identity
from emrcore.records import Verdict, diff
from emrcore.rulebook import Cited, May, Rulebook, load, shipped, shipped_names

MOSCOW = ZoneInfo("Europe/Moscow")


def rulebook(name: str) -> Rulebook:
    """The shipped rulebook of that *name*, or the one in the file of that name.

    Raises:
        Malformed: with every fault.
    """
    return shipped(name) if name in shipped_names() else load(Path(name))


def check_rulebook(chosen: argparse.Namespace) -> None:
    """Say what a rulebook holds, or list every fault of it."""
    book = rulebook(chosen.rulebook)
    print(f"{book.id}: {book.title['en']}")
    for edition in book.editions:
        opened = [name for name, section in edition.sections.items() if section.opened_on]
        print(f"  from {edition.valid_from}: {len(edition.sections)} sections, {len(opened)} open")
        print(f"  fingerprint {edition.fingerprint}")


def show_rulebook(chosen: argparse.Namespace) -> None:
    """Print every value of a rulebook, edition by edition, with the place that says so."""
    book = rulebook(chosen.rulebook)
    print(f"{book.id}: {book.title['en']}")
    for name, source in book.sources.items():
        print(f"  {name}: {source.title}" + (f" <{source.url}>" if source.url else ""))
    for edition in book.editions:
        print(f"\nfrom {edition.valid_from}" + (f" until {edition.until}" if edition.until else ""))
        for path, cited in _cited(edition, ()):
            print(f"  {'.'.join(path)} = {_shown(cited.value)}   [{cited.source}]")


def show_difference(chosen: argparse.Namespace) -> None:
    """Print who gains and loses what, each with the smallest example and both reasons."""
    at = moment(chosen.at, "at")
    changes = diff(rulebook(chosen.before), rulebook(chosen.after), at=at)
    for change in changes:
        example = change.example
        turn = "gains" if change.gains else "loses"
        born, document = example.facts.person.born, example.document
        kind = f" {document.kind}" if document.kind else ""
        print(f"{change.role} {turn} {change.section}")
        print(f"  {example.situation}: patient born {born},{kind} dated {document.occurred_on}")
        print(f"  before: {_verdict(change.before)}")
        print(f"  after:  {_verdict(change.after)}")
    if not changes:
        print("no difference")


def _verdict(verdict: Verdict) -> str:
    may = verdict.may.name.lower() if verdict.may else "hidden"
    return f"{may}, {verdict.reason}"


def _cited(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Cited[object]]]:
    """Every cited value below *value*, in the order of the classes and the file."""
    if isinstance(value, Cited):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, object]", value).items():
            yield from _cited(inner, (*path, key))
    elif attrs.has(kind := type(value)):
        for field in attrs.fields(kind):
            step = () if field.name == "bands" else (field.name,)
            yield from _cited(getattr(value, field.name), (*path, *step))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_shown, cast("tuple[object, ...]", value))) or "none"
    if attrs.has(kind := type(value)):
        fields = attrs.fields(kind)
        return " ".join(f"{field.name} {_shown(getattr(value, field.name))}" for field in fields)
    return value.name.lower() if isinstance(value, May) else str(value)


def show_deadline(chosen: argparse.Namespace) -> None:
    """Print a deadline with its receipt."""
    due = deadline(
        moment(chosen.filed, "filed"),
        working_days=chosen.working_days,
        calendar=calendar_named(chosen.calendar),
        counting=chosen.counting,
        zone=_zone(chosen.zone),
        standard=calendar_named("standard"),
    )
    for line in due.receipt:
        number = f"day {line.number}" if line.counted else "-"
        print(f"  {line.day:%Y-%m-%d %a}  {number:<6} {line.skip or line.why.kind}: {line.why.act}")
    print(f"due by the end of {due.due_on} (standard calendar: {due.standard_due_on})")


def show_bundles(chosen: argparse.Namespace) -> None:
    """Print what FHIR R4 bundles hold, section by section, and what was not mapped."""
    for path in chosen.bundle:
        found = fhir.read_bundle(_bytes(path), zone=MOSCOW, source=path.stem)
        print(f"{path.name}: {len(found.people)} patients, {len(found.documents)} documents")
        sections = [document.section for document in found.documents]
        for section in sorted(set(sections)):
            print(f"  {sections.count(section):5} {section}")
        for name, number in sorted(found.unmapped.items()):
            print(f"  {number:5} not mapped: {name}")


def check_papers(chosen: argparse.Namespace) -> None:
    """Check the papers in a file; nothing of them is printed."""
    papers = _papers(chosen.papers)
    parse_identity(**papers, year=dt.datetime.now(MOSCOW).year)
    print("the papers are in order")


def moment(text: str, where: str) -> dt.datetime:
    """The aware moment in *text*.

    Raises:
        Malformed: it is none, or naive.
    """
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        what = "must be a moment with its offset, such as 2020-01-14T10:00:00+03:00"
        raise Malformed("command line", (Fault(where, what, rules.CAL_7),))
    return at


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        fault = Fault("zone", "must be a time zone of the IANA database", rules.CAL_7)
        raise Malformed("command line", (fault,)) from None


def at_least_one(text: str) -> int:
    """The whole number above zero in *text*.

    Raises:
        ValueError: it is none.
    """
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise Malformed("command line", (Fault(path.name, "cannot be read"),)) from None


_TEXTS = ("passport", "oms", "mobile", "oms_series", "snils")
_OPTIONAL = {"oms_series": None, "snils": None, "sex": None}


def _papers(path: Path) -> dict[str, Any]:
    try:
        data = _OPTIONAL | tomllib.loads(_bytes(path).decode())
    except ValueError:
        raise Malformed("papers", (Fault(path.name, "is not TOML", rules.ID_1),)) from None
    faults = [
        Fault(key, "must be a text", rules.ID_1)
        for key in _TEXTS
        if not isinstance(data.get(key), (str, type(_OPTIONAL.get(key, ""))))
    ]
    if type(data.get("born")) is not dt.date:
        faults.append(Fault("born", "must be a day, such as 1980-01-31", rules.PPL_4))
    if data["sex"] not in {None, *Sex}:
        faults.append(Fault("sex", f"must be one of {', '.join(Sex)}", rules.ID_1))
    faults.extend(
        Fault(key, "is not known here", rules.ID_1)
        for key in sorted(data.keys() - {*_TEXTS, *_OPTIONAL, "born"})
    )
    if faults:
        raise Malformed("papers", tuple(faults))
    return data | {"sex": data["sex"] and Sex(data["sex"])}

"""From a TOML text to a rulebook, with every fault and the line it stands on.

A rulebook is read in three passes: the text (TOML), the form (every key known, present, cited and
of its type), the sense (``totality``). A pass with faults ends the reading, so that each fault is
told once and none is a consequence of another.
"""

import datetime as dt
import functools
import pathlib
import tomllib
import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import attrs

from emrcore import rules
from emrcore.calendar import Counting, Term, TermUnit
from emrcore.errors import Fault, Malformed
from emrcore.people import AccountLevel, AgeConvention, KinshipStatus, LeapBirthday
from emrcore.rulebook import totality
from emrcore.rulebook.cited import Cited
from emrcore.rulebook.edition import (
    Access,
    Ages,
    ApplicationRule,
    Band,
    Basis,
    Check,
    CoverageRule,
    Edition,
    EmergencyRule,
    Extent,
    May,
    Need,
    NoticeRule,
    Relation,
    Role,
    Rulebook,
    SectionRule,
    ShareRule,
    Source,
    StaffRule,
    Window,
)
from emrcore.rulebook.entry import (
    BOUNDS,
    Activation,
    AtMost,
    EntryRule,
    FirstPasswordRule,
    LockRule,
    LockStep,
    Means,
    OneTimeCodeRule,
    PhoneRule,
    SendingRule,
    SessionRule,
    check_means,
    check_pauses,
    check_steps,
)
from emrcore.rulebook.purposes import PurposeOfUse
from emrcore.rulebook.tables import (
    Places,
    Report,
    Table,
    a_day,
    a_flag,
    a_number,
    a_text,
    a_zone,
    is_table,
    list_of,
    one_of,
)

T = TypeVar("T", bound=attrs.AttrsInstance)

_SHIPPED = pathlib.Path(__file__).parents[1] / "rulebooks"
_LANGUAGES = ("en", "ru")


@functools.cache
def shipped(name: str) -> Rulebook:
    """The rulebook *name* that comes with the library, such as ``"ru-moscow-2020"``.

    Raises:
        Malformed: there is none of that name.
    """
    if name not in shipped_names():
        known = ", ".join(shipped_names())
        raise Malformed(f"rulebook {name!r}", (Fault("name", f"not one of {known}", rules.RB_1),))
    return load(_SHIPPED / f"{name}.toml")


@functools.cache
def shipped_names() -> tuple[str, ...]:
    """The names of the rulebooks that come with the library, sorted."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def load(path: pathlib.Path) -> Rulebook:
    """The rulebook in the file at *path*.

    Raises:
        Malformed: with every fault, its line and its key.
    """
    try:
        content = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        fault = Fault(path.name, "cannot be read as UTF-8 text", rules.RB_1)
        raise Malformed(f"rulebook {path.name}", (fault,)) from unreadable
    return parse(content, file=path.name)


def parse(content: str, *, file: str) -> Rulebook:
    """The rulebook in *content*; *file* names it in faults.

    Raises:
        Malformed: with every fault, its line and its key (RB-1 form, RB-2 sources, RB-3 sense).
    """
    try:
        data = tomllib.loads(content)
    except tomllib.TOMLDecodeError as broken:
        fault = Fault(file, f"not TOML: {broken}", rules.RB_1)
        raise Malformed(f"rulebook {file}", (fault,)) from None
    report = Report(Places(content, file))
    book = _rulebook(Table(data, (), report))
    if not report.faults:
        for path, what in unknown_sources(book.sources, report.citations):
            report.fault(path, what, rules.RB_2)
        for path, what in totality.faults(book):
            report.fault(path, what, rules.RB_3)
    if report.faults:
        raise Malformed(f"rulebook {file}", tuple(report.faults))
    return book


def unknown_sources(
    sources: Mapping[str, Source], citations: list[tuple[tuple[str, ...], str]]
) -> Iterator[totality.Finding]:
    """Every one of the *citations* that names none of the *sources*."""
    for path, source in citations:
        for place in source.split(";"):
            name = place.partition(":")[0].strip()
            if name not in sources:
                yield path, f"{name!r} is not in [sources]"


# -- Values of the domain --------------------------------------------------------------------------


def _may(value: object) -> May:
    names = {may.name.lower(): may for may in May}
    if not isinstance(value, str) or value not in names:
        raise ValueError(f"must be one of {', '.join(names)}")
    return names[value]


def _age_span(value: object) -> tuple[int, int]:
    ages = list_of(a_number(0, 150))(value)
    if len(ages) != 2 or ages[0] >= ages[1]:  # noqa: PLR2004 - from and until
        raise ValueError("must be two ages, the first below the second")
    return ages[0], ages[1]


def _lock_step(value: object) -> LockStep:
    if not is_table(value) or set(value) != {"failures", "minutes"}:
        raise TypeError("must be tables of failures and minutes")
    many = a_number(1, 1_000_000)
    return LockStep(failures=many(value["failures"]), minutes=many(value["minutes"]))


def _lock_steps(value: object) -> tuple[LockStep, ...]:
    return check_steps(list_of(_lock_step)(value))


def _pauses(value: object) -> tuple[int, ...]:
    return check_pauses(list_of(a_number(1, 1_000_000))(value))


def _means(value: object) -> tuple[Means, ...]:
    return check_means(list_of(one_of(Means))(value))


# -- Tables ---------------------------------------------------------------------------------------

_UTC = zoneinfo.ZoneInfo("UTC")
_NO_DAY = dt.date.max
_texts = list_of(a_text)
_NONE: tuple[str, ...] = ()


def _rulebook(top: Table) -> Rulebook:
    name = top.plain("id", a_text, "")
    zone = top.plain("zone", a_zone, _UTC)
    title = _titles(top.table("title"))
    sources = read_sources(top)
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


def _titles(table: Table) -> dict[str, str]:
    found = {language: table.plain(language, a_text, "") for language in _LANGUAGES}
    table.close()
    return found


def read_sources(top: Table) -> dict[str, Source]:
    """The sources, by the name they are cited by."""
    return {key: _source(table) for key, table in top.tables("sources")}


def _source(table: Table) -> Source:
    found = Source(
        title=table.plain("title", a_text, ""),
        url=table.plain("url", a_text, "") if table.has("url") else None,
    )
    table.close()
    return found


def _edition(table: Table, name: str, zone: zoneinfo.ZoneInfo) -> Edition:
    found = Edition(
        rulebook=name,
        zone=zone,
        valid_from=table.plain("valid_from", a_day, _NO_DAY),
        ages=_ages(table.table("ages")),
        relations=_relations(table),
        sections={key: _section(inner) for key, inner in table.tables("sections")},
        application=_application(table.table("application")) if table.has("application") else None,
        entry=read_entry(table.table("entry")) if table.has("entry") else None,
        emergency=_emergency(table.table("emergency")) if table.has("emergency") else None,
        shares=_numbers(table.table("shares"), ShareRule) if table.has("shares") else None,
        coverage=_coverages(table) if table.has("coverage") else {},
        staff=_staff(table.table("staff")) if table.has("staff") else None,
        notices=_notices(table.table("notices")) if table.has("notices") else None,
        fingerprint=table.fingerprint(name, zone.key),
    )
    table.close()
    return found


def _ages(table: Table) -> Ages:
    found = Ages(
        attained=table.cited("attained", one_of(AgeConvention), AgeConvention.DAY_AFTER),
        leap_birthday=table.cited("leap_birthday", one_of(LeapBirthday), LeapBirthday.FEB28),
        gap=table.maybe("gap", _age_span, (0, 1)),
        overlap=table.maybe("overlap", _age_span, (0, 1)),
    )
    table.close()
    return found


def _relations(table: Table) -> dict[Role, Relation]:
    found: dict[Role, Relation] = {}
    for key, inner in table.tables("relations"):
        relation = _relation(inner)
        if key in list(Role):
            found[Role(key)] = relation
        else:
            table.fault(("relations", key), f"is not one of {', '.join(Role)}")
    return found


def _relation(table: Table) -> Relation:
    """Either ``nobody``, or bands by name."""
    if table.has("nobody"):
        relation = Relation(bands={}, nobody=table.cited("nobody", a_flag, stand_in=True))
        table.close()
        return relation
    if table.is_empty():
        table.fault((), "is empty: name a band, or say nobody")
    return Relation(bands={name: _band(inner) for name, inner in table})


def _band(table: Table) -> Band:
    years = a_number(0, 150)
    found = Band(
        access=table.cited("access", one_of(Access), Access.GRANTED),
        may=table.cited("may", _may, May.VIEW),
        restricted=table.cited("restricted", a_flag, stand_in=True),
        after_death=table.cited("after_death", a_flag, stand_in=False),
        windows=table.cited("windows", a_flag, stand_in=True),
        labels=table.cited("labels", _texts, _NONE),
        sections=table.cited("sections", _texts, _NONE),
        opens_on=table.maybe("opens_on", a_day, _NO_DAY),
        from_age=table.maybe("from_age", years, 0),
        until_age=table.maybe("until_age", years, 0),
        capacity_overrides_age=table.maybe("capacity_overrides_age", a_flag, stand_in=True),
        kinship=table.maybe("kinship", one_of(KinshipStatus), KinshipStatus.CONFIRMED),
        needs=table.maybe("needs", list_of(one_of(Need)), ()),
        flagged=table.maybe("flagged", _texts, _NONE),
        records_from=table.maybe("records_from", a_day, _NO_DAY),
        records_from_grant=table.maybe("records_from_grant", a_flag, stand_in=True),
        records_until_age=table.maybe("records_until_age", years, 0),
        opt_outs=table.maybe("opt_outs", a_flag, stand_in=True),
        grant_months=table.maybe("grant_months", a_number(1, 1200), 1),
        most_viewers=table.maybe("most_viewers", a_number(1, 1000), 1),
    )
    table.close()
    return found


def _section(table: Table) -> SectionRule:
    """A section with its windows by name, or with the one that its own keys make."""
    title = _titles(table.table("title"))
    kinds = table.cited("kinds", _texts, _NONE)
    announced = table.maybe("announced", a_flag, stand_in=True)
    opened_on = table.maybe("opened_on", a_day, _NO_DAY)
    closed_on = table.maybe("closed_on", a_day, _NO_DAY)
    basis = table.maybe("basis", one_of(Basis), Basis.OCCURRED)
    if table.has("windows"):
        windows = {name: _window(inner) for name, inner in table.tables("windows")}
    elif announced and not opened_on:
        windows = {}
    else:
        windows = {"all": _window_of(table, kinds)}
    table.close()
    return SectionRule(
        title=title,
        kinds=kinds,
        windows=windows,
        opened_on=opened_on,
        basis=basis,
        announced=announced,
        closed_on=closed_on,
    )


def _window(table: Table) -> Window:
    found = _window_of(table, table.cited("kinds", _texts, _NONE))
    table.close()
    return found


def _window_of(table: Table, kinds: Cited[tuple[str, ...]]) -> Window:
    return Window(
        kinds=kinds,
        records_from=table.cited("records_from", a_day, _NO_DAY),
        records_until=table.maybe("records_until", a_day, _NO_DAY),
        sources=table.maybe("sources", _texts, _NONE),
        delay_days=table.maybe("delay_days", a_number(1, 3650), 1),
        acknowledged=table.maybe("acknowledged", a_flag, stand_in=True),
    )


def _coverages(table: Table) -> dict[str, CoverageRule]:
    return {name: _coverage(inner) for name, inner in table.tables("coverage")}


def _coverage(table: Table) -> CoverageRule:
    found = CoverageRule(
        sections=table.cited("sections", _texts, _NONE),
        extent=table.cited("extent", one_of(Extent), Extent.NONE),
        since=table.maybe("since", a_day, _NO_DAY),
        until=table.maybe("until", a_day, _NO_DAY),
        sources=table.maybe("sources", _texts, _NONE),
    )
    table.close()
    return found


def _emergency(table: Table) -> EmergencyRule:
    found = EmergencyRule(
        hours=table.cited("hours", a_number(1, 24 * 14), 1),
        report_hours=table.cited("report_hours", a_number(1, 24 * 90), 1),
        review_hours=table.cited("review_hours", a_number(1, 24 * 90), 1),
        per_hour=table.cited("per_hour", a_number(1, 1000), 1),
        per_shift=table.cited("per_shift", a_number(1, 1000), 1),
        summary=table.cited("summary", list_of(one_of(Role)), ()),
    )
    table.close()
    return found


def _staff(table: Table) -> StaffRule:
    purposes = list_of(one_of(PurposeOfUse))
    found = StaffRule(
        doctor=table.cited("doctor", purposes, ()), crew=table.cited("crew", purposes, ())
    )
    table.close()
    return found


def _notices(table: Table) -> NoticeRule:
    found = NoticeRule(ahead_days=table.cited("ahead_days", a_number(1, 366), 1))
    table.close()
    return found


def _application(table: Table) -> ApplicationRule:
    found = ApplicationRule(
        opens_on=table.cited("opens_on", a_day, _NO_DAY),
        account_levels=table.cited("account_levels", list_of(one_of(AccountLevel)), ()),
        checks=table.cited("checks", list_of(one_of(Check)), ()),
        term=_term(table),
        counting=table.cited("counting", one_of(Counting), Counting.A),
        calendar=table.cited("calendar", a_text, ""),
        clarification_days=table.cited("clarification_days", a_number(1, 90), 1),
        evidence_days=table.cited("evidence_days", a_number(1, 90), 1),
    )
    table.close()
    return found


_UNITS = {
    "working_days": TermUnit.WORKING_DAYS,
    "calendar_days": TermUnit.CALENDAR_DAYS,
    "months": TermUnit.MONTHS,
}


def _term(table: Table) -> Cited[Term]:
    """The one of ``working_days``, ``calendar_days`` and ``months`` that is there."""
    found = [key for key in _UNITS if table.has(key)]
    if len(found) != 1:
        table.fault((), f"needs one of {', '.join(_UNITS)}")
        return Cited(Term(number=1, unit=TermUnit.WORKING_DAYS), "")
    number = table.cited(found[0], a_number(1, 365), 1)
    rolls = table.maybe("rolls", a_flag, stand_in=False)
    term = Term(number=number.value, unit=_UNITS[found[0]], rolls=bool(rolls and rolls.value))
    return Cited(term, number.source)


def read_entry(table: Table) -> EntryRule:
    """How one gets in, from its table."""
    found = EntryRule(
        means=table.cited("means", _means, (Means.SMS,)),
        first_password=_first_password(table.table("first_password")),
        one_time_code=_one_time_code(table.table("one_time_code")),
        lock=_lock(table.table("lock")),
        session=_session(table.table("session")),
        phone=_phone(table.table("phone")),
        sending=_numbers(table.table("sending"), SendingRule),
        skew_seconds=table.cited("skew_seconds", a_number(0, 60), 0),
    )
    table.close()
    return found


def _first_password(table: Table) -> FirstPasswordRule:
    activation = table.cited("activation", one_of(Activation), Activation.PUSH)
    return _numbers(table, FirstPasswordRule, activation=activation)


def _one_time_code(table: Table) -> OneTimeCodeRule:
    return _numbers(table, OneTimeCodeRule, pauses=table.cited("pauses", _pauses, (15,)))


def _lock(table: Table) -> LockRule:
    stand_in = (LockStep(failures=1, minutes=1),)
    return _numbers(table, LockRule, steps=table.cited("steps", _lock_steps, stand_in))


def _session(table: Table) -> SessionRule:
    at_most = table.cited("at_most", one_of(AtMost), AtMost.REFUSE)
    return _numbers(table, SessionRule, at_most=at_most)


def _phone(table: Table) -> PhoneRule:
    return _numbers(table, PhoneRule, countries=table.cited("countries", _texts, _NONE))


def _numbers(table: Table, rule: type[T], **others: Cited[Any]) -> T:
    """A *rule* whose every field with bounds is a number of *table*, and the *others* are given."""
    for field in attrs.fields(rule):
        if bounds := field.metadata.get(BOUNDS):
            others[field.name] = table.cited(field.name, a_number(*bounds), bounds[0])
    table.close()
    return rule(**others)

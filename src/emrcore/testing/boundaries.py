"""The finite list of cases that decides all that a rulebook says.

Why it is finite, and complete. Whether a document is shown is a disjunction, over the bands of the
role and the windows of the section, of conjunctions; and every atom in them compares one column
with one constant: a day or a moment with a bound, an age (a birth) with a birthday, a text with a
list, a standing fact with "holds today". Such an atom is known from one point on either side of
its constant. So a column needs no other values than both sides of its constants, and one value for
each member of each list, none, and unknown; between two of them nothing can change. These values
come from the edition itself, and from the facts of the case (a grant, a death, an opting out).

Why they are not all crossed with each other. A conjunction over different columns is known from a
point where all of it holds and from the changes of one column there; such a point is built for
each band, in each part of its ages (where other bands let in or do not). Pairs of columns are
changed together nevertheless, since it is there that code which entangles two columns, or a second
band, would show. Within a section, whose windows are a disjunction over kind, source, date and
release, those four are crossed in full. An edition is asked at moments inside its own validity,
and on both sides of each day that it names there.

Which documents come up depends on the edition only, never on what any code answers.
"""

import calendar
import datetime as dt
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from emrcore import rules
from emrcore.access import Facts, Grant, View, Viewer
from emrcore.people import (
    Assent,
    Assessment,
    Capacity,
    CapacityKind,
    Custody,
    Fact,
    Kinship,
    KinshipStatus,
    Nomination,
    OptOut,
    PatientId,
    Person,
    PersonId,
    PolicyCover,
    Residence,
    Restriction,
    reached_on,
)
from emrcore.records import Document, DocumentId, judge
from emrcore.rulebook import (
    Access,
    Band,
    Basis,
    Cited,
    Edition,
    May,
    Need,
    Role,
    Rulebook,
    SectionRule,
    Window,
)
from emrcore.testing.interpreter import Answer

PATIENT = PatientId("card")
PERSON = PersonId("patient")
VIEWER = PersonId("viewer")
OTHER = PersonId("somebody else")
UNKNOWN = "unknown"

_TICK = dt.timedelta(microseconds=1)
_DAY = dt.timedelta(days=1)
_LONG = dt.timedelta(days=400)
_NOON = dt.timedelta(hours=12, microseconds=345)
_INSIDE = dt.timedelta(days=200)
_OLD = 80
_LONG_AGO = dt.date(1850, 1, 1)

Columns = Mapping[str, Any]
Fields = dict[str, Any]


@attrs.frozen(kw_only=True)
class Look:
    """*viewer* looks at *documents* in the card of *facts* at *at*; no two have the same id."""

    facts: Facts
    viewer: Viewer
    at: dt.datetime
    documents: tuple[Document, ...]


@attrs.frozen(kw_only=True)
class Cell:
    """One case: *viewer* looks at *document* in the card of *facts* at *at*."""

    facts: Facts
    viewer: Viewer
    at: dt.datetime
    document: Document


def cells(rulebook: Rulebook) -> Iterator[Cell]:
    """Every case that decides something in *rulebook*."""
    for look in looks(rulebook):
        for one in look.documents:
            yield Cell(facts=look.facts, viewer=look.viewer, at=look.at, document=one)


def looks(rulebook: Rulebook) -> Iterator[Look]:
    """The same cases, those together that differ in the document only."""
    for edition in rulebook.editions:
        for role in edition.relations:
            for columns, documents in _looks(_Scene(rulebook, edition, role)):
                yield Look(
                    facts=_facts(columns),
                    viewer=Viewer(person=columns["viewer"], role=role),
                    at=columns["at"],
                    documents=tuple(
                        Document(**fields, id=DocumentId(f"{number}"))
                        for number, fields in enumerate(documents)
                    ),
                )


def answered(view: View, document: Document) -> Answer:
    """What the library's *view* lets its viewer know of *document*."""
    verdict = judge(view, document)
    if not verdict.visible:
        if verdict.reason is view.refusal:
            return Answer.REFUSED
        return _HIDDEN_BY.get(verdict.reason.rule, Answer.HIDDEN)
    acting = tuple(one for one in view.allowances if one.may is May.ACT)
    if acting and judge(attrs.evolve(view, allowances=acting), document).visible:
        return Answer.ACT
    return Answer.VIEW


_HIDDEN_BY = {rules.ACC_9: Answer.UNOPENED, rules.ACC_16: Answer.WITHHELD}


@attrs.frozen(eq=False)
class _Scene:
    """One role in one edition, and the constants that count there."""

    rulebook: Rulebook
    edition: Edition
    role: Role

    @property
    def bands(self) -> list[Band]:
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
        """The days on which something may open."""
        opened = [one.opened_on.value for one in self.edition.sections.values() if one.opened_on]
        return sorted({self.edition.valid_from, *self.named("opens_on"), *opened})

    @functools.cached_property
    def seams(self) -> list[dt.date]:
        """The days on which an edition takes the place of another."""
        days = [edition.valid_from for edition in self.rulebook.editions[1:]]
        return [day for day in days if day in {self.edition.valid_from, self.edition.until}]

    def sides(self, days: Iterable[dt.date]) -> list[dt.datetime]:
        """The last moment before each of *days* and its first, while the edition is in force."""
        starts = [_start(self.edition, day) for day in days]
        sides = [side for start in starts for side in (start - _TICK, start)]
        return [at for at in sides if self.rulebook.edition_at(at) is self.edition]

    @functools.cached_property
    def settled(self) -> dt.datetime:
        """A moment inside the edition, long after all that it names if it is in force so long."""
        windows = [one for rule in self.edition.sections.values() for one in rule.windows.values()]
        starts = [one.records_from.value for one in windows]
        last = max(*self.days, *self.named("records_from"), *starts)
        at, end = _start(self.edition, last + _LONG) + _NOON, self.edition.until
        return min(at, _start(self.edition, end) - _TICK) if end else at

    def leap_days(self) -> Iterator[tuple[dt.date, dt.datetime]]:
        """Births on 29 February, and moments around the birthday in a common year."""
        years_to_come = range(self.settled.year, self.settled.year + 400)
        for years in self.ages:
            turning = (year for year in years_to_come if _turns_on_leap_day(year, years))
            for year, (month, day) in itertools.product(itertools.islice(turning, 1), _AROUND):
                at = _start(self.edition, dt.date(year, month, day)) + _NOON
                if self.rulebook.edition_at(at) is self.edition:
                    yield dt.date(year - years, 2, 29), at


def _start(edition: Edition, day: dt.date) -> dt.datetime:
    return edition.start_of(day).astimezone(dt.UTC)


_AROUND = ((2, 27), (2, 28), (3, 1), (3, 2), (3, 3))


def _turns_on_leap_day(year: int, years: int) -> bool:
    return calendar.isleap(year - years) and not calendar.isleap(year)


def _years_before(day: dt.date, years: int) -> dt.date:
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - years, day=28 if leap_day else day.day)


# -- Looks -----------------------------------------------------------------------------------------


def _looks(scene: _Scene) -> Iterator[tuple[Columns, Iterable[Fields]]]:
    """The columns of each look, and the documents to be looked at."""
    if not scene.bands:
        columns = _everything(scene)
        yield columns, _plain_documents(scene, None, columns)
    for band in scene.bands:
        for number, years in enumerate(_parts(scene, band)):
            yield from _looks_at(scene, band, years, first=number == 0)
        for born, at in scene.leap_days():
            columns = _fitting(scene, band, at, born=born)
            yield columns, _plain_documents(scene, band, columns)


def _looks_at(
    scene: _Scene, band: Band, years: int, *, first: bool
) -> Iterator[tuple[Columns, Iterable[Fields]]]:
    """Those by *band* at somebody well past *years*; all of them in the *first* of its parts."""

    def fitting(at: dt.datetime) -> Fields:
        return _fitting(scene, band, at, born=_grown(scene, at, years))

    base = fitting(scene.settled)
    yield base, _documents(scene, band, base, _crossed if first else _lined)
    yield from _ways_in(scene, band, base, together=2 if first else 1)
    for bounded in _ways_back(scene, band, base):
        yield bounded, _documents(scene, band, bounded, _lined)
    for columns in map(fitting, scene.sides(scene.days)):
        yield columns, _plain_documents(scene, band, columns)
    for columns in map(fitting, scene.sides(scene.seams)):
        yield columns, _documents(scene, band, columns, _lined)


def _parts(scene: _Scene, band: Band) -> list[int]:
    """The first and the last year of each part of *band* that the constants of the role make."""
    low, high = band.from_age, band.until_age
    since, until = low.value if low else 0, high.value if high else _OLD
    bounds = sorted({since, *(years for years in scene.ages if since < years < until), until})
    years = {year for first, end in itertools.pairwise(bounds) for year in (first, end - 1)}
    return sorted(years)


def _grown(scene: _Scene, at: dt.datetime, years: int) -> dt.date:
    """The birth of someone who is well past *years* at *at*, and well before a year more."""
    return _years_before(scene.edition.local_day(at), years) - _INSIDE


def _fitting(scene: _Scene, band: Band, at: dt.datetime, *, born: dt.date) -> Fields:
    """What *band* asks for, and nothing else."""
    viewer = PERSON if scene.role is Role.SELF else VIEWER
    needs = band.needs.value if band.needs else ()
    granted = band.access.value is Access.GRANTED
    columns: Fields = {"at": at, "viewer": viewer, "born": born, "died": None}
    columns |= dict.fromkeys(("capacities", "restrictions", "opt_outs"), ())
    columns |= {field: (make(),) if need in needs else () for need, field, make in _needs(viewer)}
    columns["kinships"] = (_tie(band.kinship.value),) if band.kinship else ()
    columns["grants"] = (Grant(viewer=viewer, since=at - 100 * _DAY),) if granted else ()
    return columns


def _everything(scene: _Scene) -> Fields:
    """All that any band may ask for, of somebody of age."""
    at, viewer = scene.settled, PERSON if scene.role is Role.SELF else VIEWER
    needs = {field: (make(),) for _, field, make in _needs(viewer)}
    return {
        "at": at,
        "viewer": viewer,
        "born": _grown(scene, at, 30),
        "died": None,
        "kinships": (_tie(KinshipStatus.CONFIRMED),),
        "grants": (Grant(viewer=viewer, since=at - _LONG),),
        **needs,
    }


def _facts(columns: Columns) -> Facts:
    born, died = columns["born"], columns["died"]
    person = Person(id=PERSON, born=born, died=max(died, born) if died else None)
    others = {key: columns[key] for key in columns if key not in {"at", "viewer", "born", "died"}}
    return Facts(patient=PATIENT, person=person, **others)


Maker = Callable[..., Any]


def _tie(status: KinshipStatus, **changes: Any) -> Kinship:
    known: Fields = {"guardian": VIEWER, "ward": PERSON, "since": _LONG_AGO}
    return Kinship(**known | changes, status=status)


def _needs(viewer: PersonId) -> Iterator[tuple[Need, str, Maker]]:
    """The field that holds the facts of each need, and what makes one that meets it."""
    tie: Fields = {"guardian": VIEWER, "ward": PERSON, "since": _LONG_AGO}
    own: Fields = {"person": PERSON, "since": _LONG_AGO}
    pair: Fields = {"giver": PERSON, "receiver": viewer, "since": _LONG_AGO}
    yield Need.CUSTODY, "custodies", functools.partial(Custody, **tie)
    yield Need.RESIDENCE, "residences", functools.partial(Residence, **tie)
    yield Need.ASSENT, "assents", functools.partial(Assent, **tie, given=True)
    yield Need.NOMINATION, "nominations", functools.partial(Nomination, **pair)
    yield Need.ASSESSMENT, "assessments", functools.partial(Assessment, **own)
    yield Need.COVER, "covers", functools.partial(PolicyCover, **own)


def _ways_in(
    scene: _Scene, band: Band, base: Columns, *, together: int
) -> Iterator[tuple[Columns, Iterable[Fields]]]:
    """*base* with so many columns changed *together*, each in every way."""
    changes = _changes(scene, base)
    documents = list(_witnesses(scene, band, base))
    for keys in itertools.combinations(changes, together):
        for values in itertools.product(*(changes[key] for key in keys)):
            yield {**base, **dict(zip(keys, values, strict=True))}, documents


def _changes(scene: _Scene, base: Columns) -> dict[str, list[Any]]:
    """Each column with the values that it may take, the one of *base* among them."""
    day, viewer = scene.edition.local_day(base["at"]), base["viewer"]
    births = [
        _years_before(day, years) + shift * _DAY for years in scene.ages for shift in (-1, 0, 1)
    ]
    changes: dict[str, list[Any]] = {
        "born": [base["born"], *births, day, day + _DAY],
        "died": [None, day - _LONG, day, day + _DAY],
        "viewer": [viewer, *({PERSON, VIEWER, OTHER} - {viewer})],
        "kinships": _kinships(scene, day),
        "restrictions": _restrictions(viewer, day),
        "capacities": _capacities(scene, day),
        "grants": _grants(viewer, base["at"]),
        "opt_outs": [(), (OptOut(person=PERSON, since=_LONG_AGO),)],
    }
    asked = {need for needs in scene.named("needs") for need in needs}
    for need, field, make in _needs(viewer):
        changes[field] = [*_sides(make, day), *_others(make)] if need in asked else [(), (make(),)]
    return changes


def _sides(make: Maker, day: dt.date) -> list[tuple[Fact, ...]]:
    """No fact, facts that begin or end on *day* and on the next, and one that begins anew."""
    ended, begins = make(until=day), make(since=day)
    begins_later, ends_later = make(since=day + _DAY), make(until=day + _DAY)
    return [(), (begins,), (begins_later,), (ended,), (ends_later,), (ended, begins)]


def _others(make: Maker) -> Iterator[tuple[Fact, ...]]:
    """Facts of the same kind that are about others, or say no."""
    fact = make()
    for key in ("guardian", "ward", "giver", "receiver", "person"):
        if hasattr(fact, key):
            yield (make(**{key: OTHER}),)
    if hasattr(fact, "given"):
        yield (make(given=False),)


def _kinships(scene: _Scene, day: dt.date) -> list[Any]:
    found: list[Any] = [(), *((_tie(status),) for status in KinshipStatus)]
    for status in sorted(set(scene.named("kinship"))):
        make = functools.partial(_tie, status)
        found += [*_sides(make, day), *_others(make)]
    return found


def _restrictions(viewer: PersonId, day: dt.date) -> list[Any]:
    make = functools.partial(
        Restriction, ward=PERSON, person=viewer, authority="court", reason="", since=_LONG_AGO
    )
    return [*_sides(make, day), *_others(make), (make(person=None),)]


def _capacities(scene: _Scene, day: dt.date) -> list[Any]:
    make = functools.partial(Capacity, person=PERSON, kind=CapacityKind.FULL, since=_LONG_AGO)
    found: list[Any] = [(make(kind=kind),) for kind in CapacityKind]
    if any(scene.named("capacity_overrides_age")):
        none = functools.partial(make, kind=CapacityKind.NONE)
        return [*found, *_sides(make, day), *_sides(none, day), *_others(make)]
    return [(), *found]


def _grants(viewer: PersonId, at: dt.datetime) -> list[Any]:
    make = functools.partial(Grant, viewer=viewer, since=at - _LONG)
    ended, begins = make(until=at), make(since=at)
    begins_later, ends_later = make(since=at + _TICK), make(until=at + _TICK)
    others = make(viewer=OTHER)
    return [
        (),
        (make(),),
        (begins,),
        (begins_later,),
        (ended,),
        (ends_later,),
        (ended, begins),
        (others,),
    ]


# -- Documents -------------------------------------------------------------------------------------


def _ways_back(scene: _Scene, band: Band, base: Columns) -> Iterator[Columns]:
    """*base* with each grant and each opting out that bounds what *band* shows."""
    at, day = base["at"], scene.edition.local_day(base["at"])
    if band.records_from_grant:
        make = functools.partial(Grant, viewer=base["viewer"])
        early, late = make(since=_start(scene.edition, _LONG_AGO)), make(since=at - 50 * _DAY)
        ended = attrs.evolve(early, until=at - _DAY)
        for grants in ((early,), (late, *base["grants"]), (ended, late)):
            yield {**base, "grants": grants}
    if band.opt_outs:
        others = OptOut(person=OTHER, since=_LONG_AGO)
        for shift, until in itertools.product((300, 20), (None, day - 10 * _DAY)):
            time = OptOut(person=PERSON, since=day - shift * _DAY, until=until)
            yield {**base, "opt_outs": (time, others)}


def _witnesses(scene: _Scene, band: Band, columns: Columns) -> Iterator[Fields]:
    """One plain document for each set of bands that name its section, open or announced."""
    seen: set[tuple[bool, frozenset[int]]] = set()
    for name, section in scene.edition.sections.items():
        naming = (number for number, one in enumerate(scene.bands) if name in one.sections.value)
        key = bool(section.announced), frozenset(naming)
        if key not in seen:
            seen.add(key)
            yield _plain(scene, band, columns, name, section.kinds.value[0])


def _plain_documents(scene: _Scene, band: Band | None, columns: Columns) -> Iterator[Fields]:
    """One plain document of each section."""
    for name, section in scene.edition.sections.items():
        yield _plain(scene, band, columns, name, section.kinds.value[0])


Listing = Callable[[_Scene, Columns, SectionRule, Fields], Iterator[Fields]]


def _documents(scene: _Scene, band: Band, columns: Columns, listing: Listing) -> Iterator[Fields]:
    """Documents of each section and kind, as *listing* has them, and those that nobody knows."""
    for name, section in scene.edition.sections.items():
        of_kind = functools.partial(_plain, scene, band, columns, name)
        kinds = _kinds(section)
        for kind in kinds:
            yield from listing(scene, columns, section, of_kind(kind))
        for kind in (*section.kinds.value, UNKNOWN, *_kinds_of_others(scene.edition, name)):
            if kind not in kinds:
                yield of_kind(kind)
        yield from _changed(scene, columns, of_kind(kinds[0]))
        yield of_kind(kinds[0]) | {"section": UNKNOWN}


def _plain(
    scene: _Scene, band: Band | None, columns: Columns, name: str, kind: str | None
) -> Fields:
    """A document that *band* shows, if it can show one of the section and *kind* at all."""
    edition, at = scene.edition, columns["at"]
    section = edition.sections[name]
    fitting = [window for window in section.windows.values() if kind in window.kinds.value]
    window = fitting[0] if fitting else None
    start = max(_starts(scene, band, columns, window), default=edition.local_day(at) - 60 * _DAY)
    long_published = at - _longest_delay(section) - 30 * _DAY
    on_publication = section.basis and section.basis.value is Basis.PUBLISHED
    return {
        "source": window.sources.value[0] if window and window.sources else UNKNOWN,
        "patient": PATIENT,
        "section": name,
        "kind": kind,
        "occurred_on": start,
        "signed_on": start,
        "published_at": _start(edition, start) if on_publication else long_published,
        "acknowledged_at": at - _DAY,
    }


def _longest_delay(section: SectionRule) -> dt.timedelta:
    delays = [one.delay_days.value for one in section.windows.values() if one.delay_days]
    return dt.timedelta(days=max(delays, default=0))


def _starts(
    scene: _Scene, band: Band | None, columns: Columns, window: Window | None
) -> Iterator[dt.date]:
    """The first days that a document must not be before to be shown."""
    if window:
        yield window.records_from.value
    if band and band.records_from:
        yield band.records_from.value
    if band and band.records_from_grant:
        yield from (scene.edition.local_day(grant.since) for grant in columns["grants"])


def _kinds(section: SectionRule) -> list[str | None]:
    """One kind for each set of windows that takes it, in the section's order, and none."""
    found: dict[frozenset[str], str] = {}
    for kind in section.kinds.value:
        taken = (name for name, one in section.windows.items() if kind in one.kinds.value)
        found.setdefault(frozenset(taken), kind)
    return [*found.values(), None]


def _crossed(
    scene: _Scene, columns: Columns, section: SectionRule, plain: Fields
) -> Iterator[Fields]:
    """*plain* from every source, of every date, released in every way."""
    column, dates = _dates(scene, columns, section)
    for source, release in itertools.product(_sources(section), _releases(section, columns, plain)):
        yield plain | release | {"source": source}
        yield from (plain | release | {"source": source, column: date} for date in dates)


def _lined(
    scene: _Scene, columns: Columns, section: SectionRule, plain: Fields
) -> Iterator[Fields]:
    """*plain* from every source, or of every date, or released in every way."""
    column, dates = _dates(scene, columns, section)
    yield from (plain | {"source": source} for source in _sources(section))
    yield from (plain | {column: date} for date in dates)
    yield from (plain | release for release in _releases(section, columns, plain))


def _sources(section: SectionRule) -> list[str]:
    """Those that a window names, and one that none does."""
    named = [window.sources.value for window in section.windows.values() if window.sources]
    return sorted({UNKNOWN, *itertools.chain(*named)})


def _kinds_of_others(edition: Edition, name: str) -> list[str]:
    others = (rule.kinds.value[0] for other, rule in edition.sections.items() if other != name)
    return list(itertools.islice(others, 1))


def _dates(scene: _Scene, columns: Columns, section: SectionRule) -> tuple[str, list[Any]]:
    """The date that the section judges by, and both sides of each of its bounds."""
    bounds = sorted({*_bounds(scene, columns), *_window_bounds(section)})
    if section.basis and section.basis.value is Basis.PUBLISHED:
        starts = [_start(scene.edition, day) for day in bounds]
        return "published_at", [side for start in starts for side in (start - _TICK, start)]
    column = (
        "occurred_on" if not section.basis or section.basis.value is Basis.OCCURRED else "signed_on"
    )
    return column, [None, *(side for day in bounds for side in (day - _DAY, day))]


def _window_bounds(section: SectionRule) -> Iterator[dt.date]:
    for window in section.windows.values():
        yield window.records_from.value
        if window.records_until:
            yield window.records_until.value


def _bounds(scene: _Scene, columns: Columns) -> Iterator[dt.date]:
    """The days that bands, grants, birthdays and opting out set to what is shown."""
    yield from scene.named("records_from")
    if any(scene.named("records_from_grant")):
        yield from (scene.edition.local_day(grant.since) for grant in columns["grants"])
    ages = scene.edition.ages
    for years in scene.named("records_until_age"):
        yield reached_on(
            columns["born"], years, convention=ages.attained.value, leap=ages.leap_birthday.value
        )
    if any(scene.named("opt_outs")):
        for time in columns["opt_outs"]:
            yield time.since
            if time.until:
                yield time.until


def _releases(section: SectionRule, columns: Columns, plain: Fields) -> list[Fields]:
    """Publications and acknowledgements on both sides of what the windows wait for."""
    at, windows = columns["at"], section.windows.values()
    published, seen = [plain["published_at"]], [plain["acknowledged_at"]]
    delays = {window.delay_days.value for window in windows if window.delay_days}
    for days in sorted(delays):
        released = at - dt.timedelta(days=days)
        published += [released, released + _TICK]
    if any(window.acknowledged for window in windows):
        seen += [None, at, at + _TICK]
    return [
        {"published_at": one, "acknowledged_at": other}
        for one, other in itertools.product(published, seen)
    ]


def _changed(scene: _Scene, columns: Columns, plain: Fields) -> Iterator[Fields]:
    """*plain* with one thing changed at a time: card, publication, other dates, labels."""
    at = columns["at"]
    yield plain | {"patient": PatientId("another card")}
    yield from (plain | {"published_at": one} for one in (at, at + _TICK))
    for key in ("occurred_on", "signed_on", "acknowledged_at"):
        yield plain | {key: None}
    yield plain | {"occurred_on": _LONG_AGO}
    yield plain | {"signed_on": _LONG_AGO}
    for labels in _labels(scene):
        yield plain | {"labels": labels}
        yield plain | {"labels": labels, "occurred_on": _LONG_AGO, "signed_on": _LONG_AGO}


def _labels(scene: _Scene) -> Iterator[frozenset[str]]:
    """Every set of known labels up to two, all of them, and each of these with an unknown one."""
    known = sorted(
        {label for key in ("labels", "flagged") for one in scene.named(key) for label in one}
    )
    sizes = {0, 1, 2, len(known)}
    for size in sorted(sizes):
        for some in itertools.combinations(known, size):
            yield frozenset(some)
            yield frozenset({*some, UNKNOWN})

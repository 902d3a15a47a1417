"""Documents on either side of every constant of a section."""

import datetime as dt
import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from emrcore.people import PatientId, reached_on
from emrcore.rulebook import Band, Basis, Edition, SectionRule, Window
from emrcore.testing.boundaries.constants import DAY, LONG_AGO, TICK, Scene, start_of
from emrcore.testing.boundaries.people import PATIENT, Columns, Fields

UNKNOWN = "unknown"
"""A section, kind, label or source that no rulebook names."""


def witnesses(scene: Scene, band: Band, columns: Columns) -> Iterator[Fields]:
    """One plain document for each set of bands that name its section, open or announced."""
    seen: set[tuple[bool, frozenset[int]]] = set()
    for name, section in scene.edition.sections.items():
        naming = (number for number, one in enumerate(scene.bands) if name in one.sections.value)
        key = bool(section.announced), frozenset(naming)
        if key not in seen:
            seen.add(key)
            yield _plain(scene, band, columns, name, section.kinds.value[0])


def plain_documents(scene: Scene, band: Band | None, columns: Columns) -> Iterator[Fields]:
    """One plain document of each section."""
    for name, section in scene.edition.sections.items():
        yield _plain(scene, band, columns, name, section.kinds.value[0])


Listing = Callable[[Scene, Columns, SectionRule, Fields], Iterator[Fields]]


def documents_as(scene: Scene, band: Band, columns: Columns, listing: Listing) -> Iterator[Fields]:
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
    scene: Scene, band: Band | None, columns: Columns, name: str, kind: str | None
) -> Fields:
    """A document that *band* shows, if it can show one of the section and *kind* at all."""
    edition, at = scene.edition, columns["at"]
    section = edition.sections[name]
    fitting = [window for window in section.windows.values() if kind in window.kinds.value]
    window = fitting[0] if fitting else None
    start = max(_starts(scene, band, columns, window), default=edition.local_day(at) - 60 * DAY)
    long_published = at - _longest_delay(section) - 30 * DAY
    on_publication = section.basis and section.basis.value is Basis.PUBLISHED
    return {
        "source": window.sources.value[0] if window and window.sources else UNKNOWN,
        "patient": PATIENT,
        "section": name,
        "kind": kind,
        "occurred_on": start,
        "signed_on": start,
        "published_at": start_of(edition, start) if on_publication else long_published,
        "acknowledged_at": at - DAY,
    }


def _longest_delay(section: SectionRule) -> dt.timedelta:
    delays = [one.delay_days.value for one in section.windows.values() if one.delay_days]
    return dt.timedelta(days=max(delays, default=0))


def _starts(
    scene: Scene, band: Band | None, columns: Columns, window: Window | None
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


def crossed(
    scene: Scene, columns: Columns, section: SectionRule, plain: Fields
) -> Iterator[Fields]:
    """*plain* from every source, of every date, released in every way."""
    column, dates = _dates(scene, columns, section)
    for source, release in itertools.product(_sources(section), _releases(section, columns, plain)):
        yield plain | release | {"source": source}
        yield from (plain | release | {"source": source, column: date} for date in dates)


def lined(scene: Scene, columns: Columns, section: SectionRule, plain: Fields) -> Iterator[Fields]:
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


def _dates(scene: Scene, columns: Columns, section: SectionRule) -> tuple[str, list[Any]]:
    """The date that the section judges by, and both sides of each of its bounds."""
    bounds = sorted({*_bounds(scene, columns), *_window_bounds(section)})
    if section.basis and section.basis.value is Basis.PUBLISHED:
        starts = [start_of(scene.edition, day) for day in bounds]
        return "published_at", [side for start in starts for side in (start - TICK, start)]
    column = (
        "occurred_on" if not section.basis or section.basis.value is Basis.OCCURRED else "signed_on"
    )
    return column, [None, *(side for day in bounds for side in (day - DAY, day))]


def _window_bounds(section: SectionRule) -> Iterator[dt.date]:
    for window in section.windows.values():
        yield window.records_from.value
        if window.records_until:
            yield window.records_until.value


def _bounds(scene: Scene, columns: Columns) -> Iterator[dt.date]:
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
        published += [released, released + TICK]
    if any(window.acknowledged for window in windows):
        seen += [None, at, at + TICK]
    return [
        {"published_at": one, "acknowledged_at": other}
        for one, other in itertools.product(published, seen)
    ]


def _changed(scene: Scene, columns: Columns, plain: Fields) -> Iterator[Fields]:
    """*plain* with one thing changed at a time: card, publication, other dates, labels."""
    at = columns["at"]
    yield plain | {"patient": PatientId("another card")}
    yield from (plain | {"published_at": one} for one in (at, at + TICK))
    for key in ("occurred_on", "signed_on", "acknowledged_at"):
        yield plain | {key: None}
    yield plain | {"occurred_on": LONG_AGO}
    yield plain | {"signed_on": LONG_AGO}
    for labels in _labels(scene):
        yield plain | {"labels": labels}
        yield plain | {"labels": labels, "occurred_on": LONG_AGO, "signed_on": LONG_AGO}


def _labels(scene: Scene) -> Iterator[frozenset[str]]:
    """Every set of known labels up to two, all of them, and each of these with an unknown one."""
    known = sorted(
        {label for key in ("labels", "flagged") for one in scene.named(key) for label in one}
    )
    sizes = {0, 1, 2, len(known)}
    for size in sorted(sizes):
        for some in itertools.combinations(known, size):
            yield frozenset(some)
            yield frozenset({*some, UNKNOWN})

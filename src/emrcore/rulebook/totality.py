"""Whether a rulebook makes sense as a whole: nothing missing, contradictory or out of order.

What is well-formed can still leave a gap that would open a card to nobody, or to everybody. Each
check says so at load, with the path of the key at fault; nothing is left to be found when asked.
"""

import datetime as dt
import itertools
from collections.abc import Iterator

from emrcore.people import CapacityKind
from emrcore.rulebook.edition import (
    Access,
    Band,
    CoverageRule,
    Edition,
    Need,
    Role,
    Rulebook,
    SectionRule,
)
from emrcore.rulebook.entry import EntryRule

Path = tuple[str, ...]
Finding = tuple[Path, str]

_OF_TWO = {Need.CUSTODY, Need.RESIDENCE, Need.ASSENT}
_MOST_LABELS = 6
_OLDEST = 150


def faults(book: Rulebook) -> Iterator[Finding]:
    """Every fault of sense, as the path of its key and a lower-case clause."""
    for number, (before, after) in enumerate(itertools.pairwise(book.editions), 1):
        if after.valid_from <= before.valid_from:
            yield ("edition", str(number), "valid_from"), "is not after the edition before"
    for number, edition in enumerate(book.editions):
        path = ("edition", str(number))
        yield from _relations(edition, (*path, "relations"))
        for name, section in edition.sections.items():
            yield from _section(section, (*path, "sections", name))
        yield from _kinds(edition, (*path, "sections"))
        yield from _coverage(edition, (*path, "coverage"))
        yield from _getting_in(edition, path)


def _relations(edition: Edition, path: Path) -> Iterator[Finding]:
    for role in Role:
        if role not in edition.relations:
            yield (*path, role), "is missing: say who may not look, too"
    for role, relation in edition.relations.items():
        if relation.nobody and not relation.nobody.value:
            yield (*path, role, "nobody"), "is false: leave it out and name a band"
        for name, band in relation.bands.items():
            yield from _band(edition, role, band, (*path, role, name))
    if {Role.SELF, Role.GUARDIAN} <= edition.relations.keys():
        yield from _ages(edition, path[:-1])


def _band(edition: Edition, role: Role, band: Band, path: Path) -> Iterator[Finding]:
    for name in band.sections.value:
        if name not in edition.sections:
            yield (*path, "sections"), f"{name!r} is not a section"
    if len(band.labels.value) > _MOST_LABELS:
        yield (*path, "labels"), f"more than {_MOST_LABELS} labels"
    if band.flagged and set(band.flagged.value) & set(band.labels.value):
        yield (*path, "flagged"), "is shown by labels, too"
    low, high = band.from_age, band.until_age
    if low and high and high.value <= low.value:
        yield (*path, "until_age"), "is not above from_age"
    yield from _tie(role, band, path)
    yield from _entitlement(role, band, path)
    if not band.windows.value:
        for key in ("records_from", "records_from_grant", "records_until_age", "opt_outs"):
            if getattr(band, key):
                yield (*path, key), "needs windows"


def _tie(role: Role, band: Band, path: Path) -> Iterator[Finding]:
    """Whether the band asks for what makes somebody a guardian or a representative."""
    if role is Role.GUARDIAN and not band.kinship:
        yield (*path, "kinship"), "is missing"
    if role is not Role.GUARDIAN and band.kinship:
        yield (*path, "kinship"), "is for guardians only"
    needs = band.needs.value if band.needs else ()
    if role is Role.REPRESENTATIVE and Need.NOMINATION not in needs:
        yield (*path, "needs"), "must name nomination for a representative"
    for need in needs:
        if role is Role.SELF and need in _OF_TWO:
            yield (*path, "needs"), f"{need!s} is between two persons, and the patient is one"


def _entitlement(role: Role, band: Band, path: Path) -> Iterator[Finding]:
    """Whether the way to the card fits the role, and what is said of grants the way."""
    staff = role in {Role.DOCTOR, Role.CREW}
    if staff is not (band.access.value is Access.STAFF):
        yield (*path, "access"), "is 'staff' for doctors and crews, and for them only"
    if not staff and not band.opens_on:
        yield (*path, "opens_on"), "is missing"
    if band.access.value is not Access.GRANTED:
        for key in ("grant_months", "most_viewers", "records_from_grant"):
            if getattr(band, key):
                yield (*path, key), "needs access to be granted"


def _ages(edition: Edition, path: Path) -> Iterator[Finding]:
    """Whether each age is the guardian's or the patient's, but for those declared otherwise.

    It must be so whatever is found of the patient's capacity, which may count instead of the age.
    """
    gap, overlap = set[int](), set[int]()
    for finding in (None, CapacityKind.FULL, CapacityKind.NONE):
        own, guardian = (
            {
                age
                for band in edition.relations[role].bands.values()
                for age in _covered(band, finding)
            }
            for role in (Role.SELF, Role.GUARDIAN)
        )
        gap |= set(range(_OLDEST)) - own - guardian
        overlap |= own & guardian
    for key, found in (("gap", gap), ("overlap", overlap)):
        declared = getattr(edition.ages, key)
        if found != set(range(*declared.value) if declared else ()):
            ages = f"{min(found)} to {max(found)}" if found else "none"
            yield (
                (*path, "ages", key),
                f"is not as guardian and self have it, whatever the capacity: {ages}",
            )


def _covered(band: Band, finding: CapacityKind | None) -> range:
    """The ages at which *band* lets in, where an authority has come to *finding*."""
    low, high, override = band.from_age, band.until_age, band.capacity_overrides_age
    if finding and override and override.value:
        barred = high if finding is CapacityKind.FULL else low
        return range(0) if barred else range(_OLDEST)
    return range(low.value if low else 0, high.value if high else _OLDEST)


def _section(section: SectionRule, path: Path) -> Iterator[Finding]:
    if section.announced and not section.announced.value:
        yield (*path, "announced"), "is false: leave it out and say opened_on"
    if section.announced and not section.opened_on:
        for key in ("closed_on", "basis", "windows"):
            if getattr(section, key):
                yield (*path, key), "is said of a section that is only announced"
        return
    for key in ("opened_on", "basis"):
        if not getattr(section, key):
            yield (*path, key), "is missing: a section is announced, or open with all of it"
    opened, closed = section.opened_on, section.closed_on
    if opened and closed and closed.value <= opened.value:
        yield (*path, "closed_on"), "is not after opened_on"
    yield from _windows(section, (*path, "windows"))


def _windows(section: SectionRule, path: Path) -> Iterator[Finding]:
    seen: set[str] = set()
    for name, window in section.windows.items():
        seen |= set(window.kinds.value)
        for kind in window.kinds.value:
            if kind not in section.kinds.value:
                yield (*path, name, "kinds"), f"{kind!r} is not a kind of the section"
        until = window.records_until
        if until and until.value <= window.records_from.value:
            yield (*path, name, "records_until"), "is not after records_from"
    for kind in section.kinds.value:
        if kind not in seen:
            yield path, f"{kind!r} has no window"


def _kinds(edition: Edition, path: Path) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, section in edition.sections.items():
        if not section.kinds.value:
            yield (*path, name, "kinds"), "is empty"
        for kind in section.kinds.value:
            if other := seen.get(kind):
                yield (*path, name, "kinds"), f"{kind!r} belongs to {other!r} already"
            seen[kind] = name


def _coverage(edition: Edition, path: Path) -> Iterator[Finding]:
    for name, rule in edition.coverage.items():
        for section in rule.sections.value:
            if section not in edition.sections:
                yield (*path, name, "sections"), f"{section!r} is not a section"
        if rule.since and rule.until and rule.until.value <= rule.since.value:
            yield (*path, name, "until"), "is not after since"
    for (name, one), (other, two) in itertools.combinations(edition.coverage.items(), 2):
        if shared := _said_twice(one, two):
            yield (*path, other, "sections"), f"{shared!r} is said otherwise by {name!r} already"


def _said_twice(one: CoverageRule, two: CoverageRule) -> str | None:
    """A section of which both say something different about one day of any source, or None."""
    since, until = dt.date.min, dt.date.max
    starts = [rule.since.value if rule.since else since for rule in (one, two)]
    ends = [rule.until.value if rule.until else until for rule in (one, two)]
    if one.sources or two.sources or max(starts) >= min(ends):
        return None
    shared = set(one.sections.value) & set(two.sections.value)
    return min(shared, default=None) if one.extent.value is not two.extent.value else None


def _getting_in(edition: Edition, path: Path) -> Iterator[Finding]:
    if edition.application:
        for key in ("account_levels", "checks"):
            if not getattr(edition.application, key).value:
                yield (*path, "application", key), "is empty"
    if edition.entry:
        yield from _entry(edition.entry, (*path, "entry"))


def _entry(entry: EntryRule, path: Path) -> Iterator[Finding]:
    if entry.lock.hard_failures.value <= entry.lock.steps.value[-1].failures:
        yield (*path, "lock", "hard_failures"), "is not above the last step"
    if entry.session.absolute_minutes.value < entry.session.idle_minutes.value:
        yield (*path, "session", "absolute_minutes"), "is below idle_minutes"

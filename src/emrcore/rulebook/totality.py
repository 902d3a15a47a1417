"""Whether a rulebook makes sense as a whole: nothing missing, contradictory or out of order.

What is well-formed can still leave a gap that would open a card to nobody, or to everybody. Each
check says so at load, with the path of the key at fault; nothing is left to be found when asked.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import TypeGuard

import attrs

from emrcore.rulebook.edition import Access, Cited, Edition, Relation, Role, Rulebook, SectionRule

Path = tuple[str, ...]
Finding = tuple[Path, str]

_MOST_LABELS = 6


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
        yield from _getting_in(edition, path)


def unknown_sources(book: Rulebook) -> Iterator[Finding]:
    """Every citation of a source that the rulebook does not list."""
    for number, edition in enumerate(book.editions):
        for where, cited in _cited(edition, ("edition", str(number))):
            for place in cited.source.split(";"):
                name = place.partition(":")[0].strip()
                if name not in book.sources:
                    yield (*where, "source"), f"{name!r} is not in [sources]"


def _cited(value: object, path: Path) -> Iterator[tuple[Path, Cited[object]]]:
    if isinstance(value, Cited):
        yield path, value
    elif _is_mapping(value):
        for key, inner in value.items():
            yield from _cited(inner, (*path, key))
    elif attrs.has(kind := type(value)):
        for field in attrs.fields(kind):
            yield from _cited(getattr(value, field.name), (*path, field.name))


def _is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)


def _relations(edition: Edition, path: Path) -> Iterator[Finding]:
    for role in Role:
        if role not in edition.relations:
            yield (*path, role), "is missing: say who may not look, too"
    for role, relation in edition.relations.items():
        yield from _relation(edition, role, relation, (*path, role))
    own, guardian = (edition.relations.get(role) for role in (Role.SELF, Role.GUARDIAN))
    if own and guardian:
        yield from _bands(own, guardian, path)


def _relation(edition: Edition, role: Role, relation: Relation, path: Path) -> Iterator[Finding]:
    for name in relation.sections.value:
        if name not in edition.sections:
            yield (*path, "sections"), f"{name!r} is not a section"
    if len(relation.labels.value) > _MOST_LABELS:
        yield (*path, "labels"), f"more than {_MOST_LABELS} labels"
    low, high = relation.from_age, relation.until_age
    if low and high and high.value <= low.value:
        yield (*path, "until_age"), "is not above from_age"
    if role is Role.GUARDIAN and not relation.kinship:
        yield (*path, "kinship"), "is missing"
    if role is not Role.GUARDIAN and relation.kinship:
        yield (*path, "kinship"), "is for guardians only"
    staff = role in {Role.DOCTOR, Role.CREW}
    if staff is not (relation.access.value is Access.STAFF):
        yield (*path, "access"), "is 'staff' for doctors and crews, and for them only"
    if not staff and not relation.opens_on:
        yield (*path, "opens_on"), "is missing"


def _bands(own: Relation, guardian: Relation, path: Path) -> Iterator[Finding]:
    if not own.from_age or not guardian.until_age:
        missing = (Role.GUARDIAN, "until_age") if own.from_age else (Role.SELF, "from_age")
        yield (*path, *missing), "is missing"
    elif own.from_age.value != guardian.until_age.value:
        what = "leaves a gap or an overlap between the guardian's band and the own right"
        yield (*path, Role.GUARDIAN, "until_age"), what


def _section(section: SectionRule, path: Path) -> Iterator[Finding]:
    if section.announced:
        for key in ("opened_on", "records_from", "basis"):
            if getattr(section, key):
                yield (*path, key), "is said of a section that is only announced"
        if not section.announced.value:
            yield (*path, "announced"), "is false: leave it out and say opened_on"
        return
    for key in ("opened_on", "records_from", "basis"):
        if not getattr(section, key):
            yield (*path, key), "is missing: a section is announced, or open with all three"


def _kinds(edition: Edition, path: Path) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, section in edition.sections.items():
        if not section.kinds.value:
            yield (*path, name, "kinds"), "is empty"
        for kind in section.kinds.value:
            if other := seen.get(kind):
                yield (*path, name, "kinds"), f"{kind!r} belongs to {other!r} already"
            seen[kind] = name


def _getting_in(edition: Edition, path: Path) -> Iterator[Finding]:
    for key in ("account_levels", "checks"):
        if not getattr(edition.application, key).value:
            yield (*path, "application", key), "is empty"
    steps = edition.lock.steps.value
    if not steps:
        yield (*path, "lock", "steps"), "is empty"
    elif steps[0].failures > 5:  # noqa: PLR2004 - the ceiling of the cited regulation
        yield (*path, "lock", "steps"), "must lock at 5 failures or fewer"
    for before, after in itertools.pairwise(steps):
        if after.failures <= before.failures or after.minutes < before.minutes:
            yield (*path, "lock", "steps"), "must rise from step to step"
    if steps and edition.lock.hard_failures.value <= steps[-1].failures:
        yield (*path, "lock", "hard_failures"), "is not above the last step"
    if edition.session.absolute_minutes.value < edition.session.idle_minutes.value:
        yield (*path, "session", "absolute_minutes"), "is below idle_minutes"

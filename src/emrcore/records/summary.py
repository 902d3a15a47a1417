"""The emergency summary: what an ambulance crew needs first, as the sources of a card state it.

The order is that of the International Patient Summary: allergies, problems, medication, and then
the rest. Each source states each part as of a moment, and what it states later replaces what it
stated before. Sources do not speak for each other: an allergy that one knows stays, however often
another says that it knows of none.
"""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator

import attrs

from emrcore import rules
from emrcore.access import Viewer
from emrcore.errors import Fault, Malformed, RuleBroken
from emrcore.people import PatientId

LONGEST_TEXT = 500
"""The longest text of an entry, in characters."""

MOST_ENTRIES = 200
"""How many entries one source may state in one part."""

_ABSENT_UNKNOWN = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"


def _sorted(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(labels)))


class Part(enum.StrEnum):
    """A part of the summary, in the order in which it is shown."""

    ALLERGIES = "allergies"
    PROBLEMS = "problems"
    MEDICATION = "medication"
    BLOOD_GROUP = "blood-group"
    IMMUNISATIONS = "immunisations"
    CONTACTS = "contacts"


class Known(enum.StrEnum):
    """What a part says: entries, that none are known, or nothing at all (EMG-8)."""

    PRESENT = "present"
    NONE_KNOWN = "none-known"
    UNKNOWN = "unknown"


ABSENT_UNKNOWN_CODES = {
    (Part.ALLERGIES, Known.NONE_KNOWN): f"{_ABSENT_UNKNOWN}|no-known-allergies",
    (Part.ALLERGIES, Known.UNKNOWN): f"{_ABSENT_UNKNOWN}|no-allergy-info",
    (Part.PROBLEMS, Known.NONE_KNOWN): f"{_ABSENT_UNKNOWN}|no-known-problems",
    (Part.PROBLEMS, Known.UNKNOWN): f"{_ABSENT_UNKNOWN}|no-problem-info",
    (Part.MEDICATION, Known.NONE_KNOWN): f"{_ABSENT_UNKNOWN}|no-known-medications",
    (Part.MEDICATION, Known.UNKNOWN): f"{_ABSENT_UNKNOWN}|no-medication-info",
    (Part.IMMUNISATIONS, Known.NONE_KNOWN): f"{_ABSENT_UNKNOWN}|no-known-immunizations",
    (Part.IMMUNISATIONS, Known.UNKNOWN): f"{_ABSENT_UNKNOWN}|no-immunization-info",
}
"""How the International Patient Summary codes a part without entries; it has no other codes."""


class EntryStanding(enum.StrEnum):
    """How an entry stands with its source; only what is active is shown (EMG-9)."""

    ACTIVE = "active"
    SUPERSEDED = "superseded"
    REFUTED = "refuted"


@attrs.frozen(kw_only=True)
class SummaryEntry:
    """One thing a source states: an allergy, an illness, a medicine, a telephone number.

    ``id`` is the source's own; ``code`` is ``system|code``; ``recorded_on`` is the local day, None
    where the source does not tell. What is ``critical`` is shown first.
    ``labels`` are as with documents: whoever may not see one of them does not see the entry.
    """

    id: str
    text: str = attrs.field(repr=False)
    recorded_on: dt.date | None
    code: str | None = attrs.field(default=None, repr=False)
    critical: bool = attrs.field(default=False, repr=False)
    standing: EntryStanding = EntryStanding.ACTIVE
    labels: tuple[str, ...] = attrs.field(default=(), converter=_sorted)


@attrs.frozen(kw_only=True)
class Statement:
    """All that *source* states about one *part* as of a moment; it replaces what it stated before.

    With ``none_known`` the source has asked and found nothing; without that and without entries it
    says nothing.
    """

    part: Part
    source: str
    as_of: dt.datetime
    entries: tuple[SummaryEntry, ...] = attrs.field(default=(), repr=False)
    none_known: bool = attrs.field(default=False, repr=False)

    @property
    def active(self) -> tuple[SummaryEntry, ...]:
        """What still stands of it."""
        return tuple(one for one in self.entries if one.standing is EntryStanding.ACTIVE)


@attrs.frozen(kw_only=True)
class Summary:
    """The latest statement of each source about each part of one card."""

    patient: PatientId
    statements: tuple[Statement, ...] = attrs.field(default=(), repr=False)

    def find(self, part: Part, source: str) -> Statement | None:
        """What *source* states about *part*."""
        found = (one for one in self.statements if (one.part, one.source) == (part, source))
        return next(found, None)


@attrs.frozen(kw_only=True)
class SummaryFiled:
    """A source stated a part, or ``corrected`` what it had stated; what it states is not told."""

    patient: PatientId
    part: Part
    source: str
    as_of: dt.datetime
    corrected: bool
    at: dt.datetime


@attrs.frozen(kw_only=True)
class SummaryWithdrawn:
    """A source took back what it had stated about a part, such as what was another patient's."""

    patient: PatientId
    part: Part
    source: str
    as_of: dt.datetime
    at: dt.datetime


@attrs.frozen(kw_only=True)
class SummaryShown:
    """Somebody was shown the emergency summary."""

    patient: PatientId
    viewer: Viewer
    at: dt.datetime
    edition: str


def state_part(summary: Summary, statement: Statement, *, at: dt.datetime) -> SummaryFiled | None:
    """File *statement*; None: the source says the same again.

    Raises:
        Malformed: with every fault of the statement.
        RuleBroken: EMG-10, the source has stated the part as of a later moment.
    """
    faults = tuple(_faults(statement, at))
    if faults:
        raise Malformed("statement", faults)
    before = summary.find(statement.part, statement.source)
    if before == statement:
        return None
    if before and statement.as_of < before.as_of:
        raise RuleBroken(rules.EMG_10)
    return SummaryFiled(
        patient=summary.patient,
        part=statement.part,
        source=statement.source,
        as_of=statement.as_of,
        corrected=before is not None,
        at=at,
    )


def withdraw_part(
    summary: Summary, part: Part, source: str, *, as_of: dt.datetime, at: dt.datetime
) -> SummaryWithdrawn:
    """Take back what *source* states about *part* up to *as_of* (aware).

    Raises:
        RuleBroken: EMG-10, it states nothing, or has stated it as of a later moment.
    """
    before = summary.find(part, source)
    if before is None or as_of < before.as_of:
        raise RuleBroken(rules.EMG_10)
    return SummaryWithdrawn(patient=summary.patient, part=part, source=source, as_of=as_of, at=at)


def evolve_summary(
    summary: Summary, event: SummaryFiled | SummaryWithdrawn, statement: Statement | None = None
) -> Summary:
    """The summary after *event*, with the *statement* that was filed.

    What was withdrawn stays as a source that says nothing, so that nothing older comes back.
    """
    named = (event.part, event.source)
    others = tuple(one for one in summary.statements if (one.part, one.source) != named)
    said = statement or Statement(part=event.part, source=event.source, as_of=event.as_of)
    return Summary(patient=summary.patient, statements=(*others, said))


def _faults(statement: Statement, at: dt.datetime) -> Iterator[Fault]:
    if not statement.source.strip():
        yield Fault("source", "is missing", rules.EMG_9)
    if statement.as_of.tzinfo is None:
        yield Fault("as_of", "is naive", rules.EMG_9)
    elif statement.as_of > at:
        yield Fault("as_of", "is later than now", rules.EMG_9)
    if statement.none_known and statement.active:
        yield Fault("none_known", "is said of a part with entries", rules.EMG_8)
    if statement.none_known and statement.part is Part.BLOOD_GROUP:
        yield Fault("none_known", "is said of the blood group, which everybody has", rules.EMG_8)
    if len(statement.entries) > MOST_ENTRIES:
        yield Fault("entries", f"are more than {MOST_ENTRIES}", rules.EMG_9)
    if len({one.id for one in statement.entries}) < len(statement.entries):
        yield Fault("entries", "name an id twice", rules.EMG_9)
    for number, one in enumerate(statement.entries):
        if not 0 < len(one.text.strip()) <= len(one.text) <= LONGEST_TEXT:
            yield Fault(f"entries[{number}].text", "is empty or too long", rules.EMG_9)


# -- What is shown ---------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ShownEntry:
    """An entry with where it comes from, and as of when that source has stated it (EMG-9)."""

    entry: SummaryEntry
    source: str
    as_of: dt.datetime


@attrs.frozen(kw_only=True)
class ShownPart:
    """One part: what is known, the entries, and the code that says so where there are none.

    ``sources`` are those that say that none are known.
    """

    part: Part
    known: Known
    entries: tuple[ShownEntry, ...] = attrs.field(default=(), repr=False)
    sources: tuple[str, ...] = ()

    @property
    def code(self) -> str | None:
        """``system|code`` of the International Patient Summary; None: there is no such code."""
        return ABSENT_UNKNOWN_CODES.get((self.part, self.known))


def summarise(summary: Summary | None, labels: frozenset[str]) -> tuple[ShownPart, ...]:
    """The parts in their order, for who may see these *labels*.

    Where something is kept from the viewer and nothing else is there, the part is unknown to them.
    """
    stated = summary.statements if summary else ()
    return tuple(_shown(part, [one for one in stated if one.part is part], labels) for part in Part)


def _shown(part: Part, statements: list[Statement], labels: frozenset[str]) -> ShownPart:
    active = [(one, entry) for one in statements for entry in one.active]
    seen = [(one, entry) for one, entry in active if labels.issuperset(entry.labels)]
    if seen:
        entries = [
            ShownEntry(entry=entry, source=one.source, as_of=one.as_of) for one, entry in seen
        ]
        return ShownPart(part=part, known=Known.PRESENT, entries=tuple(sorted(entries, key=_place)))
    sources = tuple(sorted(one.source for one in statements if one.none_known))
    if active or not sources:
        return ShownPart(part=part, known=Known.UNKNOWN)
    return ShownPart(part=part, known=Known.NONE_KNOWN, sources=sources)


def _place(shown: ShownEntry) -> tuple[bool, int, str, str]:
    """The critical first, then the latest."""
    entry = shown.entry
    day = entry.recorded_on.toordinal() if entry.recorded_on else 0
    return not entry.critical, -day, shown.source, entry.id

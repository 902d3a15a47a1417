"""A second reading of a rulebook: slow, obvious, and written from the rulebook's words alone.

It shares the values with the library (editions, facts, documents) and none of its reckoning: no
constants are folded, no ages, days or moments computed elsewhere. Each function asks one condition
after another, in the order in which a lawyer would. Whoever doubts an answer of the library can
read this file instead; a test compares both on every case that ``boundaries`` lists.
"""

import calendar
import datetime as dt
import enum
from collections.abc import Iterable

import attrs

from emrcore.access.facts import Facts, Grant, Viewer
from emrcore.people import AgeConvention, CapacityKind, Fact, LeapBirthday, Tie
from emrcore.records import Document
from emrcore.rulebook import Access, Ages, Band, Basis, Edition, May, Need, Role, Rulebook, Window


class Answer(enum.StrEnum):
    """What a viewer gets to know of one document.

    ``REFUSED``: the card is closed as a whole; ``UNOPENED``: its section is meant for the viewer
    and not open yet; ``HIDDEN``: nothing; ``WITHHELD``: only that something is hidden.
    """

    REFUSED = "refused"
    UNOPENED = "unopened"
    HIDDEN = "hidden"
    WITHHELD = "withheld"
    VIEW = "view"
    ACT = "act"


def shows(
    rulebook: Rulebook, facts: Facts, viewer: Viewer, document: Document, at: dt.datetime
) -> bool:
    """Whether *viewer* sees *document* in the card of *facts* at *at* (aware)."""
    return answer(rulebook, facts, viewer, document, at) in {Answer.VIEW, Answer.ACT}


def answer(
    rulebook: Rulebook, facts: Facts, viewer: Viewer, document: Document, at: dt.datetime
) -> Answer:
    """What *viewer* gets to know of *document* in the card of *facts* at *at* (aware)."""
    case = Case(edition_in_force(rulebook, at), facts, viewer, document, at)
    bands = bands_that_let_in(case)
    if document.patient != facts.patient:
        return Answer.HIDDEN
    if not bands:
        return Answer.REFUSED
    if moment(document.published_at) > moment(at):
        return Answer.HIDDEN
    if not any(is_open(case, band) for band in bands):
        return Answer.UNOPENED if any(is_meant(case, band) for band in bands) else Answer.HIDDEN
    return told(case, [(band, way) for band in bands for way in ways_to(case, band)])


def told(case: "Case", ways: list[tuple[Band, Window | None]]) -> Answer:
    """What the viewer gets to know by *ways* to the document's section, kind and source."""
    allowed = [
        band.may.value
        for band, way in ways
        if not barring_labels(case, band)
        and is_dated_within(case, band, way)
        and is_released(case, way)
    ]
    if allowed:
        return Answer.ACT if May.ACT in allowed else Answer.VIEW
    if ways and all(is_said_to_be_hidden(case, band) for band, _ in ways):
        return Answer.WITHHELD
    return Answer.HIDDEN


@attrs.frozen
class Case:
    """One question: who asks, when, by which edition, about which document of whose card."""

    edition: Edition
    facts: Facts
    viewer: Viewer
    document: Document
    at: dt.datetime

    @property
    def today(self) -> dt.date:
        """The day of the question in the rulebook's zone."""
        return local_day(self.at, self.edition)


# -- Days and moments ------------------------------------------------------------------------------


def moment(at: dt.datetime) -> dt.datetime:
    """*at* on one clock, so that moments of different zones can be put in order."""
    return at.astimezone(dt.UTC)


def local_day(at: dt.datetime, edition: Edition) -> dt.date:
    """The day that *at* falls on in the zone of *edition*."""
    return at.astimezone(edition.zone).date()


def edition_in_force(rulebook: Rulebook, at: dt.datetime) -> Edition:
    """The last edition that has begun at *at*; before all of them, the first one."""
    found = rulebook.editions[0]
    for edition in rulebook.editions:
        if edition.valid_from <= local_day(at, edition):
            found = edition
    return found


def day_of_reaching(born: dt.date, years: int, ages: Ages) -> dt.date:
    """The first day on which someone born on *born* counts as *years* old."""
    if years == 0:
        return born
    year = born.year + years
    leapling = (born.month, born.day) == (2, 29)
    if not leapling or calendar.isleap(year):
        birthday = born.replace(year=year)
    elif ages.leap_birthday.value is LeapBirthday.FEB28:
        birthday = dt.date(year, 2, 28)
    else:
        birthday = dt.date(year, 3, 1)
    if ages.attained.value is AgeConvention.DAY_AFTER:
        return birthday + dt.timedelta(days=1)
    return birthday


def any_holds(facts: Iterable[Fact], day: dt.date) -> bool:
    """Whether one of *facts* is in force on *day*: begun, and not ended on or before it."""
    for fact in facts:
        begun = day >= fact.since
        ended = fact.until is not None and day >= fact.until
        if begun and not ended:
            return True
    return False


# -- Who is let in ---------------------------------------------------------------------------------


def bands_that_let_in(case: Case) -> list[Band]:
    """The ways to the card that are open to the viewer."""
    relation = case.edition.relations[case.viewer.role]
    if relation.nobody and relation.nobody.value:
        return []
    return [
        band
        for band in relation.bands.values()
        if is_the_right_person(case, band) and is_the_right_time(case, band)
    ]


def is_the_right_person(case: Case, band: Band) -> bool:
    """Whether the viewer stands to the patient as the band asks, and no authority objects."""
    facts, patient, viewer = case.facts, case.facts.person.id, case.viewer
    if viewer.role is Role.SELF and viewer.person != patient:
        return False
    if band.kinship:
        ties = [tie for tie in facts.kinships if tie.status is band.kinship.value]
        if not any_holds(between(case, ties), case.today):
            return False
    for need in band.needs.value if band.needs else ():
        if not is_met(case, need):
            return False
    if band.restricted.value:
        bars = [bar for bar in facts.restrictions if bar.ward == patient]
        bars = [bar for bar in bars if bar.person is None or bar.person == viewer.person]
        if any_holds(bars, case.today):
            return False
    return True


def is_the_right_time(case: Case, band: Band) -> bool:
    """Whether the way is open by now: its first day, the patient's life and age, the grant."""
    died = case.facts.person.died
    if band.opens_on and case.today < band.opens_on.value:
        return False
    if died and case.today >= died and not band.after_death.value:
        return False
    if not is_of_the_right_age(case, band):
        return False
    return band.access.value is not Access.GRANTED or bool(grants_in_force(case))


def is_of_the_right_age(case: Case, band: Band) -> bool:
    """Whether the patient is as old as the band asks, or a finding on capacity replaces the age."""
    if band.capacity_overrides_age and band.capacity_overrides_age.value:
        full, none = (is_found(case, kind) for kind in (CapacityKind.FULL, CapacityKind.NONE))
        if (full and band.until_age) or (none and band.from_age):
            return False
        if full or none:
            return True
    born, ages = case.facts.person.born, case.edition.ages
    if band.from_age and case.today < day_of_reaching(born, band.from_age.value, ages):
        return False
    return not (band.until_age and case.today >= day_of_reaching(born, band.until_age.value, ages))


def is_found(case: Case, kind: CapacityKind) -> bool:
    """Whether an authority has found the patient to be of this capacity."""
    patient = case.facts.person.id
    findings = [one for one in case.facts.capacities if one.person == patient]
    return any_holds([one for one in findings if one.kind is kind], case.today)


def grants_in_force(case: Case) -> list[Grant]:
    """The grants by which this viewer is in at this moment, in this role."""
    now = moment(case.at)
    grants = [
        grant
        for grant in case.facts.grants
        if grant.viewer == case.viewer.person and grant.role in {None, case.viewer.role}
    ]
    begun = [grant for grant in grants if now >= moment(grant.since)]
    return [grant for grant in begun if grant.until is None or now < moment(grant.until)]


def between(case: Case, ties: Iterable[Tie]) -> list[Tie]:
    """Those of *ties* in which the viewer is the guardian and the patient the ward."""
    patient = case.facts.person.id
    return [tie for tie in ties if tie.guardian == case.viewer.person and tie.ward == patient]


def is_met(case: Case, need: Need) -> bool:
    """Whether the dated fact that the band asks for is in force today."""
    facts, patient, viewer = case.facts, case.facts.person.id, case.viewer.person
    found: Iterable[Fact]
    match need:
        case Need.CUSTODY:
            found = between(case, facts.custodies)
        case Need.RESIDENCE:
            found = between(case, facts.residences)
        case Need.ASSENT:
            found = between(case, [one for one in facts.assents if one.given])
        case Need.NOMINATION:
            named = [one for one in facts.nominations if one.giver == patient]
            found = [one for one in named if one.receiver == viewer]
        case Need.ASSESSMENT:
            found = [one for one in facts.assessments if one.person == patient]
        case Need.COVER:
            found = [one for one in facts.covers if one.person == patient]
    return any_holds(found, case.today)


# -- What they are shown ---------------------------------------------------------------------------


def is_meant(case: Case, band: Band) -> bool:
    """Whether the band shows the document's section to its viewers, now or some day."""
    section = case.document.section
    return section in case.edition.sections and section in band.sections.value


def is_open(case: Case, band: Band) -> bool:
    """Whether the band shows the document's section today."""
    if not is_meant(case, band):
        return False
    section = case.edition.sections[case.document.section]
    if not band.windows.value:
        return True
    if section.opened_on is None or case.today < section.opened_on.value:
        return False
    return section.closed_on is None or case.today < section.closed_on.value


def ways_to(case: Case, band: Band) -> list[Window | None]:
    """The windows of the document's section that are for its kind and source.

    None stands for a section that the band shows whatever its windows say.
    """
    if not is_open(case, band):
        return []
    document = case.document
    section = case.edition.sections[document.section]
    if not band.windows.value:
        every = section.kinds.value
        return [None] if is_listed(document.kind, every, every) else []
    return [
        window
        for window in section.windows.values()
        if is_listed(document.kind, window.kinds.value, section.kinds.value)
        and (window.sources is None or document.source in window.sources.value)
    ]


def is_listed(kind: str | None, kinds: tuple[str, ...], every: tuple[str, ...]) -> bool:
    """Whether a document of *kind* is one of *kinds*.

    One whose source tells no kinds may be any of *every*, so all of them must be among *kinds*.
    """
    return set(every) <= set(kinds) if kind is None else kind in kinds


def barring_labels(case: Case, band: Band) -> frozenset[str]:
    """The labels of the document that the band does not allow."""
    return case.document.labels - set(band.labels.value)


def is_said_to_be_hidden(case: Case, band: Band) -> bool:
    """Whether labels hide the document in this band, and the viewer is to be told."""
    barring = barring_labels(case, band)
    flagged = band.flagged.value if band.flagged else ()
    return bool(barring) and all(label in flagged for label in barring)


def is_dated_within(case: Case, band: Band, window: Window | None) -> bool:
    """Whether the day that the section judges by is one that window and band show."""
    if window is None:
        return True
    day = day_of(case)
    if day is None or day < window.records_from.value:
        return False
    if window.records_until and day >= window.records_until.value:
        return False
    if band.records_from and day < band.records_from.value:
        return False
    return is_within_the_bounds(case, band, day)


def day_of(case: Case) -> dt.date | None:
    """The day of the document that its section judges by, if it is known."""
    document, basis = case.document, case.edition.sections[case.document.section].basis
    if basis and basis.value is Basis.OCCURRED:
        return document.occurred_on
    if basis and basis.value is Basis.SIGNED:
        return document.signed_on
    return local_day(document.published_at, case.edition)


def is_within_the_bounds(case: Case, band: Band, day: dt.date) -> bool:
    """Whether *day* is one that this viewer's grant and this patient's life leave open."""
    edition, facts = case.edition, case.facts
    if band.records_from_grant and band.records_from_grant.value:
        granted = min(moment(grant.since) for grant in grants_in_force(case))
        if day < local_day(granted, edition):
            return False
    if band.records_until_age:
        years = band.records_until_age.value
        if day >= day_of_reaching(facts.person.born, years, edition.ages):
            return False
    if band.opt_outs and band.opt_outs.value:
        own = [one for one in facts.opt_outs if one.person == facts.person.id]
        return not any_holds(own, day)
    return True


def is_released(case: Case, window: Window | None) -> bool:
    """Whether the window's delay is over, in days of 24 hours, and a clinician has seen it."""
    if window is None:
        return True
    document, now = case.document, moment(case.at)
    if window.acknowledged and window.acknowledged.value:
        seen = document.acknowledged_at
        if seen is None or moment(seen) > now:
            return False
    delay = dt.timedelta(days=window.delay_days.value if window.delay_days else 0)
    return now >= moment(document.published_at) + delay

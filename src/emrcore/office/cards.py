"""Cards, and what is known about their patients."""

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from emrcore import rules
from emrcore.access import Facts, guardians, resigned
from emrcore.diary import PROVENANCE
from emrcore.errors import Fault, Malformed, RuleBroken
from emrcore.journal import Actor, ActorKind, entry
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.entering import check_session, remember_use
from emrcore.office.readers import Citizen
from emrcore.office.work import Work
from emrcore.people import (
    Assent,
    Assessment,
    Capacity,
    Custody,
    Kinship,
    Nomination,
    OptOut,
    PatientId,
    Person,
    PersonId,
    PolicyCover,
    Residence,
    Restriction,
)
from emrcore.ports import Shard
from emrcore.records import (
    CardCoverage,
    CardCreated,
    Coverage,
    CoverageStated,
    DatedFact,
    DeathRecorded,
    Document,
    DocumentsAdded,
    FactRecorded,
    GuardianResigned,
    KinshipRecorded,
    NoGuardianLeft,
    restricted,
)
from emrcore.sessions import SessionUsed

REGISTER = Actor(kind=ActorKind.SYSTEM, id="register")
"""Who records facts: the host's registers."""


class Cards(Desk):
    """The verbs about cards and what is known about their patients."""

    __slots__ = ()

    def create_card(self, person: Person, *, patient: PatientId, clinic: str) -> bool:
        """Create the card of *person* at the first visit to *clinic*; whether it was the first.

        A later visit changes nothing. The name is not kept: nothing is decided by it.
        """

        def verb(work: Work) -> bool:
            place = places.facts(patient)
            if work.load(place, Facts) is not None:
                return False
            work.put(place, Facts(patient=patient, person=attrs.evolve(person, name=None)))
            work.note(
                CardCreated(patient=patient, person=person.id, clinic=clinic, at=work.now),
                Actor(kind=ActorKind.STAFF, id=clinic, organisation=clinic),
                patient,
            )
            return True

        return self.do(Shard.of_patient(patient), verb)

    def record_kinship(self, patient: PatientId, kinship: Kinship) -> Facts:
        """Record what the register says of a tie; it replaces what it said of the same tie before.

        Saying the same again changes nothing. Where it takes the last guardian from the ward,
        ``NoGuardianLeft`` stands in the journal behind it (KEP-5).

        Raises:
            RuleBroken: APP-5, there is no card.
        """

        def learn(facts: Facts, work: Work) -> Facts:
            if kinship in facts.kinships:
                return facts
            same = (kinship.guardian, kinship.since)
            others = tuple(tie for tie in facts.kinships if (tie.guardian, tie.since) != same)
            event = KinshipRecorded(patient=patient, kinship=kinship, at=work.now)
            work.note(event, REGISTER, patient)
            return attrs.evolve(facts, kinships=(*others, kinship))

        return _learn(self, patient, learn)

    def record_fact(self, patient: PatientId, fact: DatedFact) -> Facts:
        """Record a dated fact about the person of the card; the next look is judged by it.

        It replaces what was said before about the same persons from the same day on (PPL-11): an
        end is recorded by the same fact with ``until``.

        Raises:
            RuleBroken: APP-5, there is no card.
            ValueError: it is about somebody else.
        """
        field = _FIELDS[type(fact)]

        def learn(facts: Facts, work: Work) -> Facts:
            if _subject(fact) != facts.person.id:
                raise ValueError("the fact is about another person")
            known: tuple[DatedFact, ...] = getattr(facts, field)
            if fact in known:
                return facts
            others = [one for one in known if _identity(one) != _identity(fact)]
            work.note(FactRecorded(patient=patient, fact=fact, at=work.now), REGISTER, patient)
            changed: dict[str, Any] = {field: (*others, fact)}
            return attrs.evolve(facts, **changed)

        return _learn(self, patient, learn)

    def record_restriction(self, patient: PatientId, restriction: Restriction) -> Facts:
        """Record an authority's restriction; saying the same again changes nothing.

        As ``record_kinship`` where it bars the last guardian.

        Raises:
            RuleBroken: APP-5, there is no card.
        """

        def learn(facts: Facts, work: Work) -> Facts:
            if restriction in facts.restrictions:
                return facts
            work.note(restricted(restriction, patient, work.now), REGISTER, patient)
            return attrs.evolve(facts, restrictions=(*facts.restrictions, restriction))

        return _learn(self, patient, learn)

    def resign(self, reader: Citizen, patient: PatientId) -> Facts:
        """End the ties of *reader*, a guardian with a session, to the ward, as they ask for.

        Every change of a ward's guardians rewrites the one row of the card's facts, so that of two
        who resign at once the second is judged by what the first left. An approval of such a step
        by a code is for the host to ask for (``ActionKind.GUARDIANSHIP``).

        Raises:
            RuleBroken: APP-5 there is no card, SES-8 the session is over, ACC-5 there is no such
                tie, KEP-5 the ward would be left without a guardian.
        """
        uses: list[SessionUsed] = []
        person = reader.account.person

        def learn(facts: Facts, work: Work) -> Facts:
            day = self.edition(work.now).local_day(work.now)
            after, ended = resigned(facts, person, on=day)
            for tie in ended:
                event = GuardianResigned(patient=patient, kinship=tie, at=work.now)
                work.note(event, Actor(kind=ActorKind.CITIZEN, id=person), patient)
            return after

        def verb(work: Work) -> Facts:
            used = check_session(self, work, reader.account, reader.token)
            uses[:] = [used] if used else []
            return _learned(self, work, patient, learn)

        known = self.do(Shard.of_patient(patient), verb)
        for used in uses:
            remember_use(self, reader.account, used)
        return known

    def record_death(self, patient: PatientId, *, on: dt.date) -> Facts:
        """Record that the patient died on the local day *on*.

        Raises:
            RuleBroken: APP-5, there is no card.
        """

        def learn(facts: Facts, work: Work) -> Facts:
            work.note(DeathRecorded(patient=patient, at=work.now), REGISTER, patient)
            return attrs.evolve(facts, person=attrs.evolve(facts.person, died=on))

        return _learn(self, patient, learn)

    def add_documents(
        self, patient: PatientId, documents: tuple[Document, ...], *, source: str
    ) -> int:
        """Add what *source* delivered to the card; how many versions were not there yet (REC-3).

        A delivery may be repeated, with no key: what is there already is left as it is. Other
        content under a name that is there is a correction (REC-5), and ``records.withdrawn`` says
        that the source takes a document back (REC-6).

        Raises:
            RuleBroken: APP-5 there is no card, OWN-8 the source is what marks own words.
            ValueError: a document is another patient's or another source's.
        """
        if any((one.patient, one.source) != (patient, source) for one in documents):
            raise ValueError("a delivery is of one source, for one card")
        if source == PROVENANCE:
            raise RuleBroken(rules.OWN_8)

        def verb(work: Work) -> None:
            if work.load(places.facts(patient), Facts) is None:
                raise RuleBroken(rules.APP_5)

        self.apart(Shard.of_patient(patient), verb)
        at = self.now()
        event = DocumentsAdded(patient=patient, source=source, delivered=len(documents), at=at)
        actor = Actor(kind=ActorKind.SYSTEM, id=source)
        about = entry(event, at=at, actor=actor, subject=patient)
        return self.redo(lambda: self.storage.add(patient, documents, about))

    def state_coverage(
        self, patient: PatientId, coverages: tuple[Coverage, ...], *, source: str
    ) -> CardCoverage:
        """Record how much of the card *source* has recorded; it replaces what it stated before.

        Raises:
            RuleBroken: APP-5, there is no card.
            Malformed: SCT-5, a section is not one of the rulebook.
        """
        known = self.edition(self.now()).sections
        faults = tuple(
            Fault(f"coverages[{number}].section", "is not a section", rules.SCT_5)
            for number, one in enumerate(coverages)
            if one.section not in known
        )
        if faults:
            raise Malformed("coverage", faults)

        def verb(work: Work) -> CardCoverage:
            if work.load(places.facts(patient), Facts) is None:
                raise RuleBroken(rules.APP_5)
            place = places.coverage(patient)
            before = work.load(place, CardCoverage) or CardCoverage()
            after = CardCoverage(by_source={**before.by_source, source: coverages})
            if after == before:
                return before
            event = CoverageStated(
                patient=patient,
                source=source,
                sections=tuple(dict.fromkeys(one.section for one in coverages)),
                at=work.now,
            )
            work.put(place, after)
            work.note(event, Actor(kind=ActorKind.SYSTEM, id=source), patient)
            return after

        return self.do(Shard.of_patient(patient), verb)


_FIELDS: Mapping[type[DatedFact], str] = MappingProxyType(
    {
        Custody: "custodies",
        Residence: "residences",
        Assent: "assents",
        Nomination: "nominations",
        Capacity: "capacities",
        Assessment: "assessments",
        PolicyCover: "covers",
        OptOut: "opt_outs",
    }
)
"""Where facts of each kind are kept."""


def _subject(fact: DatedFact) -> PersonId:
    """The person whose card *fact* bears on."""
    match fact:
        case Custody() | Residence() | Assent():
            return fact.ward
        case Nomination():
            return fact.giver
        case Capacity() | Assessment() | PolicyCover() | OptOut():
            return fact.person


def _identity(fact: DatedFact) -> tuple[PersonId | None, dt.date]:
    """What of two facts of one kind about one person makes the later replace the earlier."""
    match fact:
        case Custody() | Residence() | Assent():
            return fact.guardian, fact.since
        case Nomination():
            return fact.receiver, fact.since
        case Capacity() | Assessment() | PolicyCover() | OptOut():
            return None, fact.since


def _learn(desk: Desk, patient: PatientId, learn: Callable[[Facts, Work], Facts]) -> Facts:
    return desk.do(Shard.of_patient(patient), lambda work: _learned(desk, work, patient, learn))


def _learned(
    desk: Desk, work: Work, patient: PatientId, learn: Callable[[Facts, Work], Facts]
) -> Facts:
    place = places.facts(patient)
    facts = work.load(place, Facts)
    if facts is None:
        raise RuleBroken(rules.APP_5)
    known = learn(facts, work)
    if known is not facts:
        work.put(place, known)
        day = desk.edition(work.now).local_day(work.now)
        alone = bool(guardians(facts, on=day)) and not guardians(known, on=day)
        if alone and known.person.died is None:
            work.note(NoGuardianLeft(patient=patient, at=work.now), REGISTER, patient)
    return known

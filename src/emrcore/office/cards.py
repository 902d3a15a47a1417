"""Cards, and what is known about their patients."""

import datetime as dt
from collections.abc import Callable

import attrs

from emrcore import rules
from emrcore.access import Facts
from emrcore.errors import RuleBroken
from emrcore.journal import Actor, ActorKind, entry
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.work import Work
from emrcore.people import Kinship, PatientId, Person, Restriction
from emrcore.ports import Shard
from emrcore.records import (
    CardCreated,
    DeathRecorded,
    Document,
    DocumentsAdded,
    KinshipRecorded,
    restricted,
)

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

        Saying the same again changes nothing.

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

    def record_restriction(self, patient: PatientId, restriction: Restriction) -> Facts:
        """Record an authority's restriction; saying the same again changes nothing.

        Raises:
            RuleBroken: APP-5, there is no card.
        """

        def learn(facts: Facts, work: Work) -> Facts:
            if restriction in facts.restrictions:
                return facts
            work.note(restricted(restriction, patient, work.now), REGISTER, patient)
            return attrs.evolve(facts, restrictions=(*facts.restrictions, restriction))

        return _learn(self, patient, learn)

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
            RuleBroken: APP-5, there is no card.
            ValueError: a document is another patient's or another source's.
        """
        if any((one.patient, one.source) != (patient, source) for one in documents):
            raise ValueError("a delivery is of one source, for one card")

        def verb(work: Work) -> None:
            if work.load(places.facts(patient), Facts) is None:
                raise RuleBroken(rules.APP_5)

        self.apart(Shard.of_patient(patient), verb)
        at = self.now()
        event = DocumentsAdded(patient=patient, source=source, delivered=len(documents), at=at)
        actor = Actor(kind=ActorKind.SYSTEM, id=source)
        about = entry(event, at=at, actor=actor, subject=patient)
        return self.redo(lambda: self.storage.add(patient, documents, about))


def _learn(desk: Desk, patient: PatientId, learn: Callable[[Facts, Work], Facts]) -> Facts:
    def verb(work: Work) -> Facts:
        place = places.facts(patient)
        facts = work.load(place, Facts)
        if facts is None:
            raise RuleBroken(rules.APP_5)
        known = learn(facts, work)
        if known is not facts:
            work.put(place, known)
        return known

    return desk.do(Shard.of_patient(patient), verb)

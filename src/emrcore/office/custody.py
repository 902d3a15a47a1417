"""Identity data in custody: shown to an operator, wrapped anew, erased."""

import datetime as dt

import attrs

from emrcore import envelopes, rules
from emrcore.access import Facts
from emrcore.applications import ApplicationId, Operator
from emrcore.envelopes import (
    CARD_ENVELOPE_STATES,
    ENVELOPE_STATES,
    CardEnvelope,
    Envelope,
    PapersShown,
)
from emrcore.errors import Corrupt, RuleBroken, Unavailable
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.card_sealing import rewrapped_card
from emrcore.office.desk import Desk
from emrcore.office.papers import papers_of
from emrcore.office.sealing import rewrapped
from emrcore.office.work import Work
from emrcore.people import AccountId, IdentityPapers, PatientId, PersonId
from emrcore.ports import Key, Shard


@attrs.frozen(kw_only=True)
class Rewrapping:
    """How far ``Office.rewrap`` got: how many it wrapped anew, and whose it could not open."""

    done: int
    broken: tuple[PersonId, ...] = ()
    broken_cards: tuple[PatientId, ...] = ()


class Custody(Desk):
    """The verbs about identity data that is kept."""

    __slots__ = ()

    def read_papers(
        self, account: AccountId, application: ApplicationId, *, by: Operator
    ) -> IdentityPapers:
        """The papers of an application, for the operator who checks it; an entry says who saw them.

        Raises:
            RuleBroken: APP-10 there is no such application, STO-5 its papers are erased.
            Corrupt: they are not what was kept.
        """

        def verb(work: Work) -> IdentityPapers:
            papers = papers_of(self, work, account, application)
            shown = PapersShown(account=account, application=application, at=work.now)
            work.note(shown, _operator(by))
            return papers

        return self.do(Shard.of_account(account), verb)

    def rewrap(self, *, before: dt.datetime, limit: int = 100) -> Rewrapping:
        """Wrap by the current master key up to *limit* data keys that were wrapped before *before*.

        First those of persons, then those of cards (``SealedRecords``).
        For a worker of the host's to call after a change of the master key, with the moment from
        which every process has had the new one, until nothing is done any more; then no data key
        needs the old master. Nothing that is sealed is touched. A key that cannot be opened stays
        as it is, and first in the row.
        """
        persons = self.storage.due("envelope", before, limit)
        left = limit - len(persons)
        cards = self.storage.due("card-envelope", before, left) if left else ()
        broken = tuple(PersonId(one.shard.id) for one in persons if not _rewrap(self, one))
        lost = tuple(PatientId(one.shard.id) for one in cards if not _rewrap(self, one))
        done = len(persons) + len(cards) - len(broken) - len(lost)
        return Rewrapping(done=done, broken=broken, broken_cards=lost)

    def erase(self, person: PersonId, *, by: Operator, cards: tuple[PatientId, ...] = ()) -> bool:
        """Destroy the data key of *person*: no identity data of theirs can be read again (STO-5).

        Whether there was one. Decisions and the journal, which name the person by id only, stay,
        and so does the card, which the law may want kept. Where it may go, *cards* names those of
        the person to erase with them: the key of each one's documents is destroyed (KEP-2), in a
        commit of its own before the person's. Documents that are not in ``SealedRecords`` have
        none. Messages to the person's phone are dropped. What the person files
        later is sealed anew. The key is gone from this store; its backups, and what a database
        keeps of overwritten rows, are the host's to destroy.

        Raises:
            RuleBroken: APP-5, one of *cards* is not the person's; those before it are erased.
        """
        for patient in cards:
            _erase_card(self, patient, person, by)

        def verb(work: Work) -> bool:
            place = places.envelope(person)
            state = work.load(place, *ENVELOPE_STATES)
            event = envelopes.erase(state, at=work.now)
            if event:
                work.put(place, envelopes.evolve(state, event))
                work.note(event, _operator(by))
            return event is not None

        return self.do(Shard.of_person(person), verb)


def _erase_card(desk: Desk, patient: PatientId, person: PersonId, by: Operator) -> None:
    def verb(work: Work) -> None:
        facts = work.load(places.facts(patient), Facts)
        if facts is None or facts.person.id != person:
            raise RuleBroken(rules.APP_5)
        place = places.card_envelope(patient)
        state = work.load(place, *CARD_ENVELOPE_STATES)
        if event := envelopes.erase_card(state, at=work.now):
            work.put(place, envelopes.evolve_card(state, event))
            work.note(event, _operator(by), patient)

    desk.apart(Shard.of_patient(patient), verb)


def _rewrap(desk: Desk, place: Key) -> bool:
    """Whether the envelope at *place* could be opened; one erased meanwhile needs no more."""

    def verb(work: Work) -> bool:
        envelope = work.load(place, *ENVELOPE_STATES, *CARD_ENVELOPE_STATES)
        try:
            match envelope:
                case Envelope():
                    work.put(place, rewrapped(desk.keys, envelope), due=work.now)
                case CardEnvelope():
                    work.put(place, rewrapped_card(desk.keys, envelope), due=work.now)
                case _:
                    pass
        except (Corrupt, Unavailable):
            return False
        return True

    return desk.apart(place.shard, verb)


def _operator(by: Operator) -> Actor:
    return Actor(kind=ActorKind.OPERATOR, id=by.id)

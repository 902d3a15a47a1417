"""Identity data in custody: shown to an operator, wrapped anew, erased."""

import datetime as dt

import attrs

from emrcore import envelopes
from emrcore.applications import ApplicationId, Operator
from emrcore.envelopes import ENVELOPE_STATES, Envelope, PapersShown
from emrcore.errors import Corrupt, Unavailable
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.papers import papers_of
from emrcore.office.sealing import rewrapped
from emrcore.office.work import Work
from emrcore.people import AccountId, IdentityPapers, PersonId
from emrcore.ports import Key, Shard


@attrs.frozen(kw_only=True)
class Rewrapping:
    """How far ``Office.rewrap`` got: how many it wrapped anew, and whose it could not open."""

    done: int
    broken: tuple[PersonId, ...] = ()


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

        For a worker of the host's to call after a change of the master key, with the moment from
        which every process has had the new one, until nothing is done any more; then no data key
        needs the old master. Nothing that is sealed is touched. A key that cannot be opened stays
        as it is, and first in the row.
        """
        found = self.storage.due("envelope", before, limit)
        broken = tuple(PersonId(place.shard.id) for place in found if not _rewrap(self, place))
        return Rewrapping(done=len(found) - len(broken), broken=broken)

    def erase(self, person: PersonId, *, by: Operator) -> bool:
        """Destroy the data key of *person*: no identity data of theirs can be read again (STO-5).

        Whether there was one. Decisions and the journal, which name the person by id only, stay,
        and so does the card. Messages to the person's phone are dropped. What the person files
        later is sealed anew. The key is gone from this store; its backups, and what a database
        keeps of overwritten rows, are the host's to destroy.
        """

        def verb(work: Work) -> bool:
            place = places.envelope(person)
            state = work.load(place, *ENVELOPE_STATES)
            event = envelopes.erase(state, at=work.now)
            if event:
                work.put(place, envelopes.evolve(state, event))
                work.note(event, _operator(by))
            return event is not None

        return self.do(Shard.of_person(person), verb)


def _rewrap(desk: Desk, place: Key) -> bool:
    """Whether the envelope at *place* could be opened; one erased meanwhile needs no more."""

    def verb(work: Work) -> bool:
        envelope = work.load(place, *ENVELOPE_STATES)
        if not isinstance(envelope, Envelope):
            return True
        try:
            new = rewrapped(desk.keys, envelope)
        except (Corrupt, Unavailable):
            return False
        work.put(place, new, due=work.now)
        return True

    return desk.apart(place.shard, verb)


def _operator(by: Operator) -> Actor:
    return Actor(kind=ActorKind.OPERATOR, id=by.id)

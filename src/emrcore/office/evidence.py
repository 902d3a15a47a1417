"""The photo that proves who applies: how it comes in, who sees it, and when it goes.

It is on record that a picture has to be deleted before there is a picture to delete, so that none
is ever kept without an end. The picture lies sealed where the host keeps blobs; the office keeps
its hash, what a look at it said, and what it is for.
"""

import datetime as dt
import hashlib

import attrs

from emrcore import applications, rules
from emrcore.applications import (
    EVIDENCE_STATES,
    STATES,
    ApplicationId,
    Evidence,
    EvidenceId,
    EvidenceShown,
    Kept,
    Operator,
)
from emrcore.envelopes import Sealed
from emrcore.errors import RuleBroken, Unavailable
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.keeping import SYSTEM, citizen, keep, load_open, operator, release_evidence
from emrcore.office.sealed import seal, unseal
from emrcore.office.sealing import Place
from emrcore.office.work import Work
from emrcore.people import Account, AccountId, PersonId
from emrcore.ports import Blobs, Key, Photos, Shard
from emrcore.rulebook import Check
from emrcore.wire import decode

_TICK = dt.timedelta.resolution


@attrs.frozen(kw_only=True)
class Album:
    """How pictures are looked at, and where they are kept."""

    photos: Photos
    blobs: Blobs


class Proofs(Desk):
    """The verbs about evidence."""

    __slots__ = ()

    def keep_photo(
        self, account: Account, application: ApplicationId, content: bytes, *, album: Album
    ) -> EvidenceId:
        """Keep the applicant's photo with the passport (APP-21, APP-22).

        A check of an earlier photo is open again, and the earlier photo is let go.

        Raises:
            Malformed: *content* is no such picture; every fault is told.
            RuleBroken: APP-10 the application is not open, APP-13 it is somebody else's.
            Unavailable: it could not be kept; send it again.
        """
        photo = album.photos.redraw(content)
        evidence = EvidenceId(self.new_id())

        def verb(work: Work) -> bytes:
            state = load_open(work, account.id, application)
            applications.only_the_applicant(state, account.person)
            event = applications.keep(
                application,
                id=evidence,
                purpose=Check.PHOTO,
                digest=hashlib.sha256(photo.content).hexdigest(),
                seen=photo.seen,
                at=work.now,
                edition=self.edition(work.now),
            )
            release_evidence(self, work, application)
            place = places.evidence(account.id, evidence)
            work.text(place)
            work.put(place, applications.evolve_evidence(None, event), due=event.delete_at)
            keep(self, work, state, (event,), citizen(account))
            return seal(self, work, account.person, photo.content, _bound(evidence)).blob

        album.blobs.put(evidence, self.do(Shard.of_account(account.id), verb))
        if not isinstance(_load(self, account.id, evidence), Kept):
            album.blobs.delete(evidence)
        return evidence

    def find_evidence(self, account: AccountId) -> tuple[Evidence, ...]:
        """All evidence of *account*, the earliest first; also what is deleted."""
        found = self.storage.find(Shard.of_account(account), "evidence").values()
        states = [decode(stored.text, *EVIDENCE_STATES) for stored in found]
        return tuple(sorted(states, key=lambda one: _kept(one).received_at))

    def show_photo(
        self, account: AccountId, evidence: EvidenceId, *, by: Operator, album: Album
    ) -> bytes:
        """The picture, for an operator to check; the look is in the journal first (JRN-2).

        Raises:
            RuleBroken: APP-7 the operator is the applicant, APP-18 the operator typed the form,
                APP-22 it is deleted or was never there, STO-5 its key is destroyed.
            Unavailable: it cannot be reached, or was lost on its way in: ask for another.
            Corrupt: it is not what was kept.
        """

        def verb(work: Work) -> PersonId:
            state = work.load(places.evidence(account, evidence), *EVIDENCE_STATES)
            if not isinstance(state, Kept):
                raise RuleBroken(rules.APP_22)
            application = work.load(places.application(account, state.application), *STATES)
            if application is None:
                raise RuleBroken(rules.APP_22)
            form = applications.form(application)
            applications.not_own(form, by)
            shown = EvidenceShown(id=state.application, evidence=evidence, by=by.id, at=work.now)
            work.note(shown, operator(by))
            return form.applicant

        person = self.do(Shard.of_account(account), verb)
        blob = album.blobs.get(evidence)
        if blob is None:
            raise Unavailable("the photo")
        work = Work(storage=self.storage, shard=Shard.of_account(account), now=self.now())
        content = unseal(self, work, Sealed(person=person, blob=blob), _bound(evidence))
        if content is None:
            raise RuleBroken(rules.STO_5)
        return content

    def delete_evidence(self, *, album: Album, limit: int = 100) -> int:
        """Delete up to *limit* pictures that are due (APP-22); how many.

        For a worker of the host's to call again and again.
        """
        keys = self.storage.due("evidence", self.now() + _TICK, limit)
        return sum(_delete(self, key, album) for key in keys)


def _delete(desk: Desk, key: Key, album: Album) -> bool:
    def verb(work: Work) -> bool:
        kept = work.load(key, *EVIDENCE_STATES)
        if not isinstance(kept, Kept):
            return False
        event = applications.delete(kept, at=work.now)
        work.put(key, applications.evolve_evidence(kept, event))
        work.note(event, SYSTEM)
        return True

    album.blobs.delete(key.id)
    return desk.apart(key.shard, verb)


def _load(desk: Desk, account: AccountId, evidence: EvidenceId) -> Evidence | None:
    place = places.evidence(account, evidence)
    stored = desk.storage.load(place).get(place)
    return decode(stored.text, *EVIDENCE_STATES) if stored else None


def _kept(evidence: Evidence) -> Kept:
    return evidence if isinstance(evidence, Kept) else evidence.kept


def _bound(evidence: EvidenceId) -> Place:
    return Place(field="photo", record=evidence)

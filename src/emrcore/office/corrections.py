"""Documents taken back, put back and examined: what a source corrects comes by a delivery."""

from collections.abc import Callable
from typing import TypeVar

import attrs

from emrcore import records, rules
from emrcore.access import Facts
from emrcore.applications import Operator
from emrcore.errors import RuleBroken
from emrcore.journal import Actor, ActorKind, Look, looks
from emrcore.office import places
from emrcore.office.auditing import links
from emrcore.office.desk import Desk
from emrcore.office.work import Work
from emrcore.people import PatientId
from emrcore.ports import Mark, Shard
from emrcore.records import (
    RETRACTION_STATES,
    DocumentExamined,
    DocumentId,
    DocumentsShown,
    Mistake,
    Reinstated,
    Retracted,
    Standing,
    Versions,
)
from emrcore.sharing import ShareFetched, ShareOpened

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Named:
    """One document of the card of *patient*, by its source and the source's own id."""

    patient: PatientId
    source: str
    id: DocumentId


class Corrections(Desk):
    """The verbs about documents that should not be where they are."""

    __slots__ = ()

    def retract_document(self, named: Named, *, mistake: Mistake, by: Operator) -> Retracted:
        """Hide a document from everybody at once, in one commit; its bytes stay (REC-4).

        Whatever its source delivers later stays hidden, too (REC-6). Saying the same again changes
        nothing. One of a wrong patient is retracted here and delivered to the right card: between
        the two it is shown in neither.

        Raises:
            RuleBroken: APP-5 there is no card, REC-10 no such document in it, REC-9 it is
                retracted for another reason.
        """

        def verb(work: Work) -> Retracted:
            _kept(work, named)
            place = places.retraction(named.patient, named.source, named.id)
            state: Retracted | Reinstated | None
            state = work.load(place, *RETRACTION_STATES)
            event = records.retract(
                state,
                patient=named.patient,
                source=named.source,
                document=named.id,
                mistake=mistake,
                by=by.id,
                at=work.now,
            )
            if event is None:
                return _retracted(state)
            after = records.retraction_after(event)
            work.put(place, after)
            work.note(event, _operator(by), named.patient)
            _stand(work, named, Standing.RETRACTED)
            return _retracted(after)

        return self.do(Shard.of_patient(named.patient), verb)

    def reinstate_document(self, named: Named, *, by: Operator) -> Reinstated:
        """Show a document again that was retracted in error, by staff or by its source.

        Its latest version is shown, and to those who would see it anyway. If it is shown already,
        nothing changes but that the journal says so.

        Raises:
            RuleBroken: APP-5 there is no card, REC-10 no such document in it.
        """

        def verb(work: Work) -> Reinstated:
            _kept(work, named)
            place = places.retraction(named.patient, named.source, named.id)
            work.load(place, *RETRACTION_STATES)
            event = records.reinstate(
                patient=named.patient,
                source=named.source,
                document=named.id,
                by=by.id,
                at=work.now,
            )
            after = Reinstated(by=event.by, at=event.at)
            work.put(place, after)
            work.note(event, _operator(by), named.patient)
            _stand(work, named, Standing.CURRENT)
            return after

        return self.do(Shard.of_patient(named.patient), verb)

    def read_versions(self, named: Named, *, by: Operator) -> Versions:
        """Every version of a document, also of a retracted one, for an auditor (REC-7).

        An entry says who saw them, before they are returned.

        Raises:
            RuleBroken: APP-5 there is no card, REC-10 no such document in it.
        """
        return _examined(self, named, by, _kept, readers=False)

    def who_saw(self, named: Named, *, by: Operator) -> tuple[Look, ...]:
        """Every look that showed a document, the earliest first: whom to tell of a mistake (REC-7).

        A look says who, as what, and when; an entry says who asked. What a share gave out is known
        by the documents' ids alone, so one of the same id from another source is told as well. What
        is gone from the journal with its time (JRN-9) is not told.

        Raises:
            RuleBroken: APP-5 there is no card, REC-10 no such document in it.
        """

        def find(work: Work, named: Named) -> tuple[Look, ...]:
            _kept(work, named)
            return tuple(
                look for look in looks(links(self.storage, work.shard)) if _shows(look, named)
            )

        return _examined(self, named, by, find, readers=True)


def _shows(look: Look, named: Named) -> bool:
    match look.event:
        case DocumentsShown():
            return look.event.shows(named.source, named.id)
        case ShareOpened() | ShareFetched():
            return named.id in look.event.documents
        case _:
            return False


def _kept(work: Work, named: Named) -> Versions:
    if work.load(places.facts(named.patient), Facts) is None:
        raise RuleBroken(rules.APP_5)
    kept = work.storage.versions(named.patient, named.source, named.id)
    if not kept:
        raise RuleBroken(rules.REC_10)
    return kept


def _stand(work: Work, named: Named, standing: Standing) -> None:
    work.mark(Mark(source=named.source, id=named.id, standing=standing))


def _examined(
    desk: Desk, named: Named, by: Operator, find: Callable[[Work, Named], T], *, readers: bool
) -> T:
    def verb(work: Work) -> T:
        found = find(work, named)
        event = DocumentExamined(
            patient=named.patient,
            source=named.source,
            document=named.id,
            readers=readers,
            at=work.now,
        )
        work.note(event, _operator(by), named.patient)
        return found

    return desk.apart(Shard.of_patient(named.patient), verb)


def _operator(by: Operator) -> Actor:
    return Actor(kind=ActorKind.OPERATOR, id=by.id)


def _retracted(state: object) -> Retracted:
    if not isinstance(state, Retracted):
        raise TypeError("what is retracted says why")
    return state

"""The emergency summary as its sources file it."""

import datetime as dt

from emrcore import records, rules
from emrcore.access import Facts
from emrcore.errors import RuleBroken
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.work import Work
from emrcore.people import PatientId
from emrcore.ports import Shard
from emrcore.records import Part, Statement, Summary


class Summaries(Desk):
    """The verbs of the systems that know a patient."""

    __slots__ = ()

    def file_statement(self, patient: PatientId, statement: Statement) -> bool:
        """File what a source states about one part of the summary; whether that was news.

        It replaces what the same source stated about the same part; the journal says who stated
        which part and never what.

        Raises:
            RuleBroken: APP-5 there is no card, EMG-10 the source has stated the part later.
            Malformed: with every fault of the statement.
        """

        def verb(work: Work) -> bool:
            before = _load(work, patient)
            event = records.state_part(before, statement, at=work.now)
            if event is None:
                return False
            work.put(places.summary(patient), records.evolve_summary(before, event, statement))
            work.note(event, _source(statement.source), patient)
            return True

        return self.do(Shard.of_patient(patient), verb)

    def withdraw_statement(
        self, patient: PatientId, part: Part, *, source: str, as_of: dt.datetime
    ) -> None:
        """Take back what *source* states about *part* up to *as_of* (aware): it says nothing now.

        Raises:
            RuleBroken: APP-5 there is no card, EMG-10 the source has stated nothing, or later.
        """

        def verb(work: Work) -> None:
            before = _load(work, patient)
            event = records.withdraw_part(before, part, source, as_of=as_of, at=work.now)
            work.put(places.summary(patient), records.evolve_summary(before, event))
            work.note(event, _source(source), patient)

        self.do(Shard.of_patient(patient), verb)


def _load(work: Work, patient: PatientId) -> Summary:
    if work.load(places.facts(patient), Facts) is None:
        raise RuleBroken(rules.APP_5)
    return work.load(places.summary(patient), Summary) or Summary(patient=patient)


def _source(source: str) -> Actor:
    return Actor(kind=ActorKind.SYSTEM, id=source)

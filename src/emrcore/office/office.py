"""The shell a host calls: it loads, asks the core, commits, and only then answers.

Every verb is one commit; reading a card is one for the journal, before anything is returned. No
rule is decided here.
"""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import attrs

from emrcore.office.agenda import Agenda
from emrcore.office.applying import Applications
from emrcore.office.cards import Cards
from emrcore.office.corrections import Corrections
from emrcore.office.custody import Custody
from emrcore.office.deciding import Decisions
from emrcore.office.diary import Diary
from emrcore.office.emergencies import Emergencies
from emrcore.office.entering import Entrance
from emrcore.office.evidence import Proofs
from emrcore.office.messages import Messages
from emrcore.office.once import once
from emrcore.office.polls import Polls
from emrcore.office.reading import Reading
from emrcore.office.receipts import Receipts
from emrcore.office.shares import Shares
from emrcore.office.summaries import Summaries
from emrcore.office.telling import Telling
from emrcore.office.wishes import Wishes

P = ParamSpec("P")
T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Office(
    Cards,
    Corrections,
    Applications,
    Decisions,
    Agenda,
    Proofs,
    Entrance,
    Shares,
    Messages,
    Receipts,
    Reading,
    Emergencies,
    Summaries,
    Telling,
    Custody,
    Diary,
    Wishes,
    Polls,
):
    """All verbs over one storage, by one rulebook.

    A verb raises ``RuleBroken`` with the rule that refuses, ``Malformed`` with every fault of its
    input, or a ``StoreError``; then nothing was written, but for ``CommitUnknown``.
    """

    def once(
        self,
        key: str,
        verb: Callable[Concatenate["Office", P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The answer of ``verb(office, *args, **kwargs)``, carried out once under *key* (STO-8).

        ::

            office.once(key, Office.grant, account, application, patient, by=operator)

        *key* is the caller's, random, and kept by it before the first try: after ``CommitUnknown``,
        or no answer at all, the same call is made again and is told the first outcome. What is told
        only once (a token, recovery codes) is told anew, and what was told before is void. A verb
        that only reads, and one that a worker calls, has no use for a key.

        Raises:
            RuleBroken: STO-8, the key was used for another request; or as the verb.
            Malformed: the key is not 16 to 128 printable ASCII characters; or as the verb.
            TypeError: the outcome of that verb is not kept.
        """
        request = once(key, verb.__name__, args, kwargs)
        return verb(attrs.evolve(self, request=request), *args, **kwargs)

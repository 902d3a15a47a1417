"""The answer: what one viewer may see of one card now, why, and until when."""

import datetime as dt
import itertools
from collections.abc import Collection, Mapping

import attrs

from emrcore.access.facts import Viewer
from emrcore.people import PatientId
from emrcore.rulebook import Basis, Edition, May
from emrcore.rules import Rule

Constant = dt.date | dt.datetime | int | str


@attrs.frozen(kw_only=True)
class Reason:
    """Why: the rule, the place in the rulebook's sources, and the constant that decided."""

    rule: Rule
    source: str
    constant: Constant | None = None

    def goes_before(self, other: "Reason | None") -> bool:
        """Whether this one is told where both would do (ACC-22).

        That is the one of the first rule of the register, then the one with the lowest constant.
        """
        return other is None or _place(self) < _place(other)

    def __str__(self) -> str:
        constant = "" if self.constant is None else f", {self.constant}"
        return f"{self.rule.id} ({self.source}{constant})"


def _place(reason: Reason) -> tuple[int, str, str]:
    constant = str(reason.constant).rjust(4)  # so that an age of 9 is below one of 13
    return int(reason.rule.id.partition("-")[2]), constant, reason.source


@attrs.frozen(kw_only=True, cache_hash=True)
class Allowance:
    """A conjunction of comparisons that admits documents of one section.

    Kind and labels must be within ``kinds`` and ``labels``; a document that tells no kind needs an
    allowance that is ``unkinded``: one for every kind of its section. The source must be within
    ``sources`` unless that is None; the date named by ``basis`` must lie in ``[since, before)``,
    which are moments where the basis is ``published`` and days elsewhere. Without a basis no date
    is asked for; ``reason`` says why not before ``since``, ``ends`` why not from ``before`` on. The
    publication must be at least ``delay`` ago, and with ``acknowledged`` a clinician must have seen
    the document. ``flagged`` labels hide a document and say so.
    """

    section: str
    kinds: frozenset[str]
    labels: frozenset[str]
    reason: Reason
    may: May
    unkinded: bool = True
    basis: Basis | None = None
    since: dt.date | None = None
    before: dt.date | None = None
    ends: Reason | None = None
    sources: frozenset[str] | None = None
    delay: dt.timedelta = dt.timedelta()
    acknowledged: bool = False
    flagged: frozenset[str] = frozenset()

    def label_sets(self) -> list[frozenset[str]]:
        """Every set within ``labels``, for where a set is one value; a rulebook has 6 at most."""
        sizes = range(len(self.labels) + 1)
        return [
            frozenset(some)
            for size in sizes
            for some in itertools.combinations(sorted(self.labels), size)
        ]


@attrs.frozen(kw_only=True)
class View:
    """A document is visible when it is published at ``at`` and any allowance admits it.

    ``closed`` says of every section without an allowance why; ``until`` (exclusive) is the first
    moment at which the answer may change, or None if nothing known will change it (ACC-14).
    """

    subject: PatientId
    viewer: Viewer
    at: dt.datetime
    edition: Edition
    allowances: tuple[Allowance, ...]
    closed: Mapping[str, Reason]
    until: dt.datetime | None
    refusal: Reason | None = None

    def in_force(self) -> tuple[Allowance, ...]:
        """The allowances that count: none of a refused view, none of a closed section."""
        if self.refusal:
            return ()
        return tuple(one for one in self.allowances if one.section not in self.closed)

    def within(self, sections: Collection[str], otherwise: Reason) -> "View":
        """This view of *sections* only; every other is closed by the reason *otherwise*."""
        kept = tuple(one for one in self.allowances if one.section in sections)
        others = dict.fromkeys(
            (name for name in self.edition.sections if name not in sections), otherwise
        )
        return attrs.evolve(self, allowances=kept, closed={**self.closed, **others})

    def says_the_same_as(self, other: "View") -> bool:
        """Whether both allow the same, and close the same for the same reasons."""
        return (self.allowances, self.refusal, dict(self.closed)) == (
            other.allowances,
            other.refusal,
            dict(other.closed),
        )

"""What a register knows of a whole population, as three frames: who looks, facts, grants."""

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

import attrs

from emrcore.access import Facts, Viewer
from emrcore.adapters.frames.columns import Column, Holds
from emrcore.people import CapacityKind, Fact, KinshipStatus
from emrcore.rulebook import Need

FrameT = TypeVar("FrameT")

LOOKS: tuple[Column, ...] = (
    Column(name="patient", holds=Holds.TEXT),
    Column(name="person", holds=Holds.TEXT),
    Column(name="viewer", holds=Holds.TEXT),
    Column(name="role", holds=Holds.TEXT),
    Column(name="born", holds=Holds.DAY),
    Column(name="died", holds=Holds.DAY, nullable=True),
)
"""One row for each card and each viewer it is asked about: who the patient is, when born and dead,
who would look and as what. A row that comes twice is answered twice."""

FACTS: tuple[Column, ...] = (
    Column(name="patient", holds=Holds.TEXT),
    Column(name="viewer", holds=Holds.TEXT, nullable=True),
    Column(name="fact", holds=Holds.TEXT),
    Column(name="since", holds=Holds.DAY),
    Column(name="until", holds=Holds.DAY, nullable=True),
)
"""One row for each fact that holds over ``[since, until)``: one of ``TIES`` between patient and
viewer, or one of ``STANDINGS`` of the patient, which has no viewer. A ``restriction`` without a
viewer is one for everybody."""

GRANTS: tuple[Column, ...] = (
    Column(name="patient", holds=Holds.TEXT),
    Column(name="viewer", holds=Holds.TEXT),
    Column(name="role", holds=Holds.TEXT, nullable=True),
    Column(name="since", holds=Holds.MOMENT),
    Column(name="until", holds=Holds.MOMENT, nullable=True),
)
"""One row for each grant over ``[since, until)``; without a role it serves every one."""

RESTRICTION = "restriction"
TIES = (
    *(f"kinship {status}" for status in KinshipStatus),
    *(Need.CUSTODY, Need.RESIDENCE, Need.ASSENT, Need.NOMINATION),
    RESTRICTION,
)
"""The words of facts that name a viewer."""

STANDINGS = (
    *(f"capacity {kind}" for kind in CapacityKind),
    *(Need.ASSESSMENT, Need.COVER),
    RESTRICTION,
)
"""The words of facts that name none."""


@attrs.frozen(kw_only=True)
class Register(Generic[FrameT]):
    """Frames of one engine with the columns ``LOOKS``, ``FACTS`` and ``GRANTS``."""

    looks: FrameT = attrs.field(repr=False)
    facts: FrameT = attrs.field(repr=False)
    grants: FrameT = attrs.field(repr=False)


Row = tuple[Any, ...]


def as_register(pairs: Iterable[tuple[Facts, Viewer]]) -> Register[dict[str, list[Any]]]:
    """The columns that say the same as *pairs*, to make frames of.

    Opting out is left out: it hides documents, and no card.
    """
    looks: list[Row] = []
    facts: dict[Row, None] = {}
    grants: dict[Row, None] = {}
    for known, viewer in pairs:
        person = known.person
        looks.append(
            (known.patient, person.id, viewer.person, viewer.role, person.born, person.died)
        )
        for whom, word, fact in _facts(known):
            facts[known.patient, whom, str(word), fact.since, fact.until] = None
        for one in known.grants:
            role = one.role and str(one.role)
            grants[known.patient, one.viewer, role, one.since, one.until] = None
    return Register(
        looks=_columns(LOOKS, looks), facts=_columns(FACTS, facts), grants=_columns(GRANTS, grants)
    )


def _columns(columns: tuple[Column, ...], found: Iterable[Row]) -> dict[str, list[Any]]:
    kept = list(found)
    return {one.name: [row[place] for row in kept] for place, one in enumerate(columns)}


def _facts(known: Facts) -> Iterator[tuple[str | None, str, Fact]]:
    """Whom each fact about the patient names, its word, and the fact."""
    ward = known.person.id
    for tie in known.kinships:
        if tie.ward == ward:
            yield tie.guardian, f"kinship {tie.status}", tie
    assents = [one for one in known.assents if one.given]
    for need, ties in (
        (Need.CUSTODY, known.custodies),
        (Need.RESIDENCE, known.residences),
        (Need.ASSENT, assents),
    ):
        yield from ((one.guardian, need, one) for one in ties if one.ward == ward)
    yield from (
        (one.receiver, Need.NOMINATION, one) for one in known.nominations if one.giver == ward
    )
    yield from ((one.person, RESTRICTION, one) for one in known.restrictions if one.ward == ward)
    for one in known.capacities:
        if one.person == ward:
            yield None, f"capacity {one.kind}", one
    yield from ((None, Need.ASSESSMENT, one) for one in known.assessments if one.person == ward)
    yield from ((None, Need.COVER, one) for one in known.covers if one.person == ward)

"""The city as the values of the library: facts, viewers, documents."""

import datetime as dt
from collections.abc import Iterator

import attrs

from emrcore.access import Facts, Grant, Viewer
from emrcore.people import (
    Kinship,
    KinshipStatus,
    PatientId,
    Person,
    PersonId,
    Restriction,
)
from emrcore.records import Document, DocumentId
from emrcore.rulebook import Role
from emrcore.testing.city.columns import (
    ENDED,
    GRANTS,
    KNOWN,
    LABELS,
    NEVER,
    SECTIONS,
    SOURCES,
    TIES,
    TO_COME,
    UNKNOWN,
    UNTOLD,
    Columns,
    day,
    documents,
    people,
)
from emrcore.testing.city.plan import KINDS, PARTITION, TODAY, City

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NOW = day(TODAY)


@attrs.frozen(kw_only=True)
class Household:
    """One card: what is true about it, its documents, and its guardian if the register names one.

    The documents come in no order of time.
    """

    facts: Facts
    documents: tuple[Document, ...]
    guardian: PersonId | None

    def viewer(self, role: Role) -> Viewer:
        """Who would look at this card as *role*; staff are the same for every card."""
        if role is Role.SELF:
            return Viewer(person=self.facts.person.id, role=role)
        if role is Role.GUARDIAN and self.guardian:
            return Viewer(person=self.guardian, role=role)
        return Viewer(person=PersonId(f"staff-{role}"), role=role, organisation="clinic-1")


def cards(city: City) -> Iterator[Household]:
    """Every card of *city*, in order, one partition in memory at a time."""
    for partition in city.partitions():
        folk, papers = people(partition), documents(partition)
        for place, slice_ in enumerate(_slices(papers, partition.first, partition.end)):
            yield _household(folk, papers, place, slice_)


def card(city: City, number: int) -> Household:
    """The card *number* of *city*, counted from 0; its partition is made for it.

    Raises:
        IndexError: there is none.
    """
    if not 0 <= number < city.cards:
        raise IndexError(f"the city has no card {number}")
    partition = city.partition(number // PARTITION)
    folk, papers = people(partition), documents(partition)
    (slice_,) = _slices(papers, number, number + 1)
    return _household(folk, papers, number - partition.first, slice_)


def patient_id(number: int) -> PatientId:
    """The id of the card *number*."""
    return PatientId(f"card-{number}")


def person_id(number: int) -> PersonId:
    """The id of the person whose card is *number*."""
    return PersonId(f"person-{number}")


def _slices(papers: Columns, first: int, end: int) -> Iterator[slice]:
    """Where the documents of each card of ``[first, end)`` stand."""
    ends = papers["card"].searchsorted(range(first, end + 1)).tolist()
    yield from map(slice, ends[:-1], ends[1:])


def _household(folk: Columns, papers: Columns, place: int, slice_: slice) -> Household:
    row = {name: column[place].item() for name, column in folk.items()}
    rows = zip(*(papers[name][slice_].tolist() for name in papers), strict=True)
    found = (_document(dict(zip(papers, values, strict=True))) for values in rows)
    return Household(
        facts=_facts(row),
        documents=tuple(found),
        guardian=person_id(row["guardian"]) if row["guardian"] >= 0 else None,
    )


# -- People ----------------------------------------------------------------------------------------


def _facts(row: dict[str, int]) -> Facts:
    patient, guardian = person_id(row["card"]), person_id(row["guardian"])
    born = _date(row["born"])
    bar = Restriction(
        ward=patient, person=guardian, since=born, authority="court", reason="simulated"
    )
    return Facts(
        patient=patient_id(row["card"]),
        person=Person(id=patient, born=born, died=_known(row["died"])),
        kinships=tuple(_kinship(row, born)),
        restrictions=(bar,) if row["restricted"] else (),
        grants=(
            *_grant(row["own"], row["granted"], patient, Role.SELF),
            *_grant(row["guardians"], row["granted"], guardian, Role.GUARDIAN),
        ),
    )


def _kinship(row: dict[str, int], born: dt.date) -> Iterator[Kinship]:
    status = TIES[row["tie"]]
    if status:
        yield Kinship(
            guardian=person_id(row["guardian"]),
            ward=person_id(row["card"]),
            since=born,
            status=KinshipStatus(status),
        )


def _grant(state: int, granted: int, viewer: PersonId, role: Role) -> Iterator[Grant]:
    match GRANTS[state]:
        case "in force":
            yield Grant(viewer=viewer, since=_moment(granted), role=role)
        case "ended":
            since, until = _moment(granted - 2 * ENDED), _moment(granted - ENDED)
            yield Grant(viewer=viewer, since=since, until=until, role=role)
        case "to come":
            yield Grant(viewer=viewer, since=_moment(_NOW + TO_COME), role=role)
        case "another's":
            yield Grant(viewer=viewer, since=_moment(granted), role=Role.REPRESENTATIVE)
        case _:
            return


# -- Documents -------------------------------------------------------------------------------------


def _document(row: dict[str, int]) -> Document:
    section, label = SECTIONS[row["section"]], LABELS[row["label"]]
    seen = row["acknowledged"]
    return Document(
        id=DocumentId(f"document-{row['document']}"),
        source=SOURCES[row["source"]],
        patient=patient_id(row["card"]),
        section=section,
        kind={KNOWN: KINDS[section], UNTOLD: None, UNKNOWN: "unknown"}[row["kind"]],
        occurred_on=_known(row["occurred"]),
        signed_on=_known(row["signed"]),
        published_at=_EPOCH + dt.timedelta(seconds=row["published"]),
        acknowledged_at=_EPOCH + dt.timedelta(seconds=seen) if seen else None,
        labels=frozenset({label}) if label else frozenset(),
    )


def _date(number: int) -> dt.date:
    return _EPOCH.date() + dt.timedelta(days=number)


def _known(number: int) -> dt.date | None:
    return None if number == NEVER else _date(number)


def _moment(number: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(days=number)

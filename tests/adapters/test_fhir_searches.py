"""A view as FHIR searches, asked of a small evaluator of R4's search that knows no view."""

import datetime as dt
import itertools
import urllib.parse
from collections.abc import Iterable
from typing import Any

import attrs
import pytest

from emrcore.access import Allowance, View, decide
from emrcore.adapters.fhir import Searched, searches
from emrcore.errors import Malformed
from emrcore.people import PatientId
from emrcore.records import Document, DocumentId, Standing, visible
from emrcore.rulebook import Basis, Edition, Role, shipped, shipped_names
from emrcore.testing.boundaries import looks
from emrcore.testing.contracts.cards import views

SERVER = Searched(sections="urn:sections|,", kinds="urn:kinds$")
STATUS = {
    Standing.CURRENT: "current",
    Standing.SUPERSEDED: "superseded",
    Standing.RETRACTED: "entered-in-error",
}
TICK = dt.timedelta(microseconds=1)
Resource = dict[str, Any]


def resource(document: Document) -> Resource:
    """*document* as such a server has it."""
    found: Resource = {
        "id": document.id,
        "patient": f"Patient/{document.patient}",
        "status": STATUS[document.standing],
        "category": [(SERVER.sections, document.section)],
        "type": [(SERVER.kinds, document.kind)] if document.kind is not None else [],
        "date": document.published_at.isoformat(),
        "security-label": sorted(document.labels),
    }
    if document.occurred_on:
        found["period"] = document.occurred_on.isoformat()
    return found


# -- Search, as FHIR R4 says it --------------------------------------------------------------------


def split(text: str, mark: str) -> list[str]:
    """*text* at every *mark* that no backslash escapes."""
    parts, escaped = [""], False
    for one in text:
        if escaped or one not in {"\\", mark}:
            parts[-1] += f"\\{one}" if escaped else one
            escaped = False
        elif one == "\\":
            escaped = True
        else:
            parts.append("")
    return parts


def unescaped(text: str) -> str:
    return "".join(split(text, "")).replace("\\\\", "\0").replace("\\", "").replace("\0", "\\")


def span(text: str) -> tuple[dt.datetime, dt.datetime]:
    """What a date may mean, ``[since, until)``: a whole day, or a microsecond."""
    if "T" not in text:
        day = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
        return day, day + (dt.timedelta(days=1) if day.date() < dt.date.max else 0 * TICK)
    at = dt.datetime.fromisoformat(text)
    return at, at + TICK


def matches(found: Resource, name: str, value: str) -> bool:  # noqa: PLR0911 - a table
    name, _, modifier = name.partition(":")
    held = found.get(name)
    if modifier == "missing":
        return (not held) is (value == "true")
    if name in {"patient", "status"}:
        return held == value
    if name in {"category", "type"}:
        asked = [tuple(map(unescaped, split(one, "|"))) for one in split(value, ",")]
        return any(one in asked for one in found[name])
    if held is None:
        return False
    since, until = span(held)
    first, end = span(value[2:])
    match value[:2]:
        case "le":
            return since < end
        case "ge":
            return until > first
        case "lt":
            return since < first
        case other:
            raise ValueError(other)


def search(query: str, resources: Iterable[Resource]) -> set[str]:
    kind, _, text = query.partition("?")
    assert kind == "DocumentReference"
    parameters = urllib.parse.parse_qsl(text, strict_parsing=True)
    return {one["id"] for one in resources if all(matches(one, *each) for each in parameters)}


def found(view: View, documents: Iterable[Document]) -> set[str]:
    resources = [resource(one) for one in documents]
    return set[str]().union(*(search(query, resources) for query in searches(view, SERVER)))


def signed(document: Document, edition: Edition) -> Document:
    """*document* with the day of signing that such a server tells."""
    return attrs.evolve(document, signed_on=edition.local_day(document.published_at))


# -- Equal, or refused -----------------------------------------------------------------------------


def around(view: View) -> list[Document]:
    """Documents published on both sides of the first day and of the last of each allowance."""
    bounds = {
        one.start_of(bound) if not isinstance(bound, dt.datetime) else bound
        for one in (view.edition,)
        for allowance in view.in_force()
        for bound in (allowance.since, allowance.before)
        if bound
    }
    moments = sorted({bound + shift for bound in bounds for shift in (-TICK, 0 * TICK, TICK)})
    sections = sorted({one.section for one in view.in_force()})
    return [
        Document(
            id=DocumentId(f"around-{number}"),
            source="clinic",
            patient=view.subject,
            section=section,
            published_at=moment,
            occurred_on=moment.date(),
        )
        for number, (section, moment) in enumerate(itertools.product(sections, moments))
    ]


def unsaid(view: View) -> set[str]:
    """Why *view* is refused."""
    try:
        searches(view, SERVER)
    except Malformed as refused:
        return {one.where.partition(".")[2] for one in refused.faults}
    return set()


@pytest.mark.parametrize("name", shipped_names())
def test_searches_find_what_memory_shows(name: str) -> None:
    """FHIR-13: on both sides of every constant of a rulebook, or the view is refused."""
    book = shipped(name)
    said: set[object] = set()
    shown = hidden = refused = 0
    for look in looks(book):
        view = decide(look.facts, look.viewer, at=look.at, edition=book.edition_at(look.at))
        key = view.at, view.in_force()
        if key in said or (key[1] and len(said) > 60 and shown):
            continue
        said.add(key)
        documents = [signed(one, view.edition) for one in (*look.documents, *around(view))]
        expected = {one.id for one in visible(view, documents)}
        if faults := unsaid(view):
            assert faults <= {"labels", "sources", "acknowledged"}
            refused += 1
            continue
        assert found(view, documents) == expected
        shown, hidden = shown + len(expected), hidden + len(documents) - len(expected)
    assert hidden or refused


def test_some_rulebook_shows_something() -> None:
    """FHIR-13: or only empty answers would have been compared."""
    book = shipped("ru-moscow-2020")
    view = views()["self"]
    assert view.edition.fingerprint in {one.fingerprint for one in book.editions}
    document = Document(
        id=DocumentId("one"),
        source="clinic",
        patient=view.subject,
        section="lab-results",
        kind="lab-report",
        published_at=dt.datetime(2019, 5, 5, tzinfo=dt.UTC),
    )
    assert found(view, [signed(document, view.edition)]) == {"one"}
    assert found(view, [attrs.evolve(document, labels=frozenset({"hiv"}))]) == set()


def of(view: View, **changes: Any) -> View:
    plain = Allowance(
        section="lab-results",
        kinds=frozenset({"lab-report"}),
        labels=frozenset(),
        reason=view.allowances[0].reason,
        may=view.allowances[0].may,
        unkinded=False,
    )
    return attrs.evolve(view, allowances=(attrs.evolve(plain, **changes),), closed={})


def test_one_search_in_full() -> None:
    """FHIR-13: with every bound, in the words of the specification."""
    view = of(
        views()["self"],
        basis=Basis.SIGNED,
        since=dt.date(2019, 1, 1),
        before=dt.date(2020, 1, 1),
        delay=dt.timedelta(days=1),
    )
    view = attrs.evolve(view, at=dt.datetime(2020, 2, 3, 9, tzinfo=dt.UTC), subject=PatientId("p"))
    server = Searched(sections="urn:s", kinds="urn:k")
    assert [urllib.parse.unquote(one) for one in searches(view, server)] == [
        (
            "DocumentReference?patient=Patient/p&status=current&category=urn:s|lab-results"
            "&security-label:missing=true&date=le2020-02-02T09:00:00.000000Z"
            "&date=ge2018-12-31T21:00:00.000000Z&date=lt2019-12-31T21:00:00.000000Z"
            "&type=urn:k|lab-report"
        )
    ]


def test_what_a_search_cannot_say_is_refused_by_name() -> None:
    """FHIR-13: all of it at once, and nothing is left out of a search instead."""
    view = of(
        views()["self"],
        labels=frozenset({"hiv"}),
        sources=frozenset({"clinic"}),
        acknowledged=True,
    )
    with pytest.raises(Malformed) as refused:
        searches(attrs.evolve(view, subject=PatientId("a b")), SERVER)
    assert [one.where for one in refused.value.faults] == [
        "subject",
        "allowances[0].labels",
        "allowances[0].sources",
        "allowances[0].acknowledged",
    ]


def test_who_is_shown_nothing_has_nothing_to_ask() -> None:
    """FHIR-13: a refused view makes no search, and least of all one without conditions."""
    assert searches(views()["refused"], SERVER) == ()


def test_names_that_mean_something_in_a_search_are_escaped() -> None:
    """FHIR-13: commas, bars, dollars and backslashes, in codes and systems."""
    view = of(views()["self"], kinds=frozenset({"a,b|c", "d\\", "$"}), section="x|y")
    documents = [
        Document(
            id=DocumentId(f"{number}"),
            source="clinic",
            patient=view.subject,
            section="x|y",
            kind=kind,
            published_at=view.at,
        )
        for number, kind in enumerate(("a", "b|c", "a,b|c", "d\\", "$", "d"))
    ]
    assert found(view, documents) == {"2", "3", "4"}
    assert view.viewer.role is Role.SELF

"""The cases themselves: looks at cards, and the documents that are looked at.

Why the list is finite, and complete. Whether a document is shown is a disjunction, over the bands
of the role and the windows of the section, of conjunctions; and every atom in them compares one
column with one constant: a day or a moment with a bound, an age (a birth) with a birthday, a text
with a list, a dated fact with the day of the question. Such an atom is known from one point on
either side of its constant. So a column needs no other values than both sides of its constants, and
one for each member of each list, for none, and for unknown; between two of them nothing can change.
The constants are the edition's own, and those of the case: a grant, a death, an opting out.

Why not all columns are crossed with each other. A conjunction over different columns is known from
a point where all of it holds, and from what changes there with one column at a time. Such a point
is built for each band, at both ends of each part of its ages, since in another part other bands let
in. Two columns are changed together nevertheless, in the first part of a band: it is there that
code which entangles two would show. Within a section, whose windows are a disjunction over kind,
source, date and release, those four are crossed, in the first part again; kinds that the same
windows take are as one there, and each of the others comes up once. An edition is asked at moments
of its own validity: long after all that it names, on both sides of each day on which something
opens or another edition begins, and around the birthday of those born on 29 February.

Nothing here depends on what any code answers, but for ``answered``, which the list does not use.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator

import attrs

from emrcore import rules
from emrcore.access import Facts, View, Viewer
from emrcore.records import Document, DocumentId, judge
from emrcore.rulebook import Band, May, Rulebook
from emrcore.testing.boundaries.constants import Scene
from emrcore.testing.boundaries.documents import (
    crossed,
    documents_as,
    lined,
    plain_documents,
    witnesses,
)
from emrcore.testing.boundaries.people import (
    Columns,
    Fields,
    alternatives,
    bounding,
    everything,
    facts_of,
    fitting,
    grown,
    parts,
)
from emrcore.testing.interpreter import Answer


@attrs.frozen(kw_only=True)
class Look:
    """*viewer* looks at *documents* in the card of *facts* at *at*; no two have the same id."""

    facts: Facts
    viewer: Viewer
    at: dt.datetime
    documents: tuple[Document, ...]


@attrs.frozen(kw_only=True)
class Cell:
    """One case: *viewer* looks at *document* in the card of *facts* at *at*."""

    facts: Facts
    viewer: Viewer
    at: dt.datetime
    document: Document


def cells(rulebook: Rulebook) -> Iterator[Cell]:
    """Every case that decides something in *rulebook*."""
    for look in looks(rulebook):
        for one in look.documents:
            yield Cell(facts=look.facts, viewer=look.viewer, at=look.at, document=one)


def looks(rulebook: Rulebook) -> Iterator[Look]:
    """The same cases, those together that differ in the document only."""
    for edition in rulebook.editions:
        for role in edition.relations:
            for columns, documents in _looks(Scene(rulebook, edition, role)):
                yield Look(
                    facts=facts_of(columns),
                    viewer=Viewer(person=columns["viewer"], role=role),
                    at=columns["at"],
                    documents=tuple(
                        Document(**fields, id=DocumentId(f"{number}"))
                        for number, fields in enumerate(documents)
                    ),
                )


def answered(view: View, document: Document) -> Answer:
    """What the library's *view* lets its viewer know of *document*."""
    verdict = judge(view, document)
    if not verdict.visible:
        if verdict.reason is view.refusal:
            return Answer.REFUSED
        return _HIDDEN_BY.get(verdict.reason.rule, Answer.HIDDEN)
    return Answer.ACT if verdict.may is May.ACT else Answer.VIEW


_HIDDEN_BY = {rules.ACC_9: Answer.UNOPENED, rules.ACC_16: Answer.WITHHELD}


def _looks(scene: Scene) -> Iterator[tuple[Columns, Iterable[Fields]]]:
    """The columns of each look, and the documents to be looked at."""
    if not scene.bands:
        columns = everything(scene)
        yield columns, plain_documents(scene, None, columns)
    for band in scene.bands:
        for number, years in enumerate(parts(scene, band)):
            yield from _looks_at(scene, band, years, first=number == 0)
        for born, at in scene.leap_days():
            columns = fitting(scene, band, at, born=born)
            yield columns, plain_documents(scene, band, columns)


def _looks_at(
    scene: Scene, band: Band, years: int, *, first: bool
) -> Iterator[tuple[Columns, Iterable[Fields]]]:
    """Those by *band* at somebody well past *years*; all of them in the *first* of its parts."""

    def then(at: dt.datetime) -> Fields:
        return fitting(scene, band, at, born=grown(scene, at, years))

    base = then(scene.settled)
    yield base, documents_as(scene, band, base, crossed if first else lined)
    yield from _ways_in(scene, band, base, together=2 if first else 1)
    for bounded in bounding(scene, band, base):
        yield bounded, documents_as(scene, band, bounded, lined)
    for columns in map(then, scene.sides(scene.days)):
        yield columns, plain_documents(scene, band, columns)
    for columns in map(then, scene.sides(scene.seams)):
        yield columns, documents_as(scene, band, columns, lined)


def _ways_in(
    scene: Scene, band: Band, base: Columns, *, together: int
) -> Iterator[tuple[Columns, Iterable[Fields]]]:
    """*base* with so many columns changed *together*, each in every way."""
    others = alternatives(scene, base)
    documents = list(witnesses(scene, band, base))
    for keys in itertools.combinations(others, together):
        for values in itertools.product(*(others[key] for key in keys)):
            yield {**base, **dict(zip(keys, values, strict=True))}, documents

"""From a JSON text to cases, with every fault and its place: the file, the case and the key."""

import collections
import importlib.resources
from collections.abc import Iterator, Mapping
from typing import Any

from emrcore import rulebook
from emrcore.calendar import Suspension
from emrcore.errors import Fault, Malformed
from emrcore.rulebook import Rulebook
from emrcore.testing.vectors.cases import Case, DeadlineAsked, Vectors
from emrcore.testing.vectors.forms import (
    Form,
    Members,
    T,
    a_json,
    a_list,
    a_name,
    anything,
    made,
    members,
    one_of,
    unfit,
)
from emrcore.testing.vectors.questions import KINDS


def shipped() -> Iterator[Vectors]:
    """The vectors that come with the library, file by file."""
    folder = importlib.resources.files("emrcore.testing") / "vectors"
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.endswith(".json"):
            yield read(item.read_text("utf-8"), file=item.name)


def read(text: str, *, file: str) -> Vectors:
    """The vectors in *text*; *file* names it in faults.

    Raises:
        Malformed: with every fault, its case and its key.
    """
    page = _Page(file)
    data = page.read(_of_this_version, text)
    if data is not None:
        vectors = _vectors(page, data)
        if vectors and not page.faults:
            return vectors
    raise Malformed(f"vectors {file}", tuple(page.faults))


class _Page:
    """A file being read, with the faults found so far."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.faults: list[Fault] = []

    def read(self, form: Form[T], value: object, *places: str) -> T | None:
        """What *form* makes of *value*; None with its faults noted at *places* of the file."""
        try:
            return form(value)
        except Malformed as wrong:
            for one in wrong.faults:
                where = " ".join(filter(None, (self._file, *places, one.where)))
                self.faults.append(Fault(where, one.what, one.rule))
            return None


def _vectors(page: _Page, data: Members) -> Vectors | None:
    head = page.read(_HEAD, data)
    book = rulebook.shipped(head["rulebook"]) if head else None
    listed: object = data.get("cases")
    found = [
        _placed_case(page, value, f"cases[{number}]", book)
        for number, value in enumerate(a_list(listed) if isinstance(listed, list) else ())
    ]
    cases = tuple(case for case in found if case)
    for name, number in collections.Counter(case.id for case in cases).items():
        if number > 1:
            page.read(_refused, f"is the id of {number} cases", name, "id")
    return Vectors(rulebook=book, cases=cases) if book else None


def _placed_case(page: _Page, value: object, number: str, book: Rulebook | None) -> Case | None:
    """The case at *value*, its faults placed by its id, or by its *number* without a good one."""
    said = value if isinstance(value, Members) else Members()
    kind = said.get("kind")
    known = KINDS.get(kind) if isinstance(kind, str) else None
    given, expect = known or (anything, anything)
    form = members({"id": a_name, "kind": one_of(KINDS), "given": given, "expect": expect})
    try:
        place = a_name(said.get("id"))
    except Malformed:
        place = number
    case = page.read(made(form, _case), value, place)
    if case and book:
        page.read(_in_order(book), case, place)
    return case


def _case(found: dict[str, Any]) -> Case:
    return Case(id=found["id"], question=found["given"], expect=found["expect"])


def _of_this_version(text: object) -> Members:
    """An object of this version of the format: nothing is known about any other."""
    data = a_json(str(text))
    if not isinstance(data, Members):
        raise unfit("must be an object")
    said: object = data.get(_MARK)
    if type(said) is not int or said != _VERSION:
        raise unfit(f"must be {_VERSION}", at=_MARK)
    return data


def _refused(what: object) -> None:
    raise unfit(str(what))


def _in_order(book: Rulebook) -> Form[Case]:
    """A case whose term is not suspended before it begins, by the local date of *book*."""

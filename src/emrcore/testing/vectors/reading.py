"""From a JSON text to cases, with every fault and its place: the file, the case and the key."""

import collections
import importlib.resources
from collections.abc import Iterator
from typing import Any

from emrcore import rulebook, rules
from emrcore.errors import Fault, Malformed
from emrcore.rulebook import Rulebook
from emrcore.rules import Rule
from emrcore.testing.vectors.cases import Case, DeadlineAsked, Vectors
from emrcore.testing.vectors.forms import (
    Form,
    Members,
    T,
    a_json,
    a_list,
    a_name,
    anything,
    is_list,
    made,
    members,
    one_of,
    unfit,
)
from emrcore.testing.vectors.questions import KINDS

_MARK, _VERSION = "emrcore-vectors", 1


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
    if data := page.read(_of_this_version, text):
        head = page.read(_HEAD, data)
        listed: object = data.get("cases")
        values = listed if is_list(listed) else []
        cases = [_placed_case(page, value, number) for number, value in enumerate(values)]
        _note_repeated(page, values)
        if head:
            book = rulebook.shipped(head["rulebook"])
            whole = tuple(case for case in cases if case)
            _note_early_suspensions(page, whole, book)
            if not page.faults:
                return Vectors(rulebook=book, cases=whole)
    raise Malformed(f"vectors {file}", tuple(page.faults))


class _Page:
    """A file being read, with the faults found so far."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.faults: list[Fault] = []

    def read(self, form: Form[T], value: object, place: str = "") -> T | None:
        """What *form* makes of *value*; None with its faults noted at *place*."""
        try:
            return form(value)
        except Malformed as wrong:
            for one in wrong.faults:
                self.note(one.what, place, one.where, rule=one.rule)
            return None

    def note(self, what: str, *places: str, rule: Rule | None = None) -> None:
        """Note a fault at *places*, the outermost first."""
        where = " ".join(filter(None, (self._file, *places)))
        self.faults.append(Fault(where, what, rule))


def _of_this_version(text: str) -> Members:
    """The object in *text*, if it is of this version: nothing is known about any other."""
    data = a_json(text)
    if not isinstance(data, Members):
        raise unfit("must be an object")
    version: object = data.get(_MARK)
    if type(version) is not int or version != _VERSION:
        raise unfit(f"must be {_VERSION}", at=_MARK)
    return data


def _a_rulebook(value: object) -> str:
    return one_of(rulebook.shipped_names())(value)


_HEAD = members({_MARK: anything, "rulebook": _a_rulebook, "cases": a_list})


def _placed_case(page: _Page, value: object, number: int) -> Case | None:
    """The case at *value*; its place is its id, or its *number* if it has no good one."""
    said = value if isinstance(value, Members) else Members()
    kind: object = said.get("kind")
    given, expect = KINDS.get(kind, _ANY) if isinstance(kind, str) else _ANY
    form = members({"id": a_name, "kind": one_of(KINDS), "given": given, "expect": expect})
    return page.read(made(form, _case), value, _id_of(said) or f"cases[{number}]")


_ANY: tuple[Form[Any], Form[Any]] = (anything, anything)


def _case(found: dict[str, Any]) -> Case:
    return Case(id=found["id"], question=found["given"], expect=found["expect"])


def _id_of(value: object) -> str | None:
    try:
        return a_name(value.get("id")) if isinstance(value, Members) else None
    except Malformed:
        return None


def _note_repeated(page: _Page, values: list[Any]) -> None:
    for name, number in collections.Counter(map(_id_of, values)).items():
        if name and number > 1:
            page.note(f"names {number} cases", name, "id")


def _note_early_suspensions(page: _Page, cases: tuple[Case, ...], book: Rulebook) -> None:
    """A term is suspended on the local day of the filing at the earliest."""
    for case in cases:
        asked = case.question
        if isinstance(asked, DeadlineAsked):
            filed_on = book.edition_at(asked.filed).local_day(asked.filed)
            if any(one.on < filed_on for one in asked.suspended):
                what = "begins before the day of filing"
                page.note(what, case.id, "given.suspended", rule=rules.CAL_8)

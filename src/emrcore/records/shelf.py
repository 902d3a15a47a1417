"""A card kept in order, to be asked often: newest first, and alike documents together.

What an allowance asks of the section, kind, labels and source of a document is asked once for all
that are alike; then only dates are compared. It shows the documents that ``visible`` shows.
"""

import collections
import datetime as dt
from collections.abc import Iterable, Iterator

import attrs

from emrcore.access import Allowance, View
from emrcore.errors import Fault, Malformed
from emrcore.records.document import Document, Standing
from emrcore.records.execution import judge, visible
from emrcore.records.page import MOST, Page, Position, check_size, cut, opened, position
from emrcore.rulebook import Basis

_Alike = tuple[str, str | None, frozenset[str], str]


@attrs.frozen(kw_only=True)
class _Column:
    """The places that have the date of a basis, and these dates."""

    places: list[int]
    dates: list[dt.date]


def _in_order(documents: Iterable[Document]) -> tuple[Document, ...]:
    current = (one for one in documents if one.standing is Standing.CURRENT)
    return tuple(sorted(current, key=position, reverse=True))


@attrs.frozen
class Shelf:
    """The current documents of one card, to be kept as long as they are the same.

    Raises:
        Malformed: they are of several cards.
    """

    documents: tuple[Document, ...] = attrs.field(converter=_in_order, repr=False)
    _latest: dt.datetime | None = attrs.field(init=False, repr=False)
    _alike: dict[_Alike, dict[Basis | None, _Column]] = attrs.field(init=False, repr=False)

    @_latest.default  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess, reportUnknownMemberType, reportUntypedFunctionDecorator]
    def _latest_of(self) -> dt.datetime | None:
        return max((one.published_at for one in self.documents), default=None)

    @_alike.default  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUntypedFunctionDecorator]
    def _alike_of(self) -> dict[_Alike, dict[Basis | None, _Column]]:
        if len({one.patient for one in self.documents}) > 1:
            raise Malformed("shelf", (Fault("documents", "are of several cards"),))
        found: collections.defaultdict[_Alike, list[int]] = collections.defaultdict(list)
        for place, one in enumerate(self.documents):
            found[one.section, one.kind, one.labels, one.source].append(place)
        return {alike: self._columns(places) for alike, places in found.items()}

    def _columns(self, places: list[int]) -> dict[Basis | None, _Column]:
        columns: dict[Basis | None, _Column] = {None: _Column(places=places, dates=[])}
        for basis in Basis:
            dates = {place: self.documents[place].judged_by(basis) for place in places}
            known = {place: date for place, date in dates.items() if date is not None}
            columns[basis] = _Column(places=[*known], dates=[*known.values()])
        return columns

    def visible(self, view: View) -> list[Document]:
        """The documents that *view* allows, newest first."""
        documents = self.documents
        if not documents or documents[0].patient != view.subject:
            return []
        now = view.at.astimezone(dt.UTC)
        if self._latest and self._latest > now:  # some are to come: nothing is known of all
            return visible(view, documents)
        return [documents[place] for place in sorted(self._places(view))]

    def _places(self, view: View) -> Iterable[int]:
        """Where what *view* allows stands, if all is published."""
        allowed: collections.defaultdict[str, list[Allowance]] = collections.defaultdict(list)
        for one in view.in_force():
            allowed[one.section].append(one)
        found: list[int] = []
        for alike, columns in self._alike.items():
            admitting = [one for one in allowed.get(alike[0], ()) if _admits(one, alike)]
            if len(admitting) == 1 and not (admitting[0].delay or admitting[0].acknowledged):
                found += _within(admitting[0], columns)
            elif admitting:
                places = columns[None].places
                found += [one for one in places if judge(view, self.documents[one]).visible]
        return found

    def page(
        self, view: View, *, cursor: str | None = None, section: str | None = None, size: int = 50
    ) -> Page:
        """As ``records.page`` of these documents; as much is read as the page needs.

        Raises:
            RuleBroken: REC-2, the cursor was made for somebody or something else.
            Malformed: *cursor* or *size* is none.
        """
        after = opened(cursor, view)
        check_size(size)
        found: list[Document] = []
        for some in self._pieces(after):
            found += [one for one in visible(view, some) if section in {None, one.section}]
            if len(found) > size:
                break
        return cut(view, found[: size + 1], size)

    def _pieces(self, after: Position | None) -> Iterator[tuple[Document, ...]]:
        """What comes after a position, in pieces that grow."""
        start, size = 0 if after is None else self._beyond(after), MOST // 2
        while start < len(self.documents):
            yield self.documents[start : start + size]
            start, size = start + size, 2 * size

    def _beyond(self, after: Position) -> int:
        """The first place whose position comes after *after* in the order of a card."""
        low, high = 0, len(self.documents)
        while low < high:
            middle = (low + high) // 2
            if position(self.documents[middle]) < after:
                high = middle
            else:
                low = middle + 1
        return low


def _admits(allowance: Allowance, alike: _Alike) -> bool:
    """Whether *allowance* has nothing but dates against documents like these."""
    _, kind, labels, source = alike
    if not allowance.unkinded if kind is None else kind not in allowance.kinds:
        return False
    if allowance.sources is not None and source not in allowance.sources:
        return False
    return labels <= allowance.labels


def _within(allowance: Allowance, columns: dict[Basis | None, _Column]) -> list[int]:
    """The places dated within ``[since, before)``."""
    column = columns[allowance.basis]
    since, before = _in_utc(allowance.since), _in_utc(allowance.before)
    if since is None and before is None:
        return column.places
    pairs = zip(column.places, column.dates, strict=True)
    if since is None:
        return [place for place, date in pairs if before is None or date < before]
    if before is None:
        return [place for place, date in pairs if date >= since]
    return [place for place, date in pairs if since <= date < before]


def _in_utc(bound: dt.date | None) -> dt.date | None:
    return bound.astimezone(dt.UTC) if isinstance(bound, dt.datetime) else bound

"""``Records``: every read gives what ``emrcore.records`` gives over plain objects."""
# ruff: noqa: S101 - these are tests

import contextlib
import datetime as dt
from collections.abc import Sequence

import attrs

from emrcore import rules
from emrcore.access import View
from emrcore.adapters.memory import MemoryStorage
from emrcore.errors import Malformed, RuleBroken
from emrcore.people import PersonId
from emrcore.ports import Records, Storage
from emrcore.records import Document, Page, position
from emrcore.testing.contracts.cards import card, document, neighbours, views
from emrcore.testing.contracts.examples import (
    CARD,
    DAY,
    NEIGHBOUR,
    NOW,
    PATIENT,
    TICK,
    UNEVEN,
    details,
    entry,
)


def _filled(storage: Records) -> Records:
    storage.add(PATIENT, card(), entry())
    storage.add(NEIGHBOUR, neighbours(), entry())
    return storage


def _pages(
    storage: Records, view: View, *, section: str | None = None, size: int = 7
) -> Sequence[Page]:
    pages = [storage.page(view, section=section, size=size)]
    while cursor := pages[-1].cursor:
        pages.append(storage.page(view, cursor=cursor, section=section, size=size))
    return pages


def _shown(storage: Records, view: View, *, size: int = 7) -> list[Document]:
    return [one for page in _pages(storage, view, size=size) for one in page.documents]


def _malformed(storage: Records, *, cursor: str | None = None, size: int = 1) -> bool:
    try:
        storage.page(views()["self"], cursor=cursor, size=size)
    except Malformed:
        return True
    return False


class RecordsContract:
    """The promises of ``Records``."""

    def test_pages_are_those_of_the_reference(self, storage: Storage) -> None:
        """REC-1: under every view, over documents on both sides of each of its comparisons."""
        _filled(storage)
        reference = _filled(MemoryStorage())
        for name, view in views().items():
            assert _pages(storage, view) == _pages(reference, view), name

    def test_pages_of_a_section_are_those_of_the_reference(self, storage: Storage) -> None:
        """REC-1: whether the view allows it or not."""
        _filled(storage)
        reference = _filled(MemoryStorage())
        for section in ("exam-protocols", "labelled", "either", "unknown", ""):
            for name in ("self", "handmade", "refused"):
                view = views()[name]
                assert _pages(storage, view, section=section) == _pages(
                    reference, view, section=section
                ), (section, name)

    def test_counts_are_those_of_the_reference(self, storage: Storage) -> None:
        """REC-1: and what is hidden adds to none; each section a view allows shows something."""
        _filled(storage)
        reference = _filled(MemoryStorage())
        for name, view in views().items():
            assert storage.count(view) == reference.count(view), name
            open_sections = {one.section for one in view.allowances} - view.closed.keys()
            assert storage.count(view).keys() == (set() if view.refusal else open_sections), name

    def test_a_document_is_given_as_by_the_reference(self, storage: Storage) -> None:
        """REC-1: a hidden one like one that is not there, and never a neighbour's."""
        _filled(storage)
        reference = _filled(MemoryStorage())
        for name in ("self", "handmade", "refused", "closed after all", "refused after all"):
            view = views()[name]
            for one in card()[:: 2 if name == "handmade" else 11]:
                found = storage.get(view, one.source, one.id)
                assert found == reference.get(view, one.source, one.id), (name, one)
        assert storage.get(views()["self"], "clinic", "no such") is None

    def test_a_document_is_kept_as_it_is(self, storage: Storage) -> None:
        """Any text, any bytes, and the moment to the microsecond, in whatever zone it was told."""
        moscow = dt.timezone(3 * dt.timedelta(hours=1))
        for text in UNEVEN:
            one = document(
                id=text,
                title=text,
                body=bytes(range(256)) + text.encode(),
                published_at=(NOW - TICK).astimezone(moscow),
                occurred_on=None,
                signed_on=dt.date(2019, 12, 31),
            )
            lasting = attrs.evolve(views()["doctor"], at=NOW)
            storage.add(PATIENT, [one], entry())
            assert storage.get(lasting, one.source, one.id) == one

    def test_a_document_appears_when_it_is_published(self, storage: Storage) -> None:
        """REC-1: at that moment, in pages, counts and by name."""
        storage.add(PATIENT, [document(published_at=NOW + DAY)], entry())
        for at, shown in ((NOW, 0), (NOW + DAY - TICK, 0), (NOW + DAY, 1)):
            view = attrs.evolve(views()["self"], at=at)
            assert len(_shown(storage, view)) == shown
            assert sum(storage.count(view).values()) == shown
            assert (storage.get(view, "clinic", "1") is not None) == bool(shown)

    def test_paging_shows_each_document_once(self, storage: Storage) -> None:
        """In one order at any size of page, though all are of one day."""
        names = [(source, name) for source in UNEVEN[:5] for name in UNEVEN]
        documents = [document(source=source, id=name) for source, name in names]
        storage.add(PATIENT, documents, entry())
        newest = sorted(documents, key=position, reverse=True)
        for size in (1, 7, len(names) - 1, len(names), len(names) + 1):
            assert _shown(storage, views()["self"], size=size) == newest

    def test_what_arrives_between_pages_moves_no_document(self, storage: Storage) -> None:
        """A newer one is not shown, an older one is, and none comes twice or is missed."""
        days = [dt.date(2020, 2, day) for day in range(1, 9)]
        documents = [document(id=str(day), occurred_on=day) for day in days]
        storage.add(PATIENT, documents[2:7], entry())
        first = storage.page(views()["self"], size=2)
        storage.add(PATIENT, [documents[0], documents[7]], entry())
        rest = storage.page(views()["self"], cursor=first.cursor, size=200)
        shown = [one.id for one in (*first.documents, *rest.documents)]
        assert shown == [str(day) for day in (*days[6:1:-1], days[0])]

    def test_a_cursor_serves_whom_it_was_made_for(self, storage: Storage) -> None:
        """REC-2: no other viewer, even one who may see the same or nothing."""
        _filled(storage)
        own = views()["self"]
        cursor = storage.page(own, size=1).cursor
        later = attrs.evolve(own, at=NOW + DAY)
        assert storage.page(later, cursor=cursor).documents
        other = attrs.evolve(own, viewer=attrs.evolve(own.viewer, person=PersonId("other")))
        for view in (other, attrs.evolve(own, subject=NEIGHBOUR), views()["refused"]):
            try:
                storage.page(view, cursor=cursor)
            except RuleBroken as broken:
                assert broken.rule == rules.REC_2  # noqa: PT017 - hosts need no pytest here
            else:
                raise AssertionError(view.viewer)

    def test_what_is_no_cursor_and_no_size_is_refused(self, storage: Storage) -> None:
        """REC-2: whoever makes one up learns nothing."""
        for cursor in ("", "x", "bm90aGluZw==", "я"):
            assert _malformed(storage, cursor=cursor)
        for size, malformed in ((0, True), (1, False), (200, False), (201, True), (-1, True)):
            assert _malformed(storage, size=size) is malformed

    def test_a_refused_view_shows_nothing(self, storage: Storage) -> None:
        """REC-1: no document, no count, no cursor."""
        _filled(storage)
        for name in ("refused", "refused after all"):
            view = views()[name]
            assert storage.page(view) == Page(documents=(), cursor=None)
            assert storage.count(view) == {}

    def test_a_document_is_added_once(self, storage: Storage) -> None:
        """REC-3: the same again is nothing, and adds no entry unless the delivery brings more."""
        one, two = document(id="1"), document(id="2")
        assert storage.add(PATIENT, [one], entry("one")) == 1
        assert storage.add(PATIENT, [one, one], entry("again")) == 0
        assert storage.add(PATIENT, [one, two], entry("two")) == 1
        assert storage.add(PATIENT, [], entry("none")) == 0
        assert _shown(storage, views()["self"]) == [two, one]
        assert details(storage) == ["one", "two"]

    def test_a_document_is_named_by_source_and_id_together(self, storage: Storage) -> None:
        """REC-3: another source's, and another card's, of the same id is another document."""
        documents = [document(source="a"), document(source="b")]
        assert storage.add(PATIENT, documents, entry()) == 2  # noqa: PLR2004
        other = document(source="a", patient=NEIGHBOUR)
        assert storage.add(NEIGHBOUR, [other], entry()) == 1
        assert _shown(storage, views()["self"]) == [documents[1], documents[0]]

    def test_a_document_in_a_foreign_card_is_never_seen(self, storage: Storage) -> None:
        """REC-1: whether the store refuses it or hides it."""
        with contextlib.suppress(ValueError):
            storage.add(PATIENT, [document(patient=NEIGHBOUR)], entry())
        for subject in (PATIENT, NEIGHBOUR):
            view = attrs.evolve(views()["self"], subject=subject)
            assert _shown(storage, view) == []
            assert storage.get(view, "clinic", "1") is None

    def test_what_is_added_is_in_the_journal_of_the_card(self, storage: Storage) -> None:
        """JRN-1: with its commit, after what is there."""
        storage.add(PATIENT, [document(id="1"), document(id="2")], entry("one"))
        storage.add(PATIENT, [document(id="3")], entry("two"))
        assert details(storage, CARD) == ["one", "two"]

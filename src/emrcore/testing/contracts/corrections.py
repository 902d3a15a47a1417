"""``Records`` and ``Store``: corrections supersede, retractions hide, nothing is overwritten."""
# ruff: noqa: S101 - these are tests

import datetime as dt
from collections.abc import Sequence

import attrs

from emrcore.access import View
from emrcore.adapters.memory import MemoryStorage
from emrcore.errors import Conflict
from emrcore.ports import ABSENT, Batch, Mark, Storage
from emrcore.records import Document, Standing, withdrawn
from emrcore.testing.contracts.cards import document, views
from emrcore.testing.contracts.examples import CARD, KEY, PATIENT, details, entry, held

_READERS = ("self", "guardian", "doctor", "crew")


def _everywhere(storage: Storage, view: View) -> tuple[list[Document], int, list[Document]]:
    """What pages show, what counts say, and what is given by name."""
    page = storage.page(view, size=200)
    names = ((source, id_) for source in ("clinic", "other") for id_ in map(str, range(10)))
    given = [storage.get(view, *name) for name in names]
    counted = sum(storage.count(view).values())
    return list(page.documents), counted, [one for one in given if one]


def _shows(storage: Storage, *documents: Document, reader: str = "self") -> bool:
    """Whether pages, counts and names show *documents*, in their order, and nothing else."""
    shown, counted, given = _everywhere(storage, views()[reader])
    return shown == list(documents) and counted == len(documents) == len(given)


def _mark(storage: Storage, standing: Standing, id_: str = "1", detail: str = "marked") -> None:
    mark = Mark(source="clinic", id=id_, standing=standing)
    storage.commit(Batch(shard=CARD, expect={}, entries=(entry(detail),), marks=(mark,)))


def _standings(storage: Storage) -> list[tuple[str, str]]:
    kept = storage.versions(PATIENT, "clinic", "1")
    return [(one.title, one.standing.value) for one in kept]


def _add(storage: Storage, *documents: Document) -> int:
    return storage.add(PATIENT, documents, entry())


def _titled(*titles: str, **fields: object) -> Sequence[Document]:
    return [document(title=title, **fields) for title in titles]


class CorrectionsContract:
    """The promises of ``Records`` and ``Batch.marks`` about versions and retractions."""

    def test_a_correction_supersedes_and_overwrites_nothing(self, storage: Storage) -> None:
        """REC-5: the earlier version stays as it was, and is in no page and no count."""
        first, second, third = _titled("first", "second", "third")
        for one in (first, second, third):
            assert _add(storage, one) == 1
            assert _shows(storage, one)
        assert _standings(storage) == [
            ("first", "superseded"),
            ("second", "superseded"),
            ("third", "current"),
        ]
        assert storage.versions(PATIENT, "clinic", "no such") == ()

    def test_every_version_is_kept_as_it_came(self, storage: Storage) -> None:
        """REC-5: its bytes, dates and labels, and none of another document's."""
        reference = MemoryStorage()
        for one in (storage, reference):
            for number in range(4):
                body = bytes([number]) * 100
                labels = frozenset(map(str, range(number)))
                changed = document(body=body, labels=labels, version=number, kind=None)
                _add(one, changed, document(id="2"), document(source="other", title=f"{number}"))
        for name in (("clinic", "1"), ("clinic", "2"), ("other", "1")):
            kept = storage.versions(PATIENT, *name)
            assert kept == reference.versions(PATIENT, *name)
            assert len(kept) == (1 if name == ("clinic", "2") else 4)

    def test_an_older_version_that_comes_late_does_not_win(self, storage: Storage) -> None:
        """REC-5: by the source's own number, in whatever order they come."""
        one, two, three = (document(title=f"{number}", version=number) for number in (1, 2, 3))
        assert _add(storage, two) == 1
        assert _add(storage, one) == 1
        assert _shows(storage, two)
        assert _add(storage, three) == 1
        assert _shows(storage, three)
        assert _add(storage, attrs.evolve(two, title="another two")) == 1
        assert _shows(storage, three)
        assert _add(storage, one, two, three) == 0
        assert _standings(storage) == [
            ("2", "superseded"),
            ("1", "superseded"),
            ("3", "current"),
            ("another two", "superseded"),
        ]

    def test_without_a_number_what_arrives_later_is_later(self, storage: Storage) -> None:
        """REC-5: but no number below the highest ever told wins again, nor a repeated delivery."""
        five, bare, four = document(version=5), document(title="bare"), document(version=4)
        assert _add(storage, five, bare) == len([five, bare])
        assert _shows(storage, bare)
        assert _add(storage, four) == 1
        assert _add(storage, five) == 0
        assert _shows(storage, bare)

    def test_the_versions_of_one_delivery_arrive_one_after_the_other(
        self, storage: Storage
    ) -> None:
        """REC-5: as if each had come alone."""
        first, second, third = _titled("first", "second", "third")
        assert _add(storage, first, second, third) == len([first, second, third])
        assert _shows(storage, third)
        assert [title for title, _ in _standings(storage)] == ["first", "second", "third"]

    def test_a_retraction_hides_at_once_from_everybody(self, storage: Storage) -> None:
        """REC-4: from pages, counts and by name; the bytes stay; it can be undone."""
        taken, left = document(), document(id="2")
        _add(storage, taken, left)
        _mark(storage, Standing.RETRACTED)
        for reader in _READERS:
            shown, counted, given = _everywhere(storage, views()[reader])
            assert taken not in shown + given
            assert counted == len(shown)
        assert _shows(storage, left)
        assert storage.versions(PATIENT, "clinic", "1") == (
            attrs.evolve(taken, standing=Standing.RETRACTED),
        )
        _mark(storage, Standing.CURRENT, detail="back")
        assert _shows(storage, left, taken)
        assert details(storage) == ["{}", "marked", "back"]

    def test_what_is_retracted_stays_so_through_deliveries(self, storage: Storage) -> None:
        """REC-6: a correction arrives hidden, and is what is shown once it is reinstated."""
        first, second = _titled("first", "second")
        _add(storage, first)
        _mark(storage, Standing.RETRACTED)
        assert _add(storage, first) == 0
        assert _add(storage, second) == 1
        assert _shows(storage)
        assert _standings(storage) == [("first", "superseded"), ("second", "retracted")]
        _mark(storage, Standing.CURRENT)
        assert _shows(storage, second)

    def test_a_source_withdraws_what_it_delivered(self, storage: Storage) -> None:
        """REC-6: whether it tells the content or not, and whether it had come or comes yet."""
        _add(storage, document(version=3), document(id="2"))
        assert _add(storage, withdrawn(PATIENT, "clinic", document().id, version=4)) == 1
        assert _add(storage, document(id="2", standing=Standing.RETRACTED)) == 1
        assert _add(storage, withdrawn(PATIENT, "other", document().id)) == 1
        assert _add(storage, document(source="other")) == 1
        assert _shows(storage)
        for id_ in ("1", "2"):
            _mark(storage, Standing.CURRENT, id_)
        assert _shows(storage, document(id="2"), document(version=4))
        assert _add(storage, withdrawn(PATIENT, "clinic", document().id, version=3)) == 0
        assert _shows(storage, document(id="2"), document(version=4))

    def test_pages_stay_whole_while_documents_change(self, storage: Storage) -> None:
        """REC-8: what is corrected or retracted between two pages is not shown twice or missed."""
        days = [dt.date(2020, 2, day) for day in range(1, 10)]
        _add(storage, *(document(id=f"{n}", occurred_on=day) for n, day in enumerate(days)))
        view = views()["self"]
        first = storage.page(view, size=3)
        _add(storage, document(id="8", occurred_on=days[0]))
        _add(storage, document(id="2", occurred_on=dt.date(2020, 2, 20)))
        _mark(storage, Standing.RETRACTED, "4")
        _mark(storage, Standing.RETRACTED, "7")
        rest = storage.page(view, cursor=first.cursor, size=200)
        assert [one.id for one in first.documents] == ["8", "7", "6"]
        assert [one.id for one in rest.documents] == ["5", "3", "2", "1", "0"]
        assert storage.get(view, "clinic", "2") == document(
            id="2", occurred_on=dt.date(2020, 2, 20)
        )

    def test_a_mark_is_a_part_of_its_commit(self, storage: Storage) -> None:
        """STO-1: with the states and entries, or not at all."""
        _add(storage, document())
        mark = Mark(source="clinic", id="1", standing=Standing.RETRACTED)
        unknown = attrs.evolve(mark, id="no such")
        for expect, marks in (({KEY: 7}, (mark,)), ({KEY: ABSENT}, (mark, unknown))):
            batch = Batch(shard=CARD, expect=expect, put={KEY: "x"}, marks=marks)
            try:
                storage.commit(batch)
            except Conflict:
                assert _shows(storage, document())
                assert held(storage, KEY) == [None]
            else:
                raise AssertionError("was applied")
        storage.commit(Batch(shard=CARD, expect={KEY: ABSENT}, put={KEY: "x"}, marks=(mark,)))
        assert _shows(storage)
        assert held(storage, KEY) == [("x", 1)]

    def test_a_superseded_version_is_not_delivered(self, storage: Storage) -> None:
        """REC-5: what supersedes it is delivered, and so is it, with its number."""
        for standing in Standing:
            one = document(id=standing.value, standing=standing)
            try:
                _add(storage, one)
            except ValueError:
                assert standing is Standing.SUPERSEDED
            else:
                assert standing is not Standing.SUPERSEDED

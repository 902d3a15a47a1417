"""A shelf shows what the list shows, on both sides of every constant, and pages like it."""

import datetime as dt
import itertools
import os

import attrs
import pytest

from emrcore.access import decide
from emrcore.errors import Malformed, RuleBroken
from emrcore.people import PatientId
from emrcore.records import Shelf, page, position, visible
from emrcore.rulebook import shipped, shipped_names
from emrcore.testing.boundaries import looks
from emrcore.testing.contracts.cards import card, views

FULL = os.environ.get("EMRCORE_FULL") == "1"


@pytest.mark.parametrize("name", shipped_names())
def test_a_shelf_shows_what_the_list_shows(name: str) -> None:
    """REC-1, ACC-11: newest first; whether something is yet to be published or not."""
    book, shown = shipped(name), 0
    for look in itertools.islice(looks(book), None if FULL else 150):
        view = decide(look.facts, look.viewer, at=look.at, edition=book.edition_at(look.at))
        own = [one for one in look.documents if one.patient == view.subject]
        published = [one for one in own if one.published_at <= look.at]
        for documents in (own, published):
            expected = sorted(visible(view, documents), key=position, reverse=True)
            assert Shelf(documents).visible(view) == expected
            shown += len(expected)
    assert shown > 0


@pytest.mark.parametrize("name", views())
@pytest.mark.parametrize("size", [1, 2, 50])
def test_a_shelf_pages_as_the_list_does(name: str, size: int) -> None:
    """REC-2: the same pages under the same cursors, of one section and of all."""
    view = views()[name]
    own = [one for one in card() if one.patient == view.subject]
    many = [
        attrs.evolve(one, source=f"{one.source}-{number}") for number in range(5) for one in own
    ]
    shelf = Shelf(many)
    for section in (None, *{one.section for one in own}):
        cursor: str | None = None
        while True:
            expected = page(view, many, cursor=cursor, section=section, size=size)
            assert shelf.page(view, cursor=cursor, section=section, size=size) == expected
            cursor = expected.cursor
            if cursor is None or size == 1:
                break


def test_a_cursor_of_another_is_refused() -> None:
    """REC-2: by a shelf, too."""
    view = views()["self"]
    own = [one for one in card() if one.patient == view.subject]
    cursor = page(view, own, size=1).cursor
    assert cursor
    with pytest.raises(RuleBroken):
        Shelf(own).page(views()["guardian"], cursor=cursor)


def test_a_shelf_is_of_one_card() -> None:
    other = attrs.evolve(card()[0], patient=PatientId("another"))
    with pytest.raises(Malformed):
        Shelf([card()[0], other])
    assert Shelf([other]).visible(views()["self"]) == []
    assert Shelf([]).visible(views()["self"]) == []


def test_what_is_published_later_is_not_shown_yet() -> None:
    """ACC-13: to the microsecond, by a shelf that was made before."""
    view = views()["self"]
    own = visible(view, card())
    last = max(one.published_at for one in own)
    shelf = Shelf(own)
    before = attrs.evolve(view, at=last - dt.timedelta(microseconds=1))
    assert len(shelf.visible(before)) < len(own) == len(shelf.visible(attrs.evolve(view, at=last)))

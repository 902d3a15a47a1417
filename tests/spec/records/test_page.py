"""Reading page by page."""

import base64
import datetime as dt

import attrs
import pytest

from emrcore import rules
from emrcore.errors import Malformed, RuleBroken
from emrcore.records import Document, DocumentId, page
from emrcore.rulebook import Role
from world import Cards


def card(cards: Cards, number: int) -> list[Document]:
    return [
        cards.document(
            id=DocumentId(f"d{n:03}"), signed_on=dt.date(2019, 1, 1) + dt.timedelta(days=n // 3)
        )
        for n in range(number)
    ]


def test_newest_first_without_gap_or_repeat(cards: Cards) -> None:
    """REC-1: following the cursors shows every visible document once, newest first."""
    documents = card(cards, 23)
    seen: list[Document] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        one = page(cards.view(), documents, cursor=cursor, size=5)
        seen.extend(one.documents)
        cursor, pages = one.cursor, pages + 1
    assert pages == 5
    assert len(seen) == len(set(seen)) == 23
    assert [(one.dated, one.id) for one in seen] == sorted(
        ((one.dated, one.id) for one in documents), reverse=True
    )


def test_last_page_has_no_cursor(cards: Cards) -> None:
    """REC-1: a page that ends the card has no cursor, even when it is full."""
    assert page(cards.view(), card(cards, 5), size=5).cursor is None
    assert page(cards.view(), card(cards, 6), size=5).cursor is not None
    assert page(cards.view(), [], size=5).documents == ()


@pytest.mark.parametrize("who", ["mother", "child"])
def test_cursor_of_another(cards: Cards, who: str) -> None:
    """REC-2: a cursor serves neither another viewer nor another role."""
    cursor = page(cards.view(), card(cards, 6), size=5).cursor
    role = Role.DOCTOR if who == "mother" else Role.GUARDIAN
    with pytest.raises(RuleBroken) as refused:
        page(cards.view(person=who, role=role), card(cards, 6), cursor=cursor)
    assert refused.value.rule is rules.REC_2


def test_cursor_of_another_edition(cards: Cards) -> None:
    """REC-2: a cursor does not outlive the edition it was made under."""
    cursor = page(cards.view(), card(cards, 6), size=5).cursor
    later = Cards(attrs.evolve(cards.edition, fingerprint="f" * 64))
    with pytest.raises(RuleBroken) as refused:
        page(later.view(), card(cards, 6), cursor=cursor)
    assert refused.value.rule is rules.REC_2


@pytest.mark.parametrize(
    "text",
    ["", "x", "äöü", "bnVsbA==", base64.urlsafe_b64encode(b"[1,2,3]").decode(), "\ud800", "A" * 99],
)
def test_no_cursor(cards: Cards, text: str) -> None:
    """REC-2: anything that is no cursor is one clear error."""
    with pytest.raises(Malformed) as refused:
        page(cards.view(), [], cursor=text)
    assert [fault.where for fault in refused.value.faults] == ["cursor"]


@pytest.mark.parametrize("size", [0, -1, 201])
def test_size(cards: Cards, size: int) -> None:
    """REC-1: a page holds 1 to 200 documents."""
    with pytest.raises(Malformed):
        page(cards.view(), [], size=size)

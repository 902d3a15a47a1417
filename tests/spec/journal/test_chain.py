"""The journal's chain."""

import datetime as dt
from typing import Any

import attrs
import pytest

from emrcore.journal import GENESIS, Actor, ActorKind, Link, Shard, breaks, entry, link
from emrcore.people import PatientId, PersonId
from emrcore.records import CardCreated
from world import moscow

ACTOR = Actor(kind=ActorKind.STAFF, id="clinic")
SHARD = Shard("patient", "p")


def chain(number: int) -> list[Link]:
    links: list[Link] = []
    for n in range(number):
        event = CardCreated(
            patient=PatientId(f"p{n}"), person=PersonId("x"), clinic="c", at=moscow(2020, 1, 14)
        )
        at = moscow(2020, 1, 14) + dt.timedelta(minutes=n)
        new = entry(event, at=at, actor=ACTOR, subject=PatientId(f"p{n}"))
        links.append(link(links[-1] if links else None, new))
    return links


def test_whole_chain_has_no_break() -> None:
    """JRN-3: what was written is found whole, from the first link on."""
    links = chain(20)
    assert list(breaks(links)) == []
    assert list(breaks(links, heads=(links[7].head(SHARD),))) == []
    assert links[0].previous == GENESIS
    assert [one.number for one in links] == list(range(1, 21))


@pytest.mark.parametrize("field", ["action", "detail", "subject", "at", "actor"])
def test_edit(field: str) -> None:
    """JRN-3: an entry changed in any field is found at its place."""
    links = chain(9)
    changed: Any = {
        "action": "x",
        "detail": "{}",
        "subject": PatientId("other"),
        "at": moscow(2020, 1, 15),
        "actor": attrs.evolve(ACTOR, id="other"),
    }[field]
    forged = attrs.evolve(links[4].entry, **{field: changed})
    links[4] = attrs.evolve(links[4], entry=forged)
    assert [one.number for one in breaks(links)] == [5]


def test_edit_with_a_new_hash() -> None:
    """JRN-3: an entry changed together with its own hash breaks the link after it."""
    links = chain(9)
    forged = attrs.evolve(links[4].entry, detail="{}")
    links[4] = link(links[3], forged)
    assert [one.number for one in breaks(links)] == [6]


def test_removed_swapped_inserted() -> None:
    """JRN-3: a link removed, two swapped or one repeated are found at their place."""
    links = chain(9)
    assert next(breaks(links[:4] + links[5:])).number == 5
    assert next(breaks([*links[:3], links[4], links[3], *links[5:]])).number == 4
    assert next(breaks([*links[:3], links[2], *links[3:]])).number == 4


def test_cut_tail_shows_by_a_known_head() -> None:
    """JRN-3: a cut tail shows only when a later head is known from elsewhere."""
    links = chain(9)
    assert list(breaks(links[:6])) == []
    known = (links[8].head(SHARD),)
    assert [one.number for one in breaks(links[:6], heads=known)] == [7]


def test_time_never_goes_back() -> None:
    """JRN-3: when the clock is set back, entries keep the time of the one before."""
    first, second = chain(2)
    early = attrs.evolve(second.entry, at=moscow(2019, 1, 1))
    assert link(first, early).entry.at == first.entry.at

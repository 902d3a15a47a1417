"""How long entries are kept, and what may be given up then."""

import datetime as dt

import pytest

from emrcore.journal import (
    Actor,
    ActorKind,
    Entry,
    Link,
    Retention,
    Shard,
    breaks,
    last_expired,
    link,
)
from world import moscow

AT = moscow(2026, 1, 14, 10)
SHARD = Shard("patient", "p")


def chain(*at: dt.datetime) -> list[Link]:
    links: list[Link] = []
    for one in at:
        actor = Actor(kind=ActorKind.SYSTEM, id="x")
        new = Entry(at=one, actor=actor, action="test.1", detail="{}")
        links.append(link(links[-1] if links else None, new))
    return links


def test_six_years_and_who_says_so() -> None:
    """JRN-9: the least, and the default; more is the host's to say, less is refused."""
    assert (Retention().years, Retention().source) == (6, "45 CFR 164.316(b)(2)(i)")
    assert Retention(years=25, source="order").years == 25
    with pytest.raises(ValueError, match="6"):
        Retention(years=5)


def test_the_day_six_years_before() -> None:
    """JRN-9: of a leap day it is the day before, so that nothing goes too early."""
    assert Retention().ends(AT) == moscow(2020, 1, 14, 10)
    leap = dt.datetime(2028, 2, 29, 12, tzinfo=dt.UTC)
    assert Retention().ends(leap) == dt.datetime(2022, 2, 28, 12, tzinfo=dt.UTC)


def test_only_what_is_older_may_go() -> None:
    """JRN-9: an entry of exactly six years ago stays, and so does all behind it."""
    before = Retention().ends(AT)
    tick = dt.timedelta(microseconds=1)
    links = chain(before - 2 * tick, before - tick, before, before + tick)
    assert last_expired(links, before=before) == links[1]
    assert last_expired(links, before=before - tick) == links[0]
    assert last_expired(links, before=before - 2 * tick) is None


def test_the_last_link_stays_whatever_its_age() -> None:
    """JRN-9: the next entry follows it."""
    links = chain(*[moscow(2000, 1, 1)] * 3)
    assert last_expired(links, before=AT) == links[1]
    assert last_expired(links[:1], before=AT) is None
    assert last_expired([], before=AT) is None


def test_a_chain_goes_on_after_what_was_given_up() -> None:
    """JRN-9: and only after what is known to have been given up, by number and hash."""
    links = chain(*[AT] * 6)
    gone = links[2].head(SHARD, trimmed=True)
    assert list(breaks(links[3:], heads=(gone,))) == []
    assert list(breaks(links[3:], heads=(links[0].head(SHARD), gone, links[5].head(SHARD)))) == []
    assert list(breaks(links, heads=(gone,))) == [], "it may still be there"
    for wrong in ((), (links[2].head(SHARD),), (links[1].head(SHARD, trimmed=True),)):
        assert [one.number for one in breaks(links[3:], heads=wrong)] == [1]
    assert [one.number for one in breaks(links[4:], heads=(gone,))] == [1]

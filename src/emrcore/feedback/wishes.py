"""The life of a wish: filed, looked at, voted for, merged, answered.

A wish is *filed* until somebody has looked at it, *published* while it is voted for, *planned* once
the city has promised it, and *answered* when the section is open or the city has declined.
"""

import datetime as dt
import enum
import re
from collections.abc import Mapping
from typing import NewType, assert_never

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed, RuleBroken
from emrcore.people import AccountId
from emrcore.rulebook import Edition

WishId = NewType("WishId", str)

SHORTEST, LONGEST = 10, 280
"""How long a wish is, in characters."""

MOST_FILED, WITHIN = 3, dt.timedelta(hours=24)
"""How many wishes an account files within what time."""

_NUMBER = re.compile(r"\d(?:[\s\u2010-\u2015\u2212().-]*\d){8,}")
_MAIL = re.compile(r"\S@\S")


class Reason(enum.StrEnum):
    """Why the city declines a wish."""

    NOT_IN_THE_RECORD = "not-in-the-record"
    AGAINST_THE_LAW = "against-the-law"
    TOO_FEW_WANT_IT = "too-few-want-it"
    ELSEWHERE = "elsewhere"


class Unfit(enum.StrEnum):
    """Why a wish is not shown."""

    PERSONAL = "personal"
    ABUSIVE = "abusive"
    NO_WISH = "no-wish"


# -- States ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Wish:
    """What *account* wished at ``at``; ``united`` are the wishes that were merged into it."""

    id: WishId
    account: AccountId
    at: dt.datetime
    united: tuple[WishId, ...] = ()


@attrs.frozen(kw_only=True)
class FiledWish:
    """Nobody has looked at it yet."""

    wish: Wish


@attrs.frozen(kw_only=True)
class PublishedWish:
    """It is shown, and voted for; ``planned`` once the city has promised it."""

    wish: Wish
    planned: bool = False


@attrs.frozen(kw_only=True)
class AnsweredWish:
    """The city has opened ``section``, or declined for the reason ``declined``."""

    wish: Wish
    section: str | None
    declined: Reason | None
    at: dt.datetime


@attrs.frozen(kw_only=True)
class MergedWish:
    """It says the same as ``into``, and is found there."""

    wish: Wish
    into: WishId


@attrs.frozen(kw_only=True)
class HiddenWish:
    """It is not shown, and its text is gone."""

    wish: Wish
    why: Unfit


WishState = FiledWish | PublishedWish | AnsweredWish | MergedWish | HiddenWish
WISH_STATES: tuple[type[WishState], ...] = (
    FiledWish,
    PublishedWish,
    AnsweredWish,
    MergedWish,
    HiddenWish,
)


@attrs.frozen(kw_only=True)
class WishText:
    """What is wished, in the citizen's words; empty once the wish is hidden."""

    text: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Filings:
    """When an account has filed wishes of late."""

    at: tuple[dt.datetime, ...]


# -- Events ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class WishFiled:
    """*account* filed a wish; its text is kept apart, so that it can go."""

    id: WishId
    account: AccountId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class WishPublished:
    """Somebody has looked at it and found it fit to be shown."""

    id: WishId
    by: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class WishHidden:
    """Somebody has looked at it and found it unfit."""

    id: WishId
    why: Unfit
    by: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class WishPlanned:
    """The city has promised it."""

    id: WishId
    by: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class WishOpened:
    """The city has opened *section* for it."""

    id: WishId
    section: str
    by: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class WishDeclined:
    """The city will not do it."""

    id: WishId
    why: Reason
    by: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class WishMerged:
    """It says the same as *into*, which has now taken in *united*: it, and all it had taken in."""

    id: WishId
    into: WishId
    united: tuple[WishId, ...]
    by: str
    at: dt.datetime


WishEvent = (
    WishFiled | WishPublished | WishHidden | WishPlanned | WishOpened | WishDeclined | WishMerged
)

# -- Verbs -----------------------------------------------------------------------------------------


def read_wish(typed: object) -> str:
    """What was *typed* as a wish, with single spaces.

    Raises:
        Malformed: FBK-1, with every fault. No fault says what was typed.
    """
    if not isinstance(typed, str):
        raise Malformed("wish", (Fault("text", "is not text", rules.FBK_1),))
    text, faults = " ".join(typed.split()), list[Fault]()
    if not SHORTEST <= len(text) <= LONGEST:
        what = f"must be {SHORTEST} to {LONGEST} characters"
        faults.append(Fault("text", what, rules.FBK_1))
    if not text.isprintable():
        faults.append(Fault("text", "holds what cannot be shown", rules.FBK_1))
    if _NUMBER.search(text):
        faults.append(Fault("text", "holds a number as long as a paper's", rules.FBK_1))
    if _MAIL.search(text):
        faults.append(Fault("text", "holds an address of mail", rules.FBK_1))
    if faults:
        raise Malformed("wish", tuple(faults))
    return text


def recent(filed: tuple[dt.datetime, ...], *, at: dt.datetime) -> tuple[dt.datetime, ...]:
    """The moments of *filed* that count at *at*.

    Raises:
        RuleBroken: FBK-2, they are as many as may be.
    """
    counted = tuple(one for one in filed if at - one < WITHIN)
    if len(counted) >= MOST_FILED:
        raise RuleBroken(rules.FBK_2)
    return counted


def publish(state: WishState | None, *, by: str, at: dt.datetime) -> WishPublished:
    """Show a filed wish.

    Raises:
        RuleBroken: FBK-3, it is none that waits to be looked at.
    """
    if not isinstance(state, FiledWish):
        raise RuleBroken(rules.FBK_3)
    return WishPublished(id=state.wish.id, by=by, at=at)


def hide(state: WishState | None, *, why: Unfit, by: str, at: dt.datetime) -> WishHidden:
    """Take a wish from sight, before it is published or after.

    Raises:
        RuleBroken: FBK-3 there is none in sight; FBK-5 others were merged into it.
    """
    if not isinstance(state, FiledWish | PublishedWish):
        raise RuleBroken(rules.FBK_3)
    if state.wish.united:
        raise RuleBroken(rules.FBK_5, "others were merged into it")
    return WishHidden(id=state.wish.id, why=why, by=by, at=at)


def voted_for(state: WishState | None) -> PublishedWish:
    """*state*, if it can be voted for.

    Raises:
        RuleBroken: FBK-3, it is not shown, or answered.
    """
    if not isinstance(state, PublishedWish):
        raise RuleBroken(rules.FBK_3)
    return state


def plan(state: WishState | None, *, by: str, at: dt.datetime) -> WishPlanned:
    """Promise a wish.

    Raises:
        RuleBroken: FBK-3 it is not shown; FBK-8 it is promised already.
    """
    if voted_for(state).planned:
        raise RuleBroken(rules.FBK_8)
    return WishPlanned(id=voted_for(state).wish.id, by=by, at=at)


def answer_with(
    state: WishState | None, section: str, *, edition: Edition, by: str, at: dt.datetime
) -> WishOpened:
    """Answer a wish with the *section* that has opened.

    Raises:
        RuleBroken: FBK-3 it is not shown or answered; FBK-8 *edition* has no such open section.
    """
    wish = voted_for(state).wish
    rule = edition.sections.get(section)
    opened = rule.opened_on if rule else None
    if opened is None or edition.local_day(at) < opened.value:
        raise RuleBroken(rules.FBK_8, "the section is not open")
    return WishOpened(id=wish.id, section=section, by=by, at=at)


def decline(state: WishState | None, *, why: Reason, by: str, at: dt.datetime) -> WishDeclined:
    """Decline a wish.

    Raises:
        RuleBroken: FBK-3, it is not shown or answered.
    """
    return WishDeclined(id=voted_for(state).wish.id, why=why, by=by, at=at)


def merge(
    state: WishState | None, into: WishState | None, *, by: str, at: dt.datetime
) -> WishMerged:
    """Merge a wish *into* another that says the same, and was itself merged into none.

    Raises:
        RuleBroken: FBK-6 it is the same; FBK-3 one of them is not shown, or answered.
    """
    one, other = voted_for(state).wish, voted_for(into).wish
    if one.id == other.id:
        raise RuleBroken(rules.FBK_6)
    return WishMerged(
        id=one.id, into=other.id, united=(*other.united, one.id, *one.united), by=by, at=at
    )


def evolve_wish(state: WishState | None, event: WishEvent) -> WishState:  # noqa: PLR0911
    """The state after *event*; a merger changes both wishes, each by its id."""
    if isinstance(event, WishFiled):
        return FiledWish(wish=Wish(id=event.id, account=event.account, at=event.at))
    if state is None:
        raise TypeError("a wish begins by being filed")
    wish = state.wish
    match event:
        case WishPublished():
            return PublishedWish(wish=wish)
        case WishPlanned():
            return PublishedWish(wish=wish, planned=True)
        case WishHidden():
            return HiddenWish(wish=wish, why=event.why)
        case WishOpened():
            return AnsweredWish(wish=wish, section=event.section, declined=None, at=event.at)
        case WishDeclined():
            return AnsweredWish(wish=wish, section=None, declined=event.why, at=event.at)
        case WishMerged() if wish.id == event.id:
            return MergedWish(wish=wish, into=event.into)
        case WishMerged():
            united = attrs.evolve(wish, united=event.united)
            return PublishedWish(wish=united, planned=_planned(state))
        case _:
            assert_never(event)


def _planned(state: WishState) -> bool:
    return isinstance(state, PublishedWish) and state.planned


def family(state: WishState) -> frozenset[WishId]:
    """The wishes that are one with it: itself, and all that were merged into it."""
    return frozenset((state.wish.id, *state.wish.united))


def shown_to_all(state: WishState) -> bool:
    """Whether everybody may see it: it was looked at, and found fit (FBK-3)."""
    return isinstance(state, PublishedWish | AnsweredWish)


def roots(states: Mapping[WishId, WishState]) -> Mapping[WishId, WishId]:
    """For each wish, the one that its votes count for; those that are hidden are left out."""
    return {
        member: state.wish.id
        for state in states.values()
        if not isinstance(state, MergedWish | HiddenWish)
        for member in family(state)
    }

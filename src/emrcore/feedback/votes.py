"""Votes for wishes: what one account voted for, and how votes are counted.

There is no running total that could drift: whoever has voted for any wish of a family counts once
for it, however often wishes were merged since.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import assert_never

import attrs

from emrcore.feedback.wishes import WishId, WishState, family, roots, shown_to_all, voted_for
from emrcore.people import AccountId


@attrs.frozen(kw_only=True)
class Votes:
    """What *account* votes for."""

    account: AccountId
    wishes: tuple[WishId, ...] = ()


@attrs.frozen(kw_only=True)
class VoteCast:
    """*account* votes for *wish*."""

    account: AccountId
    wish: WishId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class VoteTakenBack:
    """*account* no longer votes for *wish*, nor for any that is one with it: for none of *all*."""

    account: AccountId
    wish: WishId
    all: tuple[WishId, ...]
    at: dt.datetime


@attrs.frozen(kw_only=True)
class VotesCounted:
    """So many accounts were found to vote for so many wishes."""

    accounts: int
    wishes: int
    at: dt.datetime


@attrs.frozen(kw_only=True)
class Standing:
    """So many accounts want *wish*."""

    wish: WishId
    votes: int


@attrs.frozen(kw_only=True)
class Ranking:
    """The wishes by what most want, as counted from ``at`` on."""

    at: dt.datetime
    standings: tuple[Standing, ...]


def cast(
    state: WishState | None, before: Votes | None, *, by: AccountId, at: dt.datetime
) -> VoteCast | None:
    """Vote for a wish that is merged into none; None: *by* does already (FBK-4, FBK-5).

    Raises:
        RuleBroken: FBK-3, it is not shown, or answered.
    """
    wish = voted_for(state)
    if before and family(wish).intersection(before.wishes):
        return None
    return VoteCast(account=by, wish=wish.wish.id, at=at)


def take_back(
    state: WishState | None, before: Votes | None, *, at: dt.datetime
) -> VoteTakenBack | None:
    """Take back a vote; None: there is none."""
    if state is None or before is None:
        return None
    members = family(state)
    ended = tuple(one for one in before.wishes if one in members)
    if not ended:
        return None
    return VoteTakenBack(account=before.account, wish=state.wish.id, all=ended, at=at)


def evolve_votes(state: Votes | None, event: VoteCast | VoteTakenBack) -> Votes:
    """The votes of an account after *event*."""
    votes = state or Votes(account=event.account)
    match event:
        case VoteCast():
            return attrs.evolve(votes, wishes=(*votes.wishes, event.wish))
        case VoteTakenBack():
            left = tuple(one for one in votes.wishes if one not in event.all)
            return attrs.evolve(votes, wishes=left)
        case _:
            assert_never(event)


def rank(states: Mapping[WishId, WishState], votes: Iterable[Votes], *, at: dt.datetime) -> Ranking:
    """Every wish that is shown, by votes, then by the earlier filing, then by id (FBK-7).

    *votes* has one item an account, and may come from a stream: each is looked at once.
    """
    root_of = roots(states)
    counted: Counter[WishId] = Counter()
    for one in votes:
        counted.update({root_of[wish] for wish in one.wishes if wish in root_of})
    shown = [wish for wish in set(root_of.values()) if shown_to_all(states[wish])]
    shown.sort(key=lambda wish: (-counted[wish], states[wish].wish.at, wish))
    standings = tuple(Standing(wish=wish, votes=counted[wish]) for wish in shown)
    return Ranking(at=at, standings=standings)

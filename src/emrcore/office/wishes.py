"""Wishes: filed and voted for by citizens, looked at, merged and answered by the city."""

from collections.abc import Callable, Iterator, Mapping

import attrs

from emrcore import feedback, rules
from emrcore.applications import Operator
from emrcore.errors import RuleBroken
from emrcore.feedback import (
    WISH_STATES,
    FiledWish,
    Filings,
    HiddenWish,
    MergedWish,
    Ranking,
    Reason,
    Unfit,
    Votes,
    VotesCounted,
    WishId,
    WishState,
    WishText,
)
from emrcore.feedback.wishes import WishEvent
from emrcore.office import places
from emrcore.office.desk import Desk
from emrcore.office.keeping import SYSTEM, citizen, operator
from emrcore.office.work import Work
from emrcore.people import Account
from emrcore.wire import decode


@attrs.frozen(kw_only=True)
class ShownWish:
    """A wish in its words; ``votes`` as last counted, None if it was not counted yet."""

    state: WishState
    text: str = attrs.field(repr=False)
    votes: int | None = None


class Wishes(Desk):
    """The verbs about wishes."""

    __slots__ = ()

    def file_wish(self, account: Account, text: object) -> WishId:
        """File what *account* wishes of the record; nobody sees it before it was looked at.

        Raises:
            Malformed: FBK-1, with every fault of the text.
            RuleBroken: FBK-2 too many in a day, APP-2 the account's level.
        """
        written = feedback.read_wish(text)

        def verb(work: Work) -> WishId:
            check_level(self, work, account)
            before = work.load(places.filings(account.id), Filings)
            counted = feedback.recent(before.at if before else (), at=work.now)
            work.put(places.filings(account.id), Filings(at=(*counted, work.now)))
            id = WishId(self.new_id())  # noqa: A001 - the field's name
            event = feedback.WishFiled(id=id, account=account.id, at=work.now)
            work.text(places.wish(id))
            work.text(places.wish_text(id))
            work.put(places.wish(id), feedback.evolve_wish(None, event))
            work.put(places.wish_text(id), WishText(text=written))
            work.note(event, citizen(account))
            return id

        return self.do(places.WISHES, verb)

    def publish_wish(self, wish: WishId, *, by: Operator) -> WishState:
        """Let everybody see a wish that was looked at, and vote for it.

        Raises:
            RuleBroken: FBK-3, it does not wait to be looked at.
        """
        return _change(self, wish, by, lambda s, w: feedback.publish(s, by=by.id, at=w.now))

    def hide_wish(self, wish: WishId, *, why: Unfit, by: Operator) -> WishState:
        """Take a wish from sight, and its words out of the store.

        Raises:
            RuleBroken: FBK-3 it is not there to be seen, FBK-5 others were merged into it.
        """

        def verb(state: WishState | None, work: Work) -> WishEvent:
            event = feedback.hide(state, why=why, by=by.id, at=work.now)
            work.text(places.wish_text(wish))
            work.put(places.wish_text(wish), WishText(text=""))
            return event

        return _change(self, wish, by, verb)

    def plan_wish(self, wish: WishId, *, by: Operator) -> WishState:
        """Promise a wish; it is still voted for.

        Raises:
            RuleBroken: FBK-3 it is not shown or answered, FBK-8 it is promised already.
        """
        return _change(self, wish, by, lambda s, w: feedback.plan(s, by=by.id, at=w.now))

    def answer_wish(self, wish: WishId, *, section: str, by: Operator) -> WishState:
        """Answer a wish with the *section* that is now open.

        Raises:
            RuleBroken: FBK-3 it is not shown or answered, FBK-8 no such section is open.
        """

        def verb(state: WishState | None, work: Work) -> WishEvent:
            edition = self.edition(work.now)
            return feedback.answer_with(state, section, edition=edition, by=by.id, at=work.now)

        return _change(self, wish, by, verb)

    def decline_wish(self, wish: WishId, *, why: Reason, by: Operator) -> WishState:
        """Say that the city will not do it, and why.

        Raises:
            RuleBroken: FBK-3, it is not shown or answered.
        """
        return _change(
            self, wish, by, lambda s, w: feedback.decline(s, why=why, by=by.id, at=w.now)
        )

    def merge_wish(self, wish: WishId, *, into: WishId, by: Operator) -> WishState:
        """Merge a wish *into* another, or into what that was merged into; the latter's state.

        No vote is moved: votes for either count for one from the next count on.

        Raises:
            RuleBroken: FBK-6 they are one already, FBK-3 one of them is not shown or answered.
        """

        def verb(work: Work) -> WishState:
            one, other = work.load(places.wish(wish), *WISH_STATES), _root(work, into)
            if isinstance(one, MergedWish):
                raise RuleBroken(rules.FBK_6)
            event = feedback.merge(one, other, by=by.id, at=work.now)
            after = feedback.evolve_wish(other, event)
            work.put(places.wish(wish), feedback.evolve_wish(one, event))
            work.put(places.wish(event.into), after)
            work.note(event, operator(by))
            return after

        return self.do(places.WISHES, verb)

    def vote_for(self, account: Account, wish: WishId) -> bool:
        """Vote for a wish, or what it was merged into; whether that changed anything (FBK-4).

        Raises:
            RuleBroken: FBK-3 it is not shown or answered, APP-2 the account's level.
        """

        def verb(work: Work) -> bool:
            check_level(self, work, account)
            before = work.load(places.votes(account.id), Votes)
            event = feedback.cast(_root(work, wish), before, by=account.id, at=work.now)
            if event:
                work.put(places.votes(account.id), feedback.evolve_votes(before, event))
                work.note(event, citizen(account))
            return event is not None

        return self.do(places.votes(account.id).shard, verb)

    def take_back_vote(self, account: Account, wish: WishId) -> bool:
        """Vote for a wish no longer, nor for any that is one with it; whether there was a vote."""

        def verb(work: Work) -> bool:
            before = work.load(places.votes(account.id), Votes)
            event = feedback.take_back(_root(work, wish), before, at=work.now)
            if event:
                work.put(places.votes(account.id), feedback.evolve_votes(before, event))
                work.note(event, citizen(account))
            return event is not None

        return self.do(places.votes(account.id).shard, verb)

    def count_votes(self) -> Ranking:
        """Count all votes anew, and keep the ranking for ``ranked_wishes``.

        For a worker of the host's: every account that votes is read, cell by cell. A vote cast
        meanwhile may or may not be counted; one cast before is.
        """

        def verb(work: Work) -> Ranking:
            accounts = 0

            def all_votes() -> Iterator[Votes]:
                nonlocal accounts
                for number in range(places.VOTE_CELLS):
                    for kept in self.storage.find(places.vote_cell(number), "votes").values():
                        accounts += 1
                        yield decode(kept.text, Votes)

            ranking = feedback.rank(_states(self), all_votes(), at=work.now)
            work.text(places.ranking())
            work.put(places.ranking(), ranking)
            wishes = len(ranking.standings)
            work.note(VotesCounted(accounts=accounts, wishes=wishes, at=work.now), SYSTEM)
            return ranking

        return self.apart(places.WISHES, verb)

    def ranked_wishes(self) -> tuple[ShownWish, ...]:
        """The wishes that are shown: as last counted, and then those that are new, by age."""
        stored = self.storage.load(places.ranking()).get(places.ranking())
        ranking = decode(stored.text, Ranking) if stored else None
        counted = {one.wish: one.votes for one in ranking.standings} if ranking else {}
        place = {wish: number for number, wish in enumerate(counted)}
        shown = [one for one in _states(self).values() if feedback.shown_to_all(one)]
        shown.sort(key=lambda one: (place.get(one.wish.id, len(place)), one.wish.at, one.wish.id))
        return tuple(_shown(self, one, counted.get(one.wish.id)) for one in shown)

    def find_wish(self, wish: WishId) -> ShownWish:
        """A wish that is shown, or what it was merged into.

        Raises:
            RuleBroken: FBK-3, it is not shown.
        """
        work = Work(storage=self.storage, shard=places.WISHES, now=self.now())
        state = _root(work, wish)
        if state is None or not feedback.shown_to_all(state):
            raise RuleBroken(rules.FBK_3)
        return _shown(self, state, None)

    def waiting_wishes(self) -> tuple[ShownWish, ...]:
        """The wishes that nobody has looked at yet, the earliest first: for the city's staff."""
        waiting = [one for one in _states(self).values() if isinstance(one, FiledWish)]
        waiting.sort(key=lambda one: (one.wish.at, one.wish.id))
        return tuple(_shown(self, one, None) for one in waiting)


def check_level(desk: Desk, work: Work, account: Account) -> None:
    """Let those give their opinion who may apply.

    Raises:
        RuleBroken: APP-2, the account's level does not suffice.
    """
    rule = desk.edition(work.now).application
    if rule is None or account.level not in rule.account_levels.value:
        raise RuleBroken(rules.APP_2, f"not {account.level}")


def _change(
    desk: Desk,
    wish: WishId,
    by: Operator,
    decide: Callable[[WishState | None, Work], WishEvent],
) -> WishState:
    def verb(work: Work) -> WishState:
        state = work.load(places.wish(wish), *WISH_STATES)
        event = decide(state, work)
        after = feedback.evolve_wish(state, event)
        work.put(places.wish(wish), after)
        work.note(event, operator(by))
        return after

    return desk.do(places.WISHES, verb)


def _root(work: Work, wish: WishId) -> WishState | None:
    """The wish, or that into which it was merged, at whatever remove."""
    state = work.load(places.wish(wish), *WISH_STATES)
    while isinstance(state, MergedWish):
        state = work.load(places.wish(state.into), *WISH_STATES)
    return state


def _states(desk: Desk) -> Mapping[WishId, WishState]:
    found = desk.storage.find(places.WISHES, "wish").values()
    states = (decode(kept.text, *WISH_STATES) for kept in found)
    return {one.wish.id: one for one in states}


def _shown(desk: Desk, state: WishState, votes: int | None) -> ShownWish:
    place = places.wish_text(state.wish.id)
    text = "" if isinstance(state, HiddenWish) else desk.storage.load(place)[place].text
    return ShownWish(state=state, text=decode(text, WishText).text if text else "", votes=votes)

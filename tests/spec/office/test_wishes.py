"""Wishes from the filing to the answer, and votes that count once."""

from collections.abc import Callable

import pytest

from emrcore import rules
from emrcore.errors import RuleBroken
from emrcore.feedback import AnsweredWish, MergedWish, Reason, Unfit, WishId
from emrcore.office import Office, places
from emrcore.people import Account, AccountId, AccountLevel, PersonId
from emrcore.rules import Rule
from world import Town, actions


def refused(call: Callable[[], object]) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


def account(number: int, level: AccountLevel = AccountLevel.FULL) -> Account:
    return Account(id=AccountId(f"a{number}"), person=PersonId(f"p{number}"), level=level)


def shown(town: Town, text: str, number: int = 0) -> WishId:
    wish = town.office.file_wish(account(number), text)
    town.office.publish_wish(wish, by=town.operator)
    return wish


def votes(town: Town) -> dict[str, int]:
    return {one.wish: one.votes for one in town.office.count_votes().standings}


def test_filed_looked_at_shown(town: Town) -> None:
    """FBK-3: only staff see a wish before it is looked at; hidden, its words go."""
    office = town.office
    wish, other = (office.file_wish(account(1), f"Show vaccinations {one}") for one in "ab")
    assert [one.text for one in office.waiting_wishes()] == [
        "Show vaccinations a",
        "Show vaccinations b",
    ]
    assert office.ranked_wishes() == ()
    assert refused(lambda: office.find_wish(wish)) is rules.FBK_3
    assert refused(lambda: office.vote_for(account(2), wish)) is rules.FBK_3
    office.publish_wish(wish, by=town.operator)
    office.hide_wish(other, why=Unfit.PERSONAL, by=town.operator)
    assert [one.text for one in office.ranked_wishes()] == ["Show vaccinations a"]
    stored = office.storage.load(places.wish_text(other))[places.wish_text(other)]
    assert "vaccinations" not in stored.text
    assert all("vaccinations" not in str(one) for one in office.storage.links(places.WISHES))


def test_three_a_day(town: Town) -> None:
    """FBK-2: the fourth within 24 hours is refused, another account's is not."""
    for one in "abc":
        town.office.file_wish(account(1), f"Show vaccinations {one}")
    fourth: Callable[[], WishId] = lambda: town.office.file_wish(account(1), "Show vaccinations d")  # noqa: E731
    assert refused(fourth) is rules.FBK_2
    town.office.file_wish(account(2), "Show vaccinations d")
    town.clock.turn(hours=24)
    fourth()


def test_one_vote_an_account(town: Town) -> None:
    """FBK-4: again changes nothing, taken back it is gone, and it can be given again."""
    wish, office = shown(town, "Show vaccinations"), town.office
    assert [office.vote_for(account(1), wish) for _ in range(3)] == [True, False, False]
    assert votes(town) == {wish: 1}
    assert [office.take_back_vote(account(1), wish) for _ in range(2)] == [True, False]
    assert votes(town) == {wish: 0}
    assert office.vote_for(account(1), wish)
    simple = account(9, AccountLevel.SIMPLIFIED)
    assert refused(lambda: office.vote_for(simple, wish)) is rules.APP_2
    cell = places.votes(account(1).id).shard
    assert actions(town, cell) == ["vote-cast.1", "vote-taken-back.1", "vote-cast.1"]


def test_a_vote_is_carried_out_once(town: Town) -> None:
    """FBK-4: a repeated request to vote is told that it counted, whatever happened since."""
    wish, office = shown(town, "Show vaccinations"), town.office

    def vote() -> bool:
        return office.once("key-of-this-request", Office.vote_for, account(1), wish)

    assert vote()
    office.take_back_vote(account(1), wish)
    assert vote()
    assert votes(town) == {wish: 0}


def test_votes_for_merged_wishes_count_once(town: Town) -> None:
    """FBK-5: whoever voted for two that are merged counts once, through merger after merger."""
    office = town.office
    a, b, c = (shown(town, f"Show vaccinations {one}") for one in "abc")
    for number in range(10):
        office.vote_for(account(number), a)
    for number in range(5, 15):
        office.vote_for(account(number), b)
    for number in range(14, 16):
        office.vote_for(account(number), c)
    assert votes(town) == {a: 10, b: 10, c: 2}
    office.merge_wish(a, into=b, by=town.operator)
    assert votes(town) == {b: 15, c: 2}
    office.merge_wish(b, into=c, by=town.operator)
    assert votes(town) == {c: 16}
    assert office.find_wish(a).state.wish.id == c
    assert not office.vote_for(account(3), b)
    assert office.vote_for(account(99), a)
    assert votes(town) == {c: 17}
    assert office.take_back_vote(account(14), a)
    assert votes(town) == {c: 16}


def test_no_wish_is_merged_into_itself(town: Town) -> None:
    """FBK-6: not at once, nor at any remove, nor when it is merged already."""
    a, b, c = (shown(town, f"Show vaccinations {one}") for one in "abc")
    merge = town.office.merge_wish
    assert refused(lambda: merge(a, into=a, by=town.operator)) is rules.FBK_6
    merge(a, into=b, by=town.operator)
    assert refused(lambda: merge(b, into=a, by=town.operator)) is rules.FBK_6
    merge(c, into=a, by=town.operator)
    assert refused(lambda: merge(b, into=c, by=town.operator)) is rules.FBK_6
    assert refused(lambda: merge(c, into=b, by=town.operator)) is rules.FBK_6


def test_ranked_and_answered(town: Town) -> None:
    """FBK-7, FBK-8: by votes, then by age; an answer ends the voting and keeps the place."""
    office = town.office
    first = shown(town, "Show ultrasound")
    town.clock.turn(hours=1)
    second = shown(town, "Show vaccinations")
    office.vote_for(account(1), second)
    office.count_votes()
    new = shown(town, "Show prescriptions")
    assert [(one.state.wish.id, one.votes) for one in office.ranked_wishes()] == [
        (second, 1),
        (first, 0),
        (new, None),
    ]
    office.plan_wish(second, by=town.operator)
    closed = lambda: office.answer_wish(second, section="health-diary", by=town.operator)  # noqa: E731
    assert refused(closed) is rules.FBK_8
    office.answer_wish(second, section="radiology", by=town.operator)
    office.decline_wish(first, why=Reason.ELSEWHERE, by=town.operator)
    assert refused(lambda: office.vote_for(account(2), second)) is rules.FBK_3
    assert votes(town)[second] == 1
    states = [one.state for one in office.ranked_wishes()]
    assert [isinstance(one, AnsweredWish) for one in states] == [True, True, False]
    assert not any(isinstance(one, MergedWish) for one in states)

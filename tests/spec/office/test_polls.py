"""A poll, and what somebody learns who has the whole database before and after every ballot."""

import json
from collections.abc import Callable, Mapping

import attrs
import pytest

from emrcore import rules
from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.system import SystemRandomness
from emrcore.errors import Conflict, Corrupt, RuleBroken
from emrcore.feedback import CountedPoll, PollId, PollQuestion, SealedBox
from emrcore.office import Office, places
from emrcore.people import Account, AccountId, AccountLevel, PersonId
from emrcore.ports import Batch, Key, Stored
from emrcore.rules import Rule
from emrcore.wire import decode, encode
from world import Town, moscow, new_town

ASKED = (
    PollQuestion(id="support", options=("yes", "no")),
    PollQuestion(id="sections", options=("diary", "referrals"), many=True),
)
YES: Mapping[str, object] = {"support": "yes", "sections": ["diary", "referrals"]}
NO: Mapping[str, object] = {"support": "no", "sections": []}


def refused(call: Callable[[], object]) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


def account(number: int, level: AccountLevel = AccountLevel.FULL) -> Account:
    return Account(id=AccountId(f"a{number}"), person=PersonId(f"p{number}"), level=level)


def opened(town: Town) -> PollId:
    return town.office.open_poll(ASKED, until=moscow(2020, 2, 14), by=town.operator, least=5)


def everything(office: Office) -> Mapping[Key, Stored]:
    """The whole database: what a dump, a backup or an administrator sees."""
    storage = office.storage
    assert isinstance(storage, MemoryStorage)
    return dict(vars(storage)["_states"])  # an attacker asks nobody


def journal(office: Office) -> list[str]:
    links = [link for head in office.storage.heads() for link in office.storage.links(head.shard)]
    return [json.dumps(attrs.asdict(link, recurse=True), default=str) for link in links]


def test_a_poll_from_its_opening_to_its_result(town: Town) -> None:
    """FBK-9, FBK-11: one ballot an account, a result after the end, and it adds up."""
    poll, office = opened(town), town.office
    for number in range(60):
        office.cast_ballot(account(number), poll, YES if number % 4 else NO)
    again = lambda: office.cast_ballot(account(0), poll, YES)  # noqa: E731
    assert refused(again) is rules.FBK_9
    simple = account(99, AccountLevel.SIMPLIFIED)
    assert refused(lambda: office.cast_ballot(simple, poll, YES)) is rules.APP_2
    assert refused(lambda: office.count_poll(poll)) is rules.FBK_11
    office.close_poll(poll, by=town.operator)
    assert refused(lambda: office.cast_ballot(account(61), poll, YES)) is rules.FBK_9
    result = office.count_poll(poll)
    assert result == office.count_poll(poll)
    support, sections = result.questions
    assert [(one.option, one.votes, one.share) for one in support.options] == [
        ("yes", 45, 75),
        ("no", 15, 25),
    ]
    assert [one.votes for one in sections.options] == [45, 45]
    assert isinstance(office.find_poll(poll), CountedPoll)


def test_what_was_answered_changes_nothing_but_what_is_under_the_seal() -> None:
    """FBK-10: two cities that differ in all answers alone have the same database but for seals.

    Keys, versions, lengths, moments, order and journal are equal; so nothing that an owner of the
    database compares, before and after any ballot, depends on an answer.
    """
    seen: list[list[tuple[object, list[str]]]] = []
    for answers in (YES, NO):
        town = new_town()
        poll = opened(town)
        moments: list[tuple[object, list[str]]] = []
        for number in range(40):
            town.office.cast_ballot(account(number), poll, answers)
            town.clock.turn(seconds=1)
            moments.append((seals_blotted(town.office), journal(town.office)))
        seen.append(moments)
    assert seen[0] == seen[1]


def seals_blotted(office: Office) -> object:
    """The database with nothing but the length of each seal."""
    return {
        key: (stored.version, length(stored.text) if key.kind == "ballot-box" else stored.text)
        for key, stored in everything(office).items()
    }


def length(text: str) -> int:
    return len(decode(text, SealedBox).blob)


def test_no_seal_comes_twice() -> None:
    """FBK-10: the same answers are never the same bytes, nor is any part of the seal a counter."""
    town = new_town()
    office = attrs.evolve(town.office, randomness=SystemRandomness())
    town.office = office
    poll = opened(town)
    seals: set[bytes] = set()
    for number in range(40):
        office.cast_ballot(account(number), poll, YES)
        place = places.ballot_box(places.voter(poll, account(number).id).shard)
        seals.add(decode(office.storage.load(place)[place].text, SealedBox).blob[:12])
    assert len(seals) == 40


def test_a_ballot_names_its_voter_and_no_answer(town: Town) -> None:
    """FBK-10: the journal says that somebody has voted, and neither it nor a key says what."""
    poll = opened(town)
    before = everything(town.office)
    town.office.cast_ballot(account(1), poll, NO)
    changed = {key: one for key, one in everything(town.office).items() if before.get(key) != one}
    assert sorted(key.kind for key in changed) == ["ballot-box", "voter"]
    assert sum("ballot-cast.1" in line and "a1" in line for line in journal(town.office)) == 1
    told = [line for line in journal(town.office) if "ballot-cast" in line]
    texts = [one.text for one in changed.values()]
    for option in ("yes", '"no"', "diary", "referrals", "support"):
        assert not any(option in line for line in (*told, *texts))


def test_a_repeated_ballot_leaves_no_digest(town: Town) -> None:
    """FBK-10: under a request, too: few answers are soon tried against a digest of them."""
    poll = opened(town)
    for _ in range(2):
        try:
            town.office.once("key-of-this-request", Office.cast_ballot, account(1), poll, YES)
        except RuleBroken as refusal:
            assert refusal.detail == "voted already"  # noqa: PT017
    assert not [key for key in everything(town.office) if key.kind == "done"]


def test_nothing_is_left_to_be_opened(town: Town) -> None:
    """FBK-10: once counted, not even the master key opens a box; few answers are in no store."""
    poll = opened(town)
    for number in range(20):
        town.office.cast_ballot(account(number), poll, NO if number == 7 else YES)
    town.office.close_poll(poll, by=town.operator)
    result = town.office.count_poll(poll)
    assert [one.votes for one in result.questions[0].options] == [None, None]
    boxes = [
        decode(stored.text, SealedBox)
        for key, stored in everything(town.office).items()
        if key.kind == "ballot-box"
    ]
    assert boxes
    assert not any(box.blob for box in boxes)
    (counted,) = (
        link.entry.detail
        for link in town.office.storage.links(places.POLLS)
        if link.entry.action == "poll-counted.1"
    )
    assert '"votes":null' in counted
    assert '"votes":19' not in counted


def test_a_box_put_back_is_noticed(town: Town) -> None:
    """FBK-11: whoever puts an earlier box, another's, or none in its place stops the count."""
    poll, office = opened(town), town.office
    for number in range(80):
        office.cast_ballot(account(number), poll, YES)
    place = places.ballot_box(places.voter(poll, account(0).id).shard)
    earlier = everything(office)[place].text
    joined = next(
        one for one in range(100, 1000) if places.voter(poll, account(one).id).shard == place.shard
    )
    office.cast_ballot(account(joined), poll, NO)
    office.close_poll(poll, by=town.operator)
    other = next(key for key in everything(office) if key.kind == "ballot-box" and key != place)
    for text in (earlier, everything(office)[other].text, blank(earlier)):
        put(office, place, text)
        with pytest.raises(Corrupt):
            office.count_poll(poll)


def blank(text: str) -> str:
    return encode(attrs.evolve(decode(text, SealedBox), blob=b""))


def put(office: Office, place: Key, text: str) -> None:
    version = everything(office)[place].version
    office.storage.commit(Batch(shard=place.shard, expect={place: version}, put={place: text}))


def test_a_ballot_on_its_way_when_the_poll_closes(town: Town) -> None:
    """FBK-11: a ballot that was read before the closing is not written after it."""
    poll, office = opened(town), town.office

    @attrs.define(slots=False)
    class ClosesFirst(MemoryStorage):
        def commit(self, batch: Batch) -> None:
            if any(key.kind == "voter" for key in batch.put):
                if not isinstance(office.find_poll(poll), CountedPoll):
                    office.close_poll(poll, by=town.operator)
                    office.count_poll(poll)
                with pytest.raises(Conflict):
                    super().commit(batch)
                raise Conflict("poll")
            super().commit(batch)

    late = ClosesFirst()
    vars(late).update(vars(office.storage))
    cast = lambda: attrs.evolve(office, storage=late).cast_ballot(account(1), poll, YES)  # noqa: E731
    assert refused(cast) is rules.FBK_9
    assert office.count_poll(poll).ballots == 0

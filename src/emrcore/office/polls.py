"""Polls: one ballot an account, and nobody who can tell what was in it.

A ballot is one commit to one of the cells of its poll: the record that the account has voted, the
entry that says so, and the cell's ballot box, sealed anew. Whatever was answered, the same keys are
written, of the same lengths and versions: only under the seal is there a difference (FBK-10). The
key of the seal is derived, and is in no store. No ballot is kept at all, only sums; and when these
are counted, the boxes are emptied. What this does not withstand is said in
docs/how-to/hear-citizens.md.
"""

import datetime as dt
from collections.abc import Iterator, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emrcore import feedback
from emrcore.applications import Operator
from emrcore.errors import Corrupt
from emrcore.feedback import (
    POLL_STATES,
    Box,
    ClosedPoll,
    CountedPoll,
    OpenPoll,
    Poll,
    PollId,
    PollQuestion,
    Result,
    SealedBox,
    Voted,
)
from emrcore.office import places
from emrcore.office.codes import joined
from emrcore.office.desk import Desk
from emrcore.office.keeping import SYSTEM, citizen, operator
from emrcore.office.wishes import check_level
from emrcore.office.work import Work
from emrcore.people import Account
from emrcore.ports import Shard

_WIDTH = 8
_NONCE = 12


class Polls(Desk):
    """The verbs about polls."""

    __slots__ = ()

    def open_poll(
        self,
        questions: tuple[PollQuestion, ...],
        *,
        until: dt.datetime,
        by: Operator,
        least: int = 10,
    ) -> PollId:
        """Open a poll over ``[now, until)``; numbers below *least* will not be told (FBK-12).

        Raises:
            Malformed: with every fault.
        """

        def verb(work: Work) -> PollId:
            id = PollId(self.new_id())  # noqa: A001 - the field's name
            event = feedback.open_poll(id, questions, until=until, at=work.now, least=least)
            work.text(places.poll(id))
            work.put(places.poll(id), feedback.evolve_poll(None, event))
            work.note(event, operator(by))
            return id

        return self.do(places.POLLS, verb)

    def cast_ballot(self, account: Account, poll: PollId, answers: Mapping[str, object]) -> None:
        """Cast the ballot of *account*, with an answer to every question.

        It needs no ``Office.once``, and under it leaves no digest of the answers behind: a repeated
        ballot is refused with *voted already*, which says that the first was counted.

        Raises:
            Malformed: FBK-9, with every fault of the answers.
            RuleBroken: FBK-9 the poll is not open or the account has voted, APP-2 its level.
        """

        def verb(work: Work) -> None:
            check_level(self, work, account)
            state = work.load(places.poll(poll), *POLL_STATES)
            voter = places.voter(poll, account.id)
            before = work.load(voter, Voted)
            event = feedback.vote(state, before, by=account.id, at=work.now)
            open_ = feedback.taking_ballots(state, at=work.now)
            ballot = feedback.read_ballot(open_, answers)
            box = _opened(self, work, open_).plus(ballot)
            work.put(places.ballot_box(work.shard), _sealed(self, work.shard, open_, box))
            work.put(voter, feedback.evolve_voter(before, event))
            work.note(event, citizen(account))

        self.apart(places.voter(poll, account.id).shard, verb)

    def close_poll(self, poll: PollId, *, by: Operator) -> Poll:
        """Take no further ballot: those on their way are refused.

        Raises:
            RuleBroken: FBK-11, it is closed already, or none.
        """

        def verb(work: Work) -> Poll:
            state = work.load(places.poll(poll), *POLL_STATES)
            event = feedback.close_poll(state, at=work.now)
            after = feedback.evolve_poll(state, event)
            work.put(places.poll(poll), after)
            work.note(event, operator(by))
            return after

        return self.do(places.POLLS, verb)

    def count_poll(self, poll: PollId) -> Result:
        """Count a closed poll, keep what may be told of it, and empty the boxes.

        To be repeated if it was interrupted: what is counted already is told again, and what boxes
        are left are emptied.

        Raises:
            RuleBroken: FBK-11, the poll is not closed.
            Corrupt: the boxes do not hold one ballot of each voter; nothing is told.
        """

        def verb(work: Work) -> Result:
            state = work.load(places.poll(poll), *POLL_STATES)
            if isinstance(state, CountedPoll):
                return state.result
            boxes, voters = list[Box](), 0
            if isinstance(state, ClosedPoll):
                boxes = [_opened(self, _looking(self, cell), state.poll) for cell in _cells(poll)]
                voters = sum(len(self.storage.find(cell, "voter")) for cell in _cells(poll))
            event = feedback.count_poll(state, boxes, voters=voters, at=work.now)
            work.put(places.poll(poll), feedback.evolve_poll(state, event))
            work.note(event, SYSTEM)
            return event.result

        result = self.apart(places.POLLS, verb)
        for cell in _cells(poll):
            self.apart(cell, _empty)
        return result

    def find_poll(self, poll: PollId) -> Poll | None:
        """A poll; what is known of it while it is open is what it asks."""
        return _looking(self, places.POLLS).load(places.poll(poll), *POLL_STATES)


def _cells(poll: PollId) -> Iterator[Shard]:
    return (places.poll_cell(poll, number) for number in range(places.POLL_CELLS))


def _looking(desk: Desk, shard: Shard) -> Work:
    return Work(storage=desk.storage, shard=shard, now=desk.now())


def _empty(work: Work) -> None:
    place = places.ballot_box(work.shard)
    kept = work.load(place, SealedBox)
    if kept and kept.blob:
        work.put(place, SealedBox(poll=kept.poll, key=kept.key, blob=b""))


def _sealed(desk: Desk, cell: Shard, poll: OpenPoll, box: Box) -> SealedBox:
    """*box* under seal: as long as that of any other box of the poll."""
    key, nonce = desk.keys.current, desk.randomness.bytes(_NONCE)
    plain = b"".join(number.to_bytes(_WIDTH, "big") for number in (box.ballots, *box.chosen))
    seal = AESGCM(_key(desk, cell, key)).encrypt(nonce, plain, _bound(cell))
    return SealedBox(poll=poll.id, key=key, blob=nonce + seal)


def _opened(desk: Desk, work: Work, poll: OpenPoll) -> Box:
    """What is in the box of the cell *work* is about.

    Raises:
        Corrupt: it is not what was put there.
    """
    kept = work.load(places.ballot_box(work.shard), SealedBox)
    if kept is None:
        return feedback.empty_box(poll)
    seal = AESGCM(_key(desk, work.shard, kept.key))
    try:
        plain = seal.decrypt(kept.blob[:_NONCE], kept.blob[_NONCE:], _bound(work.shard))
    except (ValueError, InvalidTag):
        raise Corrupt("a ballot box") from None
    numbers = [
        int.from_bytes(plain[at : at + _WIDTH], "big") for at in range(0, len(plain), _WIDTH)
    ]
    return Box(ballots=numbers[0], chosen=tuple(numbers[1:]))


def _key(desk: Desk, cell: Shard, key: str) -> bytes:
    return desk.keys.derive("ballot-box", _bound(cell), key=key)


def _bound(cell: Shard) -> bytes:
    return joined(b"emrcore/1", b"ballot-box", cell.id.encode())

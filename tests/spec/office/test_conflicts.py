"""What a verb does when somebody else was faster."""

import concurrent.futures
import io
from collections.abc import Mapping

import attrs
import pytest

from emrcore import rules
from emrcore.adapters.memory import MemoryStorage
from emrcore.applications import Asked, Filed
from emrcore.errors import Conflict, RuleBroken, Unavailable
from emrcore.office import Citizen, Office
from emrcore.people import Account
from emrcore.ports import Batch, Key, Shard, Stored
from emrcore.rulebook import Check, Role
from emrcore.sessions import NOTICE, Action, ActionKind
from world import Town


class Contested(MemoryStorage):
    """The next ``conflicts`` commits find that somebody else was faster."""

    conflicts = 0
    tries = 0

    def commit(self, batch: Batch) -> None:
        self.tries += 1
        if self.conflicts:
            self.conflicts -= 1
            raise Conflict("state")
        super().commit(batch)


@pytest.fixture
def contested(town: Town) -> Contested:
    """The storage of the town, which becomes contested."""
    storage = Contested()
    town.office = attrs.evolve(town.office, storage=storage, pause=at_once)
    return storage


def at_once(seconds: float) -> None:
    """Do not wait."""
    assert seconds < 1


def entries(town: Town) -> int:
    return len(town.office.storage.links(Shard.of_patient(town.own)))


def test_done_anew_until_it_goes_through(town: Town, contested: Contested) -> None:
    """STO-2: after nine conflicts the tenth try goes through, once."""
    contested.conflicts = 9
    assert town.office.create_card(town.mother, patient=town.own, clinic="clinic-1")
    assert (contested.tries, entries(town)) == (10, 1)


def test_given_up_without_a_trace(town: Town, contested: Contested) -> None:
    """STO-2: after ten conflicts the verb is given up, nothing is written and nothing told.

    R57.
    """
    contested.conflicts = 10
    with pytest.raises(Unavailable):
        town.office.create_card(town.mother, patient=town.own, clinic="clinic-1")
    assert (contested.tries, entries(town)) == (10, 0)


def let_in(town: Town) -> str:
    """Grant the mother her own card; the first password as it arrived."""
    town.move_in()
    asked = (Asked(patient=town.own, role=Role.SELF),)
    filed = town.office.file(town.account, asked=asked, papers=town.papers)
    assert isinstance(filed, Filed)
    for check in Check:
        town.office.record_check(
            town.account.id, filed.id, check=check, passed=True, by=town.operator
        )
    town.office.grant(town.account.id, filed.id, town.own, by=town.operator)
    code = town.last_code()
    town.office.begin_login(town.account, host_session="h")
    return code


def answers(town: Town, guesses: list[str]) -> list[str]:
    """What each of the parallel *guesses* was told."""

    def guess(given: str) -> str:
        try:
            town.office.verify(town.account, given, host_session="h", acknowledged=NOTICE)
        except RuleBroken as refused:
            return refused.rule.id
        except Unavailable:
            return "busy"
        return "in"

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        return list(pool.map(guess, guesses))


def test_parallel_guesses_meet_one_counter(town: Town) -> None:
    """SES-5 (T1, T2): of a hundred wrong guesses at once exactly five are evaluated, and then none.

    R17, R55.
    """
    code = let_in(town)
    wrong = f"{(int(code) + 1) % 10**8:08}"
    told = answers(town, [wrong] * 100)
    assert "in" not in told
    actions = [
        link.entry.action for link in town.office.storage.links(Shard.of_account(town.account.id))
    ]
    assert actions.count("code-refused.1") == 5
    with pytest.raises(RuleBroken) as refused:
        town.office.verify(town.account, code, host_session="h")
    assert refused.value.rule is rules.SES_3


def test_parallel_right_codes_open_one_session(town: Town) -> None:
    """SES-1 (T3): of 64 right codes at once one opens a session (R4, R55)."""
    code = let_in(town)
    assert answers(town, [code] * 64).count("in") == 1
    found = town.office.storage.find(Shard.of_account(town.account.id), "session")
    assert len(found) == 1


def test_nothing_is_printed(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    """JRN-4: the road prints nothing and logs nothing by itself."""
    let_in(town)
    assert capsys.readouterr() == ("", "")
    assert isinstance(town.phone, io.StringIO)


def test_right_code_while_nothing_goes_through(town: Town, contested: Contested) -> None:
    """SES-3, STO-2 (T13): after forty conflicts nothing is told, opened or used up."""
    code = let_in(town)
    for _ in range(4):
        contested.conflicts = 10
        assert answers(town, [code]) == ["busy"]
    assert town.office.storage.find(Shard.of_account(town.account.id), "session") == {}
    assert answers(town, [code]) == ["in"]


class EndsMeanwhile(MemoryStorage):
    """Once, right after a session and its account were read, somebody else ends it."""

    office: Office
    account: Account
    token = ""

    def load(self, *keys: Key) -> Mapping[Key, Stored]:
        found = super().load(*keys)
        if self.token and keys[0].kind == "factor":
            token, self.token = self.token, ""
            self.office.log_out(self.account, token)
        return found


def test_what_is_read_twice_is_read_alike(town: Town) -> None:
    """STO-2: what changes between two looks at it is a conflict, and all is done anew.

    A session that is ended in that moment is over: it is no damage to the store.
    """
    storage = EndsMeanwhile()
    town.office = attrs.evolve(town.office, storage=storage, pause=at_once)
    code = let_in(town)
    signed_in = town.office.verify(town.account, code, host_session="h", acknowledged=NOTICE)
    storage.office, storage.account, storage.token = town.office, town.account, signed_in.token
    citizen = Citizen(account=town.account, token=signed_in.token)
    with pytest.raises(RuleBroken) as refused:
        town.office.begin_approval(citizen, Action(ActionKind.EXPORT))
    assert refused.value.rule is rules.SES_8

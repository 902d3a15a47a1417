"""Requests that are repeated, since nobody knows whether they were carried out."""

from collections.abc import Callable

import attrs
import pytest

from emrcore import rules
from emrcore.adapters.memory import MemoryStorage
from emrcore.applications import Asked, Filed
from emrcore.errors import CommitUnknown, Malformed, RuleBroken
from emrcore.office import Citizen, Office
from emrcore.people import AccountId
from emrcore.ports import Batch, Shard
from emrcore.rulebook import Check, Role
from emrcore.rules import Rule
from world import Town, actions, apply, check_all

KEY = "key-of-this-request"


def refused(call: Callable[[], object]) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


def asked(town: Town) -> tuple[Asked, ...]:
    return (Asked(patient=town.own, role=Role.SELF),)


@attrs.define(slots=False)
class Silent(MemoryStorage):
    """Applies a commit of *kind*, once, and says that it does not know."""

    kind: str = ""

    def commit(self, batch: Batch) -> None:
        super().commit(batch)
        if any(key.kind == self.kind for key in batch.put):
            self.kind = ""
            raise CommitUnknown("network")


def silenced(town: Town, kind: str) -> None:
    storage = Silent()
    vars(storage).update(vars(town.office.storage))
    storage.kind = kind
    town.office = attrs.evolve(town.office, storage=storage)


def test_filed_once(town: Town) -> None:
    """STO-8: a filing whose answer was lost is repeated, and is one application."""
    town.move_in()
    silenced(town, "application")

    def file() -> object:
        return town.office.once(
            KEY, Office.file, town.account, asked=asked(town), papers=town.papers
        )

    with pytest.raises(CommitUnknown):
        file()
    (kept,) = town.office.find_applications(town.account.id)
    town.clock.turn(days=1)
    assert file() == kept == file()
    account = Shard.of_account(town.account.id)
    assert actions(town, account) == ["application-filed.1"]


def test_decided_once(town: Town) -> None:
    """STO-8: a repeated grant is told the first outcome, and sends no second password."""
    town.move_in()
    application = apply(town, wards=False)
    check_all(town, application)

    def grant() -> object:
        return town.office.once(
            KEY, Office.grant, town.account.id, application, town.own, by=town.operator
        )

    first = grant()
    assert grant() == first
    again = refused(
        lambda: town.office.grant(town.account.id, application, town.own, by=town.operator)
    )
    assert again is rules.APP_10
    assert actions(town, Shard.of_account(town.account.id)).count("access-granted.1") == 1


def test_another_request_under_the_key(town: Town) -> None:
    """STO-8: the key serves the request it came with, with its arguments, and no other."""
    town.move_in()
    application = apply(town)

    def record(*, passed: bool) -> object:
        return town.office.once(
            KEY,
            Office.record_check,
            town.account.id,
            application,
            check=Check.PHOTO,
            passed=passed,
            by=town.operator,
        )

    record(passed=False)
    assert refused(lambda: record(passed=True)) is rules.STO_8
    grant = refused(
        lambda: town.office.once(
            KEY, Office.grant, town.account.id, application, town.own, by=town.operator
        )
    )
    assert grant is rules.STO_8
    (filed,) = town.office.find_applications(town.account.id)
    assert isinstance(filed, Filed)


def test_a_refusal_is_not_kept(town: Town) -> None:
    """STO-8: what was refused changed nothing, and the key is as good as new."""
    town.move_in()
    application = apply(town, wards=False)

    def grant() -> object:
        return town.office.once(
            KEY, Office.grant, town.account.id, application, town.own, by=town.operator
        )

    assert refused(grant) is rules.APP_6
    check_all(town, application)
    assert grant()


def test_entered_once(town: Town) -> None:
    """STO-8, SES-9: the session is told again under another token; it stays one session."""
    town.grant_both()
    login = town.office.begin_login(town.account, host_session="h1")
    code = town.last_code()
    silenced(town, "session")

    def enter(code: str = code) -> Citizen:
        signed_in = town.office.once(
            KEY,
            Office.verify,
            town.account,
            code,
            host_session="h1",
            acknowledged=login.notice,
        )
        return Citizen(account=town.account, token=signed_in.token)

    with pytest.raises(CommitUnknown):
        enter()
    first, second = enter(), enter()
    assert refused(lambda: town.office.open_card(first, town.own)) is rules.SES_8
    assert town.office.open_card(second, town.own).view.refusal is None
    assert len(town.office.find_sessions(second)) == 1
    assert refused(lambda: enter("00000000")) is rules.STO_8
    town.clock.turn(minutes=5)
    assert refused(enter) is rules.SES_3


def test_renewed_once(town: Town) -> None:
    """STO-8, SES-9: a renewal is told again while its code would live, and not after a logout."""
    town.grant_both()
    reader = Citizen(account=town.account, token=town.enter())
    town.clock.turn(minutes=1)
    town.office.begin_approval(reader)
    code = town.last_code()

    def renew() -> str:
        return town.office.once(KEY, Office.renew, reader, code).token

    first, second = renew(), renew()
    assert first != second
    town.office.open_card(attrs.evolve(reader, token=second), town.own)
    town.clock.turn(minutes=4, seconds=59)
    third = renew()
    town.clock.turn(seconds=1)
    assert refused(renew) is rules.SES_3
    town.office.log_out(town.account, third)
    assert refused(renew) is rules.SES_3


def test_a_wrong_code_is_counted_once(town: Town) -> None:
    """STO-8, SES-5: a wrong code that is repeated under its key is one failure."""
    town.grant_both()
    login = town.office.begin_login(town.account, host_session="h1")
    wrong = f"{(int(town.last_code()) + 1) % 10**8:08}"

    def enter() -> object:
        return town.office.once(
            KEY,
            Office.verify,
            town.account,
            wrong,
            host_session="h1",
            acknowledged=login.notice,
        )

    for _ in range(7):
        assert refused(enter) is rules.SES_3
    factor = town.office.find_factor(town.account.id)
    assert factor is not None
    assert factor.first_failures == 1


def test_login_begun_once(town: Town) -> None:
    """STO-8: a login begun twice under one key sends one code."""
    town.grant_both()
    town.enter()
    town.clock.turn(minutes=1)

    def begin() -> object:
        return town.office.once(KEY, Office.begin_login, town.account, host_session="h2")

    first = begin()
    town.clock.turn(minutes=1)
    assert begin() == first
    factor = town.office.find_factor(town.account.id)
    assert factor is not None
    assert len(factor.sends) == 1


def test_sessions_ended_once(town: Town) -> None:
    """STO-8, SES-24: ending the other sessions is repeated, and ends none that is opened since."""
    town.grant_both()
    before = town.enter()
    town.clock.turn(minutes=1)
    reader = Citizen(account=town.account, token=town.enter())

    def end() -> None:
        town.office.once(KEY, Office.end_sessions, reader)

    end()
    assert before.partition(".")[0] not in {one.id for one in town.office.find_sessions(reader)}
    town.clock.turn(minutes=1)
    since = town.enter()
    end()
    assert since.partition(".")[0] in {one.id for one in town.office.find_sessions(reader)}


def test_recovery_codes_told_again(town: Town) -> None:
    """STO-8, SES-22: codes whose telling was lost are made anew; those before are void."""
    town.grant_both()
    reader = Citizen(account=town.account, token=town.enter())

    def make() -> tuple[str, ...]:
        return town.office.once(KEY, Office.make_recovery_codes, reader)

    first, second = make(), make()
    assert not set(first) & set(second)


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "é" * 20, "line\nline-line-line"])
def test_no_key(town: Town, key: str) -> None:
    """STO-8: a key is 16 to 128 printable ASCII characters."""
    with pytest.raises(Malformed):
        town.office.once(key, Office.end_access, AccountId("a1"))


def test_a_reading_is_not_kept(town: Town) -> None:
    """STO-8: a verb that reads has no outcome to be kept, and writes nothing under a key."""
    town.grant_both()
    reader = Citizen(account=town.account, token=town.enter())
    before = actions(town, Shard.of_patient(town.own))
    with pytest.raises(TypeError):
        town.office.once(KEY, Office.open_card, reader, town.own)
    assert actions(town, Shard.of_patient(town.own)) == before


def test_what_is_kept_tells_no_secret(town: Town) -> None:
    """STO-8, STO-3, SES-9: beside a repeated request stand no token, code, paper or phone."""
    town.move_in()
    town.office.once(KEY, Office.file, town.account, asked=asked(town), papers=town.papers)
    storage = town.office.storage
    kept = [stored.text for key, stored in vars(storage)["_states"].items() if key.kind == "done"]
    assert len(kept) == 1
    for secret in ("4504123456", "7767940868999926", "9161234567"):
        assert secret not in kept[0]

"""Messages on their way: how often they are tried, and what providers report about them."""

import datetime as dt

import attrs
import pytest

from emrcore.adapters.keyring import LocalKeys
from emrcore.applications import Asked, Filed
from emrcore.office import Sender
from emrcore.people import Account, AccountId
from emrcore.ports import Accepted, Fate, Message, Receipt, Rejected, Shard, SmsOutcome, Unknown
from emrcore.rulebook import Check, Role
from emrcore.sessions import DeliveryState
from emrcore.testing.scripted import ScriptedSms
from world import CountedBytes, Town

LATER = Rejected(why="throttled", retryable=True)


def let_in(town: Town, name: str = "a1") -> Account:
    """An account with access granted, whose first password waits."""
    account = attrs.evolve(town.account, id=AccountId(name))
    asked = (Asked(patient=town.own, role=Role.SELF),)
    filed = town.office.file(account, asked=asked, papers=town.papers)
    assert isinstance(filed, Filed)
    for check in Check:
        town.office.record_check(account.id, filed.id, check=check, passed=True, by=town.operator)
    town.office.grant(account.id, filed.id, town.own, by=town.operator)
    return account


@pytest.fixture
def town(town: Town) -> Town:
    """A town in which one first password waits."""
    town.move_in()
    let_in(town)
    return town


def dispatch(town: Town, sms: ScriptedSms, **settings: int) -> dict[Fate, int]:
    return town.office.dispatch(Sender(sms=sms, host="portal.example"), **settings)


def handed(town: Town) -> str:
    """The reference under which the waiting message is sent."""
    sms = ScriptedSms()
    assert dispatch(town, sms) == {Fate.SENT: 1}
    return sms.handed[0].ref


def actions(town: Town) -> list[str]:
    links = town.office.storage.links(Shard.of_account(town.account.id))
    return [link.entry.action for link in links]


def receipt(town: Town, ref: str, state: DeliveryState = DeliveryState.DELIVERED) -> Receipt:
    return Receipt(ref=ref, state=state, at=town.clock.at)


# -- Tries -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcomes", "fates"),
    [
        ([Unknown(), Unknown()], [Fate.RETRY, Fate.DEAD]),
        ([Unknown(), LATER, Unknown()], [Fate.RETRY, Fate.RETRY, Fate.DEAD]),
        ([LATER, Unknown(), LATER, Unknown()], [*[Fate.RETRY] * 3, Fate.DEAD]),
        ([LATER] * 30, [*[Fate.RETRY] * 30, Fate.SENT]),
        ([Rejected(why="no such number", retryable=False)], [Fate.DEAD]),
    ],
)
def test_at_most_two_tries_may_have_sent_it(
    town: Town, outcomes: list[SmsOutcome], fates: list[Fate]
) -> None:
    """MSG-1: an unknown outcome is followed by one more, a refusal for now by any number."""
    sms = ScriptedSms(list(outcomes))
    found = list[Fate]()
    while fate := dispatch(town, sms):
        found += fate
        town.clock.turn(minutes=1)
    assert found == fates
    assert len({(one.ref, one.text, one.to) for one in sms.handed}) == 1


def test_a_try_waits_for_the_minute_after_the_one_before(town: Town) -> None:
    """MSG-1: just below, at: and the life that is left goes with each try (MSG-2)."""
    sms = ScriptedSms([LATER])
    dispatch(town, sms)
    town.clock.turn(seconds=59.999)
    assert dispatch(town, sms) == {}
    town.clock.turn(seconds=0.001)
    assert dispatch(town, sms) == {Fate.SENT: 1}
    first, second = sms.handed
    assert first.valid_for - second.valid_for == dt.timedelta(minutes=1)


@pytest.mark.parametrize(("left", "fate"), [(59, Fate.DROPPED), (60, Fate.SENT), (61, Fate.SENT)])
def test_the_least_life(town: Town, left: int, fate: Fate) -> None:
    """MSG-2, SES-12: with less than a minute left a code is not sent."""
    code = handed_code(town)
    town.enter(code)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h1")
    town.clock.turn(minutes=5, seconds=-left)
    assert dispatch(town, ScriptedSms()) == {fate: 1}


def handed_code(town: Town) -> str:
    sms = ScriptedSms()
    dispatch(town, sms)
    return sms.handed[0].text.rsplit("#", 1)[1]


class Killed(BaseException):
    """The process is gone."""


class KilledWhileSending(ScriptedSms):
    """The message is out, and nobody lives to say so."""

    def send(self, message: Message) -> SmsOutcome:
        super().send(message)
        raise Killed


def test_a_worker_that_is_always_killed(town: Town) -> None:
    """MSG-1: who dies while sending counts as having sent: twice, and never again."""
    sms = KilledWhileSending()
    for _ in range(2):
        with pytest.raises(Killed):
            dispatch(town, sms)
        town.clock.turn(minutes=1)
    assert dispatch(town, sms) == {Fate.DEAD: 1}
    assert len(sms.handed) == 2


def test_a_failed_try_ends_the_round(town: Town) -> None:
    """MSG-1: a provider that is busy gets a rest, and the other messages keep their tries."""
    let_in(town, "a2")
    let_in(town, "a3")
    sms = ScriptedSms([LATER, Accepted(provider_id="p"), Unknown()])
    assert dispatch(town, sms) == {Fate.RETRY: 1}
    assert dispatch(town, sms) == {Fate.SENT: 1, Fate.RETRY: 1}
    assert dispatch(town, sms) == {}
    town.clock.turn(minutes=1)
    assert dispatch(town, sms) == {Fate.SENT: 2}


def test_no_more_than_asked_for(town: Town) -> None:
    """MSG-1: a round has an end."""
    let_in(town, "a2")
    assert dispatch(town, ScriptedSms(), limit=1) == {Fate.SENT: 1}
    assert dispatch(town, ScriptedSms(), limit=1) == {Fate.SENT: 1}


def test_what_was_refused_stands_in_the_journal(town: Town) -> None:
    """JRN-1, MSG-1: every try leaves an entry."""
    sms = ScriptedSms([LATER, Unknown()])
    for _ in range(3):
        dispatch(town, sms)
        town.clock.turn(minutes=1)
    assert actions(town)[-3:] == [
        "dispatch-refused.1",
        "message-dispatched.1",
        "message-dispatched.1",
    ]
    assert town.office.verify_journal(Shard.of_account(town.account.id)) == ()


# -- Receipts --------------------------------------------------------------------------------------


def test_a_reference_tells_nothing(town: Town) -> None:
    """MSG-4: neither the account nor the message can be read from it, nor two told apart."""
    let_in(town, "a-second-account")
    sms = ScriptedSms()
    dispatch(town, sms)
    first, second = (one.ref for one in sms.handed)
    assert first != second
    for ref in (first, second):
        assert not any(name in ref for name in ("a1", "account"))
        assert set(ref) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_receipt_is_kept_once(town: Town) -> None:
    """MSG-3: whether it was news is told; again it is none."""
    ref = handed(town)
    assert town.office.record_receipt(receipt(town, ref, DeliveryState.UNKNOWN))
    assert town.office.record_receipt(receipt(town, ref, DeliveryState.EXPIRED))
    assert not town.office.record_receipt(receipt(town, ref, DeliveryState.EXPIRED))
    assert not town.office.record_receipt(receipt(town, ref, DeliveryState.UNDELIVERED))
    assert town.office.record_receipt(receipt(town, ref))
    for state in DeliveryState:
        assert not town.office.record_receipt(receipt(town, ref, state))
    assert actions(town).count("delivery-reported.1") == 3


def test_a_receipt_long_after(town: Town) -> None:
    """MSG-3: one that comes days later, when the code is gone, is kept like any other."""
    ref = handed(town)
    town.clock.turn(days=30)
    assert town.office.record_receipt(receipt(town, ref))


def forgeries(ref: str) -> list[str]:
    other = "B" if ref[0] != "B" else "C"
    return ["", "=", "x", "ж", "a1", "A" * len(ref), ref[:-4], other + ref[1:], ref + "AAAA", "\0"]


def test_a_forged_reference(town: Town) -> None:
    """MSG-3: nobody makes up a reference; such a receipt is no error, and leaves no trace."""
    ref = handed(town)
    before = actions(town)
    for forged in forgeries(ref):
        assert not town.office.record_receipt(receipt(town, forged))
    assert actions(town) == before


def test_a_reference_of_another_office(town: Town) -> None:
    """MSG-3: only references made with the host's own keys count."""
    ref = handed(town)
    keys = LocalKeys(masters={"k1": bytes(32)}, current="k1", randomness=CountedBytes())
    assert not attrs.evolve(town.office, keys=keys).record_receipt(receipt(town, ref))
    assert town.office.record_receipt(receipt(town, ref))


def test_no_receipt_opens_or_prolongs_anything(town: Town) -> None:
    """MSG-3: whatever is reported, only what is known of the message changes."""
    ref = handed(town)
    shard = Shard.of_account(town.account.id)
    kinds = ("factor", "session", "grant", "application", "envelope", "mobile", "papers")

    def others() -> list[object]:
        return [town.office.storage.find(shard, kind) for kind in kinds]

    before = others()
    for state in DeliveryState:
        town.office.record_receipt(receipt(town, ref, state))
    assert others() == before
    assert [key.id for key in town.office.storage.find(shard, "delivery")] != []

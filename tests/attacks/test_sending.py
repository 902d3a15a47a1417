"""Making the office send: too much, too late, to the wrong place, or nothing at all."""

import datetime as dt

import attrs
import pytest

from attackers import (
    Calls,
    deliver,
    factor,
    is_in,
    log_in,
    refused,
    shown,
    signed_in,
    told,
    with_authenticator,
    wrong,
)
from emrcore import rules
from emrcore.adapters.memory import MemoryStorage
from emrcore.errors import Corrupt, Malformed
from emrcore.office import Sender, places
from emrcore.office.work import Work
from emrcore.people import AccountId, parse_mobile
from emrcore.ports import Accepted, Batch, Fate, Message, Rejected, SmsOutcome, Unknown
from emrcore.rulebook import Means
from emrcore.sessions import Budget
from world import Town


@attrs.frozen
class Provider:
    """Answers every message alike, and remembers when each came."""

    town: Town
    outcome: SmsOutcome
    taken: list[tuple[dt.datetime, Message]] = attrs.field(
        factory=list[tuple[dt.datetime, Message]]
    )

    def send(self, message: Message) -> SmsOutcome:
        """See ``Sms.send``."""
        self.taken.append((self.town.clock.at, message))
        return self.outcome


def sender(town: Town, outcome: SmsOutcome) -> tuple[Sender, Provider]:
    provider = Provider(town, outcome)
    return attrs.evolve(town.sender(), sms=provider), provider


def test_ask_twenty_times_a_minute(town: Town) -> None:
    """SES-10 (T36): one message at once, and the next ones after 30, 60, 120 and 300 seconds."""
    signed_in(town)
    town.clock.turn(hours=1)
    town.office.dispatch(town.sender())
    start, (through, provider) = town.clock.at, sender(town, Accepted(provider_id="x"))
    for _ in range(20 * 9):
        town.office.begin_login(town.account, host_session="h")
        town.office.dispatch(through)
        town.clock.turn(seconds=3)
    waited = [(at - start).total_seconds() for at, _ in provider.taken]
    assert waited == [0, 30, 90, 210, 510]


@pytest.mark.parametrize("guessing", [False, True])
def test_wake_somebody_all_night(town: Town, guessing: bool) -> None:
    """SES-10, SES-23 (T41): ten codes a day at most, and two notices about wrong ones."""
    signed_in(town)
    town.clock.turn(hours=1)
    deliver(town)
    through, provider = sender(town, Accepted(provider_id="x"))
    for _ in range(12 * 23):
        town.office.begin_login(town.account, host_session="h")
        if guessing:
            told(town, "000000")
        town.office.dispatch(through)
        town.clock.turn(minutes=5)
    codes = [message for _, message in provider.taken if "#" in message.text]
    assert len(codes) == (8 if guessing else 10)
    assert len(provider.taken) - len(codes) == (2 if guessing else 0)


def test_file_with_a_number_that_costs(town: Town) -> None:
    """ID-13, SES-17 (T39): no application takes a foreign, premium or fixed number."""
    for number in ("+44 7700 900123", "8 809 123 45 67", "+7 495 123-45-67", "0900", "112"):
        with pytest.raises(Malformed):
            parse_mobile(number)
    assert town.phone.getvalue() == ""


@pytest.mark.parametrize(("sent", "fate"), [(50, Fate.SENT), (51, Fate.DROPPED)])
def test_pump(town: Town, sent: int, fate: Fate) -> None:
    """SES-25 (T40): when none of 51 codes comes back sending stops; what is open stays open."""
    reader = signed_in(town)
    town.clock.turn(minutes=1)
    town.office.dispatch(town.sender())
    work = Work(storage=town.office.storage, shard=places.budget().shard, now=town.clock.now())
    work.text(places.budget())
    work.put(places.budget(), Budget().counted(town.clock.now(), sent=sent))
    work.commit()
    town.office.begin_login(town.account, host_session="h")
    assert town.office.dispatch(town.sender()) == {fate: 1}
    assert is_in(town, reader)


@pytest.mark.parametrize(
    "outcome", [Unknown(), Rejected(why="429", retryable=True), Rejected(why="no", retryable=False)]
)
def test_provider_that_fails(town: Town, outcome: SmsOutcome) -> None:
    """SES-12, MSG-1 (T43): two tries for one code; more only while surely none was sent."""
    signed_in(town)
    town.clock.turn(hours=1)
    town.office.dispatch(town.sender())
    town.office.begin_login(town.account, host_session="h")
    through, provider = sender(town, outcome)
    for _ in range(10):
        town.office.dispatch(through)
        town.clock.turn(minutes=1)
    surely_not_sent = isinstance(outcome, Rejected) and outcome.retryable
    assert 1 <= len(provider.taken) <= (5 if surely_not_sent else 2)
    assert len({message.ref for _, message in provider.taken}) == 1
    assert len({message.text for _, message in provider.taken}) == 1


class Dying(Exception):
    """The worker's process ends."""


@attrs.frozen
class DeadlyProvider:
    """Takes the message; then the worker ends before it can say so."""

    taken: list[Message] = attrs.field(factory=list[Message])

    def send(self, message: Message) -> SmsOutcome:
        """See ``Sms.send``."""
        self.taken.append(message)
        raise Dying


def test_worker_that_ends_after_every_message(town: Town) -> None:
    """SES-12 (T43): what two workers took with them is not sent a third time."""
    town.grant_both()
    provider = DeadlyProvider()
    for _ in range(2):
        with pytest.raises(Dying):
            town.office.dispatch(attrs.evolve(town.sender(), sms=provider))
        town.clock.turn(minutes=2)
    assert town.office.dispatch(attrs.evolve(town.sender(), sms=provider)) == {Fate.DEAD: 1}
    assert len(provider.taken) == 2


def test_centre_that_is_down(town: Town) -> None:
    """SES-12 (T45): after twenty minutes what waited is dropped, and nothing comes late."""
    signed_in(town)
    town.clock.turn(hours=1)
    town.office.dispatch(town.sender())
    town.office.begin_login(town.account, host_session="h")
    through, _ = sender(town, Unknown())
    town.office.dispatch(through)
    town.clock.turn(minutes=20)
    through, provider = sender(town, Accepted(provider_id="x"))
    assert town.office.dispatch(through) == {Fate.DROPPED: 1}
    assert provider.taken == []


class Neighbour(Town):
    """The town of another account."""

    account = attrs.evolve(Town.account, id=AccountId("a2"))


def test_spoil_one_number_to_stop_all_messages(town: Town) -> None:
    """SES-12, STO-3: a row that was tampered with is told, and holds up nobody else's code."""
    signed_in(town)
    town.clock.turn(hours=1)
    town.office.dispatch(town.sender())
    town.office.begin_login(town.account, host_session="h")
    storage = town.office.storage
    assert isinstance(storage, MemoryStorage)
    mine, states = places.mobile(town.account.id, 1), vars(storage)["_states"]
    spoiled = attrs.evolve(states[mine], text=states[mine].text.replace("blob", "bolb"))
    Neighbour(town.office, town.clock, town.phone).grant_both()
    states[mine] = spoiled
    with pytest.raises(Corrupt):
        town.office.dispatch(town.sender())
    assert "First password" in town.phone.getvalue().splitlines()[-2]
    town.clock.turn(minutes=1)
    assert town.office.dispatch(town.sender()) == {}


def test_bomb_by_notices(town: Town) -> None:
    """SES-30: who has a session makes new recovery codes again and again: ten messages an hour."""
    reader = signed_in(town)
    deliver(town)
    before = town.phone.getvalue().count("SMS to")
    for _ in range(12):
        town.office.make_recovery_codes(reader)
        town.clock.turn(seconds=1)
    deliver(town)
    assert town.phone.getvalue().count("SMS to") == before + 10


def test_drown_the_notice_of_a_change(town: Town) -> None:
    """SES-30, SES-18: however many other notices were sent, that of a change of phone is told."""
    reader = signed_in(town)
    for _ in range(12):
        town.office.make_recovery_codes(reader)
    deliver(town)
    town.clock.turn(minutes=1)
    number = parse_mobile("+7 903 000-00-01")
    town.office.begin_approval(reader, town.office.phone_change(number))
    town.office.change_phone(reader, number, town.last_code())
    assert "is being changed" in deliver(town)


def test_lock_the_owner_out(town: Town) -> None:
    """SES-5, SES-23 (T47): five wrong codes end no session; another means is still good."""
    reader = signed_in(town)
    secret = with_authenticator(town, reader)
    town.clock.turn(minutes=5)
    town.office.begin_login(town.account, host_session="bad", means=Means.SMS)
    code = town.last_code()
    for _ in range(6):
        assert told(town, wrong(code), host="bad") == "SES-3"
    assert is_in(town, reader)
    assert told(town, shown(town, secret), means=Means.TOTP) == "in"
    assert deliver(town).count("Wrong codes were entered") == 2


def test_outbox_that_fails_after_the_state(town: Town) -> None:
    """STO-1 (T75): a commit that fails leaves neither a code that runs nor a message."""
    signed_in(town)
    town.clock.turn(hours=1)
    storage = town.office.storage
    assert isinstance(storage, MemoryStorage)
    full = Full(storage)
    full.taken = True
    office = attrs.evolve(town.office, storage=full)
    with pytest.raises(Corrupt):
        office.begin_login(town.account, host_session="h")
    assert factor(town).challenge is None
    full.taken = False
    office.begin_login(town.account, host_session="h")
    assert office.find_factor(town.account.id) != factor(town) or factor(town).challenge


class Full(Calls):
    """A storage that cannot take messages."""

    taken = False

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        if self.taken and batch.outbox:
            raise Corrupt("outbox")
        super().commit(batch)


def test_client_after_client(town: Town) -> None:
    """SES-10: another device changes nothing of what an account may be sent."""
    signed_in(town)
    town.clock.turn(hours=1)
    sent = len(factor(town).sends)
    for number in range(50):
        town.office.begin_login(town.account, host_session=f"h{number}", client=f"c{number}")
    assert len(factor(town).sends) == sent + 1
    assert refused(lambda: town.office.begin_approval(log_in(town))) is rules.SES_10

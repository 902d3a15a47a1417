"""Whoever has a link, and not the passcode; had the right, and lost it; or took the phone.

What is done at once is done over memory, SQLite and PostgreSQL, and also on a storage that writes
blindly, where it must succeed.
"""

import functools
import itertools
from collections.abc import Sequence

import attrs
import pytest
import sqlalchemy as sa

from attackers import (
    HOST,
    BlindMemory,
    BlindSql,
    in_threads,
    is_in,
    keys_of,
    town_over,
)
from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.sql import SqlStorage
from emrcore.errors import RuleBroken, Unavailable
from emrcore.office import Citizen, MadeShare, OpenedShare, WrongPasscode
from emrcore.people import Restriction
from emrcore.ports import Shard, Storage
from emrcore.rulebook import Role
from emrcore.sessions import PhoneEnd
from emrcore.sharing import Terms
from shares import (
    DOCTOR,
    left,
    opened,
    refusals,
    rule_of,
    share,
    signed_in,
    terms,
    wrong,
)
from world import Town, actions, moscow

CLIENTS = 64
LIMIT = 5
PLACES = ["memory", "sqlite", "postgres"]


@pytest.fixture
def storage(request: pytest.FixtureRequest) -> Storage:
    """One place, sound or blind."""
    place, blind = request.param
    if place == "memory":
        return BlindMemory() if blind else MemoryStorage()
    engine: sa.Engine = request.getfixturevalue(place)
    return BlindSql(engine) if blind else SqlStorage(engine)


def over(*, blind: bool) -> pytest.MarkDecorator:
    """In every place."""
    places = list(itertools.product(PLACES, [blind]))
    return pytest.mark.parametrize("storage", places, indirect=True, ids=PLACES)


def shared_over(storage: Storage) -> tuple[Town, MadeShare]:
    """A town over *storage*, where the mother has shared her card."""
    sound: Storage = MemoryStorage()
    if isinstance(storage, SqlStorage):
        sound = SqlStorage(vars(storage)["_transactions"].engine)
    town = town_over(sound)
    made = share(town, signed_in(town))
    if isinstance(storage, MemoryStorage):
        vars(storage).update(vars(sound))
    town.office = attrs.evolve(town.office, storage=storage)
    return town, made


def told(town: Town, made: MadeShare, passcode: str) -> str:
    """What whoever gives *passcode* is told: ``in``, ``busy``, how many are left, or the rule."""
    try:
        found = town.office.open_share(made.address, recipient=DOCTOR, passcode=passcode)
    except RuleBroken as refused:
        return refused.rule.id
    except Unavailable:
        return "busy"
    return str(found.left) if isinstance(found, WrongPasscode) else "in"


def guess(town: Town, made: MadeShare, given: Sequence[str]) -> list[str]:
    """All of *given* at once, from 32 threads."""
    return in_threads(lambda passcode: told(town, made, passcode), given)


def fetch(town: Town, made: MadeShare, ticket: str | None) -> list[str]:
    """The file of one *ticket*, at once from 32 threads."""

    def one(_: str) -> str:
        try:
            town.office.fetch_share(made.address, ticket)
        except RuleBroken as refused:
            return refused.rule.id
        except Unavailable:
            return "busy"
        return "in"

    return in_threads(one, [""] * CLIENTS)


def entries(town: Town, action: str) -> int:
    return actions(town, Shard.of_patient(town.own)).count(action)


# -- At once ---------------------------------------------------------------------------------------


@over(blind=False)
def test_guess_passcodes_in_parallel(storage: Storage) -> None:
    """SHR-4 (T76): of 64 clients five are evaluated, each told another number; then it is dead."""
    town, made = shared_over(storage)
    answers = guess(town, made, [wrong(made)] * CLIENTS)
    assert sorted(one for one in answers if one.isdigit()) == ["0", "1", "2", "3", "4"]
    assert set(answers) - set("01234") <= {"SHR-3", "busy"}
    assert entries(town, "share-passcode-refused.1") == LIMIT
    assert told(town, made, made.passcode) == "SHR-3"
    assert entries(town, "share-opened.1") == 0
    assert town.office.verify_journal(Shard.of_patient(town.own)) == ()


@over(blind=True)
def test_guess_passcodes_where_writes_are_blind(storage: Storage) -> None:
    """SHR-4 (T76): where a storage writes blindly more than five are evaluated."""
    town, made = shared_over(storage)
    guess(town, made, [wrong(made)] * CLIENTS)
    assert entries(town, "share-passcode-refused.1") > LIMIT


@over(blind=False)
def test_fetch_one_file_in_parallel(storage: Storage) -> None:
    """SHR-8 (T77): of 64 fetches with one ticket one is answered."""
    town, made = shared_over(storage)
    ticket = opened(town, made).ticket

    answers = fetch(town, made, ticket)
    assert answers.count("in") == 1
    assert set(answers) <= {"in", "SHR-3", "busy"}
    assert entries(town, "share-fetched.1") == 1


@over(blind=True)
def test_fetch_one_file_where_writes_are_blind(storage: Storage) -> None:
    """SHR-8 (T77): where a storage writes blindly the file leaves more than once."""
    town, made = shared_over(storage)
    ticket = opened(town, made).ticket
    fetch(town, made, ticket)
    assert entries(town, "share-fetched.1") > 1


# -- One after the other ---------------------------------------------------------------------------


@pytest.fixture
def mother(town: Town) -> Citizen:
    """The mother at her own card."""
    return signed_in(town)


def test_guess_between_openings(town: Town, mother: Citizen) -> None:
    """SHR-4 (T78): a guess a day, with the doctor's openings between: five in a life."""
    made = share(town, mother, terms(town, days=6))
    answers: list[str] = []
    for _ in range(5):
        answers += [told(town, made, wrong(made)), told(town, made, made.passcode)]
        town.clock.turn(days=1)
    assert answers == ["4", "in", "3", "in", "2", "in", "1", "in", "0", "SHR-3"]


def test_one_share_with_another(town: Town, mother: Citizen) -> None:
    """SHR-5 (T79): passcode, address, key and ticket of one share are nothing to another."""
    one, other = share(town, mother), share(town, mother)
    assert len({one.address, other.address}) == len({one.key, other.key}) == 2
    ticket = opened(town, one).ticket
    assert rule_of(lambda: town.office.fetch_share(other.address, ticket)) == "SHR-3"
    assert told(town, other, one.passcode) in {"4", "in"}, "six digits may be the same by chance"


def test_a_wider_share_by_the_same_code(town: Town, mother: Citizen) -> None:
    """SHR-1 (T80): a code for two sections and two days makes no wider, longer or second share."""
    town.clock.turn(minutes=1)
    asked = terms(town, "lab-results")
    town.office.begin_approval(mother, town.office.share_action(mother, town.own, asked))
    code = town.last_code()
    make = functools.partial(town.office.make_share, mother, town.own)
    wider = Terms(sections=("lab-results", "radiology"), until=asked.until)
    longer = Terms(sections=asked.sections, until=moscow(2020, 1, 18))
    assert rule_of(lambda: make(wider, code)) == "SES-3"
    assert rule_of(lambda: make(longer, code)) == "SES-3"
    make(asked, code)
    assert rule_of(lambda: make(asked, code)) == "SES-3"
    assert len(town.office.find_shares(mother, town.own)) == 1


@pytest.mark.parametrize("way", ["birthday", "restriction", "expiry", "revocation", "death"])
def test_open_it_after_the_right_is_gone(town: Town, way: str) -> None:
    """SHR-2, SHR-3, SHR-6 (T81): refused, in one way for all, and entered with the rule."""
    town.clock.at = moscow(2025, 5, 4, 10)
    mother = signed_in(town, Role.GUARDIAN)
    made = share(town, mother, terms(town, days=4))
    opened(town, made)
    if way == "birthday":
        town.clock.at = moscow(2025, 5, 6)
    elif way == "expiry":
        town.clock.at = made.share.until
    elif way == "revocation":
        town.office.end_share(mother, town.wards, made.share.id)
    elif way == "death":
        town.office.record_death(town.wards, on=town.clock.at.date())
    else:
        order = Restriction(
            ward=town.child.id,
            person=None,
            since=town.clock.at.date(),
            authority="court",
            reason="order",
        )
        town.office.record_restriction(town.wards, order)
    unknown = attrs.evolve(made, address="A" * 43)
    said = [_said(town, one) for one in (made, unknown)]
    assert said[0] == said[1]
    rule = {"birthday": "ACC-4", "restriction": "ACC-6", "death": "ACC-7"}.get(way, "SHR-6")
    assert refusals(town, town.wards) == [rule]


def _said(town: Town, made: MadeShare) -> str:
    with pytest.raises(RuleBroken) as refused:
        town.office.open_share(made.address, recipient=DOCTOR, passcode=made.passcode)
    return f"{refused.value!r} {refused.value} {refused.value.args}"


@pytest.mark.parametrize("why", [PhoneEnd.LOST, PhoneEnd.SIM_SWAPPED, PhoneEnd.REPUDIATED])
def test_share_by_a_phone_that_was_taken(town: Town, mother: Citizen, why: PhoneEnd) -> None:
    """SHR-7 (T82): what a thief has shared closes with the report, and stays closed after it."""
    made = share(town, mother, terms(town, days=6))
    town.office.suspend_phone(town.account.id, why)
    assert told(town, made, made.passcode) == "SHR-3"
    assert not is_in(town, mother)
    assert refusals(town, town.own) == ["SHR-7"]


def test_the_stored_digest_is_no_address(town: Town, mother: Citizen) -> None:
    """SHR-5 (T83): what the store holds of an address opens nothing."""
    made = share(town, mother)
    storage = town.office.storage
    assert isinstance(storage, MemoryStorage)
    digests = [key.shard.id for key in vars(storage)["_states"] if key.kind == "share-address"]
    assert len(digests) == 1
    for address in (digests[0], digests[0][:43]):
        assert told(town, attrs.evolve(made, address=address), made.passcode) == "SHR-3"


def test_without_the_master_key(town: Town, mother: Citizen) -> None:
    """SHR-5, STO-6 (T83): whoever has the database and other keys opens nothing, and evenly so."""
    made = share(town, mother)
    town.office = attrs.evolve(town.office, keys=keys_of("k2"))
    with pytest.raises(Unavailable):
        town.office.open_share(made.address, recipient=DOCTOR, passcode=made.passcode)
    assert entries(town, "share-opened.1") == 0


def test_shares_live_through_a_change_of_the_master_key(town: Town, mother: Citizen) -> None:
    """SHR-5, STO-6 (T65): one made under the old key opens while that key is kept."""
    made = share(town, mother)
    town.office = attrs.evolve(town.office, keys=keys_of("k1", "k2"))
    assert opened(town, made).key == made.key
    assert share(town, mother).share.key == "k2"


def test_a_session_left_open_shares_nothing(town: Town, mother: Citizen) -> None:
    """SHR-1, SES-15 (T80): without a code there is no share, and with the login's neither."""
    town.clock.turn(minutes=6)
    town.office.begin_login(town.account, host_session=HOST)
    code = town.last_code()
    make = town.office.make_share
    assert rule_of(lambda: make(mother, town.own, terms(town), code)) == "SES-3"
    assert town.office.find_shares(mother, town.own) == ()


def test_names_that_would_steer_the_list(town: Town, mother: Citizen) -> None:
    """SHR-9 (T84): a name is bounded and printable, and stays one line whatever it says."""
    made = share(town, mother)
    name = "Мама. 14.01.2020 10:01: карту открыл пациент"
    found = town.office.open_share(made.address, recipient=name, passcode=made.passcode)
    assert isinstance(found, OpenedShare)
    for steering in ("a\nb", "\x1b[31m", "\u202e", "x" * 201, "\x00", "\ud800"):
        with pytest.raises(Exception, match="printable"):
            town.office.open_share(made.address, recipient=steering, passcode=made.passcode)
    assert entries(town, "share-opened.1") == 1
    assert left(town, made, wrong(made)) == 4

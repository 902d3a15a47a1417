"""What attackers do, at once: in threads, and in processes of their own over one SQLite file."""

import concurrent.futures
import contextlib
import datetime as dt
import multiprocessing
import pathlib
import re
import time
import urllib.parse
from collections.abc import Callable, Generator, Mapping, Sequence
from multiprocessing.synchronize import Barrier

import attrs

from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.sql import SqlStorage, sqlite_engine
from emrcore.adapters.system import SystemRandomness
from emrcore.applications import Operator, OperatorId
from emrcore.errors import Conflict, RuleBroken, Unavailable
from emrcore.office import Citizen
from emrcore.office.codes import totp_codes
from emrcore.people import Mobile, PersonId
from emrcore.ports import ABSENT, Batch, Key, Keys, Randomness, Shard, Storage, Stored
from emrcore.rulebook import Means
from emrcore.rules import Rule
from emrcore.sessions import Action, ActionKind, SecondFactor
from emrcore.testing.broken import BlindPut
from world import Town, actions, new_town

THREADS = 32
_GAP = 0.03
PROCESSES = 3
HOST = "h"


def wrong(code: str) -> str:
    """Another code than *code*, of as many digits."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


# -- Storages that write blindly -------------------------------------------------------------------


class BlindMemory(BlindPut):
    """Writes whatever the versions are, a moment after they were read."""

    def commit(self, batch: Batch) -> None:
        """Late enough that somebody else has read the same."""
        time.sleep(_GAP)
        with_no_messages = attrs.evolve(batch, outbox=())
        super().commit(with_no_messages)


class BlindSql(SqlStorage):
    """The same over a database: it says that it expects what it finds."""

    def commit(self, batch: Batch) -> None:
        """Until it went through."""
        time.sleep(_GAP)
        while True:
            stored = self.load(*batch.expect)
            found = {key: stored[key].version if key in stored else ABSENT for key in batch.expect}
            try:
                return super().commit(attrs.evolve(batch, expect=found, outbox=()))
            except Conflict:
                continue


# -- A town under attack ---------------------------------------------------------------------------


def town_over(storage: Storage, at: dt.datetime | None = None) -> Town:
    """A town that keeps all in *storage*, by chance that no other process repeats."""
    town = new_town()
    chance = SystemRandomness()
    town.office = attrs.evolve(
        town.office, storage=storage, randomness=chance, keys=keys_of("k1", chance=chance)
    )
    if at:
        town.clock.at = at
    return town


def keys_of(*names: str, chance: Randomness | None = None) -> LocalKeys:
    """Keys under the masters of these *names*, the last of which is current."""
    known = {"k1": bytes(range(32)), "k2": b"2" * 32}
    return LocalKeys(
        masters={name: known[name] for name in names},
        current=names[-1],
        randomness=chance or SystemRandomness(),
    )


def awaiting_code(town: Town) -> str:
    """Let the mother in, and begin another login; the code that is awaited now."""
    town.grant_both()
    town.enter()
    town.clock.turn(hours=2)
    town.office.begin_login(town.account, host_session=HOST)
    return town.last_code()


def told(town: Town, given: object, *, means: Means = Means.SMS, host: str = HOST) -> str:
    """What whoever gives the code *given* is told: ``in``, ``busy``, or the rule that refused."""
    try:
        town.office.verify(town.account, given, host_session=host, means=means)
    except RuleBroken as refused:
        return refused.rule.id
    except Unavailable:
        return "busy"
    return "in"


def told_or_begun(town: Town, code: str) -> str:
    """What is told to whoever gives the *code* or, if it is empty, asks for a new one."""
    if code:
        return told(town, code)
    town.office.begin_login(town.account, host_session=HOST)
    return "begun"


def in_threads(act: Callable[[str], str], given: Sequence[str]) -> list[str]:
    """What *act* answers to all of *given* at once."""
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(act, given))


@contextlib.contextmanager
def processes() -> Generator[concurrent.futures.Executor]:
    """Processes that have all started, each with an interpreter of its own."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(PROCESSES)
    with concurrent.futures.ProcessPoolExecutor(
        PROCESSES, context, initializer=_ready, initargs=(ready,)
    ) as pool:
        yield pool


@attrs.frozen(kw_only=True)
class Site:
    """The SQLite file at ``path``, at the moment ``at``, reached soundly or by blind writes."""

    path: pathlib.Path
    at: dt.datetime
    blind: bool


def in_processes(pool: concurrent.futures.Executor, site: Site, given: Sequence[str]) -> list[str]:
    """The same from processes, each with an office, an engine and threads of its own."""
    shares = [tuple(given[one::PROCESSES]) for one in range(PROCESSES)]
    answers = pool.map(_process, [site] * PROCESSES, shares)
    return [answer for answers_of_one in answers for answer in answers_of_one]


def _ready(barrier: Barrier) -> None:
    barrier.wait(30)


def _process(site: Site, given: tuple[str, ...]) -> list[str]:
    engine = sqlite_engine(site.path)
    town = town_over(BlindSql(engine) if site.blind else SqlStorage(engine), site.at)

    def act(code: str) -> str:
        return told_or_begun(town, code)

    with concurrent.futures.ThreadPoolExecutor(THREADS // PROCESSES) as pool:
        answers = list(pool.map(act, given))
    engine.dispose()
    return answers


def count(town: Town, action: str) -> int:
    """How often the journal of the account tells of *action*."""
    return actions(town, Shard.of_account(town.account.id)).count(action)


# -- One who tries one thing after the other -------------------------------------------------------


SHARE = Action(ActionKind.SHARE, {"doctor": "A", "until": "2020-12-01"})
SECOND_OPERATOR = Operator(id=OperatorId("op-2"), person=PersonId("clerk-2"))
NOT_ME = "https://portal.example/not-me/{account}#{token}"


def refused(call: Callable[[], object]) -> Rule:
    """The rule that refuses *call*."""
    try:
        call()
    except RuleBroken as broken:
        return broken.rule
    raise AssertionError("nothing refused it")


def signed_in(town: Town) -> Citizen:
    """The mother, signed in a moment ago."""
    town.grant_both()
    return Citizen(account=town.account, token=town.enter())


def log_in(town: Town, host: str = HOST, minutes: float = 6) -> Citizen:
    """The mother, signed in once more by SMS, a while later."""
    town.clock.turn(minutes=minutes)
    town.office.begin_login(town.account, host_session=host)
    token = town.office.verify(town.account, town.last_code(), host_session=host).token
    return Citizen(account=town.account, token=token)


def is_in(town: Town, reader: Citizen) -> bool:
    """Whether the token still opens anything."""
    try:
        town.office.find_sessions(reader)
    except RuleBroken:
        return False
    return True


def factor(town: Town) -> SecondFactor:
    """How the account stands."""
    found = town.office.find_factor(town.account.id)
    assert found is not None
    return found


def with_authenticator(town: Town, reader: Citizen) -> str:
    """Bind an authenticator in a fresh session; its secret."""
    address = town.office.offer_authenticator(reader, issuer="Portal").address
    secret = urllib.parse.parse_qs(urllib.parse.urlparse(address).query)["secret"][0]
    town.office.bind_authenticator(reader, shown(town, secret))
    return secret


def shown(town: Town, secret: str) -> str:
    """What the authenticator shows now."""
    return list(totp_codes(secret, town.clock.at).values())[1]


def deliver(town: Town) -> str:
    """Send what waits, with links to repudiate; all that was ever sent."""
    town.office.dispatch(attrs.evolve(town.sender(), not_me=NOT_ME))
    return town.phone.getvalue()


def links(town: Town) -> list[str]:
    """The tokens of all the links that were sent."""
    return re.findall(r"not-me/a1#(\S+)", deliver(town))


def change_phone(
    town: Town, reader: Citizen, mobile: Mobile, given: str | None = None, means: Means = Means.SMS
) -> str:
    """Ask for the change, approved by the code *given* or the one sent; what the new phone got."""
    action = town.office.phone_change(mobile)
    if given is None:
        town.office.begin_approval(reader, action)
        given = town.last_code()
    town.office.change_phone(reader, mobile, given, means=means)
    deliver(town)
    return town.last_code()


class Calls(MemoryStorage):
    """Remembers which of its methods were called."""

    def __init__(self, like: MemoryStorage) -> None:
        super().__init__()
        vars(self).update(vars(like))
        self.calls: list[str] = []

    def load(self, *keys: Key) -> Mapping[Key, Stored]:
        """See ``Store.load``."""
        self.calls.append("load")
        return super().load(*keys)

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        self.calls.append("commit")
        super().commit(batch)

    def find(self, shard: Shard, kind: str) -> Mapping[Key, Stored]:
        """See ``Store.find``."""
        self.calls.append("find")
        return super().find(shard, kind)


@attrs.frozen
class CalledKeys:
    """Keys that write their calls beside those of the storage."""

    keys: Keys
    calls: list[str]

    @property
    def current(self) -> str:
        """See ``Keys.current``."""
        return self.keys.current

    def derive(self, use: str, context: bytes, *, key: str) -> bytes:
        """See ``Keys.derive``."""
        self.calls.append("derive")
        return self.keys.derive(use, context, key=key)

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """See ``Keys.wrap``."""
        self.calls.append("wrap")
        return self.keys.wrap(key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See ``Keys.unwrap``."""
        self.calls.append("unwrap")
        return self.keys.unwrap(wrapped, context)


def overheard(town: Town) -> list[str]:
    """From now on every call to storage and keys is written into the list."""
    storage = town.office.storage
    assert isinstance(storage, MemoryStorage)
    calls = Calls(storage)
    keys = CalledKeys(town.office.keys, calls.calls)
    town.office = attrs.evolve(town.office, storage=calls, keys=keys)
    return calls.calls

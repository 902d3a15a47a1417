"""Looking for secrets wherever something can leave the office, over the whole road.

Whatever is returned, raised, logged, printed, warned of, journaled, queued or stored is kept as
bytes by its channel, and searched for every secret in every common encoding. Codes have nine
digits here, so that none turns up by accident.
"""

import base64
import contextlib
import datetime as dt
import functools
import io
import logging
import pathlib
import re
import sys
import urllib.parse
import warnings
from collections import defaultdict
from collections.abc import Callable, Generator
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attackers import NOT_ME, SECOND_OPERATOR, SHARE, keys_of, shown, wrong
from emrcore.access import Viewer
from emrcore.adapters import smart_health_links as shl
from emrcore.adapters.sql import SqlStorage, metadata, migrate, sqlite_engine
from emrcore.applications import Filed
from emrcore.errors import EmrcoreError
from emrcore.office import Citizen, MadeShare, Sender, Staff
from emrcore.office.codes import code_for
from emrcore.people import AccountId, Mobile, PersonId, Snils, parse_identity
from emrcore.ports import Accepted, Batch, Message, OutboxItem, Shard, SmsOutcome
from emrcore.rulebook import Edition, Means, Role
from emrcore.sessions import NOTICE, PhoneEnd
from emrcore.sharing import Cause, Terms
from spellings import ScatteredBytes, found
from world import Cards, Town, new_town

NEW = Mobile("+79030000001")
PAPERS = ("9161234567", "9030000001", "7767940868999926", "4504123456", "11223344595")
CREW = Viewer(person=PersonId("crew-7"), role=Role.CREW, organisation="ambulance")


@attrs.define
class Phone:
    """Takes every message, and shows none of it."""

    messages: list[Message] = attrs.field(factory=list[Message])

    def send(self, message: Message) -> SmsOutcome:
        """See ``Sms.send``."""
        self.messages.append(message)
        return Accepted(provider_id="p")


@attrs.define
class Listener:
    """Keeps what leaves, by channel, and the secrets that must not be in it."""

    left: defaultdict[str, bytearray] = attrs.field(factory=lambda: defaultdict(bytearray))
    secrets: set[str] = attrs.field(factory=lambda: set(PAPERS))

    def keep(self, channel: str, what: object) -> None:
        """Keep *what* left by *channel*."""
        self.left[channel] += (
            what if isinstance(what, bytes) else str(what).encode(errors="replace")
        )
        self.left[channel] += b"\n"

    def call(self, act: Callable[[], Any]) -> Any:
        """Do *act*; keep what it returns or raises, and all that this came from."""
        try:
            result: Any = act()
        except EmrcoreError as error:
            self.keep("raised", told_of(error))
            return None
        if type(result) not in {str, tuple}:  # those are what is told, once and on purpose
            self.keep("returned", f"{result!r} {result}")
        return result

    def leaks(self) -> dict[str, set[str]]:
        """Which secrets left by which channel."""
        found_in = {
            channel: {one for one in self.secrets if found(one, bytes(content))}
            for channel, content in self.left.items()
        }
        return {channel: which for channel, which in found_in.items() if which}


def told_of(error: BaseException) -> str:
    """All texts of *error*, of its cause and of what it came from."""
    texts: list[str] = []
    one: BaseException | None = error
    while one is not None:
        texts += [repr(one), str(one), repr(one.args)]
        one = one.__cause__ or one.__context__
    return "\n".join(texts)


@contextlib.contextmanager
def listening(listener: Listener) -> Generator[None]:
    """Keep what is logged at any level, printed, or warned of."""
    logged, out, err = io.StringIO(), io.StringIO(), io.StringIO()
    handler, root = logging.StreamHandler(logged), logging.getLogger()
    loggers = [root, *map(logging.getLogger, logging.root.manager.loggerDict)]
    levels = [logger.level for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            warnings.simplefilter("always")
            yield
    finally:
        root.removeHandler(handler)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
    listener.keep("logged", logged.getvalue())
    listener.keep("stdout", out.getvalue())
    listener.keep("stderr", err.getvalue())
    for one in warned:
        listener.keep("warned", one.message)


# -- The road --------------------------------------------------------------------------------------


@attrs.define
class Road:
    """A town whose office is overheard, over a SQLite file."""

    town: Town
    listener: Listener
    phone: Phone
    tokens: list[Citizen] = attrs.field(factory=list[Citizen])
    authenticators: list[str] = attrs.field(factory=list[str])
    recovery: list[str] = attrs.field(factory=list[str])

    @property
    def sender(self) -> Sender:
        """Sends to the phone."""
        return attrs.evolve(self.town.sender(), sms=self.phone, not_me=NOT_ME, second=self.tell)

    def tell(self, account: AccountId, text: str) -> None:
        """The second address: a notice, which carries no code."""
        assert account
        self.listener.keep("second", re.sub(r"not-me/\S+", "", text))

    def call(self, act: Callable[[], Any]) -> Any:
        """Do *act*, overheard, and learn the secrets that it made."""
        result = self.listener.call(act)
        self.learn()
        return result

    def learn(self) -> None:
        """The codes and links that were sent, and the code that runs."""
        for message in self.phone.messages:
            self.listener.secrets |= set(re.findall(r"\d{6,}", message.text))
            self.listener.secrets |= set(re.findall(r"not-me/a1#[^.]+\.(\S+)", message.text))
        factor = self.town.office.find_factor(self.town.account.id)
        if factor:
            self.listener.keep("states", f"{factor!r} {factor}")
            if factor.challenge:
                code = code_for(self.town.office.keys, factor.account, factor.challenge)
                self.listener.secrets.add(code)

    def code(self, means: Means, *, right: bool = True) -> str:
        """The code to give."""
        if means is Means.RECOVERY:
            code = self.recovery[-1] if self.recovery else f"1{'A' * 16}"
            return code if right else f"{code[0]}{'B' * 16}"
        if means is Means.TOTP:
            code = shown(self.town, self.authenticators[-1]) if self.authenticators else "123456"
            return code if right else wrong(code)
        factor = self.town.office.find_factor(self.town.account.id)
        challenge = factor.challenge if factor else None
        keys = self.town.office.keys
        code = code_for(keys, self.town.account.id, challenge) if challenge else "1" * 9
        return code if right else wrong(code)

    def dispatch(self) -> None:
        self.call(lambda: self.town.office.dispatch(self.sender))

    def enter(self, means: Means = Means.SMS, *, right: bool = True) -> None:
        office, account = self.town.office, self.town.account
        self.town.clock.turn(minutes=6)
        self.call(lambda: office.begin_login(account, host_session="host-secret", means=means))
        self.dispatch()
        code = self.code(means, right=right)
        found = self.call(
            lambda: office.verify(
                account, code, host_session="host-secret", means=means, acknowledged=NOTICE
            )
        )
        self.keep_token(found)

    def keep_token(self, found: object) -> None:
        token, next_code = getattr(found, "token", None), getattr(found, "recovery_code", None)
        if isinstance(token, str):
            self.tokens.append(Citizen(account=self.town.account, token=token))
            self.listener.secrets.add(token.partition(".")[2])
        if isinstance(next_code, str):
            self.recovery.append(next_code)
            self.listener.secrets |= {next_code, next_code.replace("-", "")}

    @property
    def reader(self) -> Citizen:
        return (self.tokens or [Citizen(account=self.town.account, token="0.0")])[-1]

    def read(self) -> None:
        office, own = self.town.office, self.town.own
        self.call(lambda: office.open_card(self.reader, own))
        self.call(lambda: office.read_page(self.reader, own, section="lab-results"))
        self.call(lambda: office.open_card(Staff(viewer=CREW), own))
        self.call(
            lambda: office.break_glass(
                CREW, own, cause=Cause.UNCONSCIOUS, shift="shift-1", reason="unconscious"
            )
        )
        sessions = self.listener.call(lambda: office.find_sessions(self.reader))
        self.listener.keep("returned", repr(sessions))

    def papers(self) -> None:
        office, account = self.town.office, self.town.account
        for application in office.find_applications(account.id):
            self.listener.keep("returned", f"{application!r}")
            filed = application if isinstance(application, Filed) else application.filed
            read = functools.partial(
                office.read_papers, account.id, filed.id, by=self.town.operator
            )
            papers = self.call(read)
            self.listener.keep("returned", f"{papers!r} {papers}")

    def file_junk(self) -> None:
        passport, policy, mobile = "45 04 12345x", "7767940868999927", "8 (916) 123-45-6"
        self.call(
            lambda: parse_identity(
                passport=passport,
                oms=policy,
                mobile=mobile,
                born=self.town.mother.born,
                sex=self.town.mother.sex,
                year=2020,
            )
        )
        self.listener.secrets |= {"450412345x", "7767940868999927"}

    def approve(self) -> None:
        self.town.clock.turn(minutes=6)
        office, reader = self.town.office, self.reader
        self.call(lambda: office.begin_approval(reader, SHARE))
        self.dispatch()
        code = self.code(Means.SMS)
        self.call(lambda: office.approve(reader, SHARE, wrong(code)))
        self.call(lambda: office.approve(reader, SHARE, code))

    def renew(self) -> None:
        self.town.clock.turn(minutes=6)
        office, reader = self.town.office, self.reader
        self.call(lambda: office.begin_approval(reader))
        code = self.code(Means.SMS)
        self.keep_token(self.call(lambda: office.renew(reader, code)))

    def authenticator(self) -> None:
        office, reader = self.town.office, self.reader
        found = self.call(lambda: office.offer_authenticator(reader, issuer="Portal"))
        address = getattr(found, "address", None)
        if isinstance(address, str):
            query = urllib.parse.parse_qs(urllib.parse.urlparse(address).query)
            self.authenticators.append(query["secret"][0])
            self.listener.secrets.add(query["secret"][0])
            code = self.code(Means.TOTP)
            self.call(lambda: office.bind_authenticator(reader, wrong(code)))
            self.call(lambda: office.bind_authenticator(reader, code))

    def recovery_codes(self) -> None:
        codes: tuple[str, ...] | None = self.call(
            lambda: self.town.office.make_recovery_codes(self.reader)
        )
        if codes:
            self.recovery = list(codes)
            for one in codes:
                self.listener.secrets |= {one, one.replace("-", ""), one.replace("-", "")[1:]}

    def change(self) -> None:
        self.town.clock.turn(minutes=6)
        office, reader = self.town.office, self.reader
        action = office.phone_change(NEW)
        self.listener.keep("returned", repr(action))
        self.call(lambda: office.begin_approval(reader, action))
        code = self.code(Means.SMS)
        self.call(lambda: office.change_phone(reader, NEW, code))
        self.dispatch()
        code = self.code(Means.SMS)
        self.call(lambda: office.confirm_phone(reader, wrong(code)))
        self.call(lambda: office.confirm_phone(reader, code))
        self.dispatch()

    def lose(self) -> None:
        office, account = self.town.office, self.town.account
        self.call(lambda: office.suspend_phone(account.id, PhoneEnd.SIM_SWAPPED))
        self.call(
            lambda: office.reproof(
                account, NEW, by=self.town.operator, confirmed_by=SECOND_OPERATOR
            )
        )
        self.dispatch()

    def repudiate(self) -> None:
        texts = " ".join(message.text for message in self.phone.messages)
        for token in [*re.findall(r"not-me/a1#(\S+)", texts), "k1.junk"]:
            self.call(functools.partial(self.town.office.repudiate, self.town.account.id, token))

    def share(self) -> None:
        self.town.clock.turn(minutes=6)
        office, reader, own = self.town.office, self.reader, self.town.own
        asked = Terms(sections=("lab-results",), until=self.town.clock.at + dt.timedelta(days=1))
        action = office.share_action(reader, own, asked)
        self.listener.keep("returned", f"{action!r} {asked!r}")
        self.call(lambda: office.begin_approval(reader, action))
        self.dispatch()
        code = self.code(Means.SMS)
        self.call(lambda: office.make_share(reader, own, asked, wrong(code)))
        made: MadeShare | None = self.call(lambda: office.make_share(reader, own, asked, code))
        if made is None:
            return
        self.listener.secrets |= {made.passcode, made.address, made.key.hex()}
        self.listener.secrets.add(base64.b64encode(made.key).decode().rstrip("="))
        link = shl.Link(url=f"https://emr.example/{made.address}", key=made.key, label="x")
        text = shl.write_link(link)
        self.listener.secrets |= {text, text.partition("/")[2]}
        self.listener.keep("returned", f"{link!r} {shl.read_link(text)!r}")
        self.call(lambda: shl.read_link(text[:-4]))
        self._open(made)

    def _open(self, made: MadeShare) -> None:
        office, address = self.town.office, made.address
        opening = functools.partial(office.open_share, address, recipient="Dr")
        for passcode in (wrong(made.passcode), None):
            self.call(functools.partial(opening, passcode=passcode))
        asked = shl.Request(recipient="Dr", passcode=made.passcode)
        self.listener.keep("returned", repr(asked))
        found: object = self.call(lambda: opening(passcode=made.passcode))
        ticket = getattr(found, "ticket", None)
        if isinstance(ticket, str):
            self.listener.secrets.add(ticket.partition(".")[2])
        file = shl.encrypt(b"{}", key=made.key)
        self.call(lambda: shl.decrypt(file, key=bytes(32)))
        self.call(lambda: office.fetch_share(address, ticket))
        self.call(lambda: office.fetch_share(address, ticket))
        shares = self.listener.call(lambda: office.find_shares(self.reader, self.town.own))
        self.listener.keep("returned", repr(shares))
        self.call(lambda: office.end_share(self.reader, self.town.own, made.share.id))
        self.call(lambda: opening(passcode=made.passcode))

    def leave(self) -> None:
        reader = self.reader
        self.call(lambda: self.town.office.log_out(self.town.account, reader.token))
        self.call(lambda: self.town.office.end_access(self.town.account.id))

    def finish(self, engine: sa.Engine, path: pathlib.Path) -> None:
        """Keep the journal, the outbox and the file."""
        storage = self.town.office.storage
        for shard in (Shard.of_account(self.town.account.id), Shard.of_patient(self.town.own)):
            for link in storage.links(shard):
                self.listener.keep("journal", repr(link))
        with engine.connect() as connection:
            for table in metadata.sorted_tables:
                channel = "outbox" if "outbox" in table.name else "rows"
                for row in connection.execute(table.select()):
                    self.listener.keep(channel, repr(tuple(row)))
        for file in sorted(path.parent.glob(f"{path.name}*")):
            self.listener.keep("file", file.read_bytes())


STEPS: dict[str, Callable[[Road], None]] = {
    "enter": Road.enter,
    "enter wrongly": lambda road: road.enter(right=False),
    "enter by authenticator": lambda road: road.enter(Means.TOTP),
    "enter by recovery code": lambda road: road.enter(Means.RECOVERY),
    "wrong authenticator": lambda road: road.enter(Means.TOTP, right=False),
    "wrong recovery code": lambda road: road.enter(Means.RECOVERY, right=False),
    "read": Road.read,
    "papers": Road.papers,
    "file junk": Road.file_junk,
    "approve": Road.approve,
    "renew": Road.renew,
    "authenticator": Road.authenticator,
    "recovery codes": Road.recovery_codes,
    "share": Road.share,
    "change": Road.change,
    "repudiate": Road.repudiate,
    "lose": Road.lose,
    "leave": Road.leave,
}
WHOLE = [
    *("file junk", "enter wrongly", "enter", "read", "papers", "authenticator", "recovery codes"),
    *("enter by authenticator", "wrong authenticator", "wrong recovery code"),
    *(
        "enter by recovery code",
        "approve",
        "renew",
        "share",
        "change",
        "enter",
        "repudiate",
        "lose",
    ),
    *("enter", "leave", "read"),
]


@contextlib.contextmanager
def road(path: pathlib.Path) -> Generator[tuple[Road, sa.Engine]]:
    """A road that is overheard from its beginning."""
    listener = Listener()
    with listening(listener):  # an engine asks once, when it is made, what is to be logged
        engine = sqlite_engine(path)
        migrate(engine)
        one = Road(town_over(engine), listener, Phone())
        town = one.town
        town.grant_both(papers=attrs.evolve(town.papers, snils=Snils("11223344595")))
        document = Cards(town.office.edition(town.clock.at)).document(patient=town.own)
        one.call(lambda: town.office.add_documents(town.own, (document,), source="lab"))
        yield one, engine
    one.finish(engine, path)
    engine.dispose()


def town_over(engine: sa.Engine) -> Town:
    """A town that keeps all in the database, where codes have nine digits."""
    town, chance = new_town(), ScatteredBytes()
    rule = town.office.entry(town.clock.at)
    nine = attrs.evolve(rule.one_time_code.digits, value=9)
    long_codes = attrs.evolve(
        rule,
        one_time_code=attrs.evolve(rule.one_time_code, digits=nine),
        first_password=attrs.evolve(rule.first_password, digits=nine),
    )
    town.office = attrs.evolve(
        town.office,
        storage=SqlStorage(engine),
        randomness=chance,
        keys=keys_of("k1", chance=chance),
        profile=long_codes,
        rulebook=attrs.evolve(town.office.rulebook, editions=(_long_passcodes(town),)),
    )
    return town


def _long_passcodes(town: Town) -> Edition:
    """The edition, with passcodes of twelve digits."""
    edition = town.office.edition(town.clock.at)
    assert edition.shares is not None
    twelve = attrs.evolve(edition.shares.passcode_digits, value=12)
    return attrs.evolve(edition, shares=attrs.evolve(edition.shares, passcode_digits=twelve))


def walked(path: pathlib.Path, steps: list[str]) -> Listener:
    """What left while these *steps* were taken."""
    with road(path) as (one, _):
        for step in steps:
            STEPS[step](one)
    return one.listener


def test_nothing_leaves_on_the_whole_road(tmp_path: pathlib.Path) -> None:
    """JRN-4, STO-3, SES-6, SES-9 (T33, T73): from filing to the change of phone, errors and all."""
    listener = walked(tmp_path / "road.db", WHOLE)
    assert listener.leaks() == {}
    assert len(listener.secrets) > 40
    assert {"returned", "raised", "logged", "journal", "outbox", "rows", "file", "states"} <= {
        channel for channel, content in listener.left.items() if len(content) > 100
    }


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=3, max_size=9))
def test_nothing_leaves_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    """JRN-4, STO-3, SES-6, SES-9 (T33): whatever is done, and whatever of it is refused."""
    path = tmp_path_factory.mktemp("road") / "road.db"
    assert walked(path, ["enter", *steps]).leaks() == {}


# -- The search would find it ----------------------------------------------------------------------

PLANTED = "914273645"


@attrs.frozen
class Careless:
    """A value that shows what it holds."""

    code: str


def careless(code: str) -> object:
    """Raise an error that came from one with the code in it."""
    try:
        int(f"x{code}")
    except ValueError:
        raise EmrcoreError("no") from None
    return code


def queue(road: Road) -> None:
    """Put the code into the outbox, as a careless office would."""
    shard = Shard.of_account(road.town.account.id)
    item = OutboxItem(
        shard=shard, id="careless", kind="code", reference=PLANTED, not_after=road.town.clock.at
    )
    road.town.office.storage.commit(Batch(shard=shard, expect={}, outbox=(item,)))


PLANTS: dict[str, Callable[[Road], object]] = {
    "returned": lambda road: road.call(lambda: Careless(PLANTED)),
    "raised": lambda road: road.call(lambda: careless(PLANTED)),
    "logged": lambda _: logging.getLogger("emrcore.careless").debug("code %s", PLANTED),
    "stdout": lambda _: sys.stdout.write(PLANTED),
    "stderr": lambda _: sys.stderr.write(PLANTED),
    "warned": lambda _: warnings.warn(PLANTED, stacklevel=1),
    "second": lambda road: road.tell(AccountId("a1"), f"your code is {PLANTED}"),
    "journal": lambda road: road.town.office.break_glass(
        CREW, road.town.own, cause=Cause.UNCONSCIOUS, shift="shift-1", reason=PLANTED
    ),
    "outbox": queue,
    "states": lambda road: road.listener.keep("states", repr(Careless(PLANTED))),
    "rows": lambda road: road.town.office.break_glass(
        CREW, road.town.own, cause=Cause.UNCONSCIOUS, shift="shift-1", reason=PLANTED
    ),
    "file": queue,
}


@pytest.mark.parametrize("channel", PLANTS)
def test_planted_leak_is_found(tmp_path: pathlib.Path, channel: str) -> None:
    """JRN-4: a code that is let out by any one channel is found there."""
    with road(tmp_path / "road.db") as (one, _):
        one.listener.secrets.add(PLANTED)
        PLANTS[channel](one)
    leaks = one.listener.leaks()
    assert PLANTED in leaks[channel]
    assert all(which == {PLANTED} for which in leaks.values())


def test_every_channel_is_planted() -> None:
    """JRN-4: no channel is searched that was never seen to find anything."""
    assert set(PLANTS) == {
        *("returned", "raised", "logged", "stdout", "stderr", "warned", "second"),
        *("journal", "outbox", "states", "rows", "file"),
    }

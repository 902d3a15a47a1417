"""``emrcore dispatch`` sends what waits in a store, until it is told to stop."""

import base64
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Generator

import attrs
import pytest

import centre
import smsbox
from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.sql import SqlStorage, migrate, sqlite_engine
from emrcore.adapters.system import SystemClock, SystemRandomness
from emrcore.applications import Asked, Filed
from emrcore.cli.main import main
from emrcore.office import Office
from emrcore.ports import Shard
from emrcore.rulebook import Check, Role
from world import Town, new_town

Environment = pytest.MonkeyPatch

KEY = bytes(range(32))
HOST = ["--host", "portal.example", "--lang", "en"]


@attrs.frozen
class Place:
    """A store where a first password waits, issued now."""

    path: pathlib.Path
    town: Town
    office: Office

    def enters(self, code: str) -> bool:
        login = self.office.begin_login(self.town.account, host_session="h1")
        signed_in = self.office.verify(
            self.town.account, code, host_session="h1", acknowledged=login.notice
        )
        return bool(signed_in.token)

    def reported(self) -> bool:
        links = self.office.storage.links(Shard.of_account(self.town.account.id))
        return links[-1].entry.action == "delivery-reported.1"


@pytest.fixture
def place(tmp_path: pathlib.Path, monkeypatch: Environment) -> Generator[Place]:
    """The environment names the store, and a file the key."""
    path = tmp_path / "emrcore.db"
    engine = sqlite_engine(path)
    migrate(engine)
    randomness = SystemRandomness()
    town = new_town()
    office = attrs.evolve(
        town.office,
        storage=SqlStorage(engine),
        keys=LocalKeys(masters={"k1": KEY}, current="k1", randomness=randomness),
        clock=SystemClock(),
        randomness=randomness,
    )
    town.office = office
    town.move_in()
    asked = (Asked(patient=town.own, role=Role.SELF),)
    filed = office.file(town.account, asked=asked, papers=town.papers)
    assert isinstance(filed, Filed)
    for check in Check:
        office.record_check(town.account.id, filed.id, check=check, passed=True, by=town.operator)
    office.grant(town.account.id, filed.id, town.own, by=town.operator)
    (tmp_path / "keys").write_text(f"k1={base64.b64encode(KEY).decode()}\n", "utf-8")
    monkeypatch.setenv("EMRCORE_STORE", f"sqlite:///{path}")
    monkeypatch.setenv("EMRCORE_KEYS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("EMRCORE_SENDER", "EMR")
    yield Place(path, town, office)
    engine.dispose()


def test_once_to_the_console(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """SES-1: one round, one line; the code is the one that opens the session."""
    assert main(["dispatch", "--sms", "console", "--once", *HOST]) == 0
    sms, last, line = capsys.readouterr().out.splitlines()
    assert sms.startswith("SMS to +79161234567: First password")
    assert line.endswith("Z sent 1")
    assert place.enters(last.rsplit("#", 1)[1])
    assert main(["dispatch", "--sms", "console", "--once", *HOST]) == 0
    assert capsys.readouterr().out.endswith("Z nothing waits\n")


def test_once_to_kannel(place: Place, monkeypatch: Environment) -> None:
    """SES-1: the settings of Kannel, all of them from the environment."""
    with smsbox.running() as box:
        monkeypatch.setenv("EMRCORE_KANNEL_URL", box.url)
        monkeypatch.setenv("EMRCORE_KANNEL_USER", smsbox.USER)
        monkeypatch.setenv("EMRCORE_KANNEL_PASSWORD", smsbox.PASSWORD)
        assert main(["dispatch", "--sms", "kannel", "--once", *HOST]) == 0
    assert place.enters(box.arrivals()[0].text.rsplit("#", 1)[1])


def settings(port: int) -> dict[str, str]:
    return os.environ | {
        "EMRCORE_SMPP_HOST": "127.0.0.1",
        "EMRCORE_SMPP_PORT": str(port),
        "EMRCORE_SMPP_USER": "emr",
        "EMRCORE_SMPP_PASSWORD": "secret",
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_until_told_to_stop(place: Place, number: signal.Signals) -> None:
    """SES-1, MSG-3: a process of its own: it sends, hears the receipt, ends at once and with 0."""
    command = [sys.executable, "-m", "emrcore", "dispatch", "--sms", "smpp", "--every", "60", *HOST]
    with contextlib.ExitStack() as stack:
        there = stack.enter_context(centre.running())
        process = stack.enter_context(
            subprocess.Popen(command, env=settings(there.port), stdout=subprocess.PIPE, text=True)
        )
        stack.callback(process.kill)
        assert process.stdout is not None
        assert process.stdout.readline().endswith("Z sent 1\n")
        assert there.report(there.ids[0], "DELIVRD") == 0
        process.send_signal(number)
        assert process.wait(10) == 0
        assert place.reported()
        assert place.enters(there.arrivals()[0].text.rsplit("#", 1)[1])


def test_every_setting_that_is_missing_is_told(
    monkeypatch: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    """MSG-4: all of them at once, with 2, and no secret among them."""
    monkeypatch.setenv("EMRCORE_STORE", "nowhere:secret")
    monkeypatch.setenv("EMRCORE_KEYS", "k1=c2VjcmV0")
    monkeypatch.setenv("EMRCORE_SMPP_PASSWORD_FILE", "/nowhere/secret-file")
    assert main(["dispatch", "--sms", "smpp", "--once", *HOST]) == 2
    told = capsys.readouterr().err
    for name in ("STORE", "KEYS", "SMPP_HOST", "SMPP_USER", "SMPP_PASSWORD_FILE", "SENDER"):
        assert f"EMRCORE_{name}: " in told
    assert "secret" not in told


def test_a_store_that_is_not_there(
    place: Place, monkeypatch: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    """STO-1: what failed is the outside world, so it is 3."""
    monkeypatch.setenv("EMRCORE_STORE", f"sqlite:///{place.path.parent / 'no' / 'emrcore.db'}")
    assert main(["dispatch", "--sms", "console", "--once", *HOST]) == 3
    assert capsys.readouterr().err.startswith("the store is read-only: ")

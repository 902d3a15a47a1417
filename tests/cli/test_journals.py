"""The commands about the journal, over a database that a portal has kept."""

import json
import pathlib
from collections.abc import Callable

import attrs
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from emrcore.adapters.sql import SqlStorage, migrate, sqlite_engine
from emrcore.cli.main import main
from emrcore.journal import Shard
from emrcore.ports import Batch
from emrcore.testing.contracts.examples import CARD, LOGIN, entry

Captured = pytest.CaptureFixture[str]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@attrs.frozen(kw_only=True)
class Place:
    """A folder with a database, a key in two halves and an empty folder for checkpoints."""

    folder: pathlib.Path
    engine: sa.Engine

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'portal.db'}"

    def checkpoint(self) -> int:
        key = str(self.folder / "key.pem")
        return main(["journal", "checkpoint", self.url, "--key", key, *self.kept])

    @property
    def kept(self) -> list[str]:
        return ["--checkpoints", str(self.folder / "kept")]

    @property
    def public(self) -> list[str]:
        return ["--key", str(self.folder / "key.pub")]

    def verify(self, *more: str) -> int:
        return main(["journal", "verify", self.url, *self.kept, *self.public, *more])

    def write(self, shard: Shard, *texts: str) -> None:
        entries = tuple(entry(json.dumps(text)) for text in texts)
        SqlStorage(self.engine).commit(Batch(shard=shard, expect={}, entries=entries))

    def tamper(self, statement: str) -> None:
        with self.engine.begin() as connection:
            assert connection.exec_driver_sql(statement).rowcount


@pytest.fixture
def place(tmp_path: pathlib.Path) -> Place:
    engine = sqlite_engine(tmp_path / "portal.db")
    migrate(engine)
    new = Place(folder=tmp_path, engine=engine)
    new.write(CARD, "1", "2", "3")
    new.write(LOGIN, "1")
    (tmp_path / "kept").mkdir()
    private = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(private)
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pub").write_bytes(public)
    return new


def test_checkpoint_and_verify(place: Place, capsys: Captured) -> None:
    """JRN-6, JRN-7: the note is printed as it is kept, and by it the journal is whole."""
    assert place.checkpoint() == 0
    note = capsys.readouterr().out
    assert note.startswith("emrcore\n2\n")
    assert (place.folder / "kept" / "000000000001").read_text().startswith(note)
    assert place.verify() == 0
    assert capsys.readouterr().out == "whole, by checkpoint 1\n"
    assert main(["journal", "verify", place.url]) == 0
    assert capsys.readouterr().out == "whole, by no checkpoint\n"


@pytest.mark.parametrize(
    ("statement", "told", "chain_alone"),
    [
        ("UPDATE emrcore_entries SET detail = '7' WHERE number = 2", "2: its entry was", 1),
        ("UPDATE emrcore_entries SET actor_id = '' WHERE number = 3", "3: its entry was", 1),
        ("UPDATE emrcore_entries SET context = '{}' WHERE number = 3", "3: its entry was", 1),
        ("DELETE FROM emrcore_entries WHERE number = 2", "2: link 3 stands here", 1),
        ("DELETE FROM emrcore_entries WHERE number = 3", "3: from here to the known link 3", 0),
        ("UPDATE emrcore_entries SET detail = x'00' WHERE number = 2", "2: from here on it", 1),
        ("UPDATE emrcore_entries SET number = 'x' WHERE number = 3", "3: from here on it", 1),
        ("UPDATE emrcore_entries SET at = 'noon' WHERE number = 3", "3: from here on it", 1),
        ("UPDATE emrcore_entries SET actor_kind = '' WHERE number = 2", "2: from here on it", 1),
        ("UPDATE emrcore_entries SET context = '[' WHERE number = 2", "2: from here on it", 1),
        ("DELETE FROM emrcore_shards WHERE shard_kind = 'patient'", "", 0),
    ],
)
def test_tampering(
    place: Place, capsys: Captured, statement: str, told: str, chain_alone: int
) -> None:
    """JRN-3, JRN-6: what an administrator does is told with its place; the exit code is 1."""
    place.checkpoint()
    place.tamper(statement)
    capsys.readouterr()
    if told:
        assert place.verify() == 1
        first, *_, summary = capsys.readouterr().out.splitlines()
        assert first.startswith(f"patient/patient-1 link {told}")
        assert summary.endswith("found, by checkpoint 1")
        assert place.verify("--json") == 1
    else:
        assert place.verify() == 0, "the links are still there, and found by the log"
    assert main(["journal", "verify", place.url]) == chain_alone


def test_json(place: Place, capsys: Captured) -> None:
    """JRN-6: a line of JSON for each finding, and nothing else."""
    place.checkpoint()
    place.tamper("DELETE FROM emrcore_entries WHERE number = 2")
    capsys.readouterr()
    assert place.verify("--json") == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "shard": "patient/patient-1",
        "number": 2,
        "what": "link 3 stands here",
    }


def test_a_note_kept_from_before(place: Place, capsys: Captured) -> None:
    """JRN-7: shows that the log was cut back together with the journal."""
    place.checkpoint()
    place.write(CARD, "4")
    capsys.readouterr()
    place.checkpoint()
    (place.folder / "note").write_text(capsys.readouterr().out)
    assert place.verify("--note", str(place.folder / "note")) == 0
    (place.folder / "kept" / "000000000002").unlink()
    place.tamper("DELETE FROM emrcore_entries WHERE number = 4")
    assert place.verify() == 0
    assert place.verify("--note", str(place.folder / "note")) == 1
    assert "the log is not what was signed" in capsys.readouterr().out


def test_prove(place: Place, capsys: Captured) -> None:
    """JRN-6: one list is complete, by a proof that the public key alone checks."""
    prove = ["journal", "prove", place.url, *place.kept, *place.public, "--shard"]
    place.checkpoint()
    capsys.readouterr()
    assert main([*prove, "patient/patient-1"]) == 0
    file = place.folder / "proof.json"
    file.write_text(capsys.readouterr().out)
    check = ["journal", "prove", "--check", str(file), *place.public]
    assert main(check) == 0
    assert capsys.readouterr().out.startswith("patient/patient-1 had 3 links at 20")
    assert main([*check, place.url]) == 0
    place.tamper("DELETE FROM emrcore_entries WHERE number = 3")
    assert main([*check, place.url]) == 1
    file.write_text(file.read_text().replace('"index": 1', '"index": 0'))
    assert main(check) == 1
    assert main([*prove, "patient/nobody"]) == 1
    assert "no checkpoint covers it" in capsys.readouterr().out


def test_another_key(place: Place, capsys: Captured) -> None:
    """JRN-7: what another has signed is told; so is another name of the log."""
    place.checkpoint()
    assert place.verify("--origin", "other") == 1
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (place.folder / "key.pub").write_bytes(pem)
    capsys.readouterr()
    assert place.verify() == 1
    assert "checkpoint 1: corrupt: the signature" in capsys.readouterr().out


Words = list[str]
WRONG: dict[str, tuple[Callable[[Place], Words], str]] = {
    "no database": (lambda _: ["verify", "sqlite:///nowhere.db"], "database: there is no"),
    "no url": (lambda _: ["verify", "nowhere"], "database: no URL"),
    "no driver": (lambda _: ["verify", "oracle://x"], "database: neither SQLite nor"),
    "no key": (lambda place: ["verify", place.url, *place.kept], "checkpoints: go with"),
    "no folder": (lambda place: ["verify", place.url, "--note", "x"], "note: goes with"),
    "the other half": (
        lambda place: ["checkpoint", place.url, *place.kept, *place.public],
        "key.pub: is not an Ed25519 key",
    ),
    "a missing key": (
        lambda place: ["checkpoint", place.url, *place.kept, "--key", "none.pem"],
        "none.pem: cannot be read",
    ),
    "no shard": (
        lambda place: ["prove", place.url, *place.kept, *place.public],
        "prove: needs",
    ),
    "no proof": (
        lambda place: ["prove", "--check", str(place.folder / "key.pub"), *place.public],
        "key.pub: is not a proof",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_input(place: Place, capsys: Captured, what: str) -> None:
    """JRN-7: is one clear error, the exit code is 2, and nothing is written."""
    words, told = WRONG[what]
    assert main(["journal", *words(place)]) == 2
    assert told in capsys.readouterr().err
    assert list((place.folder / "kept").iterdir()) == []
    assert not pathlib.Path("nowhere.db").exists()


@pytest.mark.parametrize("action", ["verify", "checkpoint", "prove"])
def test_help(capsys: Captured, action: str) -> None:
    """JRN-7: each action says what it does and how it exits."""
    with pytest.raises(SystemExit):
        main(["journal", action, "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "--checkpoints FOLDER" in told
    assert "xits with 1" in told

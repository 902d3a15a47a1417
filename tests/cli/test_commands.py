"""The command line: what it answers, and how it says that the input is wrong."""

import importlib.resources
import pathlib

import pytest

from emrcore.adapters.keyring import read_masters
from emrcore.cli.main import main
from emrcore.testing import patients

BOOK = (importlib.resources.files("emrcore") / "rulebooks" / "ru-moscow-2020.toml").read_text(
    "utf-8"
)
PAPERS = """
passport = "45 04 123456"
oms = "7750630824000013"
mobile = "8 (999) 000-00-01"
born = 1963-09-25
sex = "male"
"""

Captured = pytest.CaptureFixture[str]


def test_rulebook_check(capsys: Captured) -> None:
    """RB-1: a good rulebook is summed up."""
    assert main(["rulebook", "check", "ru-moscow-2020"]) == 0
    assert "13 sections, 5 open" in capsys.readouterr().out


def test_malformed_rulebook(capsys: Captured, tmp_path: pathlib.Path) -> None:
    """RB-1: every fault of a rulebook is listed with its line; the exit code is 2."""
    path = tmp_path / "mine.toml"
    path.write_text(BOOK.replace("value = 15", 'value = "x"').replace("idle_minutes", "idle"))
    store = tmp_path / "store.sqlite"
    for command in (
        ["rulebook", "check", str(path)],
        ["demo", "--rulebook", str(path), "--store", str(store)],
    ):
        assert main(command) == 2
        errors = capsys.readouterr().err
        assert errors.startswith("rulebook mine.toml: 4 fault(s)\n")
        assert errors.count("mine.toml:") == 5
    assert not store.exists()


@pytest.mark.parametrize("name", ["nowhere.toml", "ru-atlantis"])
def test_missing_rulebook(capsys: Captured, name: str) -> None:
    """RB-1: a rulebook that is not there is one clear error."""
    assert main(["rulebook", "check", name]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_deadline(capsys: Captured) -> None:
    """APP-4, CAL-9: a deadline is shown day by day."""
    assert main(["deadline", "--filed", "2020-03-27T10:00:00+03:00"]) == 0
    told = capsys.readouterr().out
    assert "due by the end of 2020-05-18 (standard calendar: 2020-04-03)" in told


@pytest.mark.parametrize(
    ("filed", "what"),
    [
        ("2020-01-14T10:00:00", "offset"),
        ("yesterday", "offset"),
        ("2027-12-30T10:00:00+03:00", "beyond-calendar"),
        ("1999-12-30T10:00:00+03:00", "beyond-calendar"),
    ],
)
def test_moments_that_are_none(capsys: Captured, filed: str, what: str) -> None:
    """CAL-2, CAL-7: a naive moment, no moment, and one beyond the calendar are refused."""
    assert main(["deadline", "--filed", filed]) == 2
    assert what in capsys.readouterr().err


def test_bundle(capsys: Captured, tmp_path: pathlib.Path) -> None:
    """FHIR-7: a bundle is counted by section, and what is not mapped is named."""
    path = tmp_path / "card.json"
    path.write_text(patients.bundles()["patient-11"], "utf-8")
    assert main(["fhir", str(path)]) == 0
    told = capsys.readouterr().out
    assert "   19 exam-protocols\n" in told
    assert "not mapped: Encounter" in told


@pytest.mark.parametrize("content", ["", "[]", '{"resourceType": "Patient"}', "{"])
def test_malformed_bundle(capsys: Captured, tmp_path: pathlib.Path, content: str) -> None:
    """FHIR-1: a bundle that cannot be understood is one error, and the exit code is 2."""
    path = tmp_path / "card.json"
    path.write_text(content, "utf-8")
    assert main(["fhir", str(path)]) == 2
    assert "[FHIR-1]" in capsys.readouterr().err


def test_papers(capsys: Captured, tmp_path: pathlib.Path) -> None:
    """APP-11: papers in order are said to be so, and not printed."""
    path = tmp_path / "papers.toml"
    path.write_text(PAPERS)
    assert main(["papers", str(path)]) == 0
    assert capsys.readouterr().out == "the papers are in order\n"


def test_malformed_papers(capsys: Captured, tmp_path: pathlib.Path) -> None:
    """APP-11: every fault of every paper is told at once, and no number is repeated."""
    path = tmp_path / "papers.toml"
    path.write_text(PAPERS.replace("123456", "12345").replace("0013", "0014").replace("999", "99"))
    assert main(["papers", str(path)]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("identity: 3 fault(s)\n")
    assert not any(number in errors for number in ("12345", "0014", "000-00"))
    path.write_text('passport = 1\nborn = "x"\nsex = "?"\nshoe = 44\n')
    assert main(["papers", str(path)]) == 2
    assert capsys.readouterr().err.startswith("papers: 6 fault(s)\n")


def test_unknown_section(capsys: Captured, tmp_path: pathlib.Path) -> None:
    """ACC-11: a section that is not in the rulebook is refused, and nothing is written."""
    store = tmp_path / "store.sqlite"
    assert main(["demo", "--section", "palm-reading", "--store", str(store)]) == 2
    assert "section: must be one of exam-protocols" in capsys.readouterr().err
    assert not store.exists()


CASE = ["--as", "guardian", "--born", "2010-05-05", "--tie", "confirmed"]
GRANTED = ["--granted", "2020-01-21T09:00:00+03:00"]


def test_rulebook_show(capsys: Captured) -> None:
    """RB-2: every value of a rulebook is printed with the place that says so."""
    assert main(["rulebook", "show", "ru-moscow-2020"]) == 0
    told = capsys.readouterr().out
    assert "relations.guardian.until-15.until_age = 15   [announcement: 7; choice: 19]" in told
    assert "sections.lab-results.windows.all.records_from = 2019-01-01   [announcement: 3]" in told
    assert "application.term = number 5 unit working-days" in told


@pytest.mark.parametrize(("signed", "seen"), [("2018-12-31", "hidden"), ("2019-01-01", "visible")])
def test_explain(capsys: Captured, signed: str, seen: str) -> None:
    """ACC-10, ACC-14: the citizen's answer, and the operator's with rule, source and change."""
    asked = ["--at", "2020-02-03T12:00:00+03:00", "--section", "lab-results", "--signed", signed]
    assert main(["explain", *CASE, *GRANTED, *asked]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{seen}: Documents are shown from 2019-01-01 on.")
    assert "It was decided by: 2019-01-01." in told
    assert "closed: referrals, prescriptions" in told
    assert "changes 2025-05-06T00:00:00+03:00: Parents see the card of a child under 15" in told


def test_explain_a_refusal(capsys: Captured) -> None:
    """ACC-8: a refusal tells what is missing, in the language that is asked for."""
    asked = ["--at", "2020-02-03T12:00:00+03:00", "--lang", "ru"]
    assert main(["explain", *CASE, *asked]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Доступ не предоставлен: подайте заявление. [ACC-8]\n")


def test_timeline(capsys: Captured) -> None:
    """ACC-14: the answers of a childhood, each from the moment it begins to differ."""
    span = ["--since", "2019-01-01T00:00:00+03:00", "--until", "2030-01-01T00:00:00+03:00"]
    assert main(["timeline", *CASE, *GRANTED, *span]) == 0
    assert [line[:16] for line in capsys.readouterr().out.splitlines()] == [
        "2019-01-01 00:00",
        "2020-01-14 00:00",
        "2020-01-21 09:00",
        "2025-05-06 00:00",
    ]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (["--born", "yesterday"], "born: must be a day"),
        (["--granted", "2020-01-21T09:00:00"], "granted: must be a moment"),
        (["--at", "2020-01-21"], "at: must be a moment"),
        (["--section", "tea"], "section: must be one of"),
        (["--rulebook", "nowhere.toml"], "nowhere.toml: cannot be read"),
    ],
)
def test_questions_that_are_none(capsys: Captured, wrong: list[str], where: str) -> None:
    """PPL-4, CAL-7, ACC-11: what is no day, no moment or no section is one clear error."""
    asked = ["--at", "2020-02-03T12:00:00+03:00"]
    assert main(["explain", *CASE, *GRANTED, *asked, *wrong]) == 2
    assert where in capsys.readouterr().err


def test_rulebook_diff(capsys: Captured) -> None:
    """ACC-18: who gains and loses what is told with examples; nothing is told of no change."""
    at = ["--at", "2020-09-01T12:00:00+03:00"]
    assert main(["rulebook", "diff", "ru-moscow-2020", "ru-moscow-2020-08", *at]) == 0
    told = capsys.readouterr().out
    assert "guardian gains lab-results\n  plain: patient born 2005-08-31" in told
    assert "guardian loses lab-results\n  of full capacity" in told
    assert main(["rulebook", "diff", "ru-moscow-2020", "ru-moscow-2020", *at]) == 0
    assert capsys.readouterr().out == "no difference\n"
    assert main(["rulebook", "diff", "ru-moscow-2020", "nowhere.toml", *at]) == 2


def test_new_master_key(capsys: Captured, tmp_path: pathlib.Path) -> None:
    """STO-6: a key goes to a closed file, is not shown, and never replaces another."""
    path = tmp_path / "2020.key"
    assert main(["keys", "new", str(path)]) == 0
    assert capsys.readouterr().out == ""
    kept = read_masters(tmp_path)
    assert list(kept) == ["2020"]
    refused = {path: "is there already", tmp_path / "2020": "not named ID.key"}
    refused[tmp_path / "none" / "2021.key"] = "cannot be written"
    for other, what in refused.items():
        assert main(["keys", "new", str(other)]) == 2
        assert what in capsys.readouterr().err
    assert read_masters(tmp_path) == kept

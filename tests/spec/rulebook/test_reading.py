"""Reading a rulebook: all of it is understood, or none."""

import importlib.resources
import itertools
import pathlib
import re

import pytest

from emrcore.errors import Malformed
from emrcore.people import AgeConvention
from emrcore.rulebook import Role, load, parse, shipped, shipped_names
from world import moscow

TEXT = (importlib.resources.files("emrcore") / "rulebooks" / "ru-moscow-2020.toml").read_text(
    "utf-8"
)
LINES = TEXT.splitlines()
VALUES = [
    number
    for number, line in enumerate(LINES)
    if re.match(r"[a-z_]+ = ", line) and not line.startswith("url")
]


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(Malformed) as error:
        parse(text, file="book.toml")
    return tuple(map(str, error.value.faults))


def with_line(number: int, line: str) -> str:
    return "\n".join([*LINES[:number], line, *LINES[number + 1 :]])


def test_shipped() -> None:
    """RB-1: every rulebook that is shipped is read whole, and is the same when read again."""
    for name in shipped_names():
        book = shipped(name)
        text = importlib.resources.files("emrcore") / "rulebooks" / f"{name}.toml"
        again = parse(text.read_text("utf-8"), file=name)
        assert book.id == name
        assert [one.fingerprint for one in again.editions] == [
            one.fingerprint for one in book.editions
        ]


def test_values_and_their_sources() -> None:
    """RB-2: each value is kept with the place that says so."""
    edition = shipped("ru-moscow-2020").editions[0]
    guardian = edition.relations[Role.GUARDIAN].bands["until-15"]
    assert edition.ages.attained.value is AgeConvention.DAY_AFTER
    assert guardian.until_age is not None
    assert (guardian.until_age.value, guardian.until_age.source) == (
        15,
        "announcement: 7; choice: 19",
    )


@pytest.mark.parametrize("number", VALUES, ids=lambda number: f"line-{number + 1}")
def test_any_value_missing(number: int) -> None:
    """RB-1: with any single value left out, the rulebook is refused, naming a key."""
    assert all(re.match(r"book\.toml(:\d+)? \S+: ", one) for one in faults(with_line(number, "")))


@pytest.mark.parametrize("number", VALUES, ids=lambda number: f"line-{number + 1}")
def test_any_value_mistyped(number: int) -> None:
    """RB-1: with any single value of another type, the fault names its line and key."""
    key = LINES[number].split(" = ")[0]
    text = with_line(number, f"{key} = 3.14")
    assert any(one.startswith(f"book.toml:{number + 1} ") for one in faults(text))


@pytest.mark.parametrize(
    "number",
    [number for number in VALUES if "source = " in LINES[number]],
    ids=lambda number: f"line-{number + 1}",
)
def test_any_value_uncited(number: int) -> None:
    """RB-2: a value without a source, or with one that is not listed, is refused at its line."""
    bare = re.sub(r', source = ".*?" }', " }", LINES[number])
    unknown = re.sub(r'source = ".*?" }', 'source = "hearsay: 1" }', LINES[number])
    for text in (with_line(number, bare), with_line(number, unknown)):
        (fault,) = faults(text)
        assert fault.startswith(f"book.toml:{number + 1} ")
        assert fault.endswith("[RB-2]")


def test_every_fault_at_once() -> None:
    """RB-1: faults in five places are told in one error, in the order of the file."""
    text = TEXT
    for old, new in [
        ('zone = "Europe/Moscow"', 'zone = "Mars/Olympus"'),
        ("until_age = { value = 15", 'until_age = { value = "fifteen"'),
        ("records_from = { value = 2017-01-01", "records_from = { value = 2017-13-01"[:27] + "1"),
        ("tries = { value = 5", "tries = { value = 6"),
        ("idle_minutes = {", "idle_hours = {"),
    ]:
        assert old in text
        text = text.replace(old, new, 1)
    found = faults(text)
    assert len(found) == 6
    assert [one.split(": ", 1)[1] for one in found] == [
        "must be a time zone of the IANA database [RB-1]",
        "must be a whole number from 0 to 150 [RB-1]",
        "must be a day, such as 2020-01-14 [RB-1]",
        "must be a whole number from 1 to 5 [RB-1]",
        "is missing [RB-1]",
        "is not known here [RB-1]",
    ]


SELF, GUARDIAN = "[edition.relations.self.from-15]", "[edition.relations.guardian.until-15]"
OVERRIDE = '\ncapacity_overrides_age = { value = true, source = "choice: bands" }'
CLOSES = 'closed_on = { value = 2020-01-14, source = "choice: 15" }\n'
BACKWARDS = """since = { value = 2020-01-01, source = "choice: 11" }
until = { value = 2020-01-01"""
OF_TWO = ("custody", "residence", "assent")


def needs(need: str) -> str:
    return f'\nneeds = {{ value = ["{need}"], source = "choice: bands" }}'


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (
            "until_age = { value = 15",
            "until_age = { value = 14",
            "as guardian and self have it",
        ),
        ("from_age = { value = 15", "from_age = { value = 14", "as guardian and self have it"),
        ('kinds = { value = ["ct", "mri"', 'kinds = { value = ["ecg", "mri"', "belongs to"),
        ("[edition.relations.crew.in-emergency]", "[edition.relations.heir.x]", "is not one of"),
        ('sections = { value = ["exam', 'sections = { value = ["tea", "exam', "is not a section"),
        ("failures = 10, minutes = 60", "failures = 10, minutes = 6", "must rise"),
        ("{ failures = 5, minutes = 15 }, ", "", "must lock at 5"),
        ("hard_failures = { value = 30", "hard_failures = { value = 20", "is not above"),
        ("absolute_minutes = { value = 120", "absolute_minutes = { value = 9", "is below"),
        ('access = { value = "granted"', 'access = { value = "staff"', "for them only"),
        ('basis = { value = "occurred"', "announced = { value = true", "basis: is missing"),
        ("announced = { value = true", CLOSES + "announced = { value = true", "only announced"),
        ("records_from = { value = 2017", CLOSES + "records_from = { value = 2017", "not after"),
        ("until = { value = 2020-01-01", "until = { value = 2021-01-01", "said otherwise by"),
        (
            'before]\nsections = { value = ["exam',
            'before]\nsections = { value = ["tea',
            "is not a s",
        ),
        ("until = { value = 2020-01-01", BACKWARDS, "is not after since"),
        ("announced = { value = true", "announced = { value = false", "is false"),
        ('checks = { value = ["identity", "policy", "photo"]', "checks = { value = []", "is empty"),
        *((SELF, SELF + needs(need), "between two persons") for need in OF_TWO),
        (SELF, SELF + OVERRIDE, "ages.gap: is not as guardian and self have it"),
        (SELF, SELF + OVERRIDE, "ages.overlap: is not as guardian and self have it"),
        (GUARDIAN, GUARDIAN + OVERRIDE, "whatever the capacity: 0 to 14"),
        (GUARDIAN, GUARDIAN + OVERRIDE, "whatever the capacity: 15 to 149"),
        ('["identity", "policy", "photo"]', '["identity", "identity"]', "names something twice"),
    ],
)
def test_sense(old: str, new: str, what: str) -> None:
    """RB-3: a rulebook with a gap, an overlap or a contradiction is refused, saying which."""
    assert old in TEXT
    assert any(what in one for one in faults(TEXT.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("lines", "heads"),
    [
        (needs("assessment"), (SELF,)),
        (needs("cover"), (SELF,)),
        (needs("custody"), (GUARDIAN,)),
        (OVERRIDE, (SELF, GUARDIAN)),
    ],
)
def test_what_makes_sense(lines: str, heads: tuple[str, ...]) -> None:
    """RB-3: a need that can be met is taken, and capacity where both kinds of viewer go by it."""
    text = TEXT
    for head in heads:
        text = text.replace(head, head + lines)
    assert parse(text, file="book.toml").id == "ru-moscow-2020"


def test_what_is_found_of_the_capacity_can_be_declared() -> None:
    """RB-3: ages that are nobody's or both's by a finding alone are taken once declared."""
    declared = """
gap = { value = [0, 15], source = "choice: bands" }
overlap = { value = [15, 150], source = "choice: bands" }"""
    text = TEXT.replace(GUARDIAN, GUARDIAN + OVERRIDE)
    assert faults(text)
    text = text.replace("[edition.ages]", "[edition.ages]" + declared)
    assert parse(text, file="book.toml").id == "ru-moscow-2020"


@pytest.mark.parametrize("text", ["", "id = 1", "id =", "\x00", "edition = 3", "[[edition]]"])
def test_no_rulebook(text: str) -> None:
    """RB-1: what is no rulebook at all is refused in the same way."""
    assert faults(text)


def test_later_edition_says_only_what_changes() -> None:
    """RB-4: a later edition opens a section; the days before it are judged as before."""
    book = parse(TEXT + LATER, file="book.toml")
    before, after = book.editions
    assert before.until == after.valid_from
    assert book.edition_at(moscow(2020, 4, 19, 23, 59)) is before
    assert book.edition_at(moscow(2020, 4, 20)) is after
    assert book.edition_at(moscow(2019, 1, 1)) is before
    assert before.fingerprint == shipped("ru-moscow-2020").editions[0].fingerprint
    changed = [name for name, section in before.sections.items() if section != after.sections[name]]
    assert changed == ["instrumental"]


LATER = """
[[edition]]
valid_from = 2020-04-20

[edition.sections.instrumental]
records_from = { value = 2019-01-01, source = "choice: 5" }
"""


def test_editions_in_order() -> None:
    """RB-3: an edition that does not come after the one before it is refused."""
    text = TEXT + LATER.replace("2020-04-20", "2020-01-14")
    (fault,) = faults(text)
    assert "is not after the edition before" in fault


def test_unknown_name() -> None:
    """RB-1: a rulebook that is not shipped is refused, naming those that are."""
    with pytest.raises(Malformed) as error:
        shipped("ru-atlantis")
    assert "ru-moscow-2020" in str(error.value)


def test_unreadable_file(tmp_path: pathlib.Path) -> None:
    """RB-1: a file that is missing, or not UTF-8, is one clear error."""
    (tmp_path / "latin.toml").write_bytes(b"\xff\xfe")
    for name in ("missing.toml", "latin.toml"):
        with pytest.raises(Malformed):
            load(tmp_path / name)
    (tmp_path / "good.toml").write_text(TEXT, "utf-8")
    assert load(tmp_path / "good.toml").id == "ru-moscow-2020"


def test_no_fault_is_a_consequence_of_another() -> None:
    """RB-1: two faults far apart give two lines, no more."""
    pairs = itertools.combinations(
        [number for number in VALUES if "digits" in LINES[number] or "minutes" in LINES[number]], 2
    )
    for one, other in itertools.islice(pairs, 10):
        lines = list(LINES)
        for number in (one, other):
            lines[number] = re.sub(r"value = \d+", "value = true", lines[number])
        if lines[one] != LINES[one] and lines[other] != LINES[other]:
            assert len(faults("\n".join(lines))) == 2

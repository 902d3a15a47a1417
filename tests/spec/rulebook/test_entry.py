"""How one gets in, as data: no value that would open a door is ever taken."""

import importlib.resources
import re
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.errors import Malformed
from emrcore.rulebook import (
    Activation,
    AtMost,
    Cited,
    EntryRule,
    LockStep,
    Means,
    entry_profile,
    parse,
    profile_names,
)
from emrcore.rulebook.entry import BOUNDS
from emrcore.rules import Rule

DEFAULT = entry_profile("default")
TEXT = (importlib.resources.files("emrcore") / "rulebooks" / "ru-moscow-2020.toml").read_text(
    "utf-8"
)


def parts() -> Iterator[tuple[str, Any]]:
    """Every table of the entry rule, and the rule itself under an empty name."""
    yield "", DEFAULT
    for field in attrs.fields(EntryRule):
        value: Any = getattr(DEFAULT, field.name)
        if not isinstance(value, Cited):
            yield field.name, value


def fields(part: Any) -> Iterator["attrs.Attribute[Any]"]:
    """The fields of one table."""
    yield from attrs.fields(part.__class__)


NUMBERS = [
    (table, part, field.name, *field.metadata[BOUNDS])
    for table, part in parts()
    for field in fields(part)
    if BOUNDS in field.metadata
]
OTHERS = {
    (table, field.name)
    for table, part in parts()
    for field in fields(part)
    if BOUNDS not in field.metadata and isinstance(getattr(part, field.name), Cited)
}


def names(case: object) -> str:
    return case if isinstance(case, str) else ""


def with_value(part: Any, name: str, value: object) -> object:
    return attrs.evolve(part, **{name: Cited(value, "choice: sms")})


def test_every_field_is_known_here() -> None:
    """RB-1: a number added later has bounds, or is named among those that are no numbers."""
    assert len(NUMBERS) == 28
    assert {
        ("", "means"),
        ("first_password", "activation"),
        ("one_time_code", "pauses"),
        ("lock", "steps"),
        ("session", "at_most"),
        ("phone", "countries"),
    } == OTHERS


@pytest.mark.parametrize(("table", "part", "name", "least", "most"), NUMBERS, ids=names)
def test_number_in_the_constructor(table: str, part: Any, name: str, least: int, most: int) -> None:
    """RB-1 (T11): zero, negative, too large, no number, true: none is taken; the bounds are."""
    del table
    bad: list[object] = [
        least - 1,
        -1,
        most + 1,
        10**9 * 1440 * 1000,
        2**63,
        float(least),
        float("nan"),
        float("inf"),
        str(least),
        True,
        False,
        None,
    ]
    if least:
        bad.append(0)
    for value in bad:
        with pytest.raises(ValueError, match=name):
            with_value(part, name, value)
    for value in (least, most):
        assert getattr(with_value(part, name, value), name).value == value


def in_toml(table: str, name: str, value: str) -> str:
    """The rulebook of Moscow with another value at that place."""
    heading = f"[edition.entry.{table}]" if table else "[edition.entry]"
    start = TEXT.index(heading)
    pattern = re.compile(rf"(?m)^({name} = {{ value = )[^\[\]]*?(, source)")
    changed, times = pattern.subn(rf"\g<1>{value}\g<2>", TEXT[start:], count=1)
    assert times == 1
    return TEXT[:start] + changed


@pytest.mark.parametrize(("table", "part", "name", "least", "most"), NUMBERS, ids=names)
def test_number_in_a_file(table: str, part: object, name: str, least: int, most: int) -> None:
    """RB-1 (T11): the same from a file: refused, with its place."""
    del part
    bad = [str(least - 1), "-1", str(most + 1), str(10**18), f"{least}.0", f'"{least}"', "true"]
    bad += ["nan", "inf", "[]", *(["0"] if least else [])]
    for value in bad:
        with pytest.raises(Malformed) as error:
            parse(in_toml(table, name, value), file="book.toml")
        assert any(name in fault.where for fault in error.value.faults)
    for bound in (least, most):
        assert all(rule is rules.RB_3 for rule in refusals(in_toml(table, name, str(bound))))


def refusals(text: str) -> list[Rule | None]:
    """By which rules the rulebook is refused; RB-3 is about one number beside another."""
    try:
        parse(text, file="book.toml")
    except Malformed as error:
        return [fault.rule for fault in error.faults]
    return []


@pytest.mark.parametrize(
    "pauses",
    [(), (0,), (14,), (-15,), (3601,), (30, 15), (15.0,), (True,), ("30",), (None,), (10**12,)],
)
def test_pauses(pauses: tuple[object, ...]) -> None:
    """RB-1 (T11): pauses are whole seconds from 15 to 3600 that do not fall."""
    with pytest.raises(ValueError, match=r"must"):
        with_value(DEFAULT.one_time_code, "pauses", pauses)


def step(failures: Any, minutes: Any) -> LockStep:
    return LockStep(failures=failures, minutes=minutes)


STEPS: list[tuple[LockStep, ...]] = [
    (),
    (step(6, 15),),
    (step(0, 15),),
    (step(-5, 15),),
    (step(5, 0),),
    (step(5, -1),),
    (step(5, 43201),),
    (step(5, 10**12),),
    (step(5.0, 15),),
    (step(5, 15.0),),
    (step(True, 15),),
    (step(5, True),),
    (step("5", 15),),
    (step(5, 15), step(5, 60)),
    (step(5, 60), step(10, 15)),
]


@pytest.mark.parametrize("steps", STEPS, ids=str)
def test_lock_steps(steps: tuple[LockStep, ...]) -> None:
    """RB-1 (T11): a lock comes after five failures at the latest, lasts, and never shrinks."""
    with pytest.raises(ValueError, match=r"must|is empty"):
        with_value(DEFAULT.lock, "steps", steps)


@pytest.mark.parametrize("means", [(), (Means.RECOVERY,)])
def test_means(means: tuple[Means, ...]) -> None:
    """RB-1: recovery codes alone are no means to get in."""
    with pytest.raises(ValueError, match="totp, sms or both"):
        with_value(DEFAULT, "means", means)


@pytest.mark.parametrize("name", profile_names())
def test_profiles_are_within_the_bounds(name: str) -> None:
    """RB-1, SES-5: every profile locks at five, for good at a hundred at most, for a session
    ends.
    """
    rule = entry_profile(name)
    assert rule.lock.steps.value[0].failures <= 5
    assert rule.lock.hard_failures.value <= 100
    assert rule.one_time_code.lifetime_minutes.value <= 10
    assert isinstance(rule.first_password.activation.value, Activation)
    assert isinstance(rule.session.at_most.value, AtMost)

"""How one gets in: the bounds that no rulebook and no host can leave."""

import itertools
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.errors import Malformed
from emrcore.rulebook import Cited, EntryRule, LockStep, Means, entry_profile, profile_names
from emrcore.rulebook.entry import BOUNDS, check_pauses, check_steps

DEFAULT = entry_profile("default")
GROUPS = ("first_password", "one_time_code", "lock", "session", "phone", "sending")


def bounded() -> Iterator[tuple[str, str, int, int]]:
    """Every whole number of an entry rule: its group, its name, the least and the most."""
    for group in GROUPS:
        rule: Any = getattr(DEFAULT, group)
        kind: type[Any] = rule.__class__
        for field in attrs.fields(kind):
            if BOUNDS in field.metadata:
                yield group, field.name, *field.metadata[BOUNDS]


NUMBERS = list(bounded())
BOUNDS_OF = {f"{group}.{name}": (least, most) for group, name, least, most in NUMBERS}


def changed(group: str, name: str, value: object) -> EntryRule:
    rule = getattr(DEFAULT, group)
    cited: Any = Cited(value, "choice: a test")
    return attrs.evolve(DEFAULT, **{group: attrs.evolve(rule, **{name: cited})})


@pytest.mark.parametrize(("group", "name", "least", "most"), NUMBERS)
def test_every_number_has_its_bounds(group: str, name: str, least: int, most: int) -> None:
    """RB-3: the least and the most are taken; one below, one above, no number: refused (R24)."""
    for value in (least, most):
        assert getattr(getattr(changed(group, name, value), group), name).value == value
    wrong: list[object] = [least - 1, most + 1, -1, 10**12, True, float(least), str(least), None]
    for junk in wrong:
        with pytest.raises(ValueError, match=name):
            changed(group, name, junk)


@pytest.mark.parametrize(
    ("place", "bounds"),
    [
        ("one_time_code.digits", (6, 9)),
        ("first_password.digits", (6, 9)),
        ("one_time_code.lifetime_minutes", (1, 10)),
        ("one_time_code.tries", (1, 5)),
        ("first_password.tries", (1, 5)),
        ("lock.hard_failures", (1, 100)),
        ("session.idle_minutes", (1, 30)),
        ("session.absolute_minutes", (1, 12 * 60)),
        ("session.fresh_minutes", (1, 15)),
        ("first_password.lifetime_minutes", (1, 72 * 60)),
        ("phone.cooling_hours", (24, 720)),
    ],
)
def test_bounds_are_those_of_the_standards(place: str, bounds: tuple[int, int]) -> None:
    """RB-3: six digits, ten minutes, five tries, a hundred failures, 30 minutes, 12 hours.

    R2, R3, R15, R16, R39, R47.
    """
    assert BOUNDS_OF[place] == bounds


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (LockStep(failures=6, minutes=15),),
        (LockStep(failures=0, minutes=15),),
        (LockStep(failures=5, minutes=0),),
        (LockStep(failures=5, minutes=30 * 24 * 60 + 1),),
        (LockStep(failures=5, minutes=60), LockStep(failures=10, minutes=15)),
        (LockStep(failures=5, minutes=15), LockStep(failures=5, minutes=60)),
    ],
)
def test_steps_that_would_not_lock(steps: tuple[LockStep, ...]) -> None:
    """RB-3: a lock begins at five failures or fewer, and later steps are no shorter (R16, R24)."""
    with pytest.raises(ValueError, match=r"must|empty"):
        check_steps(steps)


def test_steps_at_the_bounds() -> None:
    """RB-3: a lock at the first failure, for thirty days, may be."""
    steps = (LockStep(failures=1, minutes=1), LockStep(failures=2, minutes=30 * 24 * 60))
    assert check_steps(steps) == steps


@pytest.mark.parametrize("pauses", [(), (14,), (30, 15), (30, 3601)])
def test_pauses_that_would_not_pause(pauses: tuple[int, ...]) -> None:
    """RB-3: a pause is 15 seconds to an hour, and none is shorter than the one before (R24)."""
    with pytest.raises(ValueError, match="must"):
        check_pauses(pauses)
    assert check_pauses((15, 15, 3600)) == (15, 15, 3600)


def test_profiles() -> None:
    """RB-1: the profiles are known by name, and an unknown name is refused with the known ones."""
    assert profile_names() == ("default", "nist-aal2", "bank", "asvs-l3")
    with pytest.raises(Malformed) as error:
        entry_profile("nist-aal3")
    assert [fault.rule for fault in error.value.faults] == [rules.RB_1]
    assert "default, nist-aal2, bank, asvs-l3" in str(error.value)


def test_each_profile_is_stricter() -> None:
    """No profile allows more, or for longer, than the one before it."""
    found = [entry_profile(name) for name in profile_names()]
    for looser, stricter in itertools.pairwise(found):
        for group, name in (
            ("first_password", "lifetime_minutes"),
            ("first_password", "tries"),
            ("one_time_code", "lifetime_minutes"),
            ("one_time_code", "tries"),
            ("lock", "hard_failures"),
            ("session", "idle_minutes"),
            ("session", "absolute_minutes"),
            ("session", "most"),
        ):
            before, after = (getattr(getattr(one, group), name).value for one in (looser, stricter))
            assert after <= before, name
        assert stricter.one_time_code.digits.value >= looser.one_time_code.digits.value
        assert set(stricter.means.value) <= set(looser.means.value)
    assert Means.SMS not in found[-1].means.value

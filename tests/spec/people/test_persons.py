"""Persons: a human, the name, the card and the login."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.errors import Malformed
from emrcore.people import (
    Account,
    AccountLevel,
    Card,
    PatientId,
    Person,
    PersonId,
    PersonName,
    Sex,
)

BORN = dt.date(2005, 1, 14)
SECRET = "Орлова Анна"
SAID: dict[type, dict[str, Any]] = {
    PersonName: {"family": "Орлова", "given": "Анна", "patronymic": "Ильинична"},
    Person: {"id": "p", "born": BORN, "sex": Sex.FEMALE, "name": None, "died": None},
    Card: {"patient": "c", "person": "p", "created_on": BORN, "clinic": "gp-1"},
    Account: {"id": "a", "person": "p", "level": AccountLevel.FULL},
}
NAMES = st.text(alphabet="абвгдеёжАБЕЁяъ -", min_size=1).filter(lambda text: bool(text.strip()))


def named(family: str, given: str = "Анна", patronymic: str | None = "Ильинична") -> PersonName:
    return PersonName(family=family, given=given, patronymic=patronymic)


@pytest.mark.parametrize(
    "spelt",
    [
        "Семёнова-Тян",
        "СЕМЕНОВА-ТЯН",
        "семенова тян",
        " Семёнова \u2013\u00a0Тян ",
        "Семе\u0308нова-Тян",
    ],
)
def test_a_name_matches_its_other_spellings(spelt: str) -> None:
    """PPL-8: case, ё, spaces, hyphens and the way ё is encoded do not tell names apart."""
    assert named(spelt).matches(named("Семёнова-Тян"))


@pytest.mark.parametrize(
    "other",
    [
        named("Семёноватян"),
        named("Семёнова"),
        named("Семёнова-Тян", given="Яна"),
        named("Семёнова-Тян", patronymic="Львовна"),
        named("Семёнова-Тян", patronymic=None),
        PersonName(family="Анна", given="Семёнова-Тян", patronymic="Ильинична"),
    ],
)
def test_a_name_does_not_match_another(other: PersonName) -> None:
    """PPL-8: a part more, less or elsewhere makes another name; so does a missing patronymic."""
    assert not named("Семёнова-Тян").matches(other)
    assert not other.matches(named("Семёнова-Тян"))


@given(family=NAMES, given_name=NAMES)
def test_a_name_matches_itself_however_written(family: str, given_name: str) -> None:
    """PPL-8: matching does not depend on the side that writes in capitals."""
    name = PersonName(family=family, given=given_name)
    louder = PersonName(family=family.upper(), given=given_name.swapcase())

    assert name.matches(louder)
    assert louder.matches(name)


@pytest.mark.parametrize("part", ["family", "given", "patronymic"])
@pytest.mark.parametrize("blank", ["", " ", "\u00a0\t"])
def test_no_part_of_a_name_is_blank(part: str, blank: str) -> None:
    """PPL-9: a blank family, given or patronymic part is refused, at its field."""
    with pytest.raises(Malformed) as caught:
        PersonName(**({"family": "Орлова", "given": "Анна"} | {part: blank}))

    (fault,) = caught.value.faults
    assert (fault.where, fault.rule and fault.rule.id) == (part, "PPL-9")


def test_a_person_known_by_one_name_has_a_hyphen_for_the_other() -> None:
    """PPL-9: a register's hyphen is something written, and matches any other hyphen."""
    assert named("-", patronymic=None).matches(named("\u2013", patronymic=None))


@pytest.mark.parametrize("died", [BORN, BORN + dt.timedelta(days=1)])
def test_a_person_may_die_on_the_day_of_birth(died: dt.date) -> None:
    """PPL-6: the day of birth is the first on which a person may die."""
    assert Person(id=PersonId("p"), born=BORN, died=died).died == died


def test_a_person_does_not_die_before_being_born() -> None:
    """PPL-6: a death on the day before the birth is refused."""
    with pytest.raises(Malformed, match="PPL-6"):
        Person(id=PersonId("p"), born=BORN, died=BORN - dt.timedelta(days=1))


@pytest.mark.parametrize("field", ["born", "died"])
@pytest.mark.parametrize("moment", [dt.datetime(2020, 1, 14, tzinfo=dt.UTC), "2020-01-14", 2020])
def test_a_person_is_born_and_dies_on_a_day(field: str, moment: Any) -> None:
    """PPL-4: neither is a moment, a text or a number."""
    facts: dict[str, Any] = {"born": BORN} | {field: moment}
    with pytest.raises(TypeError, match=f"{field} is a .*PPL-4"):
        Person(id=PersonId("p"), **facts)


def test_a_card_is_created_on_a_day() -> None:
    """PPL-4: the first visit is a day in the city of the clinic."""
    with pytest.raises(TypeError, match="PPL-4"):
        Card(
            patient=PatientId("c"),
            person=PersonId("p"),
            created_on=dt.datetime(2020, 1, 14, tzinfo=dt.UTC),
            clinic="gp-1",
        )


def test_a_person_shows_the_id_and_sex_only() -> None:
    """PPL-10: neither name nor birth nor death is in the repr."""
    anna = Person(
        id=PersonId("p-1"),
        born=BORN,
        sex=Sex.FEMALE,
        name=named("Орлова"),
        died=dt.date(2019, 12, 31),
    )

    assert repr(anna) == "Person(id='p-1', sex=<Sex.FEMALE: 'female'>)"
    assert repr(anna.name) == "PersonName()"


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, said in SAID.items() for field in said]
)
def test_a_wrong_type_is_refused_without_being_shown(kind: type, field: str) -> None:
    """PPL-10: what was given in a wrong place may be a secret from another."""
    with pytest.raises(TypeError) as caught:
        kind(**(SAID[kind] | {field: [SECRET]}))

    assert field in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("kind", SAID)
def test_the_parts_of_a_person_are_said_by_name(kind: type) -> None:
    """PPL-8: or a family name would be taken for a given one."""
    with pytest.raises(TypeError, match="positional"):
        kind(*SAID[kind].values())


@pytest.mark.parametrize("kind", SAID)
def test_persons_names_cards_and_accounts_are_values(kind: type) -> None:
    """PPL-10: two that say the same are equal and hash alike, though their reprs say less."""
    assert kind(**SAID[kind]) == kind(**SAID[kind])
    assert hash(kind(**SAID[kind])) == hash(kind(**SAID[kind]))

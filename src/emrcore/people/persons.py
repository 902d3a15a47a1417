"""A human, the card about one, and the login of one: three ids, never mixed."""

import datetime as dt
import enum
import unicodedata
from typing import Any, NewType

import attrs

from emrcore import rules
from emrcore.errors import Fault
from emrcore.people.shapes import a, a_day, refuse, words
from emrcore.people.standing import AccountLevel

PersonId = NewType("PersonId", str)
"""Names a human."""

PatientId = NewType("PatientId", str)
"""Names the human a card is about, as the clinics do."""

AccountId = NewType("AccountId", str)
"""Names a portal login."""


class Sex(enum.StrEnum):
    """The sex a register holds."""

    MALE = "male"
    FEMALE = "female"


def _written(name: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    a(str)(name, attribute, value)
    if not value.strip():
        refuse("name", [Fault(attribute.name, "is blank", rules.PPL_9)])


@attrs.frozen(kw_only=True)
class PersonName:
    """A name as a register writes it; the patronymic may be missing.

    Raises:
        Malformed: PPL-9, a part is blank.
    """

    family: str = attrs.field(repr=False, validator=_written)
    given: str = attrs.field(repr=False, validator=_written)
    patronymic: str | None = attrs.field(
        default=None, repr=False, validator=attrs.validators.optional(_written)
    )

    def matches(self, other: "PersonName") -> bool:
        """Whether *other* is the same name in another spelling (PPL-8).

        A missing patronymic matches only a missing one.
        """
        return _spelling(self) == _spelling(other)


def _spelling(name: PersonName) -> list[list[str] | None]:
    parts = (name.family, name.given, name.patronymic)
    return [part if part is None else words(_folded(part)) for part in parts]


def _folded(part: str) -> str:
    return unicodedata.normalize("NFC", part).casefold().replace("ё", "е")


def _not_before_birth(person: "Person", _: object, died: dt.date) -> None:
    if died < person.born:
        refuse("person", [Fault("died", "is before the birth", rules.PPL_6)])


@attrs.frozen(kw_only=True)
class Person:
    """A human: born on *born*, dead from *died* on.

    Raises:
        TypeError: PPL-4, a moment stands where a day is meant.
        Malformed: PPL-6, *died* is before *born*.
    """

    id: PersonId = attrs.field(validator=a(str))
    born: dt.date = attrs.field(repr=False, validator=a_day)
    sex: Sex | None = attrs.field(default=None, validator=attrs.validators.optional(a(Sex)))
    name: PersonName | None = attrs.field(
        default=None, repr=False, validator=attrs.validators.optional(a(PersonName))
    )
    died: dt.date | None = attrs.field(
        default=None,
        repr=False,
        validator=attrs.validators.optional([a_day, _not_before_birth]),
    )


@attrs.frozen(kw_only=True)
class Card:
    """The medical record of *patient*, begun by *clinic* at the first visit."""

    patient: PatientId = attrs.field(validator=a(str))
    person: PersonId = attrs.field(validator=a(str))
    created_on: dt.date = attrs.field(validator=a_day)
    clinic: str = attrs.field(validator=a(str))


@attrs.frozen(kw_only=True)
class Account:
    """The portal login of *person*."""

    id: AccountId = attrs.field(validator=a(str))
    person: PersonId = attrs.field(validator=a(str))
    level: AccountLevel = attrs.field(validator=a(AccountLevel))

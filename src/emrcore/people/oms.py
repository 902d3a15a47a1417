"""The policy of compulsory medical insurance (OMS), in each of the three forms in use.

The unified number is ``RR MMYYYYDD NNNNN C``: region, birth and sex, serial, check digit. The eight
digits in the middle are written in disguise: the month is marked for its era (+20, +40, +0), the
year is reversed, the day of a man is raised by 50, and every digit is then taken from nine.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import TypeAlias

import attrs

from emrcore import rules
from emrcore.errors import Fault
from emrcore.people.persons import Sex
from emrcore.people.shapes import are_digits, compact, read, refuse

_LETTERS_AND_DIGITS = re.compile("[0-9A-ZА-ЯЁ]+")
_TEMPORARY, _UNIFIED = 9, 16
_FROM_NINE = str.maketrans("0123456789", "9876543210")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_MARK = 20
_ERAS = (range(2001, 10_000), range(1, 1951), range(1951, 2001))
_MAN = 50


@attrs.frozen(kw_only=True)
class OldPolicy:
    """Form 1, issued before the unified number: nothing in it can be checked but its letters.

    Raises:
        Malformed: ID-2.
    """

    series: str = attrs.field(repr=False)
    number: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        refuse("oms", _old_faults(self.series, self.number))

    @property
    def canonical(self) -> str:
        """Series and number with one space between, in capitals."""
        return f"{self.series} {self.number}"


@attrs.frozen
class TemporaryCertificate:
    """Form 2, held until the policy is made: 9 digits.

    Raises:
        Malformed: ID-2.
    """

    number: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        if not are_digits(self.number, _TEMPORARY):
            refuse("oms", [Fault("oms.number", "is not 9 digits", rules.ID_2)])

    @property
    def canonical(self) -> str:
        """The 9 digits."""
        return self.number


@attrs.frozen
class UnifiedPolicy:
    """Form 3, the unified number (ENP): 16 digits that tell region, birth date and sex.

    Raises:
        Malformed: ID-2, ID-3, ID-4.
    """

    number: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        refuse("oms", _unified_faults(self.number))

    @property
    def canonical(self) -> str:
        """The 16 digits."""
        return self.number

    @property
    def region(self) -> str:
        """The region of issue, two digits; ``"77"`` is Moscow."""
        return self.number[:2]

    @property
    def born(self) -> dt.date:
        """The holder's birth date."""
        year, month, day, _ = _birth(self.number)
        return dt.date(year, month % _MARK, day)

    @property
    def sex(self) -> Sex:
        """The holder's sex."""
        return _birth(self.number)[3]

    @property
    def serial(self) -> str:
        """What tells apart persons of one birth date, sex and region, five digits."""
        return self.number[10:15]


Policy: TypeAlias = OldPolicy | TemporaryCertificate | UnifiedPolicy
"""A policy in whichever form it was issued."""


def parse_oms(text: str, series: str | None = None) -> Policy:
    """The policy typed as *text*; its *series* may stand in a field of its own or in front.

    Two words are a series and a number; a blank *series* is none.

    Raises:
        Malformed: ID-1 to ID-4, at ``oms.series`` and ``oms.number``.
    """
    number = read(text, "oms.number")
    front = compact(read(series, "oms.series")) if series is not None else ""
    match [front, number] if front else number.split():
        case [before, after]:
            return OldPolicy(series=compact(before).upper(), number=compact(after).upper())
        case parts:
            digits = compact("".join(parts))
    return TemporaryCertificate(digits) if len(digits) == _TEMPORARY else UnifiedPolicy(digits)


def _old_faults(series: str, number: str) -> Iterator[Fault]:
    if not _LETTERS_AND_DIGITS.fullmatch(series):
        yield Fault("oms.series", "is not of letters and digits", rules.ID_2)
    if not _LETTERS_AND_DIGITS.fullmatch(number):
        yield Fault("oms.number", "is not of letters and digits", rules.ID_2)
    if are_digits(number, _UNIFIED):
        yield Fault("oms.series", "stands before a unified number, which has none", rules.ID_2)


def _unified_faults(number: str) -> Iterator[Fault]:
    if not are_digits(number, _UNIFIED):
        yield Fault("oms.number", "is of none of the three forms", rules.ID_2)
        return
    if not _passes_luhn(number):
        yield Fault("oms.number", "fails its check digit", rules.ID_3)
    year, month, day, _ = _birth(number)
    mark, month = divmod(month, _MARK)
    if mark >= len(_ERAS) or not _exists(year, month, day):
        yield Fault("oms.number", "holds no birth date", rules.ID_4)
    elif year not in _ERAS[mark]:
        yield Fault("oms.number", "marks another era than that of its year", rules.ID_4)


def _passes_luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    return (sum(digits[::2]) + sum(_DOUBLED[digit] for digit in digits[1::2])) % 10 == 0


def _birth(number: str) -> tuple[int, int, int, Sex]:
    """Year, month with its mark, day and sex out of the disguise."""
    plain = number[2:10].translate(_FROM_NINE)
    month, year, day = int(plain[:2]), int(plain[5:1:-1]), int(plain[6:])
    return (year, month, day - _MAN, Sex.MALE) if day > _MAN else (year, month, day, Sex.FEMALE)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True

"""The internal passport of a citizen of Russia."""

from collections.abc import Iterator

import attrs

from emrcore import rules
from emrcore.errors import Fault
from emrcore.people.shapes import are_digits, compact, read, refuse

_FIRST_NUMBER = "000101"
_FIRST_YEAR = 97
_OUTSIDE_OKATO = frozenset({"02", "06", "09", "13", "16", "31", "39", "48", "51", "59", "62", "72"})


@attrs.frozen(kw_only=True)
class Passport:
    """A *series* of four digits (region, year of the blank) and a *number* of six.

    Raises:
        Malformed: ID-8, ID-10. The year is checked by ``parse_passport``, which is told today's.
    """

    series: str = attrs.field(repr=False)
    number: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        refuse("passport", _faults(self.series, self.number))

    @property
    def canonical(self) -> str:
        """The 10 digits."""
        return self.series + self.number

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What an operator should look at, though it is no ground for refusal (ID-10)."""
        if self.series[:2] in _OUTSIDE_OKATO:
            return (Fault("passport.series", "begins with no region of OKATO", rules.ID_10),)
        return ()


def parse_passport(text: str, *, year: int) -> Passport:
    """The passport typed as *text*, ten digits however spaced, in the calendar year *year*.

    Raises:
        Malformed: ID-1, ID-8 to ID-10, at ``passport``, ``passport.series``, ``passport.number``.
    """
    digits = compact(read(text, "passport"))
    if not are_digits(digits, 10):
        refuse("passport", [Fault("passport", "is not ten digits", rules.ID_8)])
    series, number = digits[:4], digits[4:]
    refuse("passport", [*_faults(series, number), *_year_faults(series, year)])
    return Passport(series=series, number=number)


def _faults(series: str, number: str) -> Iterator[Fault]:
    if not are_digits(series, 4):
        yield Fault("passport.series", "is not four digits", rules.ID_8)
    elif series.startswith("00"):
        yield Fault("passport.series", "begins with no region", rules.ID_10)
    if not are_digits(number, 6):
        yield Fault("passport.number", "is not six digits", rules.ID_8)
    elif number < _FIRST_NUMBER:
        yield Fault("passport.number", "is lower than any issued", rules.ID_8)


def _year_faults(series: str, year: int) -> Iterator[Fault]:
    made = int(series[2:])
    if (1900 if made >= _FIRST_YEAR else 2000) + made > year + 1:
        yield Fault("passport.series", "is of a blank not made yet", rules.ID_9)

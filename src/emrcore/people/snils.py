"""The number of a person's pension account (SNILS)."""

from collections.abc import Iterator

import attrs

from emrcore import rules
from emrcore.errors import Fault
from emrcore.people.shapes import are_digits, compact, read, refuse

_LAST_UNCHECKED = "001001998"


@attrs.frozen
class Snils:
    """Eleven digits, of which two check the nine before them.

    Raises:
        Malformed: ID-6, ID-7.
    """

    number: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        refuse("snils", _faults(self.number))

    @property
    def canonical(self) -> str:
        """The 11 digits."""
        return self.number


def parse_snils(text: str) -> Snils:
    """The SNILS typed as *text*, ``XXX-XXX-XXX YY`` with or without what stands between.

    Raises:
        Malformed: ID-1, ID-6, ID-7, at ``snils``.
    """
    return Snils(compact(read(text, "snils")))


def _faults(number: str) -> Iterator[Fault]:
    if not are_digits(number, 11):
        yield Fault("snils", "is not eleven digits", rules.ID_6)
        return
    account, check = number[:9], number[9:]
    if account == "000000000":
        yield Fault("snils", "is nobody's", rules.ID_7)
    if account > _LAST_UNCHECKED and check != _control(account):
        yield Fault("snils", "fails its control number", rules.ID_6)


def _control(account: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(account, range(9, 0, -1), strict=True))
    return f"{total % 101 % 100:02}"

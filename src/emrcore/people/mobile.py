"""The Russian mobile number to which passwords are sent."""

import re

import attrs

from emrcore import rules
from emrcore.errors import Fault
from emrcore.people.shapes import compact, read, refuse

_BRACKETS = str.maketrans("", "", "()")
_TYPED = re.compile(r"(?:\+7|7|8)?(9[0-9]{9})")
_E164 = re.compile(r"\+79[0-9]{9}")


@attrs.frozen
class Mobile:
    """A number in the form of E.164: ``+79`` and nine digits.

    Raises:
        Malformed: ID-13.
    """

    e164: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        if not _E164.fullmatch(self.e164):
            refuse("mobile", [Fault("mobile", "is not a Russian mobile number", rules.ID_13)])

    @property
    def canonical(self) -> str:
        """The number in the form of E.164."""
        return self.e164


def parse_mobile(text: str) -> Mobile:
    """The mobile number typed as *text*; spaces, hyphens and brackets do not matter.

    Raises:
        Malformed: ID-1, ID-13, at ``mobile``. An extension is refused: it takes no message.
    """
    typed = compact(read(text, "mobile")).translate(_BRACKETS)
    known = _TYPED.fullmatch(typed)
    return Mobile(f"+7{known[1]}" if known else typed)

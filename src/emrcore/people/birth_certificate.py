"""The Russian certificate of birth, by which a child without a passport is known."""

import re
from collections.abc import Iterator

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed
from emrcore.people.shapes import are_digits, read, refuse, words

_AS_MEANT = str.maketrans("1УХЛС", "IVXLC")
_ROMAN = re.compile("(?=.)C{0,3}(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_LETTERS = re.compile("[А-ЯЁ]{2}")


@attrs.frozen(kw_only=True)
class BirthCertificate:
    """A *series* such as ``II-МЮ`` (Roman number, two Cyrillic letters), a *number* of six digits.

    Raises:
        Malformed: ID-11.
    """

    series: str = attrs.field(repr=False)
    number: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        refuse("birth_certificate", _faults(self.series, self.number))

    @property
    def canonical(self) -> str:
        """``II-МЮ 654321``."""
        return f"{self.series} {self.number}"


def parse_birth_certificate(text: str) -> BirthCertificate:
    """The certificate typed as *text*: three parts with a hyphen or spaces between (ID-12).

    Raises:
        Malformed: ID-1, ID-11, at ``birth_certificate`` and its ``.series`` and ``.number``.
    """
    match words(read(text, "birth_certificate").upper()):
        case [roman, letters, number]:
            return BirthCertificate(series=f"{roman.translate(_AS_MEANT)}-{letters}", number=number)
        case _:
            what = "is not a Roman number, two letters and six digits"
            raise Malformed("birth_certificate", (Fault("birth_certificate", what, rules.ID_11),))


def _faults(series: str, number: str) -> Iterator[Fault]:
    roman, _, letters = series.partition("-")
    if not _ROMAN.fullmatch(roman):
        yield Fault("birth_certificate.series", "begins with no Roman number", rules.ID_11)
    if not _LETTERS.fullmatch(letters):
        yield Fault("birth_certificate.series", "has not two Cyrillic letters", rules.ID_11)
    if not are_digits(number, 6):
        yield Fault("birth_certificate.number", "is not six digits", rules.ID_11)

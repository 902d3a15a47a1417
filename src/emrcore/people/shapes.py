"""What may stand in a field at all; a refusal never quotes what was given (PPL-10).

A typed value that cannot be read is the person's: ``Malformed``. A value of the wrong Python type
is the host's: ``TypeError``.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed

LONGEST = 64
"""The most characters any typed field may have (ID-1)."""

_UNREADABLE = r"[\x00\ud800-\udfff]"
_SEPARATORS = r"[\s\u2010-\u2015\u2212-]+"


def read(typed: object, where: str) -> str:
    """What was *typed* into the field *where*, as text.

    Raises:
        Malformed: ID-1, one fault, before anything else is looked at.
    """
    if not isinstance(typed, str):
        what = "is not text"
    elif len(typed) > LONGEST:
        what = f"is longer than {LONGEST} characters"
    elif re.search(_UNREADABLE, typed):
        what = "holds NUL or a surrogate"
    else:
        return typed
    raise Malformed(where, (Fault(where, what, rules.ID_1),))


def compact(text: str) -> str:
    """*text* without its spaces, hyphens and dashes."""
    return re.sub(_SEPARATORS, "", text)


def words(text: str) -> list[str]:
    """The parts of *text* between spaces, hyphens and dashes."""
    return re.sub(_SEPARATORS, " ", text).split()


def are_digits(text: str, count: int) -> bool:
    """Whether *text* is exactly *count* of the digits 0 to 9, and no digits of another script."""
    return len(text) == count and text.isascii() and text.isdigit()


def refuse(subject: str, faults: Iterable[Fault]) -> None:
    """Refuse *subject* if there is a fault.

    Raises:
        Malformed: with every one of *faults*.
    """
    if found := tuple(faults):
        raise Malformed(subject, found)


def require_day(value: object, what: str) -> None:
    """Refuse anything but a plain date.

    Raises:
        TypeError: PPL-4; a ``datetime`` is a ``date`` to Python, and is refused here.
    """
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise TypeError(
            f"{what} is a {type(value).__name__}, not a date without a time [{rules.PPL_4.id}]"
        )


def a_day(_: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    """Attrs validator of a day (PPL-4)."""
    require_day(value, attribute.name)


def a(kind: type) -> Callable[[object, "attrs.Attribute[Any]", Any], None]:
    """Attrs validator of an instance of *kind* that, unlike attrs' own, shows no value (PPL-10)."""

    def check(_: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if not isinstance(value, kind):
            raise TypeError(f"{attribute.name} is a {type(value).__name__}, not a {kind.__name__}")

    return check

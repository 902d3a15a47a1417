"""How many short messages a text takes on its way to a phone (3GPP TS 23.038, 23.040).

A text of the GSM alphabet takes 7 bits a character (14 for those of its extension), any other text
16 bits a UTF-16 unit. One message carries 140 bytes, which is 160 or 70 of these; a text of several
loses 6 bytes of each to a header, which leaves 153 or 67.
"""

import enum
from collections.abc import Callable

import attrs

GSM_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet: a character's code is its place. 0x1B, the escape, is no character."""

GSM_EXTENSION = "\f^{}\\[~]|€"
"""What takes two places: an escape and another character's code."""

_PLAIN = frozenset(GSM_ALPHABET) - {"\x1b"}
_GSM = _PLAIN | frozenset(GSM_EXTENSION)


class Encoding(enum.StrEnum):
    """How the characters of a short message are written."""

    GSM = "gsm"
    UCS2 = "ucs2"


@attrs.frozen(kw_only=True)
class Segments:
    """A text as it travels: one part for each short message; no part splits a character."""

    encoding: Encoding
    parts: tuple[str, ...] = attrs.field(repr=False)


def segments(text: str) -> Segments:
    """*text* in as many parts as it takes; an empty text is one empty part."""
    if _GSM.issuperset(text):
        return Segments(encoding=Encoding.GSM, parts=_split(text, _septets, 160, 153))
    return Segments(encoding=Encoding.UCS2, parts=_split(text, _units, 70, 67))


def _septets(character: str) -> int:
    return 1 if character in _PLAIN else 2


def _units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1  # noqa: PLR2004 - beyond it, a surrogate pair


def _split(text: str, size: Callable[[str], int], alone: int, together: int) -> tuple[str, ...]:
    if sum(map(size, text)) <= alone:
        return (text,)
    parts, start, filled = list[str](), 0, 0
    for place, character in enumerate(text):
        if filled + size(character) > together:
            parts.append(text[start:place])
            start, filled = place, 0
        filled += size(character)
    return (*parts, text[start:])

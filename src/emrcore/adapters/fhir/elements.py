"""JSON as it is written, element by element, and the place of every fault."""

import json
import re
from typing import Any, NoReturn, TypeGuard

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed


@attrs.frozen
class _Number:
    """A number as it is written: FHIR's decimals mean their digits."""

    text: str


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("names a key twice")
    return found


def _constant(_: str) -> NoReturn:
    raise ValueError("holds NaN or an infinity")


def parsed(text: str | bytes) -> object:
    """What the JSON *text* holds, its numbers as they are written.

    Raises:
        Malformed: FHIR-1, it is no JSON that can be read.
    """
    where = "bundle"
    try:
        return json.loads(
            text.decode() if isinstance(text, bytes) else text,
            object_pairs_hook=_object,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_constant,
        )
    except UnicodeDecodeError:
        what = "is not UTF-8"
    except json.JSONDecodeError as broken:
        where, what = f"line {broken.lineno} column {broken.colno}", "is not JSON"
    except ValueError as broken:
        what = str(broken)
    except RecursionError:
        what = "is nested too deep"
    raise Malformed("FHIR bundle", (Fault(where, what, rules.FHIR_1),))


_plain = json.JSONEncoder(ensure_ascii=False).encode


def canonical(value: object) -> str:
    """*value* as JSON with sorted keys and no spaces."""
    if _is_object(value):
        members = (f"{_plain(key)}:{canonical(value[key])}" for key in sorted(value))
        return "{" + ",".join(members) + "}"
    if _is_list(value):
        return "[" + ",".join(map(canonical, value)) + "]"
    return value.text if isinstance(value, _Number) else _plain(value)


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


_UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")


@attrs.frozen
class Element:
    """What stands at a place of the bundle, or None; a place keeps the first fault found there."""

    value: object
    where: str
    faults: dict[str, Fault]

    def fault(self, what: str, rule: rules.Rule) -> None:
        """Note what is wrong here."""
        place = self.where or "bundle"
        self.faults.setdefault(place, Fault(place, what, rule))

    def at(self, path: str) -> "Element":
        """The element below, by the names of *path*."""
        name, _, rest = path.partition(".")
        value = self.value
        if value is not None and not _is_object(value):
            self.fault("is not an object", rules.FHIR_1)
        below = value.get(name) if _is_object(value) else None
        found = Element(below, f"{self.where}.{name}".lstrip("."), self.faults)
        return found.at(rest) if rest else found

    def items(self) -> list["Element"]:
        """The items of a list; none where nothing stands."""
        value = self.value
        if not _is_list(value):
            if value is not None:
                self.fault("is not a list", rules.FHIR_1)
            return []
        return [
            Element(item, f"{self.where}[{number}]", self.faults)
            for number, item in enumerate(value)
        ]

    def each(self, path: str) -> list["Element"]:
        """The elements below, by a *path* in which ``[]`` stands for every item of a list."""
        first, many, rest = path.partition("[]")
        found = self.at(first).items() if many else [self.at(first)]
        return [one for item in found for one in item.each(rest[1:])] if rest else found

    def text(self) -> str | None:
        """The text that stands here; None for nothing, and for what is no readable text."""
        value = self.value
        if isinstance(value, str) and value.strip() and not _UNREADABLE.search(value):
            return value
        if value is not None:
            self.fault("is not readable text", rules.FHIR_1)
        return None

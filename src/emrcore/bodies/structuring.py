"""Strict structuring of JSON, with every fault and its path."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import cattrs
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)

from emrcore.errors import Fault, Malformed
from emrcore.rules import Rule

T = TypeVar("T")


class WrongValueError(ValueError):
    """What a hook wants, as a lower-case clause that does not quote the value."""


def strict_converter(*, forbid_extra_keys: bool) -> cattrs.Converter:
    """A converter that coerces nothing: texts are texts, days ISO days, decimals texts of digits.

    Whoever adapts a layout registers hooks of their own on it, which raise ``WrongValueError``.
    """
    converter = cattrs.Converter(forbid_extra_keys=forbid_extra_keys, omit_if_default=True)
    for plain in (str, int, bool):
        converter.register_structure_hook(plain, _exactly(plain))
    converter.register_structure_hook(dt.date, _day)
    converter.register_unstructure_hook(dt.date, dt.date.isoformat)
    converter.register_structure_hook(Decimal, _decimal)
    converter.register_unstructure_hook(Decimal, str)
    return converter


def parsed(content: bytes, rule: Rule) -> object:
    """What the UTF-8 JSON *content* holds.

    Raises:
        Malformed: *rule*, it is none, or an object names a key twice.
    """
    try:
        return json.loads(content.decode(), object_pairs_hook=_object, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Malformed("body", (Fault("body", "is not JSON that can be read", rule),)) from None


def structured(converter: cattrs.Converter, data: object, kind: type[T], rule: Rule) -> T:
    """*data* as a *kind*.

    Raises:
        Malformed: *rule*, with every fault and its path, such as ``dispensed[0].on``.
    """
    try:
        return converter.structure(data, kind)
    except Exception as error:  # noqa: BLE001 - whatever a hook breaks on, the body is malformed
        found = tuple(dict.fromkeys(_faults(error, "", rule)))
    raise Malformed("body", found)


def _faults(error: BaseException, path: str, rule: Rule) -> Iterator[Fault]:
    where = path.removeprefix(".") or "body"
    if isinstance(error, ClassValidationError | IterableValidationError):
        noted, others = error.group_exceptions()
        for inner, note in noted:
            yield from _faults(inner, path + _step(note), rule)
        for inner in others:
            yield from _faults(inner, path, rule)
    elif isinstance(error, ForbiddenExtraKeysError):
        for name in sorted(error.extra_fields):
            yield Fault(f"{path}.{name}".removeprefix("."), "is not known", rule)
    elif isinstance(error, Malformed):
        for fault in error.faults:
            yield Fault(f"{path}.{fault.where}".removeprefix("."), fault.what, fault.rule)
    elif isinstance(error, KeyError):
        yield Fault(where, "is missing", rule)
    else:
        told = str(error) if isinstance(error, WrongValueError) else "is malformed"
        yield Fault(where, told, rule)


def _step(note: AttributeValidationNote | IterableValidationNote) -> str:
    return f".{note.name}" if isinstance(note, AttributeValidationNote) else f"[{note.index}]"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("names a key twice")
    return found


def _exactly(kind: type[T]) -> Callable[[object, Callable[[T], T]], T]:
    """A hook for *kind* and for the enumerations made of it."""
    names: dict[type, str] = {str: "a text", int: "a whole number", bool: "true or false"}

    def check(value: object, target: Callable[[T], T]) -> T:
        if type(value) is not kind:
            raise WrongValueError(f"is not {names[kind]}")
        return target(value)

    return check


def _day(value: object, _: type) -> dt.date:
    try:
        if isinstance(value, str):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise WrongValueError("is not a day, such as 2020-01-14")


def _decimal(value: object, _: type) -> Decimal:
    try:
        if isinstance(value, str):
            return Decimal(value)
    except InvalidOperation:
        pass
    raise WrongValueError("is not a decimal written as a text")

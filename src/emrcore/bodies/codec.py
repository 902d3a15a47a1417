"""Typed bodies as the bytes of a document, and back."""

import functools
import json
import types
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import attrs
import cattrs

from emrcore import rules
from emrcore.bodies.costs import Service
from emrcore.bodies.discharge import DischargeSummary
from emrcore.bodies.prescriptions import Prescription
from emrcore.bodies.structuring import parsed, strict_converter, structured
from emrcore.bodies.vaccinations import ScheduledDose, VaccinationCard
from emrcore.errors import Fault, Malformed

T = TypeVar("T", bound=attrs.AttrsInstance)

BODIES: Mapping[str, type[attrs.AttrsInstance]] = types.MappingProxyType(
    {
        "prescription.1": Prescription,
        "service.1": Service,
        "vaccination-card.1": VaccinationCard,
        "discharge-summary.1": DischargeSummary,
    }
)
"""Every form that a body can have, by the name in its ``body`` field."""

_NAMES = {kind: name for name, kind in BODIES.items()}


def write(body: attrs.AttrsInstance) -> bytes:
    """*body* as UTF-8 JSON that is the same wherever it is made; what is left out is not written.

    Raises:
        TypeError: it is none of ``BODIES``.
    """
    if type(body) not in _NAMES:
        raise TypeError(f"{type(body).__name__} is no body")
    data = {"body": _NAMES[type(body)], **_converter().unstructure(body)}
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read(content: bytes, kind: type[T]) -> T:
    """The *kind* of body in *content*; a field that is not known is refused by its name.

    Raises:
        Malformed: SCT-6, with every fault and its path.
    """
    data = parsed(content, rules.SCT_6)
    if not isinstance(data, dict):
        raise Malformed("body", (Fault("body", "is not an object", rules.SCT_6),))
    fields = dict(cast("dict[str, Any]", data))
    if fields.pop("body", None) != _NAMES[kind]:
        raise Malformed("body", (Fault("body", f"is not {_NAMES[kind]}", rules.SCT_6),))
    return structured(_converter(), fields, kind, rules.SCT_6)


def read_schedule(content: bytes) -> tuple[ScheduledDose, ...]:
    """A vaccination schedule: a JSON list of doses, each with its source.

    Raises:
        Malformed: SCT-7, with every fault and its path.
    """
    data = parsed(content, rules.SCT_7)
    return structured(_converter(), data, tuple[ScheduledDose, ...], rules.SCT_7)


@functools.cache
def _converter() -> cattrs.Converter:
    return strict_converter(forbid_extra_keys=True)

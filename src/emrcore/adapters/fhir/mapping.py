"""Which code gives which section, and where a resource keeps its dates; the data lie beside."""

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping

import attrs
import cattrs

from emrcore import rules
from emrcore.errors import Fault, Malformed


@attrs.frozen(kw_only=True)
class Placing:
    """The section and kind of a code; ``encounters``, if any, are the classes it counts in."""

    section: str
    kind: str
    encounters: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Form:
    """Where a type of resource keeps what a document needs; the keys of ``[resources]``."""

    codes: tuple[str, ...]
    title: str
    occurred: tuple[str, ...]
    published: tuple[str, ...]
    encounter: str
    taken: Mapping[str, tuple[str, ...]]
    every: bool = False
    silent: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Sections:
    """Which section a resource belongs to; ``codes`` are by system, then by code (FHIR-6)."""

    resources: Mapping[str, Form]
    systems: Mapping[str, str]
    encounters: Mapping[str, Mapping[str, str]]
    unrestricted: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Mapping[str, Placing]]


def read_sections(text: str) -> Sections:
    """The sections in *text*, TOML of the form of ``sections.toml``.

    Raises:
        Malformed: FHIR-6, with every unknown, missing or mistyped key.
    """
    try:
        read = tomllib.loads(text)
        return cattrs.Converter(forbid_extra_keys=True).structure(read, Sections)
    except tomllib.TOMLDecodeError as broken:
        wrong = [str(broken)]
    except cattrs.BaseValidationError as broken:
        wrong = cattrs.transform_error(broken)
    faults = tuple(Fault("sections", what, rules.FHIR_6) for what in wrong)
    raise Malformed("FHIR sections", faults)


@functools.cache
def shipped_sections() -> Sections:
    """The sections that come with the library, for the rulebook ``ru-moscow-2020``."""
    folder = importlib.resources.files("emrcore.adapters.fhir")
    return read_sections((folder / "sections.toml").read_text("utf-8"))

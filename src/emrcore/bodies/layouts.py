"""How one hospital's software writes a discharge summary: a parser, and hooks of cattrs."""

from collections.abc import Callable
from typing import Any, cast

import attrs
import cattrs

from emrcore import rules
from emrcore.bodies.discharge import DischargeSummary, provenance
from emrcore.bodies.structuring import parsed, structured
from emrcore.errors import Fault, Malformed


def json_of(content: bytes) -> object:
    """What the UTF-8 JSON *content* holds.

    Raises:
        Malformed: DIS-4, it cannot be read.
    """
    return parsed(content, rules.DIS_4)


@attrs.frozen(kw_only=True)
class Layout:
    """How one kind of software writes a summary; *format* names it.

    ``parse`` makes plain data of bytes, and the hook that ``converter`` has for
    ``DischargeSummary`` makes a summary of those.
    """

    format: str
    converter: cattrs.Converter = attrs.field(repr=False)
    parse: Callable[[bytes], object] = json_of


def read_discharge(content: bytes, layout: Layout, *, source: str) -> DischargeSummary:
    """The summary in *content*, which the system *source* wrote in *layout*.

    Fields that the layout's hook does not ask for are left alone: the bytes stay with the document.

    Raises:
        Malformed: DIS-4, with every fault and its path in the layout's own names.
    """
    data: Any = layout.parse(content)
    if not isinstance(data, dict):
        raise Malformed("body", (Fault("body", "is not an object", rules.DIS_4),))
    fields = cast("dict[str, Any]", data)
    summary = structured(layout.converter, fields, DischargeSummary, rules.DIS_4)
    origin = provenance(content, source=source, layout=layout.format)
    return attrs.evolve(summary, provenance=origin)

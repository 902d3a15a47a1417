"""A nested export in the manner of CDA: a document, its encounter, and sections by code.

```json
{"clinicalDocument": {
  "encompassingEncounter": {"effectiveTime": {"low": "20181228", "high": "201901051200+0300"}},
  "component": [
    {"section": {"code": "HOSPDIAG", "entry": [{"code": "J18.9", "text": "Pneumonia"}]}},
    {"section": {"code": "PLAN", "text": ["See the GP"]}}]}}
```

Times are HL7's TS: a day or a moment as digits, whose first eight are the local day where it was
written. A section of another code is left alone.
"""

# ruff: noqa: N815 - the names of the layout, in which faults are told

import datetime as dt
import re
from collections.abc import Iterable

import attrs

from emrcore.bodies import (
    Diagnosis,
    DischargeSummary,
    Finding,
    Layout,
    Stay,
    WrongValueError,
    strict_converter,
)

_TIME = re.compile(r"(\d{8})(\d{4}(\d{2}(\.\d+)?)?([+-]\d{4})?)?")


@attrs.frozen(kw_only=True)
class _Span:
    low: dt.date | None = None
    high: dt.date | None = None


@attrs.frozen(kw_only=True)
class _Encounter:
    effectiveTime: _Span | None = None


@attrs.frozen(kw_only=True)
class _Entry:
    text: str = ""
    code: str | None = None
    effectiveTime: dt.date | None = None
    value: str = ""


@attrs.frozen(kw_only=True)
class _Section:
    code: str
    entry: tuple[_Entry, ...] = ()
    text: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class _Component:
    section: _Section


@attrs.frozen(kw_only=True)
class _Document:
    encompassingEncounter: _Encounter | None = None
    component: tuple[_Component, ...] = ()


@attrs.frozen(kw_only=True)
class _Envelope:
    clinicalDocument: _Document


def nested() -> Layout:
    """The layout of a nested export."""
    converter = strict_converter(forbid_extra_keys=False)
    converter.register_structure_hook(dt.date, _day)
    converter.register_structure_hook(
        DischargeSummary,
        lambda data, _: _summary(converter.structure(data, _Envelope).clinicalDocument),
    )
    return Layout(format="nested-json", converter=converter)


def _summary(document: _Document) -> DischargeSummary:
    encounter = document.encompassingEncounter
    time = encounter.effectiveTime if encounter else None
    sections: dict[str, list[_Section]] = {}
    for component in document.component:
        sections.setdefault(component.section.code, []).append(component.section)

    def entries(code: str) -> Iterable[_Entry]:
        for section in sections.get(code, ()):
            yield from (*section.entry, *(_Entry(text=line) for line in section.text))

    return DischargeSummary(
        stay=Stay(admitted_on=time.low, discharged_on=time.high) if time else None,
        diagnoses=tuple(
            Diagnosis(text=one.text, code=one.code, main=number == 0)
            for number, one in enumerate(entries("HOSPDIAG"))
        ),
        studies=tuple(map(_finding, entries("RES"))),
        consultations=tuple(map(_finding, entries("CONS"))),
        treatment=tuple(one.text for one in entries("DRUG")),
        recommendations=tuple(one.text for one in entries("PLAN")),
    )


def _finding(one: _Entry) -> Finding:
    return Finding(name=one.text, on=one.effectiveTime, conclusion=one.value)


def _day(value: object, _: type) -> dt.date:
    try:
        if isinstance(value, str) and (time := _TIME.fullmatch(value)):
            return dt.date.fromisoformat(time[1])
    except ValueError:
        pass
    raise WrongValueError("is not a time of HL7, such as 20181228")

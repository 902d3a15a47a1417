r"""A flat export: one level of fields in the vendor's names, days as 28.12.2018, lists as lines.

```json
{"date_in": "28.12.2018", "date_out": "05.01.2019", "ds_main": "Pneumonia", "ds_main_mkb": "J18.9",
 "ds_other": "Hypertension", "studies": "29.12.2018 Chest X-ray: infiltrate on the right",
 "consults": "", "treatment": "Ceftriaxone", "recom": "See the GP\nX-ray in a month"}
```
"""

import datetime as dt
import re

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

_LINE = re.compile(r"(?:(?P<day>\d{2}\.\d{2}\.\d{4})\s+)?(?P<name>[^:]+)(?::\s*(?P<rest>.*))?")


@attrs.frozen(kw_only=True)
class _Flat:
    """The fields that are asked for, in the vendor's names; a missing one is empty."""

    date_in: dt.date | None = None
    date_out: dt.date | None = None
    ds_main: str = ""
    ds_main_mkb: str = ""
    ds_other: str = ""
    studies: str = ""
    consults: str = ""
    treatment: str = ""
    recom: str = ""


def flat() -> Layout:
    """The layout of a flat export."""
    converter = strict_converter(forbid_extra_keys=False)
    converter.register_structure_hook(dt.date, _day)
    converter.register_structure_hook(
        DischargeSummary, lambda data, _: _summary(converter.structure(data, _Flat))
    )
    return Layout(format="flat-json", converter=converter)


def _summary(flat: _Flat) -> DischargeSummary:
    stay = Stay(admitted_on=flat.date_in, discharged_on=flat.date_out)
    main = Diagnosis(text=flat.ds_main.strip(), code=flat.ds_main_mkb.strip() or None, main=True)
    return DischargeSummary(
        stay=None if stay == Stay() else stay,
        diagnoses=(
            *((main,) if main.text or main.code else ()),
            *(Diagnosis(text=line) for line in _lines(flat.ds_other)),
        ),
        studies=tuple(map(_finding, _lines(flat.studies))),
        consultations=tuple(map(_finding, _lines(flat.consults))),
        treatment=_lines(flat.treatment),
        recommendations=_lines(flat.recom),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _finding(line: str) -> Finding:
    """A line as ``day name: conclusion``; what is not written so is a name."""
    parts = _LINE.fullmatch(line)
    try:
        day = _day(parts["day"], dt.date) if parts and parts["day"] else None
    except WrongValueError:
        parts = None
    else:
        if parts:
            return Finding(name=parts["name"].strip(), on=day, conclusion=parts["rest"] or "")
    return Finding(name=line)


def _day(value: object, _: type) -> dt.date:
    try:
        if isinstance(value, str):
            return dt.datetime.strptime(value, "%d.%m.%Y").replace(tzinfo=dt.UTC).date()
    except ValueError:
        pass
    raise WrongValueError("is not a day, such as 28.12.2018")

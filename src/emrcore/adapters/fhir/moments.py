"""Dates as FHIR writes them: a day, a moment, or less than a day."""

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterable

import attrs

from emrcore import rules
from emrcore.adapters.fhir.elements import Element

_WRITTEN = re.compile(
    r"[0-9]{4}(-[0-9]{2}(?P<day>-[0-9]{2}"
    r"(?P<time>T[0-9]{2}:[0-9]{2}:([0-5][0-9]|60)(\.[0-9]+)?"
    r"(?P<zone>Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?)?)?)?"
)


@attrs.frozen(kw_only=True)
class When:
    """The local day and the moment that a FHIR date names, as far as it names them."""

    day: dt.date | None = None
    at: dt.datetime | None = None


def when(element: Element, zone: zoneinfo.ZoneInfo) -> When:
    """What the date at *element* names: nothing for a year or a month (FHIR-11)."""
    text = element.text()
    written = _WRITTEN.fullmatch(text or "")
    if text is None or (written and not written["day"]):
        return When()
    if not written:
        element.fault("is not a date as FHIR writes it", rules.FHIR_4)
    elif written["time"] and not written["zone"]:
        element.fault("is a moment without a zone", rules.FHIR_4)
    else:
        try:
            return _point(text, zone)
        except (ValueError, OverflowError):
            element.fault("is not in the calendar", rules.FHIR_4)
    return When()


def _point(text: str, zone: zoneinfo.ZoneInfo) -> When:
    """The day or moment in *text*; a leap second counts as the second before it."""
    if "T" not in text:
        return When(day=dt.date.fromisoformat(text))
    at = dt.datetime.fromisoformat(text[:17] + min(text[17:19], "59") + text[19:])
    return When(day=at.astimezone(zone).date(), at=at.astimezone(dt.UTC))


def first(resource: Element, paths: Iterable[str], zone: zoneinfo.ZoneInfo) -> When:
    """The date at the first of *paths* where anything stands."""
    found = [element for path in paths if (element := resource.at(path)).value is not None]
    return when(found[0], zone) if found else When()

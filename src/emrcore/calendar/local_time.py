"""Where a moment becomes a local one: in one place, so that no rule can pick another date."""

import datetime as dt
from zoneinfo import ZoneInfo


def local(at: dt.datetime, zone: str) -> dt.datetime:
    """*at* on the clocks of *zone*, an IANA name (CAL-7).

    Raises:
        ValueError: *at* is naive.
    """
    if at.utcoffset() is None:
        raise ValueError("a naive datetime is no moment")
    return at.astimezone(ZoneInfo(zone))

"""How long entries are kept, and where a chain may be cut when their time is over."""

import datetime as dt
from collections.abc import Iterable

import attrs

from emrcore.journal.chain import Link

_LEAST = 6


@attrs.frozen(kw_only=True)
class Retention:
    """Entries are kept for ``years`` at least; ``source`` is who says so (JRN-9).

    Raises:
        ValueError: fewer than six, which is the least in force anywhere here.
    """

    years: int = attrs.field(default=_LEAST, validator=attrs.validators.ge(_LEAST))
    source: str = "45 CFR 164.316(b)(2)(i)"

    def ends(self, at: dt.datetime) -> dt.datetime:
        """The moment before which an entry has been kept long enough at *at*, in UTC."""
        now = at.astimezone(dt.UTC)
        leap_day = (now.month, now.day) == (2, 29)
        return now.replace(year=now.year - self.years, day=28 if leap_day else now.day)


def last_expired(links: Iterable[Link], *, before: dt.datetime) -> Link | None:
    """The link up to which a chain may be cut: all to it are from before *before*.

    The last link of a chain is never cut, whatever its age: the next one follows it.
    """
    found, held = None, None
    for one in links:
        if held is not None:
            found = held
        if not one.entry.at < before:
            return found
        held = one
    return found

"""How a picture comes in, and where it is kept."""

from typing import Protocol

import attrs

from emrcore.applications import Seen


@attrs.frozen(kw_only=True)
class Photo:
    """A picture drawn anew: the pixels that came in, and nothing else that did."""

    content: bytes = attrs.field(repr=False)
    seen: Seen


class Photos(Protocol):
    """Looks at pictures. Safe to use from any thread."""

    def redraw(self, content: bytes) -> Photo:
        """The picture in *content*, drawn anew without metadata (APP-21).

        Its type is told by the content alone. Sizes are limited before anything is decoded.

        Raises:
            Malformed: with every fault, all of them at ``photo``.
        """
        ...


class Blobs(Protocol):
    """Keeps bytes it cannot read, since the office has sealed them. Safe to use from any thread.

    Every method may raise ``Unavailable``, and then has changed nothing or will be repeated.
    """

    def put(self, id: str, content: bytes) -> None:  # noqa: A002
        """Keep *content* as *id*, durably, in place of what was there."""
        ...

    def get(self, id: str) -> bytes | None:  # noqa: A002
        """What is kept as *id*, or None."""
        ...

    def delete(self, id: str) -> None:  # noqa: A002
        """Delete what is kept as *id*, for good; nothing happens if there is nothing."""
        ...

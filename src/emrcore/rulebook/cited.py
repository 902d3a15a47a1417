"""A value of the rulebook, and the place that says so."""

from typing import Generic, TypeVar

import attrs

T_co = TypeVar("T_co", covariant=True)


@attrs.frozen
class Cited(Generic[T_co]):
    """A value of the rulebook with the place that says so (``"announcement: 8"``)."""

    value: T_co
    source: str

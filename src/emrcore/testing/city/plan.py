"""How many cards and documents there are, and which partition holds which."""

import datetime as dt
from collections.abc import Iterator, Mapping

import attrs

CARDS = 10_100_000
"""The cards of the whole city."""

DOCUMENTS: Mapping[str, int] = {
    "exam-protocols": 100_000_000,
    "prescriptions": 45_000_000,
    "lab-results": 25_000_000,
    "discharge-summaries": 2_500_000,
}
"""The documents of the whole city by section (announcement: 10)."""

KINDS: Mapping[str, str] = {
    "exam-protocols": "exam-protocol",
    "prescriptions": "prescription",
    "lab-results": "lab-report",
    "discharge-summaries": "discharge-summary",
}
"""The kind that nearly all documents of a section are of."""

PARTITION = 10_000
"""The cards of a partition."""

TODAY = dt.date(2020, 2, 3)
"""The day the city is seen on; some grants begin later, some documents are published later."""


@attrs.frozen(kw_only=True)
class Partition:
    """The cards ``[first, end)`` of the city of *seed*, made alone and always the same.

    ``number`` counts partitions from 0. A partition that ends early is the beginning of a full one.
    """

    seed: int
    number: int
    end: int

    @property
    def first(self) -> int:
        """The number of its first card."""
        return self.number * PARTITION

    def totals(self) -> dict[str, int]:
        """How many documents of each section the full partition has."""
        return {
            section: _share(total, self.first + PARTITION) - _share(total, self.first)
            for section, total in DOCUMENTS.items()
        }

    @property
    def first_document(self) -> int:
        """The number of its first document."""
        return sum(_share(total, self.first) for total in DOCUMENTS.values())


def _share(total: int, cards: int) -> int:
    """How many of *total* documents belong to the first *cards* cards."""
    return total * cards // CARDS


@attrs.frozen(kw_only=True)
class City:
    """A city of *cards* cards; a smaller one is the beginning of a larger one of the same *seed*.

    Raises:
        ValueError: *cards* is not positive, or more than the whole city's.
    """

    seed: int = 2020
    cards: int = attrs.field(default=CARDS)

    @cards.validator  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportUntypedFunctionDecorator]
    def _within(self, _: object, cards: int) -> None:
        if not 0 < cards <= CARDS:
            raise ValueError(f"a city has from 1 to {CARDS} cards")

    def partitions(self) -> Iterator[Partition]:
        """Its partitions, in order."""
        for number in range(-(-self.cards // PARTITION)):
            yield self.partition(number)

    def partition(self, number: int) -> Partition:
        """The partition *number*, counted from 0.

        Raises:
            IndexError: there is none.
        """
        if not 0 <= number * PARTITION < self.cards:
            raise IndexError(f"the city has no partition {number}")
        end = min((number + 1) * PARTITION, self.cards)
        return Partition(seed=self.seed, number=number, end=end)

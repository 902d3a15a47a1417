"""One partition as columns of numpy: who lives there, and every document of their cards.

Only bits that PCG64 promises never to change are drawn, and only whole numbers are reckoned with:
no version of numpy and no processor makes another city.

Ten cards are a household: two children, then eight grown-ups. The third and the fourth grown-up
are the guardians that the register knows for the children.
"""

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt

from emrcore.testing.city.plan import DOCUMENTS, PARTITION, TODAY, Partition

Numbers = npt.NDArray[Any]
Columns = dict[str, Numbers]
"""Columns of one length, by name; days are days since 1970, moments seconds since then, in UTC."""

NEVER = np.iinfo(np.int32).min
"""Stands for a day that is missing."""

SECTIONS = tuple(DOCUMENTS)
SOURCES = ("clinic", "hospital", "laboratory", "dispensary")
LABELS = (None, "psychiatry", "narcology")

KNOWN, UNTOLD, UNKNOWN = range(3)
"""The kind of a document: that of its section, none, or one that no rulebook knows."""

TIES = (None, "confirmed", "claimed", "disputed", "ended")
GRANTS = ("none", "in force", "ended", "to come", "another's")
"""What has become of an application for the card; ``another's`` serves another kind of viewer."""

TO_COME, ENDED = 45, 30
"""In how many days a grant to come begins; how many days ago the ended one ended."""

_EPOCH = dt.date(1970, 1, 1)
_CHILDREN, _HOUSEHOLD = 2, 10
_DAY, _YEAR = 86_400, 365


def day(date: dt.date) -> int:
    """*date* in days since 1970."""
    return (date - _EPOCH).days


_NOW = day(TODAY)
_FIRST, _LAST = day(dt.date(2012, 1, 1)), _NOW + 5
_LEAP_DAYS = np.array([day(dt.date(year, 2, 29)) for year in range(1932, 2000, 4)], np.int32)
_LEAP_DAYS_OF_CHILDREN = np.array([day(dt.date(y, 2, 29)) for y in (2004, 2008, 2012)], np.int32)


class _Chance:
    """Whole numbers drawn for one purpose, one after another."""

    def __init__(self, partition: Partition, purpose: int) -> None:
        entropy = [partition.seed, partition.number, purpose]
        self._bits = np.random.PCG64(np.random.SeedSequence(entropy))

    def below(self, bound: int | Numbers, size: int) -> Numbers:
        """*size* numbers of ``[0, bound)``; no bound is above 2**32."""
        drawn = np.asarray(self._bits.random_raw(size)) >> np.uint64(32)
        return ((drawn * np.asarray(bound, np.uint64)) >> np.uint64(32)).astype(np.int64)

    def among(self, weights: tuple[int, ...], size: int) -> Numbers:
        """*size* numbers of ``[0, len(weights))``, each as often as its weight."""
        ends = np.cumsum(weights)
        drawn = self.below(int(ends[-1]), size)
        return np.searchsorted(ends, drawn, side="right").astype(np.uint8)


# -- People ----------------------------------------------------------------------------------------


def people(partition: Partition) -> Columns:
    """The people of *partition*, one row a card.

    ``card`` (also the number of the person), ``born`` and ``died`` (days; ``NEVER``: alive),
    ``child``, ``guardian`` (the number of a person, -1: none) and ``tie`` to them, ``own`` and
    ``guardians`` (what became of the applications of the patient and of the guardian) with
    ``granted`` (the day of them), ``restricted`` (an authority bars the guardian).
    """
    number = np.arange(PARTITION)
    place, chance = number % _HOUSEHOLD, _Chance(partition, 0)
    child = place < _CHILDREN
    columns = {
        "card": number + partition.first,
        "child": child,
        "born": _births(chance, number, child),
        "guardian": np.where(child, number + 2 * _CHILDREN + partition.first, -1),
        "tie": np.where(child, chance.among((0, 80, 8, 6, 6), PARTITION), 0),
        "own": chance.among((40, 48, 5, 4, 3), PARTITION),
        "guardians": np.where(child, chance.among((25, 60, 6, 5, 4), PARTITION), 0),
        "granted": _NOW - 1 - chance.below(13, PARTITION),
        "restricted": child & (chance.below(50, PARTITION) == 0),
    }
    dead = ~child & (chance.below(100, PARTITION) == 0)
    columns["died"] = np.where(dead, _NOW - chance.below(300, PARTITION), NEVER)
    return {name: column[: partition.end - partition.first] for name, column in columns.items()}


def _births(chance: _Chance, number: Numbers, child: Numbers) -> Numbers:
    """Children are under 18, grown-ups 18 to 95; one in 500 of both was born on a leap day."""
    years = np.where(child, 18, 77)
    born = _NOW - np.where(child, 0, 18 * _YEAR + 5) - chance.below(years * _YEAR, len(number))
    leap = _LEAP_DAYS[chance.below(len(_LEAP_DAYS), len(number))]
    leap_of_child = _LEAP_DAYS_OF_CHILDREN[chance.below(3, len(number))]
    born = np.where(number % 500 == _CHILDREN, leap, born)
    return np.where(number % 500 == 1, leap_of_child, born)


# -- Documents -------------------------------------------------------------------------------------


def documents(partition: Partition) -> Columns:
    """The documents of *partition*, card by card.

    ``document`` (its number in the city), ``card``, ``section`` (an index of ``SECTIONS``),
    ``source``, ``label`` (indices), ``kind`` (``KNOWN``, ``UNTOLD``, ``UNKNOWN``), ``occurred``
    and ``signed`` (days or ``NEVER``), ``published`` and ``acknowledged`` (seconds; 0: never).
    """
    born = people(_full(partition))["born"]
    owner, section = _owners(partition)
    size, chance = len(owner), _Chance(partition, 2)
    occurred = np.maximum(_occurred(chance, size), born[owner])
    signed = occurred + chance.below(4, size) // 2 * chance.below(6, size)
    published = signed * _DAY + chance.below(2 * _DAY, size)
    unseen = chance.below(8, size) == 0
    columns = {
        "document": np.arange(size) + partition.first_document,
        "card": owner.astype(np.int64) + partition.first,
        "section": section,
        "source": chance.among((60, 15, 20, 5), size),
        "kind": chance.among((980, 10, 10), size),
        "label": chance.among((985, 10, 5), size),
        "occurred": np.where(chance.below(200, size) == 0, NEVER, occurred).astype(np.int32),
        "signed": np.where(chance.below(100, size) == 0, NEVER, signed).astype(np.int32),
        "published": published,
        "acknowledged": np.where(unseen, 0, published + chance.below(7 * _DAY, size)),
    }
    size = int(np.searchsorted(owner, partition.end - partition.first))
    return {name: column[:size] for name, column in columns.items()}


def _full(partition: Partition) -> Partition:
    """The full partition that *partition* is the beginning of."""
    end = partition.first + PARTITION
    return Partition(seed=partition.seed, number=partition.number, end=end)


def _owners(partition: Partition) -> tuple[Numbers, Numbers]:
    """Whose each document is, as a place in the partition, and of which section; card by card."""
    chance = _Chance(partition, 1)
    ends = np.cumsum(_weights(chance))
    owners: list[Numbers] = []
    sections: list[Numbers] = []
    for section, size in enumerate(partition.totals().values()):
        drawn = chance.below(int(ends[-1]), size)
        owners.append(np.searchsorted(ends, drawn, side="right").astype(np.uint16))
        sections.append(np.full(size, section, np.uint8))
    owner, section_of = np.concatenate(owners), np.concatenate(sections)
    order = np.argsort(owner, kind="stable")
    return owner[order], section_of[order]


_STEPS = 18
_TAIL = np.array([1000 * 3**step // 2**step for step in range(_STEPS + 1)])


def _weights(chance: _Chance) -> Numbers:
    """How much each card draws documents: half as many cards at each step, of half as much again.

    That is a Pareto tail with an exponent of ln 2 / ln 1.5 = 1.7. The last step, one card in
    260,000, has some 10,000 documents; so many that one partition still holds them.
    """
    drawn = chance.below(2**_STEPS, PARTITION)
    step = _STEPS - np.searchsorted(2 ** np.arange(_STEPS), drawn, side="right")
    weights: Numbers = _TAIL[step] * (750 + chance.below(501, PARTITION)) // 1000
    return weights


def _occurred(chance: _Chance, size: int) -> Numbers:
    """Days from 2012 to today and a little after, the later the more."""
    span = _LAST - _FIRST
    return _FIRST + np.maximum(chance.below(span, size), chance.below(span, size))

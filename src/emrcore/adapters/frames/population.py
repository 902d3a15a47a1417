"""The questions of a whole population: who sees which documents, what opens, what a rule turns.

Looks are numbered by their ``standing``, the few numbers that occur are decided, and one filter of
looks joined with documents is made of the answers. Nothing is decided by anything but ``decide``.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from emrcore.access import Allowance
from emrcore.adapters.frames.columns import COLUMNS, Column, rows, with_days
from emrcore.adapters.frames.filtering import admits, as_in, taken
from emrcore.adapters.frames.register import FACTS, GRANTS, LOOKS, STANDINGS, TIES, Register
from emrcore.adapters.frames.standing import ROLES, Asked
from emrcore.errors import Fault, Malformed
from emrcore.people import PersonId
from emrcore.rulebook import Role, Rulebook

_Frame = Any
"""A frame of narwhals, eager or lazy; both have what is asked of them here."""

_CARD, _NUMBERS = "emrcore card", ("emrcore number", "emrcore other number")
_MADE = ("viewer", "role", "opens", _CARD, *_NUMBERS)


def who_sees(
    register: Register[IntoFrameT], documents: IntoFrameT, *, at: dt.datetime, rulebook: Rulebook
) -> IntoFrameT:
    """Each of *documents* with each ``viewer`` and ``role`` of *register* who sees it at *at*.

    The same as ``decide`` and ``visible`` for every look, in no order. A lazy frame stays lazy; its
    looks are numbered at this call. pandas gets days that are objects back as midnights.

    Raises:
        Malformed: a frame lacks a column, or it holds something else or nothing where something
            must be, or a word that is none; or the edition has an answer for each patient.
        ValueError: *at* is naive.
    """
    made = _Population(register, documents)
    asked = _asked(rulebook, at)
    found: IntoFrameT = _native(made.seen(asked).select(*made.columns, "viewer", "role"))
    return found


def family(
    register: Register[IntoFrameT],
    documents: IntoFrameT,
    *,
    guardian: PersonId,
    at: dt.datetime,
    rulebook: Rulebook,
) -> IntoFrameT:
    """What *guardian* sees of the cards of all children, as ``who_sees``.

    Raises:
        Malformed: as ``who_sees``.
        ValueError: as ``who_sees``.
    """
    made = _Population(register, documents)
    mine = (nw.col("viewer") == guardian) & (nw.col("role") == Role.GUARDIAN.value)
    made.looks = made.looks.filter(mine)
    seen = made.seen(_asked(rulebook, at))
    found: IntoFrameT = _native(seen.select(*made.columns, "viewer", "role"))
    return found


def opens(
    register: Register[IntoFrameT],
    documents: IntoFrameT,
    *,
    since: dt.datetime,
    until: dt.datetime,
    rulebook: Rulebook,
) -> IntoFrameT:
    """What is hidden from whom at *since* and shown at *until*, as ``who_sees``.

    What opens between the two and is hidden again by then is not told.

    Raises:
        Malformed: as ``who_sees``.
        ValueError: as ``who_sees``.
    """
    made = _Population(register, documents)
    turned = made.turned(_asked(rulebook, since), _asked(rulebook, until))
    found: IntoFrameT = _native(
        turned.filter(nw.col("opens")).select(*made.columns, "viewer", "role")
    )
    return found


def turns(
    register: Register[IntoFrameT],
    documents: IntoFrameT,
    *,
    at: dt.datetime,
    before: Rulebook,
    after: Rulebook,
) -> IntoFrameT:
    """What only one of two rulebooks shows at *at*; ``opens``: whether it is the one *after*.

    Raises:
        Malformed: as ``who_sees``.
        ValueError: as ``who_sees``.
    """
    made = _Population(register, documents)
    turned = made.turned(_asked(before, at), _asked(after, at))
    found: IntoFrameT = _native(turned.select(*made.columns, "viewer", "role", "opens"))
    return found


def tally(answer: IntoFrame) -> dict[tuple[Any, ...], int]:
    """How many rows an *answer* of this module has, by role and section, computed now.

    The rows of ``turns`` are counted by ``opens``, role and section.
    """
    frame: _Frame = nw.from_native(answer)
    names = [name for name in ("opens", "role", "section") if name in frame.collect_schema()]
    totals = frame.select(*names).group_by(*names).agg(nw.len().alias("total"))
    return {tuple(key): int(total) for *key, total in rows(totals)}


def _native(frame: _Frame) -> Any:
    return frame.to_native()


def _asked(rulebook: Rulebook, at: dt.datetime) -> Asked:
    return Asked.of(rulebook.edition_at(at), at)


class _Population:
    """The frames of a question, held to be what they must be."""

    def __init__(self, register: Register[Any], documents: Any) -> None:
        papers: _Frame = taken("documents", documents, COLUMNS)
        self.columns = list(papers.collect_schema())
        if taken_names := [name for name in _MADE if name in self.columns]:
            raise Malformed("documents", tuple(Fault(one, "is taken") for one in taken_names))
        self.looks, self.facts, self.grants = (
            _plain(taken(what, given, columns), columns)
            for what, given, columns in (
                ("looks", register.looks, LOOKS),
                ("facts", register.facts, FACTS),
                ("grants", register.grants, GRANTS),
            )
        )
        _refuse_unknown("looks", self.looks, {"role": {*map(str, ROLES)}})
        _refuse_unknown("facts", self.facts.filter(~nw.col("viewer").is_null()), {"fact": {*TIES}})
        alone = self.facts.filter(nw.col("viewer").is_null())
        _refuse_unknown("facts", alone, {"fact": {*STANDINGS}})
        if papers.implementation.is_pandas():
            papers = with_days(papers)
        self.papers = papers.with_columns(nw.col("patient").cast(nw.String).alias(_CARD))

    def seen(self, asked: Asked) -> _Frame:
        """The looks and documents that are shown together."""
        (number, _), looks = _NUMBERS, self._numbered(asked, _NUMBERS[0])
        answers = _answers(looks, asked, number)
        joined = self._joined(looks, [number], [answers])
        return joined.filter(self._shown(answers, asked, number))

    def turned(self, before: Asked, after: Asked) -> _Frame:
        """Those of which one of the two says what the other does not; ``opens``: the latter."""
        first, second = _NUMBERS
        looks = self._numbered(before, first)
        looks = self._numbered(after, second, looks)
        answers = _answers(looks, before, first), _answers(looks, after, second)
        joined = self._joined(looks, [first, second], answers)
        both = joined.with_columns(
            self._shown(answers[0], before, first).alias("closes"),
            self._shown(answers[1], after, second).alias("opens"),
        )
        return both.filter(nw.col("closes") != nw.col("opens"))

    def _joined(self, looks: _Frame, numbers: list[str], answers: Any) -> _Frame:
        """Looks that are shown anything, with the documents of their cards."""
        open_ = nw.any_horizontal(
            *(
                nw.col(number).is_in([one for some in answer.values() for one in some] or [-1])
                for number, answer in zip(numbers, answers, strict=True)
            ),
            ignore_nulls=False,
        )
        kept = looks.filter(open_).select(
            nw.col("patient").alias(_CARD), "viewer", "role", *numbers
        )
        return kept.join(self.papers, on=_CARD, how="inner")

    def _shown(self, answers: "_Answers", asked: Asked, number: str) -> nw.Expr:
        schema = self.papers.collect_schema()
        any_of = [
            nw.col(number).is_in(numbers) & admits(allowed, asked.at, schema)
            for allowed, numbers in answers.items()
        ]
        found = nw.any_horizontal(nw.col(number) < 0, *any_of, ignore_nulls=False)
        return found.fill_null(value=False)

    # -- Numbers -----------------------------------------------------------------------------------

    def _numbered(self, asked: Asked, name: str, looks: _Frame = None) -> _Frame:
        """The looks with their numbers as column *name*."""
        frame = self.looks if looks is None else looks
        kept = list(frame.collect_schema())
        facts = self.facts.filter(_holds(self.facts.collect_schema(), asked.day))
        between = _bits(facts.filter(~nw.col("viewer").is_null()), ["patient", "viewer"], TIES)
        alone = _bits(facts.filter(nw.col("viewer").is_null()), ["patient"], STANDINGS)
        grants = self.grants.filter(_holds(self.grants.collect_schema(), asked.at))
        any_role = _flag(grants.filter(nw.col("role").is_null()), ["patient", "viewer"])
        one_role = _flag(grants.filter(~nw.col("role").is_null()), ["patient", "viewer", "role"])
        for prefix, other, on in (
            ("ties", between, ["patient", "viewer"]),
            ("standings", alone, ["patient"]),
            ("any_role", any_role, ["patient", "viewer"]),
            ("one_role", one_role, ["patient", "viewer", "role"]),
        ):
            frame = frame.join(other.rename({"bits": prefix}), on=on, how="left")
        schema = frame.collect_schema()
        reached = sum(
            (_one(nw.col("born") <= as_in(schema["born"], birth)) for birth in asked.births),
            nw.lit(0, nw.Int64),
        )
        granted = ~nw.col("any_role").is_null() | ~nw.col("one_role").is_null()
        fields = {
            "role": sum(
                (_one(nw.col("role") == str(role)) * place for place, role in enumerate(ROLES)),
                nw.lit(0, nw.Int64),
            ),
            "own": _one(nw.col("viewer") == nw.col("person")),
            "dead": _one(nw.col("died") <= as_in(schema["died"], asked.day)),
            "reached": reached,
            "granted": _one(granted),
            "ties": nw.col("ties").fill_null(0),
            "standings": nw.col("standings").fill_null(0),
        }
        return frame.with_columns(asked.number(fields).alias(name)).select(*kept, name)


_Answers = Mapping[tuple[Allowance, ...], list[int]]
"""The numbers of the looks that are shown the same."""


def _answers(looks: _Frame, asked: Asked, number: str) -> _Answers:
    """Each number that occurs, decided; computed now.

    Raises:
        Malformed: the edition has an answer for each patient.
    """
    found: dict[tuple[Allowance, ...], list[int]] = {}
    each: dict[str, None] = {}
    for (one,) in rows(looks.select(number).unique()):
        allowed, own = asked.allowances(asked.standing(int(one)))
        each |= dict.fromkeys(own)
        if allowed:
            found.setdefault(allowed, []).append(int(one))
    if each:
        told = "is reckoned anew for each patient: ask card by card"
        raise Malformed("rulebook", tuple(Fault(name, told) for name in each))
    return found


def _plain(frame: _Frame, columns: tuple[Column, ...]) -> _Frame:
    """*frame* with nothing but *columns*; texts as plain ones."""
    if frame.implementation.is_pandas():
        frame = with_days(frame, columns)
    texts = [one.name for one in columns if one.holds.name == "TEXT"]
    return frame.select(
        *(
            nw.col(one.name).cast(nw.String) if one.name in texts else nw.col(one.name)
            for one in columns
        )
    )


def _refuse_unknown(what: str, frame: _Frame, words: Mapping[str, set[str]]) -> None:
    """Refuse a word that would be taken for nothing, where nothing may open a card."""
    for name, known in words.items():
        found = {word for (word,) in rows(frame.select(name).unique())}
        if found - known:
            told = f"holds a word that is none of {', '.join(sorted(known))}"
            raise Malformed(what, (Fault(name, told),))


def _holds(schema: Mapping[str, nw.dtypes.DType], now: dt.date) -> nw.Expr:
    """Whether an interval ``[since, until)`` holds *now*."""
    since, until = nw.col("since"), nw.col("until")
    return (since <= as_in(schema["since"], now)) & (
        until.is_null() | (until > as_in(schema["until"], now))
    )


def _bits(facts: _Frame, on: list[str], words: tuple[str, ...]) -> _Frame:
    """Of each of *on* the sum of the bits of its words."""
    bit = sum(
        (_one(nw.col("fact") == str(word)) * (1 << place) for place, word in enumerate(words)),
        nw.lit(0, nw.Int64),
    )
    distinct = facts.select(*on, "fact").unique()
    return distinct.select(*on, bit.alias("bits")).group_by(*on).agg(nw.col("bits").sum())


def _flag(grants: _Frame, on: list[str]) -> _Frame:
    return grants.select(*on).unique().with_columns(nw.lit(1, nw.Int64).alias("bits"))


def _one(condition: nw.Expr) -> nw.Expr:
    """1 where *condition* is met, else 0; what is missing meets none."""
    return (
        nw.when(condition.fill_null(value=False))
        .then(nw.lit(1, nw.Int64))
        .otherwise(nw.lit(0, nw.Int64))
    )

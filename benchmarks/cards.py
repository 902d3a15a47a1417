"""One card filtered, for every kind of viewer, against code by hand and other engines.

    python benchmarks/cards.py [--full] [--json FILE]

Cards of 14 (an ordinary one), 200 and 2,000 documents of the simulated city. All ways are asked
first whether they show the same documents; if one does not, nothing is printed. Then each way is
timed in turn, round by round, and the medians are printed as ratios to the naive loop. Deciding is
inside every measurement. In the short form an engine that would take too long for a card is left
out of that card, and the table says so.
"""

import argparse
import datetime as dt
import importlib.metadata
import json
import operator
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from peers import engines, residuals
from peers.policy import Filter, Question, comprehension, naive

from emrcore.access import Facts, Grant, View, Viewer, decide
from emrcore.people import Kinship, KinshipStatus, Person, PersonId
from emrcore.records import Document, Shelf, count, page, verdicts, visible
from emrcore.rulebook import Role, shipped
from emrcore.testing.city import City, card, documents

AT = dt.datetime(2020, 2, 3, 9, tzinfo=dt.UTC)
EDITION = shipped("ru-moscow-2020").edition_at(AT)
SIZES = (14, 200, 2000)
PEERS: Mapping[str, Callable[[], Filter]] = {
    "cedarpy, partial evaluation, residuals compiled": residuals.cedar_partial,
    "bouncer": engines.bouncer,
    "rules": engines.django_rules,
    "vakt": engines.vakt,
    "cedarpy, batch": engines.cedar_batch,
    "pycasbin": engines.casbin,
    "py-abac": engines.py_abac,
}
NOT_COMPARED = "oso, which pins a cffi that today's cryptography does not take"
NAIVE, BY_HAND = "by hand, all for each document", "by hand, a comprehension"
VISIBLE, REASONS, PAGE, COUNTS = "visible", "verdicts, with reasons", "first page of 50", "counts"
KEPT, KEPT_PAGE = "visible, of a kept shelf", "first page of 50, of a kept shelf"


def ours(what: Callable[[View, Sequence[Document]], Any]) -> Callable[..., Any]:
    """Decide, then *what*."""

    def answer(question: Question, card: Sequence[Document]) -> Any:
        view = decide(question.facts, question.viewer, at=question.at, edition=EDITION)
        return what(view, card)

    return answer


OURS = {
    f"emrcore: {VISIBLE}": ours(visible),
    f"emrcore: {REASONS}": ours(verdicts),
    f"emrcore: {PAGE}": ours(page),
    f"emrcore: {COUNTS}": ours(count),
}


def of_shelf(what: Callable[[Shelf, View], Any]) -> Callable[..., Any]:
    """Decide, then *what* of the shelf that is kept with the card."""
    shelves: dict[int, Shelf] = {}

    def answer(question: Question, card: Sequence[Document]) -> Any:
        shelf = shelves.get(id(card))
        if shelf is None:
            shelf = shelves[id(card)] = Shelf(card)
        view = decide(question.facts, question.viewer, at=question.at, edition=EDITION)
        return what(shelf, view)

    return answer


OURS[f"emrcore: {KEPT}"] = of_shelf(Shelf.visible)
OURS[f"emrcore: {KEPT_PAGE}"] = of_shelf(Shelf.page)


# -- Cards and viewers -----------------------------------------------------------------------------


def of_size(size: int) -> list[Document]:
    """*size* documents of the first card of the city that has so many."""
    city = City()
    for partition in city.partitions():
        owners = documents(partition)["card"]
        ends = owners.searchsorted(range(partition.first, partition.end + 1))
        fitting = (ends[1:] - ends[:-1] >= size).nonzero()[0]
        if len(fitting):
            return list(card(city, partition.first + int(fitting[0])).documents[:size])
    raise LookupError(size)


def questions(patient: str) -> dict[str, Question]:
    """Every kind of viewer, let in, and a guardian whose tie is disputed."""
    grown_up, child = dt.date(1980, 5, 5), dt.date(2010, 5, 5)
    confirmed, disputed = KinshipStatus.CONFIRMED, KinshipStatus.DISPUTED
    return {
        "self": _question(patient, Role.SELF, grown_up),
        "guardian": _question(patient, Role.GUARDIAN, child, confirmed),
        "doctor": _question(patient, Role.DOCTOR, grown_up),
        "crew": _question(patient, Role.CREW, grown_up),
        "refused": _question(patient, Role.GUARDIAN, child, disputed),
    }


def _question(
    patient: Any, role: Role, born: dt.date, tie: KinshipStatus | None = None
) -> Question:
    ward, guardian = PersonId("patient"), PersonId("guardian")
    viewer = {Role.SELF: ward, Role.GUARDIAN: guardian}.get(role, PersonId("staff"))
    since = dt.datetime(2020, 1, 21, tzinfo=dt.UTC)
    kinship = [Kinship(guardian=guardian, ward=ward, since=born, status=tie)] if tie else []
    facts = Facts(
        patient=patient,
        person=Person(id=ward, born=born),
        kinships=tuple(kinship),
        grants=(Grant(viewer=ward, since=since), Grant(viewer=guardian, since=since)),
    )
    return Question(facts=facts, viewer=Viewer(person=viewer, role=role), at=AT)


# -- Correctness first -----------------------------------------------------------------------------


def prepared() -> tuple[dict[str, Filter], list[str]]:
    """The peers that are installed, and the names of those that are not."""
    found: dict[str, Filter] = {}
    missing: list[str] = []
    for name, make in PEERS.items():
        try:
            found[name] = make()
        except ImportError:
            missing.append(name)
    return found, missing


def refuse_to_differ(question: Question, card: list[Document], peers: Mapping[str, Filter]) -> None:
    """Ask every way.

    Raises:
        SystemExit: one of them shows other documents than the naive loop.
    """
    expected = naive(question, card)
    found = {name: way(question, card) for name, way in peers.items()}
    found[BY_HAND] = comprehension(question, card)
    view = decide(question.facts, question.viewer, at=question.at, edition=EDITION)
    found[VISIBLE] = visible(view, card)
    kept = {one.id for one in Shelf(card).visible(view)}
    found[KEPT] = [one for one in card if one.id in kept]
    told = zip(card, verdicts(view, card), strict=True)
    found[REASONS] = [one for one, verdict in told if verdict.visible]
    found[COUNTS] = [one for one in expected if one.section in count(view, card)]
    newest = sorted(expected, key=lambda one: (one.dated, one.source, one.id), reverse=True)
    wrong = [name for name, documents in found.items() if documents != expected]
    if sum(count(view, card).values()) != len(expected):
        wrong.append(COUNTS)
    if list(page(view, card).documents) != newest[:50]:
        wrong.append(PAGE)
    if wrong:
        raise SystemExit(f"{', '.join(wrong)}: other documents for {question.viewer.role}")


# -- Time ------------------------------------------------------------------------------------------

Way = Callable[[Question, list[Document]], Any]


def seconds(way: Way, question: Question, card: list[Document], calls: int) -> float:
    """The processor time that one of *calls* takes: others on the machine are left out of it."""
    start = time.process_time()
    for _ in range(calls):
        way(question, card)
    return (time.process_time() - start) / calls


def measured(
    question: Question, card: list[Document], ways: Mapping[str, Way], *, rounds: int, budget: float
) -> dict[str, float | None]:
    """The median seconds of each way over interleaved rounds; None where *budget* is too small.

    *budget* is what all rounds of one way may take, in seconds.
    """
    once = {name: seconds(way, question, card, 1) for name, way in ways.items()}
    kept = {name: ways[name] for name, taken in once.items() if taken * rounds < budget}
    calls = {name: max(1, int(0.002 / once[name])) for name in kept}
    taken: dict[str, list[float]] = {name: [] for name in kept}
    for _ in range(rounds):
        for name, way in kept.items():
            taken[name].append(seconds(way, question, card, calls[name]))
    return {name: statistics.median(taken[name]) if name in kept else None for name in ways}


@attrs.frozen(kw_only=True)
class Table:
    """The medians of one size of card: seconds by way and viewer."""

    size: int
    seconds: Mapping[str, Mapping[str, float | None]]

    def ratio(self, way: str, viewer: str, to: str = NAIVE) -> float | None:
        """How many times as long as *to* the *way* takes for *viewer*."""
        mine, other = self.seconds[viewer][way], self.seconds[viewer][to]
        return mine / other if mine is not None and other is not None else None

    def markdown(self) -> str:
        """Ratios to the naive loop, a row a way."""
        viewers = list(self.seconds)
        lines = [
            f"| {self.size} documents, x naive | {' | '.join(viewers)} |",
            f"|---|{'---:|' * len(viewers)}",
        ]
        for way in next(iter(self.seconds.values())):
            cells = [_cell(self.ratio(way, viewer)) for viewer in viewers]
            lines.append(f"| {way} | {' | '.join(cells)} |")
        naive_ = [f"{(self.seconds[viewer][NAIVE] or 0) * 1e6:.1f}" for viewer in viewers]
        lines.append(f"| *{NAIVE}, us* | {' | '.join(naive_)} |")
        return "\n".join(lines)


def _cell(ratio: float | None) -> str:
    return "too long" if ratio is None else f"{ratio:.3g}"


# -- Goals -----------------------------------------------------------------------------------------


def goals(tables: Mapping[int, Table], peers: Sequence[str]) -> list[tuple[str, str, str, bool]]:
    """Each goal: what, the bound, what was reached at the worst viewer, whether that meets it."""
    small, large = tables[SIZES[0]], tables[SIZES[-1]]
    viewers = [viewer for viewer in large.seconds if viewer != "refused"]
    shown, told = f"emrcore: {VISIBLE}", f"emrcore: {REASONS}"
    kept = f"emrcore: {KEPT}"

    def worst(table: Table, way: str, to: str) -> float:
        return max(table.ratio(way, viewer, to) or 0 for viewer in viewers)

    found = [
        _at_most("2,000, visible / naive", 0.08, worst(large, shown, NAIVE)),
        _at_most("2,000, with reasons / naive", 0.12, worst(large, told, NAIVE)),
        _at_most("2,000, kept / naive", 0.08, worst(large, kept, NAIVE)),
        _at_most("2,000, kept / comprehension", 0.3, worst(large, kept, BY_HAND)),
        _at_most(
            "2,000, first page, kept / visible", 0.1, worst(large, f"emrcore: {KEPT_PAGE}", shown)
        ),
        _at_most("14, visible / comprehension", 1.1, worst(small, shown, BY_HAND)),
        _at_most("2,000, first page / visible", 0.1, worst(large, f"emrcore: {PAGE}", shown)),
    ]
    for name in (peer for peer in peers if peer != next(iter(PEERS))):
        ratios = [large.ratio(name, viewer, shown) for viewer in viewers]
        known = [ratio for ratio in ratios if ratio is not None]
        if known:
            least = min(known)
            found.append((f"2,000, {name} / visible", ">= 15", f"{least:.3g}", least >= 15))
    return found


def _at_most(what: str, bound: float, reached: float) -> tuple[str, str, str, bool]:
    return what, f"<= {bound}", f"{reached:.3g}", operator.le(reached, bound)


def machine() -> dict[str, str | int | None]:
    """What this was measured on."""
    model = [
        line.partition(":")[2].strip()
        for line in _lines(Path("/proc/cpuinfo"))
        if line.startswith("model name")
    ]
    return {
        "processor": model[0] if model else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "emrcore": importlib.metadata.version("emrcore"),
    }


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def main(arguments: Sequence[str]) -> None:
    """Compare the answers, then the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="every engine on every card")
    parser.add_argument("--json", type=Path, help="write the medians here, too")
    chosen = parser.parse_args(arguments)
    rounds, budget = (9, 120.0) if chosen.full else (5, 0.1)
    peers, missing = prepared()
    cards = {size: of_size(size) for size in SIZES}
    for found in cards.values():
        few = found if chosen.full else found[:200]
        for question in questions(found[0].patient).values():
            refuse_to_differ(question, found, {})
            refuse_to_differ(question, few, peers)
    ways: dict[str, Way] = {NAIVE: naive, BY_HAND: comprehension, **OURS, **peers}
    tables = {
        size: Table(
            size=size,
            seconds={
                viewer: measured(question, found, ways, rounds=rounds, budget=budget)
                for viewer, question in questions(found[0].patient).items()
            },
        )
        for size, found in cards.items()
    }
    for table in tables.values():
        print(table.markdown(), end="\n\n")
    print(f"Missing: {', '.join([*missing, NOT_COMPARED])}")
    for what, bound, reached, met in goals(tables, list(peers)):
        print(f"{'met' if met else 'MISSED':7} {what}: {reached} (goal {bound})")
    if chosen.json:
        result = {
            "machine": machine(),
            "missing": missing,
            "seconds": {str(size): table.seconds for size, table in tables.items()},
        }
        chosen.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

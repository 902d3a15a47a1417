"""``make crash``: the campaigns at length, each in a line; what cannot be run here says why."""

import argparse
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable, Mapping

import servers
from crashes import flips, images, kills, power, restarts, room, syscalls
from crashes.reports import Report
from emrcore.errors import ReadOnly, StorageFull
from emrcore.testing.invariants import Violation


def _kills_postgres(rounds: int, seed: int) -> Report:
    with servers.own_postgres() as url:
        return kills.campaign(kills.in_postgres(url), rounds=rounds, seed=seed)


def _restarts(rounds: int, seed: int) -> Report:
    with servers.own_server() as server:
        return restarts.campaign(server, restarts=rounds, seed=seed)


def _full(rounds: int, _: int) -> Report:
    with (
        tempfile.TemporaryDirectory() as name,
        room.in_sqlite(pathlib.Path(name)) as (engine, mount),
    ):
        return room.campaign(engine, mount, room.full, StorageFull, rounds=rounds)


def _full_postgres(rounds: int, _: int) -> Report:
    with (
        servers.own_postgres() as url,
        tempfile.TemporaryDirectory() as name,
        room.in_postgres(url, pathlib.Path(name)) as (engine, mount),
    ):
        return room.campaign(engine, mount, room.full, StorageFull, rounds=rounds)


def _read_only(rounds: int, _: int) -> Report:
    with (
        tempfile.TemporaryDirectory() as name,
        room.in_sqlite(pathlib.Path(name)) as (engine, mount),
    ):
        return room.campaign(engine, mount, room.read_only, ReadOnly, rounds=rounds)


def _plants(rounds: int, seed: int) -> Report:
    """The bugs that only chance brings to light; one that stayed hidden is a violation."""
    found: dict[str, Report] = {
        plant: kills.campaign(kills.in_sqlite, rounds=rounds, seed=seed, plant=plant)
        for plant in ("two transactions", "lost outbox")
    }
    with servers.own_server() as server:
        name = "new key"
        found[name] = restarts.campaign(server, restarts=rounds, seed=seed, writers=3, plant=name)
    silent = [plant for plant, report in found.items() if not report.violations]
    return Report(
        faults=sum(report.faults for report in found.values()),
        violations=[
            Violation(invariant="I5", where=plant, what="was planted, and not found")
            for plant in silent
        ],
    )


Campaign = Callable[[int, int], Report]

CAMPAIGNS: Mapping[str, tuple[int, Campaign, Callable[[], str]]] = {
    "kills": (1000, lambda n, seed: kills.campaign(kills.in_sqlite, rounds=n, seed=seed), str),
    "kills-several": (
        200,
        lambda n, seed: kills.campaign(kills.in_sqlite, rounds=n, seed=seed, writers=3),
        str,
    ),
    "kills-postgres": (1000, _kills_postgres, str),
    "restarts": (100, _restarts, str),
    "plants": (200, _plants, str),
    "images-wal": (50_000, lambda n, seed: images.campaign(images=n, seed=seed), str),
    "images-delete": (
        50_000,
        lambda n, seed: images.campaign(images=n, seed=seed, setting=images.DELETE_EXTRA),
        str,
    ),
    "syscalls": (1, lambda every, _: syscalls.campaign(every=every), syscalls.why_not),
    "full": (5, _full, room.why_not),
    "full-postgres": (5, _full_postgres, room.why_not),
    "read-only": (5, _read_only, room.why_not),
    "power": (300, lambda n, seed: power.campaign(cuts=n, seed=seed), power.why_not),
    "flips": (1500, lambda n, seed: flips.campaign(flips=n, seed=seed), str),
}
"""Each with its size (of ``syscalls``: every so-manieth), and why it cannot be run here."""


def main() -> int:
    """Run the campaigns that were named, or all; whether all were sound."""
    parser = argparse.ArgumentParser(prog="crashes", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CAMPAIGNS))
    parser.add_argument("--rounds", type=int, help="in place of each one's own size")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    unknown = set(chosen.names) - CAMPAIGNS.keys()
    if unknown:
        parser.error(f"no campaign is called {', '.join(sorted(unknown))}")
    sound = True
    for name in chosen.names or CAMPAIGNS:
        size, campaign, why_not = CAMPAIGNS[name]
        if reason := why_not():
            sys.stdout.write(f"{name}: NOT RUN: {reason}\n")
            continue
        began = time.monotonic()
        report = campaign(chosen.rounds or size, chosen.seed)
        sys.stdout.write(f"{name}: {report} ({time.monotonic() - began:.0f} s)\n")
        sys.stdout.flush()
        sound = sound and report.sound
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())

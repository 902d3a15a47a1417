"""What importing costs above bare Python: medians of interleaved runs, each in a fresh process.

Run it with ``python benchmarks/import_cost.py [ROUNDS]``.
"""

import statistics
import subprocess
import sys
import time

STEPS = {
    "bare Python": "pass",
    "attrs": "import attrs",
    "attrs, emrcore": "import attrs, emrcore",
    "a rulebook loaded and checked": (
        "from emrcore.rulebook import shipped; shipped('ru-moscow-2020')"
    ),
    "the office with SQLite": "import emrcore.office, emrcore.adapters.sql",
}


def seconds(code: str) -> float:
    """How long a fresh process takes to run *code*."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own lines
    return time.perf_counter() - start


def main(rounds: int = 9) -> None:
    """Print each step's median, and what it adds to bare Python."""
    for code in STEPS.values():
        seconds(code)
    taken: dict[str, list[float]] = {name: [] for name in STEPS}
    for _ in range(rounds):
        for name, code in STEPS.items():
            taken[name].append(seconds(code) * 1000)
    bare = statistics.median(taken["bare Python"])
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:32} {median:7.1f} ms   +{median - bare:6.1f} ms   x{median / bare:5.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""What importing costs above bare Python: medians of interleaved runs, each in a fresh process.

Every process finds bytecode, as it would after ``pip install``, and compiles no source. What is
above ``import attrs`` is the share of this library, in which attrs makes the classes.

Run it with ``python benchmarks/import_cost.py [ROUNDS]``.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

STEPS = {
    "bare Python": "pass",
    "attrs": "import attrs",
    "attrs, emrcore": "import attrs, emrcore",
    "a rulebook loaded and checked": (
        "from emrcore.rulebook import shipped; shipped('ru-moscow-2020')"
    ),
    "the same, and all that decides": (
        "from emrcore import decide, judge; from emrcore.rulebook import shipped; "
        "shipped('ru-moscow-2020')"
    ),
    "the office with SQLite": "import emrcore.office, emrcore.adapters.sql",
}


def seconds(code: str, environment: dict[str, str]) -> float:
    """How long a fresh process takes to run *code*."""
    start = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own lines
        [sys.executable, "-c", code], check=True, env=environment
    )
    return time.perf_counter() - start


def main(rounds: int = 9) -> None:
    """Print each step's median, and what it adds to bare Python and to attrs."""
    taken: dict[str, list[float]] = {name: [] for name in STEPS}
    with tempfile.TemporaryDirectory() as bytecode:
        environment = dict(os.environ, PYTHONPYCACHEPREFIX=bytecode)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for code in STEPS.values():
            seconds(code, environment)
        for _ in range(rounds):
            for name, code in STEPS.items():
                taken[name].append(seconds(code, environment) * 1000)
    bare, attrs = (statistics.median(taken[name]) for name in ("bare Python", "attrs"))
    for name, times in taken.items():
        median = statistics.median(times)
        above = f"+{median - bare:6.1f} ms   above attrs {median - attrs:+7.1f} ms"
        print(f"{name:32} {median:7.1f} ms   {above}   x{median / bare:5.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

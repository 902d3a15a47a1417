"""Draw the figures of docs/explanation/performance.md from the results of benchmarks.

    python benchmarks/figures.py

Reads ``benchmarks/results/cards.json`` (of ``cards.py --json``) and ``corpus.json`` (of ``corpus.py
--json``) and writes SVG beside the page. Each is one list of bars on a logarithmic scale.
"""

import html
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS, FIGURES = HERE / "results", HERE.parent / "docs" / "explanation" / "figures"
NAIVE = "by hand, all for each document"
ROW, LEFT, WIDTH, RIGHT = 24, 330, 420, 90


def bars(title: str, note: str, values: Mapping[str, float], form: str = "{:.3g}") -> str:
    """An SVG of *values*, the smallest first; those of emrcore in another colour."""
    ordered = sorted(values.items(), key=lambda one: one[1])
    low = math.floor(math.log10(ordered[0][1]))
    high = max(math.ceil(math.log10(ordered[-1][1])), low + 1)
    height = 50 + ROW * len(ordered) + 34
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {height}">',
        "<style>text {font-family: sans-serif; font-size: 12px}</style>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="10" y="24" font-weight="bold">{html.escape(title)}</text>',
    ]
    for power in range(low, high + 1):
        x = LEFT + WIDTH * (power - low) / (high - low)
        lines += [
            f'<line x1="{x:.0f}" y1="40" x2="{x:.0f}" y2="{height - 38}" stroke="#dddddd"/>',
            f'<text x="{x:.0f}" y="{height - 24}" text-anchor="middle">{10.0**power:g}</text>',
        ]
    for place, (name, value) in enumerate(ordered):
        y = 46 + ROW * place
        length = max(WIDTH * (math.log10(value) - low) / (high - low), 1)
        colour = "#1f6f8b" if name.startswith("emrcore") else "#b0b0b0"
        lines += [
            f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{html.escape(name)}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{ROW - 7}" fill="{colour}"/>',
            f'<text x="{LEFT + length + 5:.1f}" y="{y + 13}">{form.format(value)}</text>',
        ]
    lines += [
        f'<text x="10" y="{height - 8}">{html.escape(note)}</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def of_cards(found: Mapping[str, Any], size: str, viewer: str) -> str:
    """One card under every way that was measured."""
    seconds = found["seconds"][size][viewer]
    ratios = {name: one / seconds[NAIVE] for name, one in seconds.items() if one is not None}
    title = f"A card of {int(size):,} documents, {viewer}: time, x the naive loop"
    return bars(title, _machine(found), ratios)


def of_corpus(found: Mapping[str, Any]) -> str:
    """What the whole city is shown."""
    rows = {f"{role}: {section}": float(number) for role, section, number in found["shown"]}
    title = f"Rows shown of {found['documents']:,} documents"
    spent = f"{found['wall']:.0f} s, {found['memory'] / 1e9:.1f} GB; {_machine(found)}"
    return bars(title, spent, rows, "{:,.0f}")


def _machine(found: Mapping[str, Any]) -> str:
    machine = found["machine"]
    return f"{machine['cores']} cores of {machine['processor']}, Python {machine['python']}"


def main() -> None:
    """Draw what there are results of."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    cards, corpus = RESULTS / "cards.json", RESULTS / "corpus.json"
    if cards.exists():
        found = json.loads(cards.read_text("utf-8"))
        for size in found["seconds"]:
            for viewer in ("self", "doctor"):
                figure = of_cards(found, size, viewer)
                (FIGURES / f"card-{size}-{viewer}.svg").write_text(figure, "utf-8")
    if corpus.exists():
        found = json.loads(corpus.read_text("utf-8"))
        (FIGURES / "corpus.svg").write_text(of_corpus(found), "utf-8")


if __name__ == "__main__":
    main()

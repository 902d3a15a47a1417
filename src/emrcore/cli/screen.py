"""A terminal of 100 columns, in one language."""

import datetime as dt
import textwrap
from typing import TextIO

import attrs

from emrcore.rulebook import Rulebook
from emrcore.texts import Language, say, written

_WIDTH = 98
_FIRST = 24
_CELL = 12


@attrs.frozen
class Screen:
    """Prints to ``out`` what is to be read in ``language``; every line is out at once."""

    out: TextIO
    language: Language

    def chapter(self, title: str) -> None:
        """Begin a chapter, titled by a marked message."""
        self.raw("")
        self.raw(say(self.language, title))
        self.raw("-" * _WIDTH)

    def line(self, message: str, **values: object) -> None:
        """One sentence: a marked message and its values."""
        self.raw(say(self.language, message, **values))

    def item(self, text: str) -> None:
        """A line of its own, indented and wrapped, said as it is."""
        for part in textwrap.wrap(text, _WIDTH - 4, subsequent_indent="    "):
            self.raw(f"    {part}")

    def row(self, first: str, *cells: str) -> None:
        """A row of a table."""
        shown = "".join(f"{cell:>{_CELL}}" for cell in cells)
        self.raw(f"    {first:<{_FIRST}}{shown}")

    def raw(self, text: str) -> None:
        """*text* as it is."""
        print(text, file=self.out, flush=True)

    def day(self, day: dt.date) -> str:
        """*day* as the language writes it."""
        return written(self.language, day)

    def section(self, book: Rulebook, name: str) -> str:
        """The title of a section."""
        return book.editions[0].sections[name].title[self.language]

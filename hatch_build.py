"""Compiles the message catalogues while the package is built, editable installs included.

Only the ``.po`` sources are kept in the repository; ``gettext`` reads the ``.mo`` made here.
"""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = "src/emrcore/texts/locales/*/LC_MESSAGES/emrcore.po"


class Catalogues(BuildHookInterface[Any]):
    """Lays an ``emrcore.mo`` beside every ``emrcore.po``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files of the wheel are collected."""
        del version, build_data
        for source in sorted(Path(self.root).glob(SOURCES)):
            compile_catalogue(source)


def compile_catalogue(source: Path) -> None:
    """Compile one ``LANGUAGE/LC_MESSAGES/emrcore.po``; fuzzy messages are left out.

    A line that belongs to no message ends the build.
    """
    with source.open("rb") as po:
        catalogue = read_po(po, locale=source.parents[1].name, abort_invalid=True)
    with source.with_suffix(".mo").open("wb") as mo:
        write_mo(mo, catalogue)

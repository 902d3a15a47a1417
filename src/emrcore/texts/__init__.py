"""The texts citizens read."""

from emrcore.texts.catalogue import Language, marked, say, written

__all__ = ["Language", "marked", "say", "written"]

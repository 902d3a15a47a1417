"""The texts citizens read."""

from emrcore.texts.catalogue import Language, marked, say, written
from emrcore.texts.short_messages import Encoding, Segments, segments

__all__ = ["Encoding", "Language", "Segments", "marked", "say", "segments", "written"]

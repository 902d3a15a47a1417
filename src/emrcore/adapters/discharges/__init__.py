"""Layouts of discharge summaries that are no standard's: to use, and to copy the manner of."""

from emrcore.adapters.discharges.flat import flat
from emrcore.adapters.discharges.nested import nested

__all__ = ["flat", "nested"]

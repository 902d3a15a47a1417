"""The finite list of cases that decides all that a rulebook says; the argument is in ``cells``."""

from emrcore.testing.boundaries.cells import Cell, Look, answered, cells, looks
from emrcore.testing.boundaries.people import OTHER, PATIENT, PERSON, VIEWER

__all__ = [
    "OTHER",
    "PATIENT",
    "PERSON",
    "VIEWER",
    "Cell",
    "Look",
    "answered",
    "cells",
    "looks",
]

"""Where documents are kept, and the only way they are read: under a view."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from emrcore.access import View
from emrcore.journal import Entry
from emrcore.people import PatientId
from emrcore.records import Document, Page, Versions


class Records(Protocol):
    """Keeps documents. A view that allows nothing costs no query."""

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        """Add the *documents* of *patient* with their journal entry, in one commit.

        They arrive one after the other, each as ``records.arrived`` says: the same content again
        is nothing, other content is one more version. No version is ever overwritten. Returns how
        many versions were new; with none new, nothing is written.

        Raises:
            Conflict: somebody else is writing this card; nothing was written.
            ValueError: a document is another patient's, or is delivered as superseded.
        """
        ...

    def page(
        self, view: View, *, cursor: str | None = None, section: str | None = None, size: int = 50
    ) -> Page:
        """The next *size* visible documents after *cursor*, newest first.

        Raises:
            RuleBroken: REC-2, the cursor is not this viewer's.
            Malformed: *cursor* or *size* is none.
        """
        ...

    def count(self, view: View) -> Mapping[str, int]:
        """How many documents *view* allows, by section; sections without any are left out."""
        ...

    def get(self, view: View, source: str, id: str) -> Document | None:  # noqa: A002
        """One document, if *view* allows it; None whether it is hidden or not there."""
        ...

    def versions(
        self,
        patient: PatientId,
        source: str,
        id: str,  # noqa: A002
    ) -> Versions:
        """Every version of one document in the order of arrival, under no view; empty: none.

        For those who correct and audit, never for a reader.
        """
        ...

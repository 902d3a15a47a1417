"""A discharge summary in one form, whatever the hospital's software wrote (DIS-2).

Every part is optional: a hospital that writes no consultations has a summary without them, and
never none. The bytes it was read from stay the document's body; this is how they are shown.
"""

import datetime as dt
import hashlib

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed


def _after_admission(stay: "Stay", _: object, until: dt.date | None) -> None:
    if until and stay.admitted_on and until < stay.admitted_on:
        fault = Fault("discharged_on", "is before admitted_on", rules.DIS_1)
        raise Malformed("stay", (fault,))


@attrs.frozen(kw_only=True)
class Stay:
    """From the local day of admission to that of discharge, both included.

    Raises:
        Malformed: DIS-1, the discharge is before the admission.
    """

    admitted_on: dt.date | None = None
    discharged_on: dt.date | None = attrs.field(default=None, validator=_after_admission)


@attrs.frozen(kw_only=True)
class Diagnosis:
    """A diagnosis in words, with its code (ICD-10 in Russia) where there is one."""

    text: str
    code: str | None = None
    main: bool = False


@attrs.frozen(kw_only=True)
class Finding:
    """A study or a consultation: which, on which local day, and what came of it."""

    name: str
    on: dt.date | None = None
    conclusion: str = ""


@attrs.frozen(kw_only=True)
class Provenance:
    """Where a summary comes from: the system, the format it wrote, and SHA-256 of its bytes."""

    source: str
    format: str
    sha256: str


@attrs.frozen(kw_only=True)
class DischargeSummary:
    """What was found and done during a stay, and what is advised (DIS-1)."""

    stay: Stay | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    studies: tuple[Finding, ...] = ()
    consultations: tuple[Finding, ...] = ()
    treatment: tuple[str, ...] = ()
    recommendations: tuple[str, ...] = ()
    provenance: Provenance | None = None


def provenance(content: bytes, *, source: str, layout: str) -> Provenance:
    """Where a summary of *content* comes from (DIS-3)."""
    return Provenance(source=source, format=layout, sha256=hashlib.sha256(content).hexdigest())

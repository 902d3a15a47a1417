"""What stands in a document, for those forms that a portal shows more of than a page of text."""

from emrcore.bodies.codec import BODIES, read, read_schedule, write
from emrcore.bodies.costs import Money, Payer, Service, Total, totals
from emrcore.bodies.discharge import (
    Diagnosis,
    DischargeSummary,
    Finding,
    Provenance,
    Stay,
)
from emrcore.bodies.layouts import Layout, read_discharge
from emrcore.bodies.prescriptions import Dispensing, Prescription, PrescriptionStatus
from emrcore.bodies.structuring import WrongValueError, strict_converter
from emrcore.bodies.vaccinations import (
    Dose,
    DoseStatus,
    GivenDose,
    ScheduledDose,
    VaccinationCard,
    doses,
)

__all__ = [
    "BODIES",
    "Diagnosis",
    "DischargeSummary",
    "Dispensing",
    "Dose",
    "DoseStatus",
    "Finding",
    "GivenDose",
    "Layout",
    "Money",
    "Payer",
    "Prescription",
    "PrescriptionStatus",
    "Provenance",
    "ScheduledDose",
    "Service",
    "Stay",
    "Total",
    "VaccinationCard",
    "WrongValueError",
    "doses",
    "read",
    "read_discharge",
    "read_schedule",
    "strict_converter",
    "totals",
    "write",
]

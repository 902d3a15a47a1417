"""The shell a host calls."""

from emrcore.journal import Look
from emrcore.office.async_office import AsyncOffice, Execution
from emrcore.office.auditing import Auditor, Finding, Notary
from emrcore.office.entering import Login
from emrcore.office.messages import Sender
from emrcore.office.office import Office
from emrcore.office.readers import Citizen, Reader, Staff
from emrcore.office.reading import OpenedCard
from emrcore.office.work import Pause

__all__ = [
    "AsyncOffice",
    "Auditor",
    "Citizen",
    "Execution",
    "Finding",
    "Login",
    "Look",
    "Notary",
    "Office",
    "OpenedCard",
    "Pause",
    "Reader",
    "Sender",
    "Staff",
]

"""The shell a host calls."""

from emrcore.journal import Look
from emrcore.office.agenda import Forecast, Task
from emrcore.office.async_office import AsyncOffice, Execution
from emrcore.office.auditing import Auditor, Finding, Notary
from emrcore.office.corrections import Named
from emrcore.office.custody import Rewrapping
from emrcore.office.entering import SignedIn
from emrcore.office.evidence import Album
from emrcore.office.factors import Authenticator
from emrcore.office.indexes import BlindIndex, Indexed, blind_index
from emrcore.office.messages import Sender
from emrcore.office.office import Office
from emrcore.office.readers import Citizen, Reader, Staff
from emrcore.office.reading import OpenedCard
from emrcore.office.work import Pause
from emrcore.sessions import Login

__all__ = [
    "Album",
    "AsyncOffice",
    "Auditor",
    "Authenticator",
    "BlindIndex",
    "Citizen",
    "Execution",
    "Finding",
    "Forecast",
    "Indexed",
    "Login",
    "Look",
    "Named",
    "Notary",
    "Office",
    "OpenedCard",
    "Pause",
    "Reader",
    "Rewrapping",
    "Sender",
    "SignedIn",
    "Staff",
    "Task",
    "blind_index",
]

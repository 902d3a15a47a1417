"""The shell a host calls."""

from emrcore.journal import Look
from emrcore.office.agenda import Forecast, Task
from emrcore.office.async_office import AsyncOffice, Execution
from emrcore.office.auditing import Auditor, Finding, Notary
from emrcore.office.corrections import Named
from emrcore.office.custody import Rewrapping
from emrcore.office.diary import ShownVersion, ShownWords
from emrcore.office.emergencies import EmergencyTask, WaitsFor
from emrcore.office.entering import SignedIn
from emrcore.office.evidence import Album
from emrcore.office.factors import Authenticator
from emrcore.office.indexes import BlindIndex, Indexed, blind_index
from emrcore.office.messages import Sender
from emrcore.office.office import Office
from emrcore.office.readers import Citizen, Reader, Staff
from emrcore.office.reading import EmergencySummary, OpenedCard
from emrcore.office.sealed_records import SealedRecords
from emrcore.office.shares import MadeShare, OpenedShare, WrongPasscode
from emrcore.office.wishes import ShownWish
from emrcore.office.work import Pause
from emrcore.sessions import Login

__all__ = [
    "Album",
    "AsyncOffice",
    "Auditor",
    "Authenticator",
    "BlindIndex",
    "Citizen",
    "EmergencySummary",
    "EmergencyTask",
    "Execution",
    "Finding",
    "Forecast",
    "Indexed",
    "Login",
    "Look",
    "MadeShare",
    "Named",
    "Notary",
    "Office",
    "OpenedCard",
    "OpenedShare",
    "Pause",
    "Reader",
    "Rewrapping",
    "SealedRecords",
    "Sender",
    "ShownVersion",
    "ShownWish",
    "ShownWords",
    "SignedIn",
    "Staff",
    "Task",
    "WaitsFor",
    "WrongPasscode",
    "blind_index",
]

"""The shell a host calls."""

from emrcore.office.async_office import AsyncOffice, Execution
from emrcore.office.custody import Rewrapping
from emrcore.office.entering import SignedIn
from emrcore.office.factors import Authenticator
from emrcore.office.indexes import BlindIndex, Indexed, blind_index
from emrcore.office.messages import Sender
from emrcore.office.office import Office
from emrcore.office.readers import Citizen, Reader, Staff
from emrcore.office.reading import Look, OpenedCard
from emrcore.office.work import Pause
from emrcore.sessions import Login

__all__ = [
    "AsyncOffice",
    "Authenticator",
    "BlindIndex",
    "Citizen",
    "Execution",
    "Indexed",
    "Login",
    "Look",
    "Office",
    "OpenedCard",
    "Pause",
    "Reader",
    "Rewrapping",
    "Sender",
    "SignedIn",
    "Staff",
    "blind_index",
]

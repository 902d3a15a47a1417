"""The shell a host calls."""

from emrcore.office.agenda import Forecast, Task
from emrcore.office.async_office import AsyncOffice, Execution
from emrcore.office.entering import Login
from emrcore.office.evidence import Album
from emrcore.office.messages import Sender
from emrcore.office.office import Office
from emrcore.office.readers import Citizen, Reader, Staff
from emrcore.office.reading import Look, OpenedCard
from emrcore.office.work import Pause

__all__ = [
    "Album",
    "AsyncOffice",
    "Citizen",
    "Execution",
    "Forecast",
    "Login",
    "Look",
    "Office",
    "OpenedCard",
    "Pause",
    "Reader",
    "Sender",
    "Staff",
    "Task",
]

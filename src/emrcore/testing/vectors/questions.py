"""What each kind of case may say: its question, and the parts of the answer it may expect."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from emrcore.access import Facts, Grant, Viewer
from emrcore.calendar import Counting, Suspension
from emrcore.people import (
    AgeConvention,
    Kinship,
    KinshipStatus,
    PatientId,
    Person,
    PersonId,
    Restriction,
    Sex,
)
from emrcore.records import Document, DocumentId
from emrcore.rulebook import Role
from emrcore.testing.vectors.cases import (
    AgeAsked,
    DayAsked,
    DeadlineAsked,
    DecisionAsked,
    Fields,
    Paper,
    PaperAsked,
    Question,
)
from emrcore.testing.vectors.forms import (
    Form,
    Members,
    a_day,
    a_flag,
    a_moment,
    a_number,
    a_text,
    list_of,
    made,
    member_of,
    members,
    one_of,
    or_null,
    unfit,
)

BEYOND_CALENDAR: Final = "beyond-calendar"
"""The error of a day that the working calendar does not know."""

_CALENDARS = ("standard", "federal", "moscow")
_ROLES = (Role.SELF, Role.GUARDIAN, Role.DOCTOR, Role.CREW)
_OLDEST = 150
_CARD = PatientId("card")
_SOURCE = "vectors"
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


def _deadline(found: dict[str, Any]) -> Question:
    return DeadlineAsked(**found)


def _day(found: dict[str, Any]) -> Question:
    return DayAsked(**found)


def _age(found: dict[str, Any]) -> Question:
    return AgeAsked(**found)


def _paper(found: dict[str, Any]) -> Question:
    asked = PaperAsked(**found)
    if asked.year is not None and asked.paper is not Paper.PASSPORT:
        raise unfit("is said of another paper than a passport", at="year")
    return asked


def _decision(found: dict[str, Any]) -> Question:
    viewer: Viewer = found["viewer"]
    granted: dt.datetime | None = found.get("granted_at")
    return DecisionAsked(
        at=found["at"],
        viewer=viewer,
        facts=Facts(
            patient=_CARD,
            person=found["subject"],
            kinships=found.get("kinship", ()),
            restrictions=found.get("restrictions", ()),
            grants=(Grant(viewer=viewer.person, since=granted),) if granted else (),
        ),
        document=found.get("document"),
    )


def _viewer(found: dict[str, Any]) -> Viewer:
    return Viewer(person=found["person"], role=found["as"])


def _subject(found: dict[str, Any]) -> Person:
    return Person(id=found["person"], born=found["born"], died=found.get("died"))


def _kinship(found: dict[str, Any]) -> Kinship:
    return Kinship(**found)


def _restriction(found: dict[str, Any]) -> Restriction:
    return Restriction(**found, authority=_SOURCE, reason="")


def _suspension(found: dict[str, Any]) -> Suspension:
    return Suspension(**found)


def _document(found: dict[str, Any]) -> Document:
    return Document(id=DocumentId("document"), source=_SOURCE, patient=_CARD, **found)


def _publication(value: object) -> dt.datetime:
    """The moment of publication; null: not published yet."""
    return _NEVER if value is None else a_moment(value)


def _labels(value: object) -> frozenset[str]:
    return frozenset(list_of(a_text)(value))


def _role(value: object) -> Role:
    return Role(one_of(_ROLES)(value))


def _person(value: object) -> PersonId:
    return PersonId(a_text(value))


_SUSPENSION = members({"on": a_day}, {"resumed_on": or_null(a_day)})
_VIEWER = members({"person": _person, "as": _role})
_SUBJECT = members({"person": _person, "born": a_day}, {"died": or_null(a_day)})
_UNTIL: Mapping[str, Form[Any]] = {"until": or_null(a_day)}
_KINSHIP = members(
    {"guardian": _person, "ward": _person, "status": member_of(KinshipStatus), "since": a_day},
    _UNTIL,
)
_RESTRICTION = members({"ward": _person, "person": or_null(_person), "since": a_day}, _UNTIL)
_DOCUMENT = members(
    {"section": a_text, "published_at": _publication},
    {
        "kind": or_null(a_text),
        "occurred_on": or_null(a_day),
        "signed_on": or_null(a_day),
        "labels": _labels,
    },
)

_DEADLINE = members(
    {
        "filed": a_moment,
        "working_days": a_number(1),
        "calendar": one_of(_CALENDARS),
        "counting": member_of(Counting),
    },
    {"suspended": list_of(made(_SUSPENSION, _suspension))},
)
_WORKING_DAY = members({"calendar": one_of(_CALENDARS), "day": a_day})
_AGE = members(
    {
        "born": a_day,
        "years": a_number(0, _OLDEST),
        "on": a_day,
        "convention": member_of(AgeConvention),
    }
)
_IDENTITY = members(
    {"paper": member_of(Paper), "value": a_text}, {"year": a_number(dt.MINYEAR, dt.MAXYEAR)}
)
_DECISION = members(
    {
        "at": a_moment,
        "viewer": made(_VIEWER, _viewer),
        "subject": made(_SUBJECT, _subject),
    },
    {
        "kinship": list_of(made(_KINSHIP, _kinship)),
        "restrictions": list_of(made(_RESTRICTION, _restriction)),
        "granted_at": or_null(a_moment),
        "document": made(_DOCUMENT, _document),
    },
)


def _some_of(parts: Mapping[str, Form[Any]]) -> Form[Fields]:
    """One or more of *parts*."""
    form = members({}, parts)

    def read(value: object) -> Fields:
        found = form(value)
        if not found:
            raise unfit("expects nothing")
        return found

    return read


def _or_error(form: Form[Fields]) -> Form[Fields]:
    """The same, or nothing but an error."""
    error = members({"error": one_of((BEYOND_CALENDAR,))})
    return lambda value: (
        error(value) if isinstance(value, Members) and "error" in value else form(value)
    )


KINDS: Mapping[str, tuple[Form[Question], Form[Fields]]] = {
    "deadline": (made(_DEADLINE, _deadline), _or_error(_some_of({"due": or_null(a_day)}))),
    "working-day": (made(_WORKING_DAY, _day), _or_error(_some_of({"working": a_flag}))),
    "age": (made(_AGE, _age), _some_of({"reached": a_flag})),
    "identity": (
        made(_IDENTITY, _paper),
        _some_of(
            {
                "valid": a_flag,
                "born": or_null(a_day),
                "sex": or_null(member_of(Sex)),
                "region": or_null(a_text),
                "e164": or_null(a_text),
            }
        ),
    ),
    "decision": (
        made(_DECISION, _decision),
        _some_of({"visible": a_flag, "rule": or_null(a_text), "until": or_null(a_moment)}),
    ),
}
"""By kind of case, the forms of ``given`` and of ``expect``."""

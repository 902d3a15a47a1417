"""Patients and those who are said to be related to them."""

import datetime as dt
import zoneinfo

from emrcore import rules
from emrcore.adapters.fhir.elements import Element
from emrcore.adapters.fhir.imported import ImportedPatient, Related
from emrcore.adapters.fhir.moments import when
from emrcore.adapters.fhir.references import Reading, codings_at, has_own_rules, id_of, patient_of
from emrcore.people import PatientId, Person, PersonId, PersonName, Sex


def patient(resource: Element, reading: Reading) -> ImportedPatient | None:
    """The patient, or None with a fault noted."""
    if has_own_rules(resource):
        resource.fault("has rules of its own", rules.FHIR_9)
    born = _required(resource.at("birthDate"), _born(resource, reading.zone))
    died = _died(resource, reading.zone)
    sex, name = _sex(resource), _name(resource)
    if born and died and died < born:
        resource.at("deceasedDateTime").fault("is before the birth", rules.PPL_6)
    elif born:
        person = Person(id=PersonId(id_of(resource)), born=born, sex=sex, name=name, died=died)
        return ImportedPatient(patient=PatientId(id_of(resource)), person=person)
    return None


def _died(resource: Element, zone: zoneinfo.ZoneInfo) -> dt.date | None:
    day, told = resource.at("deceasedDateTime"), resource.at("deceasedBoolean")
    if told.value not in (None, False):
        told.fault("says no day of death", rules.FHIR_5)
    return None if day.value is None else _required(day, when(day, zone).day)


def _born(resource: Element, zone: zoneinfo.ZoneInfo) -> dt.date | None:
    birth = when(resource.at("birthDate"), zone)
    if birth.at:
        resource.at("birthDate").fault("is a moment and not a day", rules.FHIR_4)
    return birth.day


def _required(element: Element, day: dt.date | None) -> dt.date | None:
    if day is None:
        what = "is missing" if element.value is None else "is not a full day"
        element.fault(what, rules.FHIR_5)
    return day


def _sex(resource: Element) -> Sex | None:
    """Male or female; FHIR's ``other`` and ``unknown`` are neither."""
    return {"male": Sex.MALE, "female": Sex.FEMALE}.get(resource.at("gender").text() or "")


def _name(resource: Element) -> PersonName | None:
    """The official name, else the usual one, else the first of no stated use.

    FHIR does not tell a patronymic from another given name: all of them are the given part.
    """
    names = {name.at("use").text(): name for name in reversed(resource.at("name").items())}
    chosen = names.get("official") or names.get("usual") or names.get(None)
    if chosen is None:
        return None
    family = chosen.at("family").text()
    given = [text for part in chosen.each("given[]") if (text := part.text())]
    return PersonName(family=family, given=" ".join(given)) if family and given else None


def related(resource: Element, reading: Reading) -> Related | str:
    """The claim of a relation, or the name it is counted under."""
    whose = patient_of(resource.at("patient"), reading)
    codings = codings_at(resource, ["relationship[].coding[]"])
    claim = Related(
        id=id_of(resource),
        patient=whose,
        relationship=tuple("|".join(pair) for pair in codings if pair[1]),
        name=_name(resource),
        born=_born(resource, reading.zone),
    )
    if resource.at("active").value is False:
        return "RelatedPerson no longer active"
    return "RelatedPerson with rules of its own" if has_own_rules(resource) else claim

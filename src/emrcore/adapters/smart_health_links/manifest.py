"""The manifest: what is asked of a link's address, and what is answered there."""

import datetime as dt
import json

import attrs

from emrcore import rules
from emrcore.adapters.smart_health_links.file import CONTENT_TYPES, FHIR, encrypt
from emrcore.adapters.smart_health_links.text import is_list, is_object, parsed
from emrcore.errors import Fault, Malformed

_LONGEST_REQUEST = 16 * 1024
_FHIR_VERSION = "4.0.1"


@attrs.frozen(kw_only=True)
class Request:
    """What whoever holds a link sends: who they say they are, and the passcode they were told.

    ``embedded_most`` is the longest file, in characters of its JWE, that they take in the answer.
    """

    recipient: str
    passcode: str | None = attrs.field(default=None, repr=False)
    embedded_most: int | None = None


@attrs.frozen(kw_only=True)
class Listed:
    """One file of a manifest: ``embedded`` as JWE, or to be fetched from ``location``."""

    content_type: str
    embedded: str | None = attrs.field(default=None, repr=False)
    location: str | None = attrs.field(default=None, repr=False)


def read_request(body: bytes) -> Request:
    """The request in the *body* of a POST.

    Raises:
        Malformed: with every fault (SHL-4).
    """
    asked = _object(body, "request", _LONGEST_REQUEST)
    recipient, passcode, most = map(asked.get, ("recipient", "passcode", "embeddedLengthMax"))
    faults: list[Fault] = []
    if not isinstance(recipient, str) or not recipient.strip():
        faults.append(Fault("recipient", "must say who asks", rules.SHL_4))
    if passcode is not None and not isinstance(passcode, str):
        faults.append(Fault("passcode", "must be text", rules.SHL_4))
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 0):
        faults.append(Fault("embeddedLengthMax", "must be a whole number", rules.SHL_4))
    if faults:
        raise Malformed("request", tuple(faults))
    return Request(
        recipient=str(recipient),
        passcode=passcode if isinstance(passcode, str) else None,
        embedded_most=most if isinstance(most, int) else None,
    )


def write_request(request: Request) -> bytes:
    """*request* as the body of a POST."""
    asked: dict[str, object] = {"recipient": request.recipient}
    if request.passcode is not None:
        asked["passcode"] = request.passcode
    if request.embedded_most is not None:
        asked["embeddedLengthMax"] = request.embedded_most
    return _bytes(asked)


def write_manifest(
    content: bytes,
    *,
    key: bytes,
    location: str,
    at: dt.datetime,
    embedded_most: int | None = None,
    compressed: bool = False,
) -> bytes:
    """The manifest of one FHIR file: encrypted within it if it is short enough, or at *location*.

    *content* is what the file holds in clear at *at* (aware). At *location* it is encrypted anew,
    when it is fetched.
    """
    listed: dict[str, object] = {"contentType": FHIR}
    file = encrypt(content, key=key, compressed=compressed)
    if embedded_most is None or len(file) <= embedded_most:
        listed["embedded"] = file
    else:
        listed["location"] = location
    listed["lastUpdated"] = at.astimezone(dt.UTC).isoformat(timespec="seconds")
    listed["status"] = "can-change"
    listed["fhirVersion"] = _FHIR_VERSION
    return _bytes({"files": [listed]})


def passcode_refused(left: int) -> bytes:
    """What is answered, with 401, to a wrong passcode or none: *left* more may be."""
    return _bytes({"remainingAttempts": left})


def read_manifest(body: bytes, *, largest: int) -> tuple[Listed, ...]:
    """The files of a manifest of others, *largest* bytes at most.

    Raises:
        Malformed: with every fault (SHL-4).
    """
    files = _object(body, "manifest", largest).get("files")
    if not is_list(files) or not files:
        raise Malformed("manifest", (Fault("files", "must be one or more files", rules.SHL_4),))
    found: list[Listed] = []
    faults: list[Fault] = []
    for number, one in enumerate(files):
        listed = _listed(one)
        if isinstance(listed, str):
            faults.append(Fault(f"files.{number}", listed, rules.SHL_4))
        else:
            found.append(listed)
    if faults:
        raise Malformed("manifest", tuple(faults))
    return tuple(found)


def _listed(one: object) -> Listed | str:
    """One file, or what is wrong with it."""
    if not is_object(one):
        return "must be an object"
    content_type, embedded, location = map(one.get, ("contentType", "embedded", "location"))
    if not isinstance(content_type, str) or content_type not in CONTENT_TYPES:
        return f"contentType must be one of {', '.join(CONTENT_TYPES)}"
    embeds = embedded if isinstance(embedded, str) else None
    leads = location if isinstance(location, str) else None
    if (embeds, leads) != (embedded, location):
        return "embedded and location must be text"
    if not embeds and not leads:
        return "must be embedded, or have a location"
    return Listed(content_type=content_type, embedded=embeds, location=leads)


def _object(body: bytes, subject: str, largest: int) -> dict[str, object]:
    found = parsed(body) if len(body) <= largest else None
    if found is None:
        what = f"must be one JSON object of at most {largest} bytes"
        raise Malformed(subject, (Fault(subject, what, rules.SHL_4),))
    return found


def _bytes(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()

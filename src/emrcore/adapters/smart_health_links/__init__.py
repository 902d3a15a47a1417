"""SMART Health Links: the link, its files, the manifest, the picture (extra ``links``).

HL7 SMART Health Links, written for one's own shares and read from others. There is no network in
here: a host answers the two requests of a link from its own handlers, and fetches others' files by
its own client.
"""

from emrcore.adapters.smart_health_links.file import (
    CONTENT_TYPES,
    FHIR,
    LARGEST,
    File,
    decrypt,
    encrypt,
)
from emrcore.adapters.smart_health_links.link import Flag, Link, read_link, write_link
from emrcore.adapters.smart_health_links.manifest import (
    Listed,
    Request,
    passcode_refused,
    read_manifest,
    read_request,
    write_manifest,
    write_request,
)
from emrcore.adapters.smart_health_links.picture import png, svg

__all__ = [
    "CONTENT_TYPES",
    "FHIR",
    "LARGEST",
    "File",
    "Flag",
    "Link",
    "Listed",
    "Request",
    "decrypt",
    "encrypt",
    "passcode_refused",
    "png",
    "read_link",
    "read_manifest",
    "read_request",
    "svg",
    "write_link",
    "write_manifest",
    "write_request",
]

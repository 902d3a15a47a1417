"""The files behind a link: encrypted under its key, as JWE ``dir`` with A256GCM."""

import zlib
from typing import Any

import attrs
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import OctKey

from emrcore import rules
from emrcore.errors import Fault, Malformed

FHIR = "application/fhir+json"
CONTENT_TYPES = ("application/smart-health-card", "application/smart-api-access", FHIR)
"""What a file may be."""

LARGEST = 32 * 1024 * 1024
"""The largest content that is read, in bytes; the encrypted text may be as long as that takes."""

_KEY = 32
_HEADER = 1024
_PARTS = 5


@attrs.frozen(kw_only=True)
class File:
    """One file in clear."""

    content_type: str
    content: bytes = attrs.field(repr=False)


def encrypt(
    content: bytes, *, key: bytes, content_type: str = FHIR, compressed: bool = False
) -> str:
    """*content* as a compact JWE under *key*, with a nonce of its own (SHL-2).

    Not every reader takes what is *compressed*, though the specification asks for it.

    Raises:
        Malformed: the key is not 32 bytes, or the type is none of ``CONTENT_TYPES``.
    """
    _check(key, content_type)
    header = {"alg": "dir", "enc": "A256GCM", "cty": content_type}
    if compressed:
        header["zip"] = "DEF"
    registry = _Bounded(max(len(content), 1024))
    return jwe.encrypt_compact(header, content, OctKey.import_key(key), registry=registry)


def decrypt(text: str, *, key: bytes, largest: int = LARGEST) -> File:
    """The file in *text*, of *largest* bytes at most, packed or unpacked (SHL-3).

    Raises:
        Malformed: it was not made under *key* as the specification says, or is larger.
    """
    _check(key, FHIR)
    if len(text) > _room(largest):
        raise _wrong(f"is larger than {largest} bytes", rules.SHL_3)
    parts = text.split(".")
    if len(parts) != _PARTS or parts[1]:
        raise _wrong("is no JWE under a key of its own", rules.SHL_2)
    try:
        found = jwe.decrypt_compact(text, OctKey.import_key(key), registry=_Bounded(largest))
    except _TooLargeError:
        raise _wrong(f"is larger than {largest} bytes", rules.SHL_3) from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _wrong("does not open under the key of its link", rules.SHL_2) from None
    content = found.plaintext or b""
    content_type = found.protected.get("cty")
    if content_type not in CONTENT_TYPES:
        raise _wrong(f"must be one of {', '.join(CONTENT_TYPES)}", rules.SHL_2)
    if len(content) > largest:
        raise _wrong(f"is larger than {largest} bytes", rules.SHL_3)
    return File(content_type=content_type, content=content)


def _check(key: bytes, content_type: str) -> None:
    if len(key) != _KEY:
        raise _wrong(f"needs a key of {_KEY} bytes", rules.SHL_2)
    if content_type not in CONTENT_TYPES:
        raise _wrong(f"must be one of {', '.join(CONTENT_TYPES)}", rules.SHL_2)


def _wrong(what: str, rule: rules.Rule) -> Malformed:
    return Malformed("file", (Fault("file", what, rule),))


def _room(content: int) -> int:
    """How long the text of *content* bytes may be: base64, the other parts, what does not pack."""
    return content * 4 // 3 + content // 1000 + _HEADER


class _TooLargeError(Exception):
    """What is packed would not fit."""


class _Deflate:
    """Raw DEFLATE (RFC 1951), of a bounded size when it is unpacked."""

    def __init__(self, largest: int) -> None:
        self._largest = largest

    def compress(self, s: bytes) -> bytes:
        """*s* packed."""
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return packer.compress(s) + packer.flush()

    def decompress(self, s: bytes) -> bytes:
        """*s* unpacked, which must be one whole stream."""
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = unpacker.decompress(s, self._largest + 1)
        except zlib.error:
            raise ValueError("no DEFLATE") from None
        if len(content) > self._largest:
            raise _TooLargeError
        if not unpacker.eof or unpacker.unused_data:
            raise ValueError("not one whole DEFLATE stream")
        return content


class _Bounded(JWERegistry):
    """The two algorithms of the specification, and files of another size than joserfc's 64 KiB."""

    def __init__(self, largest: int) -> None:
        super().__init__(algorithms=["dir", "A256GCM", "DEF"], strict_check_header=False)
        self.max_ciphertext_length = _room(largest)
        self._zip = _Deflate(largest)

    def get_zip(self, name: str) -> Any:  # joserfc keeps the type of it to itself
        """The one way to unpack that is bounded as asked for."""
        super().get_zip(name)
        return self._zip

"""The link, the file, the manifest and the picture, as the specification says."""

import base64
import datetime as dt
import io
import json
import os
import pathlib
import xml.etree.ElementTree as ET
import zlib
from typing import Any

import attrs
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from emrcore.adapters.smart_health_links import (
    FHIR,
    Flag,
    Link,
    Listed,
    Request,
    decrypt,
    encrypt,
    passcode_refused,
    png,
    read_link,
    read_manifest,
    read_request,
    svg,
    write_link,
    write_manifest,
    write_request,
)
from emrcore.errors import Malformed

DATA = pathlib.Path(__file__).parents[1] / "data" / "smart-health-links"
EXAMPLE = json.loads((DATA / "worked-example.json").read_text("utf-8"))
KEY = bytes(range(32))
AT = dt.datetime(2020, 1, 14, 7, tzinfo=dt.UTC)
LINK = Link(
    url=f"https://emr.example/shl/{'a' * 43}",
    key=KEY,
    flags=frozenset({Flag.LONG_TERM, Flag.PASSCODE}),
    expires_at=AT,
    label="Анализы",
)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def with_payload(**changes: object) -> str:
    """The link with other properties; None takes one away."""
    _, _, encoded = write_link(LINK).partition("/")
    payload = json.loads(base64.urlsafe_b64decode(encoded + "==")) | changes
    kept = {name: value for name, value in payload.items() if value is not None}
    return f"shlink:/{b64(json.dumps(kept).encode())}"


def faults(call: Any) -> list[str]:
    """Where the faults are."""
    with pytest.raises(Malformed) as error:
        call()
    return [fault.where for fault in error.value.faults]


# -- The link --------------------------------------------------------------------------------------


def test_the_worked_example_is_read() -> None:
    """SHL-1: the link of the specification, with its viewer, says what the specification says."""
    link = read_link(EXAMPLE["link"])
    assert link.url == EXAMPLE["payload"]["url"]
    assert b64(link.key) == EXAMPLE["payload"]["key"]
    assert link.flags == {Flag.LONG_TERM, Flag.PASSCODE}
    assert (link.label, link.expires_at) == (EXAMPLE["payload"]["label"], None)


def test_the_worked_example_is_written() -> None:
    """SHL-1: what is written carries the same payload, behind the same viewer."""
    link = read_link(EXAMPLE["link"])
    text = write_link(link, viewer="https://viewer.example.org")
    assert read_link(text) == link
    start, _, encoded = text.partition("/ey")
    assert start == "https://viewer.example.org#shlink:"
    assert json.loads(base64.urlsafe_b64decode(f"ey{encoded}==")) == EXAMPLE["payload"]


def test_a_link_there_and_back() -> None:
    """SHL-1: every property is read as it was written, and neither part that opens it is shown."""
    assert read_link(write_link(LINK)) == LINK
    assert "aaaa" not in repr(LINK)
    assert "\\x01" not in repr(LINK)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"url": f"https://x.example/{'a' * 111}"}, "url"),
        ({"url": "http://emr.example/a"}, "url"),
        ({"url": "ftp://emr.example/a"}, "url"),
        ({"url": "https://emr.example/a#b"}, "url"),
        ({"url": "https://emr.example/a b"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://[/"}, "url"),
        ({"key": b"short"}, "key"),
        ({"flags": frozenset({Flag.FILE, Flag.PASSCODE})}, "flag"),
        ({"label": "x" * 81}, "label"),
        ({"expires_at": AT.replace(tzinfo=None)}, "exp"),
    ],
)
def test_what_may_not_be_written(change: dict[str, Any], where: str) -> None:
    """SHL-1: beyond 128 and 80 characters, without TLS, with a key of another size, P with U."""
    assert faults(lambda: write_link(attrs.evolve(LINK, **change))) == [where]


@pytest.mark.parametrize(
    "change",
    [
        {"url": f"https://x.example/{'a' * 110}"},
        {"label": "x" * 80},
        {"flags": frozenset({Flag.FILE, Flag.LONG_TERM})},
        {"flags": frozenset[Flag]()},
        {"url": "http://127.0.0.1:8000/a"},
    ],
)
def test_what_may_just_be_written(change: dict[str, Any]) -> None:
    """SHL-1: 128 and 80 characters exactly, L with U, no flag, and this very machine."""
    link = attrs.evolve(LINK, **change)
    assert read_link(write_link(link)) == link


def test_every_fault_at_once() -> None:
    """SHL-1: a link is refused with all that is wrong with it."""
    text = with_payload(url=7, key="short", exp="soon", flag="PL", label=["x"], v=2)
    assert sorted(faults(lambda: read_link(text))) == ["exp", "flag", "key", "label", "url", "v"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"url": None}, "url"),
        ({"key": None}, "key"),
        ({"key": "A" * 42 + "B"}, "key"),
        ({"key": "+" * 43}, "key"),
        ({"flag": "LL"}, "flag"),
        ({"flag": "PU"}, "flag"),
        ({"exp": True}, "exp"),
        ({"exp": -1}, "exp"),
        ({"exp": 1e300}, "exp"),
        ({"v": True}, "v"),
        ({"label": "x" * 81}, "label"),
    ],
)
def test_what_may_not_be_read(change: dict[str, object], where: str) -> None:
    """SHL-1: each property is as the specification says, or its fault is told."""
    assert faults(lambda: read_link(with_payload(**change))) == [where]


def test_what_is_not_known_is_passed_over() -> None:
    """SHL-1: other properties, extensions and flags change nothing."""
    text = with_payload(extension={}, _city=1, flag="LPX", v=1)
    assert read_link(text) == LINK


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shlink:/",
        "shlink:/e30=",
        "shlink:/W10",
        "shlink:/%",
        "shlink:/bnVsbA",
        *(
            f"shlink:/{b64(content)}"
            for content in (
                b"{",
                b"[" * 2000,
                b"\xff\xfe",
                b"{}" + b" " * 9000,
                b'{"url":"a","url":"b"}',
                b'{"exp":NaN}',
            )
        ),
        f"https://viewer.example{write_link(LINK)}",
        write_link(LINK).replace("shlink:/", "SHLINK:/"),
    ],
)
def test_no_link_at_all(text: str) -> None:
    """SHL-1: anything else is no link, and is told in one way."""
    assert faults(lambda: read_link(text)) == ["link"]


@given(st.text(max_size=200) | st.text(max_size=100).map(lambda text: f"shlink:/{text}"))
def test_junk_is_no_link(text: str) -> None:
    """SHL-1: whatever a camera reads, it is refused in one way only."""
    with pytest.raises(Malformed):
        read_link(text)


# -- The file --------------------------------------------------------------------------------------


def test_the_worked_example_decrypts() -> None:
    """SHL-2: the file of the specification is a SMART Health Card."""
    key = base64.urlsafe_b64decode(EXAMPLE["payload"]["key"] + "=")
    file = decrypt(EXAMPLE["file"], key=key)
    assert file.content_type == "application/smart-health-card"
    (card,) = json.loads(file.content)["verifiableCredential"]
    assert card.count(".") == 2


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("content", [b"", b"{}", b"a" * 3_000_000, os.urandom(300_000)], ids=len)
def test_a_file_there_and_back(content: bytes, *, compressed: bool) -> None:
    """SHL-2: of any size, packed or not; beyond the 64 KiB and 250 KiB that joserfc stops at."""
    text = encrypt(content, key=KEY, compressed=compressed)
    file = decrypt(text, key=KEY)
    assert (file.content, file.content_type) == (content, FHIR)


def test_each_file_has_a_nonce_of_its_own() -> None:
    """SHL-2: the same content under the same key is another text each time."""
    texts = {encrypt(b"{}", key=KEY) for _ in range(200)}
    assert len({text.split(".")[2] for text in texts}) == 200


def jwe(content: bytes, key: bytes = KEY, **changes: object) -> str:
    """A file that something else wrote, by these headers."""
    header = {"alg": "dir", "enc": "A256GCM", "cty": FHIR} | changes
    kept = {name: value for name, value in header.items() if value is not None}
    protected, nonce = b64(json.dumps(kept).encode()), bytes(12)
    sealed = AESGCM(key).encrypt(nonce, content, protected.encode())
    return ".".join((protected, "", b64(nonce), b64(sealed[:-16]), b64(sealed[-16:])))


def packed(content: bytes, wbits: int = -15) -> bytes:
    packer = zlib.compressobj(9, wbits=wbits)
    return packer.compress(content) + packer.flush()


def test_a_file_of_others_is_read() -> None:
    """SHL-2: header parameters that are not known are passed over."""
    assert decrypt(jwe(b"{}", kid="1", purpose="x"), key=KEY).content == b"{}"
    assert decrypt(jwe(packed(b"{}"), zip="DEF"), key=KEY).content == b"{}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b.c",
        "....",
        jwe(b"{}", cty=None),
        jwe(b"{}", cty="text/html"),
        jwe(b"{}", cty=7),
        jwe(b"{}", alg="A256KW"),
        jwe(b"{}", alg=None),
        jwe(b"{}", enc="A128CBC-HS256"),
        jwe(b"{}", zip="GZ"),
        jwe(b"{}", crit=["x"], x=1),
        jwe(b"{}", key=bytes(32)),
        jwe(packed(b"{}", 15), zip="DEF"),
        jwe(packed(b"{}")[:-1], zip="DEF"),
        jwe(packed(b"{}") + b"more", zip="DEF"),
        jwe(b"junk", zip="DEF"),
        jwe(b"{}").replace("..", ".AAAA."),
        jwe(b"{}")[:-4],
        jwe(b"{}")[:-2] + "AA",
        "x" * 10_000,
        "é." * 4,
    ],
)
def test_a_file_that_does_not_open(text: str) -> None:
    """SHL-2: another key or algorithm, another type, or any part changed: one kind of refusal."""
    assert faults(lambda: decrypt(text, key=KEY)) == ["file"]


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_is_bounded(*, compressed: bool) -> None:
    """SHL-3: of the size asked for and no byte more, packed or not."""
    text = encrypt(b"a" * 100_000, key=KEY, compressed=compressed)
    assert len(decrypt(text, key=KEY, largest=100_000).content) == 100_000
    with pytest.raises(Malformed, match="larger than 99999 bytes"):
        decrypt(text, key=KEY, largest=99_999)


def test_a_bomb_is_not_unpacked() -> None:
    """SHL-3 (T85): a megabyte that would be a gigabyte stops at the bound."""
    packer = zlib.compressobj(9, wbits=-15)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    with pytest.raises(Malformed, match="larger"):
        decrypt(jwe(bomb, zip="DEF"), key=KEY)


@pytest.mark.parametrize(("key", "kind"), [(b"", FHIR), (bytes(31), FHIR), (KEY, "text/html")])
def test_what_may_not_be_encrypted(key: bytes, kind: str) -> None:
    """SHL-2: a key of another size, and a type that no link leads to."""
    assert faults(lambda: encrypt(b"{}", key=key, content_type=kind)) == ["file"]


# -- The manifest ----------------------------------------------------------------------------------


def manifest(most: int | None) -> Listed:
    """The one file of a manifest that is asked for so."""
    body = write_manifest(b"{}", key=KEY, location="https://x.example/f", at=AT, embedded_most=most)
    (listed,) = read_manifest(body, largest=10_000)
    return listed


def test_embedded_as_far_as_asked_for() -> None:
    """SHL-4: up to the length that is taken, and at a location from one character less on."""
    length = len(encrypt(b"{}", key=KEY))
    for most in (None, length, length + 1):
        embedded = manifest(most).embedded
        assert embedded is not None
        assert decrypt(embedded, key=KEY).content == b"{}"
        assert manifest(most).location is None
    for most in (0, length - 1):
        assert manifest(most).embedded is None
        assert manifest(most).location == "https://x.example/f"


def test_what_a_manifest_says_of_its_file() -> None:
    """SHL-4: what it is, as of when, that it can change, and the version of FHIR."""
    body = write_manifest(b"{}", key=KEY, location="https://x.example/f", at=AT)
    (said,) = json.loads(body)["files"]
    del said["embedded"]
    assert said == {
        "contentType": FHIR,
        "lastUpdated": "2020-01-14T07:00:00+00:00",
        "status": "can-change",
        "fhirVersion": "4.0.1",
    }


def test_a_request_there_and_back() -> None:
    """SHL-4: recipient, passcode and length are read as written; the passcode is not shown."""
    asked = Request(recipient="Dr", passcode="914273", embedded_most=100)
    assert read_request(write_request(asked)) == asked
    assert read_request(b'{"recipient":"Dr","other":1}') == Request(recipient="Dr")
    assert "914273" not in repr(asked)


def test_every_fault_of_a_request() -> None:
    """SHL-4: all of them at once."""
    body = b'{"recipient":" ","passcode":1,"embeddedLengthMax":-1}'
    assert faults(lambda: read_request(body)) == ["recipient", "passcode", "embeddedLengthMax"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"a":1,"a":2}', b"{}" + b" " * 20_000, b"[" * 10_000]
)
def test_no_request_at_all(body: bytes) -> None:
    """SHL-4: anything but one JSON object of a bounded size."""
    assert faults(lambda: read_request(body)) == ["request"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{}", "files"),
        (b'{"files":[]}', "files"),
        (b'{"files":[1]}', "files.0"),
        (b'{"files":[{"contentType":"text/html","embedded":"x"}]}', "files.0"),
        (b'{"files":[{"contentType":"application/fhir+json"}]}', "files.0"),
        (b'{"files":[{"contentType":"application/fhir+json","embedded":7}]}', "files.0"),
        (b'{"files":[{"contentType":"application/fhir+json","location":""}]}', "files.0"),
        (b"[]", "manifest"),
        (b"{}" + b" " * 10_000, "manifest"),
    ],
)
def test_a_manifest_of_others(body: bytes, where: str) -> None:
    """SHL-4, SHL-3: without a file, or with one that is none, it is refused."""
    assert faults(lambda: read_manifest(body, largest=9_000)) == [where]


def test_how_many_tries_are_left() -> None:
    """SHL-4, SHR-4: as the specification calls it."""
    assert json.loads(passcode_refused(3)) == {"remainingAttempts": 3}


# -- The picture -----------------------------------------------------------------------------------


def test_the_picture_has_level_m() -> None:
    """SHL-5: the two bits of the format that tell the level say M, whatever the length."""
    for label in (None, "x" * 80):
        text = write_link(attrs.evolve(LINK, label=label))
        picture = Image.open(io.BytesIO(png(text, scale=1)))
        quiet, row = 4, 4 + 8
        bits = [picture.convert("L").getpixel((quiet + column, row)) == 0 for column in (0, 1)]
        assert bits == [True, False], "M is 00, which the mask 10 makes 10"


def test_the_picture_as_a_drawing() -> None:
    """SHL-5: SVG that is XML, and carries no text: the link is in the modules only."""
    drawing = svg(write_link(LINK))
    assert ET.fromstring(drawing).tag.endswith("svg")  # noqa: S314 - our own drawing
    assert b"shlink" not in drawing


@pytest.mark.parametrize("draw", [svg, png])
def test_too_long_for_a_picture(draw: Any) -> None:
    """SHL-5: what no code can hold is refused."""
    assert faults(lambda: draw("x" * 4000)) == ["link"]

"""The link: where a share is, and the key to what is there, as one ``shlink:/`` text."""

import base64
import binascii
import datetime as dt
import enum
import json
import urllib.parse
from collections.abc import Iterator

import attrs

from emrcore import rules
from emrcore.adapters.smart_health_links.text import parsed
from emrcore.errors import Fault, Malformed

_PREFIX = "shlink:/"
_LONGEST = 4096
_LONGEST_URL = 128
_LONGEST_LABEL = 80
_KEY = 32
_KEY_TEXT = 43
_VERSION = 1
_LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z


class Flag(enum.StrEnum):
    """What a link says about itself.

    ``LONG_TERM``: it may be opened again and shows more by then; ``PASSCODE``: it asks for one;
    ``FILE``: its address is that of the one file, and there is no manifest.
    """

    LONG_TERM = "L"
    PASSCODE = "P"
    FILE = "U"


@attrs.frozen(kw_only=True)
class Link:
    """One link; ``url`` and ``key`` together open it, so neither is shown.

    ``expires_at`` is a hint for whoever reads the link; the server decides.
    """

    url: str = attrs.field(repr=False)
    key: bytes = attrs.field(repr=False)
    flags: frozenset[Flag] = frozenset()
    expires_at: dt.datetime | None = None
    label: str | None = attrs.field(default=None, repr=False)


def write_link(link: Link, *, viewer: str | None = None) -> str:
    """*link* as text; *viewer* is the address of a page that shows links.

    What stands behind the ``#`` of an address is sent to no server.

    Raises:
        Malformed: with every fault of what the specification forbids (SHL-1).
    """
    faults = [*_faults(link), *_viewer_faults(viewer)]
    if faults:
        raise Malformed("link", tuple(faults))
    payload: dict[str, object] = {"url": link.url, "key": _text(link.key)}
    if link.expires_at:
        payload["exp"] = int(link.expires_at.timestamp())
    if link.flags:
        payload["flag"] = "".join(sorted(link.flags))
    if link.label is not None:
        payload["label"] = link.label
    content = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    bare = _PREFIX + _text(content.encode())
    return f"{viewer}#{bare}" if viewer else bare


def read_link(text: str) -> Link:
    """The link in *text*, bare or behind the address of a viewer.

    Properties and flags that are not known are passed over, as the specification asks.

    Raises:
        Malformed: with every fault (SHL-1).
    """
    payload = _payload(text)
    faults: list[Fault] = []

    def fault(where: str, what: str) -> None:
        faults.append(Fault(where, what, rules.SHL_1))

    key = _key(payload.get("key"))
    if key is None:
        fault("key", f"must be {_KEY_TEXT} characters of base64url")
    version = payload.get("v", _VERSION)
    if isinstance(version, bool) or version != _VERSION:
        fault("v", "is not version 1")
    letters = payload.get("flag", "")
    if not isinstance(letters, str) or list(letters) != sorted(set(letters)):
        fault("flag", "must be letters in alphabetical order")
        letters = ""
    moment = _moment(payload["exp"]) if "exp" in payload else None
    if "exp" in payload and moment is None:
        fault("exp", "must be seconds since 1970")
    url, label = payload.get("url"), payload.get("label")
    if not isinstance(url, str):
        fault("url", "must be text")
    if label is not None and not isinstance(label, str):
        fault("label", "must be text")
    link = Link(
        url=url if isinstance(url, str) else "",
        key=key or bytes(_KEY),
        flags=frozenset(Flag(one) for one in letters if one in list(Flag)),
        expires_at=moment,
        label=label if isinstance(label, str) else None,
    )
    told = {one.where for one in faults}
    faults += [one for one in _faults(link) if one.where not in told]
    if faults:
        raise Malformed("link", tuple(faults))
    return link


def _faults(link: Link) -> Iterator[Fault]:
    """What the specification forbids, of a link to be written or just read."""
    for where, what, wrong in (
        ("url", f"must be at most {_LONGEST_URL} characters", len(link.url) > _LONGEST_URL),
        ("url", "must be an https address without a fragment", not _is_address(link.url)),
        ("key", f"must be {_KEY} bytes", len(link.key) != _KEY),
        ("flag", "U does not go together with P", {Flag.FILE, Flag.PASSCODE} <= link.flags),
        (
            "label",
            f"must be at most {_LONGEST_LABEL} characters",
            len(link.label or "") > _LONGEST_LABEL,
        ),
    ):
        if wrong:
            yield Fault(where, what, rules.SHL_1)
    if link.expires_at is not None and link.expires_at.tzinfo is None:
        yield Fault("exp", "must be an aware moment", rules.SHL_1)


def _viewer_faults(viewer: str | None) -> Iterator[Fault]:
    if viewer is not None and not _is_address(viewer):
        yield Fault("viewer", "must be an https address without a fragment", rules.SHL_1)


def _is_address(text: str) -> bool:
    """Whether *text* is an address that may be asked: over TLS, or on this very machine."""
    if not text.isascii() or not text.isprintable() or " " in text:
        return False
    try:
        parts = urllib.parse.urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    at_home = parts.scheme == "http" and host in {"127.0.0.1", "::1", "localhost"}
    return bool(host) and "#" not in text and (parts.scheme == "https" or at_home)


def _payload(text: str) -> dict[str, object]:
    """What *text* carries.

    Raises:
        Malformed: it is no link.
    """
    _, found, encoded = text.rpartition(_PREFIX) if len(text) <= _LONGEST else ("", "", "")
    before = text[: len(text) - len(encoded) - len(_PREFIX)]
    raw = _raw(encoded) if found and (not before or before.endswith("#")) else None
    payload = parsed(raw) if raw is not None else None
    if payload is None:
        raise Malformed("link", (Fault("link", "is no SMART Health Link", rules.SHL_1),))
    return payload


def _key(value: object) -> bytes | None:
    raw = _raw(value) if isinstance(value, str) and len(value) == _KEY_TEXT else None
    return raw if raw is not None and len(raw) == _KEY else None


def _moment(value: object) -> dt.datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= _LAST_SECOND:
        return None
    return dt.datetime.fromtimestamp(value, dt.UTC)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes | None:
    """What *text* is the base64url of, if it is written in the one way there is."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return None
    return raw if _text(raw) == text else None

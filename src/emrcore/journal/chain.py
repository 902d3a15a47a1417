"""The append-only account of everything done and seen, as a hash chain per shard.

A link covers its entry, its number and the link before it. Editing, removing, inserting or
reordering an entry breaks the chain at that place. A chain alone cannot show that its tail was
cut: for that, the head is compared with one kept elsewhere.
"""

import datetime as dt
import enum
import hashlib
from collections.abc import Iterable, Iterator

import attrs

from emrcore.people import PatientId
from emrcore.wire import canonical, encode, tag

GENESIS = "0" * 64
"""What the first link of a chain names as the link before it."""


class ActorKind(enum.StrEnum):
    """In what capacity somebody acts."""

    CITIZEN = "citizen"
    OPERATOR = "operator"
    STAFF = "staff"
    SYSTEM = "system"


@attrs.frozen(kw_only=True)
class Actor:
    """Who did it: an id of the host's, never a name."""

    kind: ActorKind
    id: str
    organisation: str | None = None


@attrs.frozen(kw_only=True)
class Entry:
    """One thing that happened; ``detail`` is the event as canonical JSON."""

    at: dt.datetime
    actor: Actor
    action: str
    detail: str
    subject: PatientId | None = None


@attrs.frozen(kw_only=True)
class Link:
    """An entry in its place: numbered from 1, hashed over all before it."""

    number: int
    previous: str
    hash: str
    entry: Entry


@attrs.frozen(kw_only=True)
class Break:
    """Where a chain is broken, and how."""

    number: int
    what: str


def entry(
    event: object, *, at: dt.datetime, actor: Actor, subject: PatientId | None = None
) -> Entry:
    """The entry about *event*, which must be one that can be stored.

    Events carry references only: no code, secret, phone, paper or medical content (JRN-4).
    """
    return Entry(at=at, actor=actor, action=tag(event), detail=encode(event), subject=subject)


def link(last: Link | None, new: Entry) -> Link:
    """*new* in its place after *last*; its time never goes back, whatever the clock does."""
    at = max(new.at, last.entry.at) if last else new.at
    placed = attrs.evolve(new, at=at)
    number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
    return Link(
        number=number, previous=previous, hash=_hash(number, previous, placed), entry=placed
    )


def breaks(links: Iterable[Link], *, head: Link | None = None) -> Iterator[Break]:
    """Every place where the chain *links*, from its first link on, is not what was written (JRN-3).

    *head*, if it is known from elsewhere, must be in the chain: a cut tail shows no other way.
    """
    number, previous, found = 0, GENESIS, False
    for one in links:
        number += 1
        if one.number != number:
            yield Break(number=number, what=f"link {one.number} stands here")
        elif one.previous != previous:
            yield Break(number=number, what="does not follow the link before it")
        elif one.hash != _hash(one.number, one.previous, one.entry):
            yield Break(number=number, what="its entry was changed")
        found = found or one == head
        number, previous = one.number, one.hash
    if head and not found:
        yield Break(number=head.number, what="the known head is missing")


def _hash(number: int, previous: str, placed: Entry) -> str:
    content = canonical(
        [
            number,
            previous,
            placed.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            [placed.actor.kind, placed.actor.id, placed.actor.organisation],
            placed.action,
            placed.subject,
            placed.detail,
        ]
    )
    return hashlib.sha256(content.encode()).hexdigest()

"""One thing that happened, who did it, and under which circumstances."""

import datetime as dt
import enum
import json
from typing import Any

import attrs

from emrcore.people import PatientId, PersonId
from emrcore.rulebook import PurposeOfUse
from emrcore.wire import canonical, encode, tag


class ActorKind(enum.StrEnum):
    """In what capacity somebody acts.

    ``system`` is a program that nobody watches, ``holder`` whoever holds the link of a share.
    """

    CITIZEN = "citizen"
    OPERATOR = "operator"
    STAFF = "staff"
    SYSTEM = "system"
    HOLDER = "holder"


@attrs.frozen(kw_only=True)
class Actor:
    """Who did it: an id of the host's, never a name; of a ``holder`` that of the share."""

    kind: ActorKind
    id: str
    organisation: str | None = None


class Outcome(enum.StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"


@attrs.frozen(kw_only=True)
class Context:
    """The circumstances of a look: references and codes only (JRN-4).

    ``on_behalf_of`` is whom a guardian or representative acts for; ``basis`` names what gave the
    right, such as ``account/a1/grant/card-1``; ``session`` is the hash of the session's id;
    ``client`` is the host's reference to a device or program, never an address.
    """

    on_behalf_of: PersonId | None = None
    purpose: PurposeOfUse | None = attrs.field(
        default=None, converter=attrs.converters.optional(PurposeOfUse)
    )
    basis: str | None = None
    outcome: Outcome | None = attrs.field(
        default=None, converter=attrs.converters.optional(Outcome)
    )
    session: str | None = None
    client: str | None = None


@attrs.frozen(kw_only=True)
class Entry:
    """One thing that happened; ``detail`` is the event as canonical JSON."""

    at: dt.datetime
    actor: Actor
    action: str
    detail: str
    subject: PatientId | None = None
    context: Context | None = None


def entry(
    event: object,
    *,
    at: dt.datetime,
    actor: Actor,
    subject: PatientId | None = None,
    context: Context | None = None,
) -> Entry:
    """The entry about *event*, which must be one that can be stored.

    Events carry references only: no code, secret, phone, paper or medical content (JRN-4).
    """
    return Entry(
        at=at,
        actor=actor,
        action=tag(event),
        detail=encode(event),
        subject=subject,
        context=context,
    )


_CONTEXT = tuple(field.name for field in attrs.fields(Context))


def filled(context: Context) -> dict[str, str]:
    """What *context* says, without what it leaves open."""
    said = ((name, getattr(context, name)) for name in _CONTEXT)
    return {name: value for name, value in said if value is not None}


def context_text(context: Context | None) -> str | None:
    """*context* as canonical JSON, to be stored."""
    return canonical(filled(context)) if context else None


def read_context(text: str | None) -> Context | None:
    """The context in *text*.

    Raises:
        ValueError, TypeError: it is not what ``context_text`` writes.
    """
    if text is None:
        return None
    fields: dict[str, Any] = json.loads(text)
    return Context(**fields)

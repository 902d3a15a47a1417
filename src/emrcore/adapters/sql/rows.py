"""Rows as values, and values as rows."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs
import sqlalchemy as sa

from emrcore.errors import Corrupt
from emrcore.journal import (
    Actor,
    ActorKind,
    Entry,
    Head,
    Link,
    context_text,
    read_context,
)
from emrcore.ports import Key, Leased, OutboxItem, Shard, Stored
from emrcore.records import Document, Standing, Versions

Row = Mapping[Any, Any]
T = TypeVar("T")


def read(
    connection: sa.Connection,
    statement: sa.Executable,
    bound: Mapping[str, Any],
    made: Callable[[Row], T],
) -> list[T]:
    """What is *made* of each row that *statement* gives.

    Raises:
        Corrupt: a row makes no sense.
    """
    found = connection.execute(statement, bound).mappings()
    try:
        return [made(row) for row in found]
    except (ValueError, TypeError):
        raise Corrupt("a stored value") from None


def its(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters by which a statement finds the row with *columns*."""
    return {f"its_{name}": value for name, value in columns.items()}


def of_shard(shard: Shard) -> dict[str, str]:
    """The columns that name *shard*."""
    return {"shard_kind": shard.kind, "shard_id": shard.id}


def of_key(key: Key) -> dict[str, str]:
    """The columns that name *key*."""
    return of_shard(key.shard) | {"kind": key.kind, "id": key.id}


def of_link(shard: Shard, one: Link) -> dict[str, Any]:
    """*one* of the links of *shard*."""
    entry, actor = one.entry, one.entry.actor
    return of_shard(shard) | {
        "number": one.number,
        "previous": one.previous,
        "hash": one.hash,
        "at": entry.at,
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "actor_organisation": actor.organisation,
        "action": entry.action,
        "detail": entry.detail,
        "subject": entry.subject,
        "context": context_text(entry.context),
    }


def of_item(item: OutboxItem, queued: int) -> dict[str, Any]:
    """*item* in the outbox; a smaller *queued* leaves earlier."""
    return of_shard(item.shard) | {
        "id": item.id,
        "kind": item.kind,
        "reference": item.reference,
        "not_after": item.not_after,
        "queued": queued,
        "attempt": 0,
        "leased_until": None,
        "fate": None,
    }


def of_lease(leased: Leased) -> dict[str, Any]:
    """The columns that name *leased*, as long as it is held."""
    return of_shard(leased.item.shard) | {"id": leased.item.id, "attempt": leased.attempt}


def of_document(document: Document, number: int) -> dict[str, Any]:
    """*document* as version *number* by arrival, with the day it is listed under."""
    row = attrs.asdict(document, recurse=False)
    row["dated"] = row.pop("listed_on") or document.dated
    return row | {"number": number, "standing": document.standing.value}


def of_version(document: Document, number: int) -> dict[str, Any]:
    """The columns that name version *number* of *document*."""
    names = ("patient", "source", "id")
    return {name: getattr(document, name) for name in names} | {"number": number}


def shard(row: Row) -> Shard:
    """The shard that *row* belongs to."""
    return Shard(row["shard_kind"], row["shard_id"])


def key(row: Row) -> Key:
    """The key that *row* names."""
    return Key(shard(row), row["kind"], row["id"])


def stored(row: Row) -> tuple[Key, Stored]:
    """What the key of *row* holds."""
    return key(row), Stored(row["text"], row["version"])


def version(row: Row) -> tuple[Key, int]:
    """The version of the key of *row*."""
    return key(row), row["version"]


_TEXTS = ("previous", "hash", "actor_id", "actor_organisation", "action", "detail", "subject")


def link(row: Row) -> Link:
    """A link of the journal; SQLite keeps whatever is put into a column, a number in a text's."""
    if type(row["number"]) is not int or not all(isinstance(row[n], str | None) for n in _TEXTS):
        raise TypeError("a column of another type")
    return Link(
        number=row["number"],
        previous=row["previous"],
        hash=row["hash"],
        entry=Entry(
            at=row["at"],
            actor=Actor(
                kind=ActorKind(row["actor_kind"]),
                id=row["actor_id"],
                organisation=row["actor_organisation"],
            ),
            action=row["action"],
            detail=row["detail"],
            subject=row["subject"],
            context=read_context(row["context"]),
        ),
    )


def head(row: Row) -> Head:
    """The last link of a shard."""
    return Head(shard=shard(row), number=row["number"], hash=row["hash"])


def lease(row: Row) -> Leased:
    """A message as it was leased last, if ever."""
    item = OutboxItem(
        shard=shard(row),
        id=row["id"],
        kind=row["kind"],
        reference=row["reference"],
        not_after=row["not_after"],
    )
    return Leased(item=item, attempt=row["attempt"])


_BESIDE = frozenset({"number", "dated", "digest"})


def version_of(row: Row) -> Document:
    """A version of a document, whatever has become of it."""
    fields = {name: value for name, value in row.items() if name not in _BESIDE}
    fields["standing"] = Standing(row["standing"])
    return Document(**fields, listed_on=row["dated"])


def by_name(found: list[Document]) -> dict[tuple[str, str], Versions]:
    """The versions of each document of a card, as they stand in *found*."""
    kept: dict[tuple[str, str], Versions] = {}
    for one in found:
        kept[one.source, one.id] = (*kept.get((one.source, one.id), ()), one)
    return kept


def name(row: Row) -> tuple[str, str]:
    """What a document is called by its source."""
    return row["source"], row["id"]

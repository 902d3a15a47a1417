"""Every statement but those made from a view, built once.

A statement finds its rows by parameters named ``its_...`` (see ``rows.its``); a plain name is a
column to write. Each works in one shard, but for those by which workers look for what is due,
waits, or has grown.
"""

from typing import Any

import sqlalchemy as sa

from emrcore.adapters.sql.schema import Moment, documents, entries, outbox, shards, states

_SHARD = ("shard_kind", "shard_id")
_LIMIT = sa.bindparam("limit", type_=sa.Integer)
_BEFORE = sa.bindparam("before", type_=Moment)


def _columns(table: sa.Table, *names: str) -> list[sa.Column[Any]]:
    return [table.c[name] for name in names]


def _by(table: sa.Table, *names: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == _its(column) for column in _columns(table, *names)))


def _its(column: sa.Column[Any]) -> sa.BindParameter[Any]:
    """A value to compare *column* with: of its type, but for a text's collation."""
    plain = sa.Text() if isinstance(column.type, sa.Text) else column.type
    return sa.bindparam(f"its_{column.name}", type_=plain)


# -- Shards: the row every commit changes, and so waits for ----------------------------------------

HELD = (
    sa.update(shards)
    .where(_by(shards, *_SHARD))
    .values(turns=shards.c.turns + 1)
    .returning(shards.c.turns)
)
SHARED = sa.select(shards.c.turns).where(_by(shards, *_SHARD)).with_for_update(read=True)
NEW_SHARD = sa.insert(shards)

# -- States ----------------------------------------------------------------------------------------

_AMONG = sa.tuple_(states.c.kind, states.c.id).in_(sa.bindparam("keys", expanding=True))
_KEY = (*_SHARD, "kind", "id")

STATES = sa.select(states).where(_by(states, *_SHARD), _AMONG)
VERSIONS = sa.select(*_columns(states, *_KEY, "version")).where(_by(states, *_SHARD), _AMONG)
OF_KIND = sa.select(states).where(_by(states, *_SHARD, "kind")).order_by(states.c.id)
DUE = (
    sa.select(*_columns(states, *_KEY))
    .where(_by(states, "kind"), states.c.due < _BEFORE)
    .order_by(states.c.due, states.c.shard_id, states.c.id)
    .limit(_LIMIT)
)
NEW_STATE = sa.insert(states)
CHANGED = sa.update(states).where(_by(states, *_KEY, "version"))

# -- Journal ---------------------------------------------------------------------------------------

LINKS = (
    sa.select(entries)
    .where(_by(entries, *_SHARD), entries.c.number > sa.bindparam("after"))
    .order_by(entries.c.number)
    .limit(_LIMIT)
)
LAST = sa.select(entries).where(_by(entries, *_SHARD)).order_by(entries.c.number.desc()).limit(1)
_LATER = entries.alias()
_OF_THE_SHARD = sa.and_(*(_LATER.c[name] == shards.c[name] for name in _SHARD))
_HIGHEST = sa.select(sa.func.max(_LATER.c.number)).where(_OF_THE_SHARD).scalar_subquery()
HEADS = (
    sa.select(*_columns(entries, *_SHARD, "number", "hash"))
    .join_from(
        shards,
        entries,
        sa.and_(
            *(entries.c[name] == shards.c[name] for name in _SHARD), entries.c.number == _HIGHEST
        ),
    )
    .order_by(*_columns(shards, *_SHARD))
    .limit(_LIMIT)
)
HEADS_AFTER = HEADS.where(
    sa.tuple_(*_columns(shards, *_SHARD))
    > sa.tuple_(*(_its(column) for column in _columns(shards, *_SHARD)))
)
TRIM = sa.delete(entries).where(
    _by(entries, *_SHARD), entries.c.number <= sa.bindparam("upto", type_=sa.BigInteger)
)
NEW_ENTRY = sa.insert(entries)

# -- Outbox ----------------------------------------------------------------------------------------

WAITING = (
    sa.select(outbox)
    .where(
        outbox.c.fate.is_(None),
        sa.or_(
            outbox.c.leased_until.is_(None),
            outbox.c.leased_until <= sa.bindparam("at", type_=Moment),
        ),
    )
    .order_by(outbox.c.queued, *_columns(outbox, *_SHARD, "id"))
    .limit(_LIMIT)
    .with_for_update(skip_locked=True)
)
LEASE = sa.update(outbox).where(_by(outbox, *_SHARD, "id", "attempt"), outbox.c.fate.is_(None))
LEASED = (
    sa.select(outbox)
    .where(_by(outbox, *_SHARD, "id", "attempt"), outbox.c.fate.is_(None))
    .with_for_update()
)
NEW_ITEM = sa.insert(outbox)

# -- Documents -------------------------------------------------------------------------------------

NAMES = sa.select(*_columns(documents, "source", "id")).where(_by(documents, "patient")).distinct()
NAMED = (
    sa.select(documents)
    .where(
        _by(documents, "patient"),
        sa.tuple_(documents.c.source, documents.c.id).in_(sa.bindparam("names", expanding=True)),
    )
    .order_by(*_columns(documents, "source", "id", "number"))
)
NEW_DOCUMENT = sa.insert(documents)
STANDING = sa.update(documents).where(_by(documents, "patient", "source", "id", "number"))

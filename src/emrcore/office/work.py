"""One attempt at one verb: what was read, what is to be written, one commit."""

import datetime as dt
import time
from collections.abc import Callable
from typing import TypeVar

import attrs

from emrcore.errors import Conflict, Unavailable
from emrcore.journal import Actor, Context, Entry, entry
from emrcore.people import PatientId
from emrcore.ports import ABSENT, Batch, Key, Mark, OutboxItem, Randomness, Shard, Storage
from emrcore.wire import decode, encode

T = TypeVar("T")

Pause = Callable[[float], None]
"""Waits that many seconds."""

_TRIES = 10
_LONGEST_PAUSE = 0.25


@attrs.define
class Work:
    """Gathers one commit: what changes, and the entries about it (JRN-1).

    Every key that is read is expected to be unchanged by then (STO-2).
    """

    storage: Storage
    shard: Shard
    now: dt.datetime
    _expect: dict[Key, int] = attrs.field(factory=dict[Key, int], init=False)
    _put: dict[Key, str] = attrs.field(factory=dict[Key, str], init=False)
    _due: dict[Key, dt.datetime] = attrs.field(factory=dict[Key, dt.datetime], init=False)
    _entries: list[Entry] = attrs.field(factory=list[Entry], init=False)
    _marks: list[Mark] = attrs.field(factory=list[Mark], init=False)
    _outbox: list[OutboxItem] = attrs.field(factory=list[OutboxItem], init=False)

    def text(self, key: Key) -> str | None:
        """The text *key* holds, or None.

        Raises:
            Conflict: it was read before, and has changed since.
        """
        stored = self.storage.load(key).get(key)
        version = stored.version if stored else ABSENT
        if self._expect.setdefault(key, version) != version:
            raise Conflict(key.kind)
        return stored.text if stored else None

    def forget(self, key: Key) -> None:
        """Read *key* as if for the first time: nothing was decided by what it held."""
        self._expect.pop(key, None)

    def version(self, key: Key) -> int:
        """The version of *key* when it was read."""
        return self._expect[key]

    def load(self, key: Key, *kinds: type[T]) -> T | None:
        """The value *key* holds, of one of *kinds*, or None."""
        text = self.text(key)
        return None if text is None else decode(text, *kinds)

    def put(self, key: Key, value: object, *, due: dt.datetime | None = None) -> None:
        """Write *value* to *key*, which was read before; *due* is when it needs attention."""
        self.put_text(key, encode(value), due=due)

    def put_text(self, key: Key, text: str, *, due: dt.datetime | None = None) -> None:
        """Write *text* as it is."""
        self._put[key] = text
        if due:
            self._due[key] = due

    def note(
        self,
        event: object,
        actor: Actor,
        subject: PatientId | None = None,
        context: Context | None = None,
    ) -> None:
        """Enter *event* in the journal."""
        new = entry(event, at=self.now, actor=actor, subject=subject, context=context)
        self._entries.append(new)

    def send(self, item: OutboxItem) -> None:
        """Put *item* in the outbox."""
        self._outbox.append(item)

    def mark(self, mark: Mark) -> None:
        """Let a document of the shard's patient stand as *mark* says."""
        self._marks.append(mark)

    def commit(self) -> None:
        """Apply everything gathered, if there is anything."""
        if self._put or self._entries or self._outbox or self._marks:
            self.storage.commit(
                Batch(
                    shard=self.shard,
                    expect=self._expect,
                    put=self._put,
                    due=self._due,
                    entries=tuple(self._entries),
                    outbox=tuple(self._outbox),
                    marks=tuple(self._marks),
                )
            )


def redo(action: Callable[[], T], *, pause: Pause, randomness: Randomness) -> T:
    """Do *action*; after a conflict do all of it anew, at most ten times.

    Raises:
        Unavailable: there was a conflict every time.
    """
    for _ in range(_TRIES):
        try:
            return action()
        except Conflict:
            pause(_LONGEST_PAUSE * randomness.bytes(1)[0] / 255)
    raise Unavailable("too many others change the same thing")


def sleep(seconds: float) -> None:
    """Wait in this thread."""
    time.sleep(seconds)

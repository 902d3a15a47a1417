"""Documents at rest: title and body of each sealed under the data key of its card (KEP-1).

It is a storage over any other, chosen where the parts of an office are put together. What decides
about a document (dates, section, kind, labels) stays readable, for a database has to compare it.
The sealed text stands where the body stood, as ``version(1) algorithm(1) length(1) envelope-id
nonce(12) ciphertext-and-tag``; byte by byte it is in docs/reference/associated-data.md.
"""

import contextlib
import datetime as dt
from collections.abc import Mapping, Sequence

import attrs

from emrcore import rules
from emrcore.access import View
from emrcore.envelopes import CARD_ENVELOPE_STATES, CardEnvelopeState, Shredded
from emrcore.errors import Conflict, Corrupt, RuleBroken
from emrcore.journal import Entry, Head, Link
from emrcore.office import places
from emrcore.office.card_sealing import CardKey, new_card_envelope, open_card
from emrcore.people import PatientId
from emrcore.ports import (
    ABSENT,
    Batch,
    Fate,
    Key,
    Keys,
    Leased,
    Randomness,
    Shard,
    Storage,
    Stored,
)
from emrcore.records import Document, Page, Versions, check_delivery
from emrcore.wire import decode, encode


@attrs.frozen(kw_only=True)
class SealedRecords:
    """``storage``, with documents that are encrypted in it and plain outside.

    Every document must have come in this way: one that lies there in plain is corrupt. The data key
    is unwrapped anew for each call, so that an erased card is closed everywhere at once. All that
    the port ``Storage`` may raise is raised; and ``Corrupt``, which names the document, for one
    that is not what was kept; ``RuleBroken`` KEP-2 for a card that was erased; ``Unavailable``
    where the master key is not here.
    """

    storage: Storage = attrs.field(repr=False)
    keys: Keys = attrs.field(repr=False)
    randomness: Randomness = attrs.field(repr=False)

    # -- Records ----------------------------------------------------------------------------------

    def add(self, patient: PatientId, documents: Sequence[Document], entry: Entry) -> int:
        """See ``Records.add``; the same content is the same when it is sealed."""
        check_delivery(patient, documents)
        if not documents:
            return 0
        key = self._key(patient) or self._new_key(patient, at=entry.at)
        sealed = [key.seal(one) for one in documents]
        return self.storage.add(patient, sealed, entry)

    def page(
        self, view: View, *, cursor: str | None = None, section: str | None = None, size: int = 50
    ) -> Page:
        """See ``Records.page``."""
        found = self.storage.page(view, cursor=cursor, section=section, size=size)
        return attrs.evolve(found, documents=tuple(self._open(view.subject, found.documents)))

    def count(self, view: View) -> Mapping[str, int]:
        """See ``Records.count``."""
        return self.storage.count(view)

    def get(self, view: View, source: str, id: str) -> Document | None:  # noqa: A002
        """See ``Records.get``."""
        found = self.storage.get(view, source, id)
        return self._open(view.subject, [found])[0] if found else None

    def versions(self, patient: PatientId, source: str, id: str) -> Versions:  # noqa: A002
        """See ``Records.versions``."""
        return tuple(self._open(patient, self.storage.versions(patient, source, id)))

    def _open(self, patient: PatientId, documents: Sequence[Document]) -> list[Document]:
        if not documents:
            return []
        key = self._key(patient)
        if key is None:
            raise Corrupt(f"the envelope of the card {patient}")
        return [key.open(one) for one in documents]

    def _key(self, patient: PatientId) -> CardKey | None:
        place = places.card_envelope(patient)
        stored = self.storage.load(place).get(place)
        if stored is None:
            return None
        state: CardEnvelopeState = decode(stored.text, *CARD_ENVELOPE_STATES)
        if state.patient != patient:
            raise Corrupt(f"the envelope of the card {patient}")
        if isinstance(state, Shredded):
            raise RuleBroken(rules.KEP_2)
        return open_card(self.keys, state)

    def _new_key(self, patient: PatientId, *, at: dt.datetime) -> CardKey:
        """The card's key, made by a commit of its own unless somebody else has made it meanwhile.

        Raises:
            Conflict: somebody else has, and it cannot be seen yet.
        """
        place = places.card_envelope(patient)
        made = new_card_envelope(self.keys, self.randomness, patient)
        batch = Batch(
            shard=place.shard,
            expect={place: ABSENT},
            put={place: encode(made)},
            due={place: at},
        )
        with contextlib.suppress(Conflict):
            self.storage.commit(batch)
        key = self._key(patient)
        if key is None:
            raise Conflict("the envelope of a card")
        return key

    # -- All the rest, as it is -------------------------------------------------------------------

    def load(self, *keys: Key) -> Mapping[Key, Stored]:
        """See ``Store.load``."""
        return self.storage.load(*keys)

    def commit(self, batch: Batch) -> None:
        """See ``Store.commit``."""
        self.storage.commit(batch)

    def find(self, shard: Shard, kind: str) -> Mapping[Key, Stored]:
        """See ``Store.find``."""
        return self.storage.find(shard, kind)

    def due(self, kind: str, before: dt.datetime, limit: int) -> tuple[Key, ...]:
        """See ``Store.due``."""
        return self.storage.due(kind, before, limit)

    def lease(self, *, at: dt.datetime, until: dt.datetime, limit: int) -> tuple[Leased, ...]:
        """See ``Outbox.lease``."""
        return self.storage.lease(at=at, until=until, limit=limit)

    def settle(self, leased: Leased, fate: Fate) -> bool:
        """See ``Outbox.settle``."""
        return self.storage.settle(leased, fate)

    def links(self, shard: Shard, *, after: int = 0, limit: int = 1000) -> Sequence[Link]:
        """See ``Journal.links``."""
        return self.storage.links(shard, after=after, limit=limit)

    def heads(self, *, after: Shard | None = None, limit: int = 1000) -> Sequence[Head]:
        """See ``Journal.heads``."""
        return self.storage.heads(after=after, limit=limit)

    def trim(self, shard: Shard, *, upto: int) -> None:
        """See ``Journal.trim``."""
        self.storage.trim(shard, upto=upto)

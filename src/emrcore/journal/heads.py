"""What is said about a chain in one line: how far it had come, by number and hash."""

import json

import attrs

from emrcore.errors import Corrupt
from emrcore.journal import tree
from emrcore.people import AccountId, PatientId, PersonId
from emrcore.wire import canonical


@attrs.frozen
class Shard:
    """What lives together and has one chain: ``patient``, ``account`` or ``person``, and its id."""

    kind: str
    id: str

    @classmethod
    def of_patient(cls, patient: PatientId) -> "Shard":
        """The shard of one card."""
        return cls("patient", patient)

    @classmethod
    def of_account(cls, account: AccountId) -> "Shard":
        """The shard of one login."""
        return cls("account", account)

    @classmethod
    def of_person(cls, person: PersonId) -> "Shard":
        """The shard of what is kept of one person, whatever their accounts."""
        return cls("person", person)

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands among others: by kind, then by id, by code point."""
        return self.kind, self.id


@attrs.frozen(kw_only=True)
class Head:
    """Link ``number`` of the chain of ``shard`` has this ``hash``.

    With ``trimmed``, all links up to it were given up when their time was over (JRN-9).
    """

    shard: Shard
    number: int
    hash: str
    trimmed: bool = False

    @property
    def text(self) -> str:
        """The head as one line of JSON."""
        return canonical(
            [self.shard.kind, self.shard.id, self.number, self.hash, int(self.trimmed)]
        )

    @property
    def leaf(self) -> bytes:
        """The head as a leaf of the tree that checkpoints sign."""
        return tree.leaf(self.text.encode())


def head(text: str) -> Head:
    """The head in *text*.

    Raises:
        Corrupt: it is not what ``Head.text`` writes.
    """
    try:
        kind, name, number, digest, trimmed = json.loads(text)
        found = Head(shard=Shard(kind, name), number=number, hash=digest, trimmed=trimmed == 1)
        if found.text == text and (type(number), type(digest)) == (int, str):
            return found
    except (ValueError, TypeError):
        pass
    raise Corrupt("a head of the journal")

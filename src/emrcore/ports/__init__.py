"""What the library asks of its host: protocols, with the promise each makes."""

from typing import Protocol

from emrcore.journal import Shard
from emrcore.ports.checkpoints import CheckpointSink, Signer, Verifier
from emrcore.ports.journals import Journal
from emrcore.ports.outbox import Fate, Leased, Outbox
from emrcore.ports.photos import Blobs, Photo, Photos
from emrcore.ports.records import Records
from emrcore.ports.sms import Accepted, Message, Receipt, Rejected, Risk, Sms, SmsOutcome, Unknown
from emrcore.ports.store import ABSENT, Batch, Key, Mark, OutboxItem, Store, Stored
from emrcore.ports.surroundings import Clock, Keys, Randomness


class Storage(Store, Records, Outbox, Journal, Protocol):
    """One place that keeps all four together, so that they can be committed together."""


__all__ = [
    "ABSENT",
    "Accepted",
    "Batch",
    "Blobs",
    "CheckpointSink",
    "Clock",
    "Fate",
    "Journal",
    "Key",
    "Keys",
    "Leased",
    "Mark",
    "Message",
    "Outbox",
    "OutboxItem",
    "Photo",
    "Photos",
    "Randomness",
    "Receipt",
    "Records",
    "Rejected",
    "Risk",
    "Shard",
    "Signer",
    "Sms",
    "SmsOutcome",
    "Storage",
    "Store",
    "Stored",
    "Unknown",
    "Verifier",
]

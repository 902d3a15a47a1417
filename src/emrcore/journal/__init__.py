"""The account of everything done and seen, and the proof that nobody bent it."""

from emrcore.journal.access_list import Line, Look, Sharing, gathered, looks, told
from emrcore.journal.audit import audit_record
from emrcore.journal.chain import GENESIS, Break, Link, breaks, link
from emrcore.journal.checkpoint import Checkpoint, Proof, Sealed, opened, proven, signed
from emrcore.journal.commitment import commit, opens
from emrcore.journal.entry import (
    Actor,
    ActorKind,
    Context,
    Entry,
    Outcome,
    context_text,
    entry,
    read_context,
)
from emrcore.journal.heads import Head, Shard, head
from emrcore.journal.retention import Retention, last_expired
from emrcore.journal.tree import Tree
from emrcore.rulebook import PurposeOfUse

__all__ = [
    "GENESIS",
    "Actor",
    "ActorKind",
    "Break",
    "Checkpoint",
    "Context",
    "Entry",
    "Head",
    "Line",
    "Link",
    "Look",
    "Outcome",
    "Proof",
    "PurposeOfUse",
    "Retention",
    "Sealed",
    "Shard",
    "Sharing",
    "Tree",
    "audit_record",
    "breaks",
    "commit",
    "context_text",
    "entry",
    "gathered",
    "head",
    "last_expired",
    "link",
    "looks",
    "opened",
    "opens",
    "proven",
    "read_context",
    "signed",
    "told",
]

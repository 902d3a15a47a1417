"""The account of everything done and seen, and the proof that nobody bent it."""

from emrcore.journal.chain import (
    GENESIS,
    Actor,
    ActorKind,
    Break,
    Entry,
    Link,
    breaks,
    entry,
    link,
)

__all__ = [
    "GENESIS",
    "Actor",
    "ActorKind",
    "Break",
    "Entry",
    "Link",
    "breaks",
    "entry",
    "link",
]

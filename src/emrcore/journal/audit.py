"""Entries for an auditor: every field of a link as it stands, and references only (JRN-4)."""

import datetime as dt
import json

from emrcore.journal.chain import Link
from emrcore.journal.entry import filled
from emrcore.journal.heads import Shard


def audit_record(link: Link, shard: Shard) -> str:
    """*link* of the chain of *shard* as one line of JSON Lines.

    All but ASCII is escaped: no text in an entry can end the line or steer a terminal.
    """
    entry = link.entry
    record = {
        "shard": [shard.kind, shard.id],
        "number": link.number,
        "at": entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "actor": {
            "kind": entry.actor.kind,
            "id": entry.actor.id,
            "organisation": entry.actor.organisation,
        },
        "action": entry.action,
        "subject": entry.subject,
        "context": filled(entry.context) if entry.context else {},
        "detail": json.loads(entry.detail),
        "previous": link.previous,
        "hash": link.hash,
    }
    return json.dumps(record, sort_keys=True, ensure_ascii=True, allow_nan=False)

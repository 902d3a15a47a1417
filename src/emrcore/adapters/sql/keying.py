"""Putting a store under a key, or under another one."""

import sqlalchemy as sa

from emrcore.adapters.sql.row_digests import COVERED, Digests, write
from emrcore.adapters.sql.transactions import Own
from emrcore.ports import Keys


def rewrite_digests(engine: sa.Engine, keys: Keys, *, keyed: bool) -> None:
    """Give every row the digest by the current one of *keys*, in one transaction.

    *keyed* says whether the store was kept under those keys before: then only a row with a digest
    by one of them is taken for what was written. Whoever has no key for it yet takes each row for
    what it says.

    Raises:
        Corrupt: a row is not as it was written; none is changed.
        StoreError: as every write.
    """
    was = Digests(keys if keyed else None)
    with Own(engine).writing() as connection:
        for table in COVERED:
            write(connection, table, Digests(keys), was=was)

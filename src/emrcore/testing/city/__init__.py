"""A simulated city in the announcement's proportions; ``pip install "emrcore[city]"``.

The same seed gives the same city on every machine, in every form: Python objects, columns, Parquet
files, a COPY stream. It is made in partitions of 10,000 cards, any of them alone, so that the
whole of it (10.1 million cards, 172.5 million documents) needs the memory of one.
"""

from emrcore.testing.city.columns import Columns, documents, people
from emrcore.testing.city.files import (
    COPY,
    Progress,
    copy_text,
    documents_frame,
    people_frame,
    write_parquet,
)
from emrcore.testing.city.plan import (
    CARDS,
    DOCUMENTS,
    PARTITION,
    TODAY,
    City,
    Partition,
)
from emrcore.testing.city.values import Household, card, cards

__all__ = [
    "CARDS",
    "COPY",
    "DOCUMENTS",
    "PARTITION",
    "TODAY",
    "City",
    "Columns",
    "Household",
    "Partition",
    "Progress",
    "card",
    "cards",
    "copy_text",
    "documents",
    "documents_frame",
    "people",
    "people_frame",
    "write_parquet",
]

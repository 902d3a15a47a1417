"""A view means the same to frames as to memory, on both sides of every constant of rulebooks.

Looks under the same view at the same moment are asked together. A sample of them is asked, and all
with EMRCORE_FULL=1.
"""

import collections
import functools
import os
import random

import attrs
import polars as pl
import pytest

from emrcore.access import View, decide
from emrcore.adapters import frames
from emrcore.records import Document, DocumentId, count, visible
from emrcore.rulebook import shipped, shipped_names
from emrcore.testing.boundaries import looks
from engines import ENGINES, arrow, ids

FULL = os.environ.get("EMRCORE_FULL") == "1"
PER_RULEBOOK = 8

Asked = tuple[View, tuple[Document, ...]]


@functools.cache
def asked(name: str) -> list[Asked]:
    """The views of the rulebook *name* and the documents to be asked about under each."""
    book = shipped(name)
    views: dict[object, View] = {}
    documents: collections.defaultdict[object, dict[Document, None]]
    documents = collections.defaultdict(dict)
    for look in looks(book):
        view = decide(look.facts, look.viewer, at=look.at, edition=book.edition_at(look.at))
        key = view.at, view.subject, view.in_force()
        views[key] = view
        documents[key] |= {attrs.evolve(one, id=DocumentId("")): None for one in look.documents}
    return [(view, numbered(documents[key])) for key, view in views.items()]


def numbered(documents: dict[Document, None]) -> tuple[Document, ...]:
    return tuple(
        attrs.evolve(one, id=DocumentId(f"{number}")) for number, one in enumerate(documents)
    )


def sample(name: str) -> list[Asked]:
    """Those with the most documents, and some others."""
    found = sorted(asked(name), key=lambda one: -len(one[1]))
    if FULL:
        return found
    half = PER_RULEBOOK // 2
    return found[:half] + random.Random(name).sample(found[half:], min(half, len(found) - half))  # noqa: S311


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", shipped_names())
def test_frames_show_what_memory_shows(name: str, engine: str) -> None:
    """REC-1, ACC-11: each engine shows the documents that memory shows, and counts them alike."""
    for view, documents in sample(name):
        frame = ENGINES[engine](arrow(documents))
        shown = frames.visible(view, frame)
        assert type(shown) is type(frame)
        assert ids(shown) == [one.id for one in visible(view, documents)]
        assert frames.count(view, frame) == count(view, documents)


@pytest.mark.parametrize("name", shipped_names())
def test_the_streaming_engine_shows_the_same(name: str) -> None:
    """REC-1: a lazy frame of Polars stays one, to be collected as its host likes."""
    for view, documents in sample(name):
        frame = ENGINES["polars, lazy"](arrow(documents))
        shown: pl.LazyFrame = frames.visible(view, frame)
        found = shown.collect(engine="streaming")["id"].to_list()
        assert found == [one.id for one in visible(view, documents)]


def test_the_samples_show_and_hide() -> None:
    """In every rulebook: or nothing would be compared."""
    for name in shipped_names():
        shown = [len(visible(view, documents)) for view, documents in sample(name)]
        assert sum(shown) > 0
        assert sum(len(documents) for _, documents in sample(name)) > sum(shown)

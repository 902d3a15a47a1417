"""What the type checkers must find out by themselves; ``make check`` runs them over this file."""

import datetime as dt
from typing import assert_type

from emrcore import AsyncOffice, Citizen, Facts, Office, Page, PatientId, Viewer, decide
from emrcore.access import View
from emrcore.office import OpenedCard
from emrcore.ports import Storage
from emrcore.rulebook import Edition


async def runs_any_verb(office: AsyncOffice, reader: Citizen, card: PatientId) -> None:
    """The answer of ``run`` has the type of the verb's, whose arguments are checked."""
    assert_type(await office.run(Office.open_card, reader, card), OpenedCard)
    assert_type(await office.run(Office.read_page, reader, card, size=5), Page)


def has_the_types_it_is_imported_for(facts: Facts, viewer: Viewer, edition: Edition) -> None:
    """What ``emrcore`` loads when it is first used is typed as in its home."""
    assert_type(decide(facts, viewer, at=dt.datetime.now(dt.UTC), edition=edition), View)


def is_a_storage(office: Office) -> Storage:
    """An office's storage serves every port of a storage."""
    return office.storage

"""Documents at rest: encrypted under the key of their card, and closed with it."""

import functools
from collections.abc import Callable
from typing import Any

import attrs
import pytest
import sqlalchemy as sa

from emrcore import rules
from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.memory import MemoryStorage
from emrcore.adapters.sql import SqlStorage
from emrcore.adapters.system import SystemRandomness
from emrcore.errors import Corrupt, EmrcoreError, RuleBroken, Unavailable
from emrcore.office import Rewrapping, SealedRecords, places
from emrcore.people import PatientId
from emrcore.ports import Batch, Shard, Storage
from emrcore.records import Document
from emrcore.testing.contracts.cards import document, views
from emrcore.testing.contracts.examples import NEIGHBOUR, PATIENT, details, entry
from world import Town, actions

MASTERS = {"k1": bytes(range(32)), "k2": bytes(range(32, 64))}
TITLE, BODY = "Wassermann reaction", b"the result in the clear"
OWN = views()["self"]


def keys(*names: str, **masters: bytes) -> LocalKeys:
    known = MASTERS | masters
    return LocalKeys(
        masters={name: known[name] for name in names},
        current=names[-1],
        randomness=SystemRandomness(),
    )


def over(storage: Storage, held: LocalKeys | None = None) -> SealedRecords:
    return SealedRecords(storage=storage, keys=held or keys("k1"), randomness=SystemRandomness())


def one(**fields: Any) -> Document:
    return document(title=TITLE, body=BODY, **fields)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def below(request: pytest.FixtureRequest) -> Storage:
    """Each storage, as it is without keys."""
    if request.param == "memory":
        return MemoryStorage()
    return SqlStorage(request.getfixturevalue(request.param))


def test_neither_title_nor_body_is_kept_in_the_clear(below: Storage) -> None:
    """KEP-1: in any of the storages; outside they are what they were."""
    sealed = over(below)
    assert sealed.add(PATIENT, [one(id="1"), one(id="2")], entry()) == 2
    kept = below.page(OWN).documents
    assert [found.title for found in kept] == ["", ""]
    assert not any(BODY in found.body or TITLE.encode() in found.body for found in kept)
    assert len({found.body for found in kept}) == 2, "of equal documents nobody sees that they are"
    assert sealed.page(OWN).documents == (one(id="2"), one(id="1"))
    assert sealed.get(OWN, "clinic", "1") == one(id="1")


def test_the_file_holds_no_text(sqlite: sa.Engine) -> None:
    """KEP-1 (T73): neither the database nor what lies beside it."""
    plain, sealed = SqlStorage(sqlite), over(SqlStorage(sqlite))
    sealed.add(PATIENT, [one()], entry())
    name = str(sqlite.url.database)

    def found() -> list[bool]:
        with open(name, "rb") as file:  # noqa: PTH123 - the path is SQLAlchemy's text
            content = file.read()
        return [BODY in content, TITLE.encode() in content]

    sqlite.dispose()
    assert found() == [False, False]
    plain.add(NEIGHBOUR, [one(patient=NEIGHBOUR)], entry())
    sqlite.dispose()
    assert found() == [True, True], "the search would have seen it"


def test_a_repeated_delivery_adds_nothing(below: Storage) -> None:
    """KEP-1, REC-3: though the same text would be sealed to other bytes."""
    sealed = over(below)
    assert sealed.add(PATIENT, [one()], entry("first")) == 1
    before = below.page(OWN).documents
    assert sealed.add(PATIENT, [one()], entry("again")) == 0
    assert below.page(OWN).documents == before
    assert details(below) == ["first"]


def replaced(document: Document, **changes: Any) -> MemoryStorage:
    """A storage in which *document* lies, with *changes* made by hand, beside the same envelope."""
    storage = MemoryStorage()
    storage.add(document.patient, [attrs.evolve(document, **changes)], entry())
    return storage


def flipped(blob: bytes, place: int) -> bytes:
    return blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]


def bit(place: int, kept: Document) -> dict[str, Any]:
    return {"body": flipped(kept.body, place)}


CHANGES: dict[str, Callable[[Document], dict[str, Any]]] = {
    "another id": lambda _: {"id": "2"},
    "another source": lambda _: {"source": "other"},
    "a title by hand": lambda _: {"title": "harmless"},
    "plain text in its place": lambda _: {"body": BODY},
    "nothing": lambda _: {"body": b""},
    "cut off": lambda kept: {"body": kept.body[:-1]},
    "another envelope": lambda kept: {"body": kept.body[:3] + b"f" * 32 + kept.body[35:]},
    **{
        f"a bit of byte {place}": functools.partial(bit, place)
        for place in (0, 1, 2, 3, 40, 60, -17, -1)
    },
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_row_changed_by_hand_shows_nothing(change: Callable[[Document], dict[str, Any]]) -> None:
    """KEP-1: not even the documents beside it; the error names the one that was changed."""
    storage = MemoryStorage()
    over(storage).add(PATIENT, [one()], entry())
    (kept,) = storage.page(OWN).documents
    changed = attrs.evolve(kept, **change(kept))
    tampered = MemoryStorage()
    tampered.add(PATIENT, [changed], entry())
    place = places.card_envelope(PATIENT)
    envelope = storage.load(place)[place].text
    tampered.commit(Batch(shard=place.shard, expect={place: 0}, put={place: envelope}))
    over(tampered).add(PATIENT, [one(id="9")], entry())
    name = f"the document {changed.source}/{changed.id} of the card {PATIENT}"
    with pytest.raises(Corrupt, match=name):
        over(tampered).page(OWN)
    with pytest.raises(Corrupt, match=name):
        over(tampered).get(OWN, changed.source, changed.id)
    assert over(tampered).get(OWN, "clinic", "9") == one(id="9")


def test_a_document_put_into_another_card_shows_nothing() -> None:
    """KEP-1: whether that card has a key or is given the first one's."""
    storage = MemoryStorage()
    over(storage).add(PATIENT, [one()], entry())
    (kept,) = storage.page(OWN).documents
    view = attrs.evolve(OWN, subject=NEIGHBOUR)
    storage.add(NEIGHBOUR, [attrs.evolve(kept, patient=NEIGHBOUR)], entry())
    with pytest.raises(Corrupt, match="the envelope of the card"):
        over(storage).page(view)
    own, other = places.card_envelope(PATIENT), places.card_envelope(NEIGHBOUR)
    text = storage.load(own)[own].text
    for forged in (text, text.replace(f'"{PATIENT}"', f'"{NEIGHBOUR}"')):
        version = storage.load(other)[other].version if storage.load(other) else 0
        storage.commit(Batch(shard=other.shard, expect={other: version}, put={other: forged}))
        with pytest.raises(Corrupt):
            over(storage).page(view)


def test_the_wrong_master_key_opens_nothing(below: Storage) -> None:
    """KEP-1: another of the same name is corrupt, and one that is not there is not there."""
    over(below).add(PATIENT, [one()], entry("first"))
    for held, expected in (
        (keys("k1", k1=b"1" * 32), Corrupt),
        (keys("k2"), Unavailable),
    ):
        sealed = over(below, held)
        calls: list[Callable[[], object]] = [
            functools.partial(sealed.page, OWN),
            functools.partial(sealed.get, OWN, "clinic", "1"),
            functools.partial(sealed.add, PATIENT, [one(id="2")], entry("second")),
        ]
        for call in calls:
            with pytest.raises(expected):
                call()
    assert details(below) == ["first"], "nothing was written"
    assert over(below).page(OWN).documents == (one(),)


# -- In the office ---------------------------------------------------------------------------------


@pytest.fixture
def sealing(town: Town) -> Town:
    """A town whose documents are sealed, with one in the mother's card."""
    office = town.office
    town.office = attrs.evolve(
        office,
        storage=SealedRecords(
            storage=office.storage, keys=office.keys, randomness=SystemRandomness()
        ),
    )
    town.move_in()
    town.office.add_documents(town.own, (mothers(town),), source="clinic")
    return town


def mothers(town: Town, **fields: Any) -> Document:
    return one(patient=town.own, **fields)


def shown(town: Town) -> tuple[Document, ...]:
    return town.office.storage.page(attrs.evolve(OWN, subject=town.own)).documents


def refused(call: Callable[[], object]) -> rules.Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


def test_an_erased_card_shows_nothing_and_takes_nothing(sealing: Town) -> None:
    """KEP-2, STO-5: with its person, if that is asked for; the journal says so, and is whole."""
    town = sealing
    assert shown(town) == (mothers(town),)
    town.office.erase(town.mother.id, by=town.operator, cards=(town.own,))
    assert refused(lambda: shown(town)) is rules.KEP_2
    more = (mothers(town, id="2"),)
    add = refused(lambda: town.office.add_documents(town.own, more, source="clinic"))
    assert add is rules.KEP_2
    card = Shard.of_patient(town.own)
    assert actions(town, card) == ["card-created.1", "documents-added.1", "card-erased.1"]
    assert town.office.verify_journal(card) == ()
    town.office.erase(town.mother.id, by=town.operator, cards=(town.own,))
    assert actions(town, card)[-1] == "card-erased.1"
    assert len(actions(town, card)) == 3, "erasing again changes nothing"


def test_a_card_stays_unless_its_erasure_is_asked_for(sealing: Town) -> None:
    """KEP-2, STO-5: the law may want it kept longer than what a portal keeps of the person."""
    town = sealing
    town.office.erase(town.mother.id, by=town.operator)
    assert shown(town) == (mothers(town),)


def test_nobody_erases_anothers_card_with_a_person(sealing: Town) -> None:
    """KEP-2: the card has to be the person's."""
    town = sealing
    for patient in (town.wards, PatientId("none")):
        erase = functools.partial(town.office.erase, town.mother.id, by=town.operator)
        call = refused(functools.partial(erase, cards=(patient,)))
        assert call is rules.APP_5
    assert shown(town) == (mothers(town),)


def test_the_wrapped_key_is_nowhere_after_the_erasure(sealing: Town) -> None:
    """KEP-2: in no row and in no entry."""
    town, place = sealing, places.card_envelope(sealing.own)
    wrapped = town.office.storage.load(place)[place].text.split('"wrapped":"')[1].split('"')[0]
    town.office.erase(town.mother.id, by=town.operator, cards=(town.own,))
    assert isinstance(town.office.storage, SealedRecords)
    kept = repr(vars(town.office.storage.storage)["_links"])
    kept += "".join(row.text for row in vars(town.office.storage.storage)["_states"].values())
    assert wrapped not in kept


def test_documents_live_on_after_the_old_master_is_dropped(sealing: Town) -> None:
    """STO-6, KEP-1: a card's key is wrapped anew like a person's, and no document is touched."""
    town = sealing
    assert isinstance(town.office.storage, SealedRecords)
    below = town.office.storage.storage
    before = below.page(attrs.evolve(OWN, subject=town.own)).documents
    town.clock.turn(minutes=1)
    both, new = keys("k1", "k2"), keys("k2")
    town.office = attrs.evolve(town.office, keys=both, storage=over(below, both))
    assert town.office.rewrap(before=town.clock.at) == Rewrapping(done=1)
    assert town.office.rewrap(before=town.clock.at) == Rewrapping(done=0)
    town.office = attrs.evolve(town.office, keys=new, storage=over(below, new))
    assert shown(town) == (mothers(town),)
    assert below.page(attrs.evolve(OWN, subject=town.own)).documents == before


def test_a_card_whose_key_does_not_open_is_named_and_left(sealing: Town) -> None:
    """STO-6: and stays due."""
    town = sealing
    town.clock.turn(minutes=1)
    town.office = attrs.evolve(town.office, keys=keys("k2"))
    expected = Rewrapping(done=0, broken_cards=(town.own,))
    assert town.office.rewrap(before=town.clock.at) == expected
    assert town.office.rewrap(before=town.clock.at) == expected


def test_no_text_is_in_an_error_or_a_repr(below: Storage) -> None:
    """PPL-10, KEP-1: neither of a document nor of a key."""
    sealed = over(below)
    sealed.add(PATIENT, [one()], entry())
    with pytest.raises(EmrcoreError) as error:
        over(below, keys("k1", k1=b"1" * 32)).page(OWN)
    told = repr(sealed) + repr(error.value) + str(error.value)
    assert TITLE not in told
    assert "master" not in repr(sealed)

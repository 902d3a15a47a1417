"""Personal detail in the journal: committed to, never told."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emrcore.journal import Actor, ActorKind, Link, breaks, commit, entry, link, opens
from emrcore.people import PatientId, PersonId
from emrcore.records import CardCreated
from world import moscow

SALT = bytes(range(32))


def test_a_commitment_opens_for_its_value_only() -> None:
    """JRN-8: with its own salt, and for nothing else."""
    made = commit("+79161234567", SALT)
    assert opens(made, "+79161234567", SALT)
    assert not opens(made, "+79161234568", SALT)
    assert not opens(made, "+79161234567", bytes(32))
    assert not opens("ф", "+79161234567", SALT)


def test_a_known_commitment() -> None:
    """JRN-8: SHA-256 over the salt and the UTF-8 text, so that others can check it."""
    assert commit("abc", bytes(32)) == (
        "365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370"
    )


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_salt_of_another_length_is_refused(length: int) -> None:
    """JRN-8: a shorter one could be guessed, and its end be taken for the value."""
    with pytest.raises(ValueError, match="32 bytes"):
        commit("x", bytes(length))


def test_an_erased_person_leaves_a_whole_chain_and_nothing_to_guess() -> None:
    """JRN-8: the chain holds without the key, and no trying finds the value without the salt."""
    key, salt, nonce = AESGCM(bytes(range(32))), bytes(range(100, 132)), bytes(12)
    sealed = key.encrypt(nonce, salt, b"person")
    phones = [f"+7916{number:07}" for number in range(2000)]
    about = CardCreated(
        patient=PatientId("p"),
        person=PersonId("x"),
        clinic=commit(phones[1234], salt),
        at=moscow(2020, 1, 14),
    )
    actor = Actor(kind=ActorKind.STAFF, id="clinic")
    first = link(None, entry(about, at=about.at, actor=actor))
    chain: list[Link] = [first, link(first, entry(about, at=about.at, actor=actor))]
    assert opens(about.clinic, phones[1234], key.decrypt(nonce, sealed, b"person"))

    del key, salt  # erased: nobody has them
    with pytest.raises(InvalidTag):
        AESGCM(bytes(32)).decrypt(nonce, sealed, b"person")
    assert list(breaks(chain)) == []
    stored = (sealed[:32], sealed[-32:], bytes(32), SALT)
    assert not any(opens(about.clinic, phone, one) for phone in phones for one in stored)

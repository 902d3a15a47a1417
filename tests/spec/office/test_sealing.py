"""What an attacker who can write to the store tries with sealed identity data."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.system import SystemRandomness
from emrcore.envelopes import Envelope, Sealed
from emrcore.errors import Corrupt, Unavailable
from emrcore.office.sealing import (
    DataKey,
    Place,
    envelope_of,
    new_envelope,
    open_envelope,
    rewrapped,
)
from emrcore.people import PersonId

RANDOM = SystemRandomness()
KEYS = LocalKeys(masters={"k1": bytes(range(32))}, current="k1", randomness=RANDOM)
MOTHER = new_envelope(KEYS, RANDOM, PersonId("mother"))
STRANGER = new_envelope(KEYS, RANDOM, PersonId("stranger"))
PASSPORT = Place(field="passport", record="a1")
SECRET = b"4504123456"


def key(envelope: Envelope = MOTHER, keys: LocalKeys = KEYS) -> DataKey:
    return open_envelope(keys, envelope)


def sealed(plain: bytes = SECRET, place: Place = PASSPORT, envelope: Envelope = MOTHER) -> Sealed:
    return key(envelope).seal(plain, place, randomness=RANDOM)


def opens(one: Sealed, place: Place = PASSPORT, envelope: Envelope = MOTHER) -> bool:
    try:
        key(envelope).unseal(one, place)
    except Corrupt:
        return False
    return True


@given(st.binary(max_size=4096))
def test_what_is_sealed_is_unsealed(plain: bytes) -> None:
    """STO-3: bytes of any kind come back as they were, and are 47 + 12 + 16 bytes longer sealed."""
    one = sealed(plain)
    assert key().unseal(one, PASSPORT) == plain
    assert len(one.blob) == len(plain) + 3 + 32 + 12 + 16


def test_swap_the_data_of_two_persons() -> None:
    """STO-3 (T64): neither the blob nor the whole row of one person opens as another's."""
    mine, theirs = sealed(), sealed(envelope=STRANGER)
    assert not opens(theirs)
    assert not opens(attrs.evolve(mine, blob=theirs.blob))
    assert not opens(mine, envelope=STRANGER)


def test_swap_the_wrapped_keys_of_two_persons() -> None:
    """STO-3: a person's envelope does not hold another's key, under either name."""
    for forged in (
        attrs.evolve(MOTHER, wrapped=STRANGER.wrapped),
        attrs.evolve(MOTHER, id=STRANGER.id),
        attrs.evolve(STRANGER, person=MOTHER.person),
    ):
        with pytest.raises(Corrupt):
            key(forged)


@pytest.mark.parametrize(
    "place",
    [
        Place(field="mobile", record="a1"),
        Place(field="passport", record="a2"),
        Place(field="passport", record=""),
        Place(field="passport", record="a1", schema=2),
        Place(field="passporta", record="1"),
        Place(field="", record="passporta1"),
    ],
)
def test_move_rename_or_age_a_value(place: Place) -> None:
    """STO-3 (T64): it opens as what it was sealed as, and as nothing else."""
    assert opens(sealed())
    assert not opens(sealed(), place)
    assert not opens(sealed(place=place))


def test_flip_any_bit() -> None:
    """STO-3: of header, nonce, ciphertext or tag: none goes unseen."""
    one = sealed()
    for place in range(8 * len(one.blob)):
        changed = bytearray(one.blob)
        changed[place // 8] ^= 1 << place % 8
        assert not opens(attrs.evolve(one, blob=bytes(changed))), place


def test_cut_or_lengthen_a_value() -> None:
    """STO-3: at whatever place, down to nothing."""
    one = sealed()
    for length in range(len(one.blob)):
        assert not opens(attrs.evolve(one, blob=one.blob[:length]))
    assert not opens(attrs.evolve(one, blob=one.blob + b"\x00"))
    assert not opens(attrs.evolve(one, blob=b""))


def test_name_another_algorithm_or_version() -> None:
    """STO-6: what the header names is used or refused, and nothing else is tried."""
    one = sealed()
    for byte in (0, 1):
        for value in set(range(256)) - {1}:
            changed = bytearray(one.blob)
            changed[byte] = value
            other = attrs.evolve(one, blob=bytes(changed))
            assert not opens(other)
            with pytest.raises(Corrupt):
                envelope_of(other)


def test_put_the_header_of_another_envelope_before_a_value() -> None:
    """STO-6: the key that the header names is the only one, and the header is authenticated."""
    one, end = sealed(), 3 + 32
    moved = attrs.evolve(one, blob=sealed(envelope=STRANGER).blob[:end] + one.blob[end:])
    assert envelope_of(moved) == STRANGER.id
    assert not opens(moved)
    assert not opens(moved, envelope=STRANGER)
    with pytest.raises(Corrupt):
        attrs.evolve(key(), envelope=STRANGER.id).unseal(one, PASSPORT)


def test_bring_a_master_key_of_ones_own() -> None:
    """STO-6: another master under the right id opens nothing; under another id it is missed."""
    wrong = LocalKeys(masters={"k1": bytes(range(1, 33))}, current="k1", randomness=RANDOM)
    with pytest.raises(Corrupt):
        key(keys=wrong)
    other = LocalKeys(masters={"k2": bytes(range(32))}, current="k2", randomness=RANDOM)
    with pytest.raises(Unavailable):
        key(keys=other)


def test_wait_for_a_nonce_to_come_again() -> None:
    """STO-3: in ten thousand values of one key none does, and equal values look different."""
    one = key()
    blobs = [one.seal(SECRET, PASSPORT, randomness=RANDOM).blob for _ in range(10_000)]
    assert len({blob[35:47] for blob in blobs}) == len(blobs)
    assert len({blob[47:] for blob in blobs}) == len(blobs)


def test_read_a_key_off_a_log() -> None:
    """JRN-4: neither keys nor what is sealed stand in a repr."""
    shown = repr(key()) + repr(MOTHER) + repr(sealed())
    for secret in (key().key, MOTHER.wrapped, sealed().blob):
        assert repr(secret)[2:-1] not in shown


def test_wrapping_anew_touches_no_data() -> None:
    """STO-6: the same data key under the new master; what was sealed opens, and seals the same."""
    both = LocalKeys(
        masters={"k1": bytes(range(32)), "k2": bytes(range(32, 64))},
        current="k2",
        randomness=RANDOM,
    )
    new = LocalKeys(masters={"k2": bytes(range(32, 64))}, current="k2", randomness=RANDOM)
    one, envelope = sealed(), rewrapped(both, MOTHER)
    assert key(envelope, new).unseal(one, PASSPORT) == SECRET
    again = key(envelope, new).seal(SECRET, PASSPORT, randomness=RANDOM)
    assert key().unseal(again, PASSPORT) == SECRET
    with pytest.raises(Unavailable):
        key(MOTHER, new)

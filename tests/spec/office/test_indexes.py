"""How identity data is found without being kept in clear."""

import hmac

import pytest

from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.system import SystemRandomness
from emrcore.errors import Malformed, Unavailable
from emrcore.office.indexes import Indexed, blind_index
from emrcore.people import (
    Mobile,
    OldPolicy,
    Passport,
    Snils,
    parse_mobile,
    parse_oms,
    parse_passport,
)

KEYS = LocalKeys(
    masters={"k1": bytes(range(32)), "k2": bytes(range(32, 64))},
    current="k2",
    randomness=SystemRandomness(),
)


def digest(value: Indexed, key: str = "k1") -> bytes:
    return blind_index(KEYS, value, key=key).digest


@pytest.mark.parametrize(
    "typed",
    [
        "+7 999 123-45-67",
        "8(999)1234567",
        "79991234567",
        "9991234567",
        " 8 999 123 45 67 ",
        "8\u2011999\u2013123\u221245\u00a067",
    ],
)
def test_one_phone_under_any_spelling_has_one_index(typed: str) -> None:
    """STO-7: so that no spelling evades a limit or a search."""
    assert digest(parse_mobile(typed)) == digest(Mobile("+79991234567"))


def test_papers_under_any_spelling_have_one_index() -> None:
    """STO-7: policy and passport likewise."""
    spellings = ("7767940868999926", "77 6794 0868 9999 26", "7767-9408-6899-9926")
    assert len({digest(parse_oms(typed.replace(" ", "-"))) for typed in spellings}) == 1
    passports = ("4504123456", "45 04 123456", "45-04 123456")
    assert len({digest(parse_passport(typed, year=2020)) for typed in passports}) == 1


def test_index_has_32_bytes_and_differs_by_value_field_and_master() -> None:
    """STO-7: nobody who knows one index learns another from it."""
    values: list[Indexed] = [
        Mobile("+79991234567"),
        Mobile("+79991234568"),
        Passport(series="4504", number="123456"),
        Snils("00100199800"),
        parse_oms("7767940868999926"),
        parse_oms("123456789"),
        parse_oms("45 4504123456"),
    ]
    found = [digest(value, key) for value in values for key in ("k1", "k2")]
    assert {len(one) for one in found} == {32}
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("typed", ["８９９９1234567", "8٩٩٩1234567", "+79991234567 #1"])
def test_spelling_that_is_not_read_has_no_index_of_its_own(typed: str) -> None:
    """STO-7, ID-13: digits of another script are refused before they could be a second number."""
    with pytest.raises(Malformed):
        parse_mobile(typed)


def test_each_field_has_a_key_of_its_own() -> None:
    """STO-7: the same digits as passport and as policy have two indexes."""
    policy = OldPolicy(series="4504", number="123456")
    own = {
        field: hmac.digest(
            KEYS.derive("blind-index", (len(field)).to_bytes(4, "big") + field, key="k1"),
            policy.canonical.encode(),
            "sha256",
        )
        for field in (b"policy/1", b"passport/1", b"mobile/1", b"snils/1")
    }
    assert own[b"policy/1"] == digest(policy)
    assert len(set(own.values())) == 4


def test_index_before_a_rotation_is_found_after_it() -> None:
    """STO-7, STO-6: by the id of the master it was made with, as long as that is there."""
    number = Mobile("+79991234567")
    before = LocalKeys(masters={"k1": bytes(range(32))}, current="k1", randomness=KEYS.randomness)
    kept = blind_index(before, number, key=before.current)
    assert kept in [blind_index(KEYS, number, key=key) for key in (KEYS.current, "k1")]
    with pytest.raises(Unavailable):
        blind_index(before, number, key="k2")


def test_index_is_not_shown() -> None:
    """JRN-4: not in a repr that a log might keep: it tells who shares a number."""
    one = blind_index(KEYS, Mobile("+79991234567"), key="k1")
    assert repr(one) == "BlindIndex(field='mobile/1', key='k1')"

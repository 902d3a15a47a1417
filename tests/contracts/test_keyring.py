"""The keys of this process keep what all keys promise, and the contract sees those that do not."""

import inspect

import pytest

from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.system import SystemRandomness
from emrcore.ports import Keys
from emrcore.testing import broken
from emrcore.testing.contracts import KeysContract

MASTERS = {"k1": bytes(range(32)), "k2": bytes(range(32, 64))}


def made(kind: type[LocalKeys], *names: str) -> LocalKeys:
    """Keys with the masters of these *names*, the last of them current."""
    masters = {name: MASTERS[name] for name in names}
    return kind(masters=masters, current=names[-1], randomness=SystemRandomness())


class TestLocalKeys(KeysContract):
    @pytest.fixture
    def keys(self) -> Keys:
        return made(LocalKeys, "k1")

    @pytest.fixture
    def rotated(self) -> Keys:
        return made(LocalKeys, "k1", "k2")


def fails(kind: type[LocalKeys], test: str) -> bool:
    """Whether keys of that *kind* fail *test* of the contract."""
    check = getattr(KeysContract(), test)
    both = {"keys": made(kind, "k1"), "rotated": made(kind, "k1", "k2")}
    try:
        check(**{name: both[name] for name in inspect.signature(check).parameters})
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - broken keys may fail in any way
        return True
    return False


@pytest.mark.parametrize(
    ("kind", "test"),
    [
        (broken.IgnoredContext, "test_another_context_unwraps_nothing"),
        (broken.OneKeyForAll, "test_each_use_and_context_has_its_own"),
        (broken.GluedTogether, "test_each_use_and_context_has_its_own"),
        (broken.CurrentOnly, "test_each_master_gives_its_own"),
        (broken.CurrentOnly, "test_nothing_is_derived_by_a_master_that_is_not_there"),
        (broken.TrialDecryption, "test_another_context_unwraps_nothing"),
        (broken.TrialDecryption, "test_a_master_that_is_not_there_is_missed_and_none_is_tried"),
    ],
)
def test_a_broken_promise_of_keys_is_noticed(kind: type[LocalKeys], test: str) -> None:
    """STO-6: by the test that is about it, which sound keys pass."""
    assert fails(kind, test)
    assert not fails(LocalKeys, test)

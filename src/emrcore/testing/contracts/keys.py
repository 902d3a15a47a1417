"""``Keys``: derived, wrapped, and still there after the master key was changed."""
# ruff: noqa: S101 - these are tests

import itertools

import pytest

from emrcore.errors import Corrupt, Unavailable
from emrcore.ports import Keys

_KEY = bytes(range(32))
_HERE, _THERE = b"here", b"there"
_USES = ("", "a", "ab", "wrap", "blind-index", "one-time-code")
_CONTEXTS = (b"", b"a", b"b", b"\x00", b"ab", b"x" * 1000)


class KeysContract:
    """The promises of ``Keys``.

    A subclass gives two fixtures: ``keys``, and ``rotated``, the same after a change of the master
    key, when the one before is still there to open what it made.
    """

    def test_what_is_derived_comes_again(self, keys: Keys) -> None:
        """32 bytes, the same at every call."""
        derived = keys.derive("use", _HERE, key=keys.current)
        assert len(derived) == len(_KEY)
        assert keys.derive("use", _HERE, key=keys.current) == derived

    def test_each_use_and_context_has_its_own(self, keys: Keys) -> None:
        """STO-6: no two pairs give one key, not even if they read the same when put together."""
        pairs = list(itertools.product(_USES, _CONTEXTS))
        derived = {keys.derive(use, context, key=keys.current) for use, context in pairs}
        assert len(derived) == len(pairs)

    def test_each_master_gives_its_own(self, keys: Keys, rotated: Keys) -> None:
        """STO-6: the one that is named gives what it gave; the current one gives another."""
        old, new = keys.current, rotated.current
        derived = keys.derive("use", _HERE, key=old)
        assert rotated.derive("use", _HERE, key=old) == derived
        assert rotated.derive("use", _HERE, key=new) != derived

    def test_nothing_is_derived_by_a_master_that_is_not_there(
        self, keys: Keys, rotated: Keys
    ) -> None:
        """Whoever asks hears that it is missing, and gets nothing in its stead."""
        for unknown in ("", "no such master", rotated.current):
            with pytest.raises(Unavailable):
                keys.derive("use", _HERE, key=unknown)

    def test_what_is_wrapped_is_unwrapped(self, keys: Keys) -> None:
        """For its context; and the wrapped key does not show the key."""
        for context in _CONTEXTS:
            wrapped = keys.wrap(_KEY, context)
            assert _KEY not in wrapped
            assert keys.unwrap(wrapped, context) == _KEY

    def test_another_context_unwraps_nothing(self, keys: Keys) -> None:
        """Not even one that begins alike."""
        wrapped = keys.wrap(_KEY, _HERE)
        for context in (_THERE, b"", _HERE[:-1], _HERE + b"\x00"):
            with pytest.raises(Corrupt):
                keys.unwrap(wrapped, context)

    def test_a_changed_wrapped_key_unwraps_to_nothing(self, keys: Keys, rotated: Keys) -> None:
        """STO-6: whichever bit it is, also one of the id of the master."""
        wrapped = keys.wrap(_KEY, _HERE)
        flipped = [_flipped(wrapped, place) for place in range(8 * len(wrapped))]
        cut = [wrapped[:length] for length in range(len(wrapped))]
        for changed in (*flipped, *cut, wrapped + b"\x00", b"\x00" + wrapped):
            for each in (keys, rotated):
                with pytest.raises((Corrupt, Unavailable)):
                    each.unwrap(changed, _HERE)

    def test_what_the_old_master_wrapped_is_unwrapped_after_the_change(
        self, keys: Keys, rotated: Keys
    ) -> None:
        """As long as it is there."""
        assert rotated.unwrap(keys.wrap(_KEY, _HERE), _HERE) == _KEY

    def test_a_master_that_is_not_there_is_missed_and_none_is_tried(
        self, keys: Keys, rotated: Keys
    ) -> None:
        """STO-6: that is no corruption, and it heals when the master is back."""
        wrapped = rotated.wrap(_KEY, _HERE)
        with pytest.raises(Unavailable):
            keys.unwrap(wrapped, _HERE)
        assert rotated.unwrap(wrapped, _HERE) == _KEY


def _flipped(wrapped: bytes, place: int) -> bytes:
    changed = bytearray(wrapped)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)

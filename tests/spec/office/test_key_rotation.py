"""Changing the master key under everything that lives."""

import attrs
import pytest

from emrcore import rules
from emrcore.adapters.keyring import LocalKeys
from emrcore.errors import RuleBroken
from world import Town

MASTERS = {"k1": bytes(range(32)), "k2": bytes(range(32, 64))}


def rotate(town: Town, *, masters: tuple[str, ...] = ("k1", "k2")) -> None:
    """From now on new things use the last of *masters*, and the others only serve what they did."""
    keys = LocalKeys(
        masters={name: MASTERS[name] for name in masters},
        current=masters[-1],
        randomness=town.office.randomness,
    )
    town.office = attrs.evolve(town.office, keys=keys)


def test_code_issued_before_a_rotation_is_accepted_after_it(town: Town) -> None:
    """SES-6: a code is derived by the master key it was issued by, whichever is current now."""
    town.grant_both()
    first = town.last_code()
    rotate(town)
    town.office.begin_login(town.account, host_session="h1")
    assert town.office.verify(town.account, first, host_session="h1")


def test_message_that_waited_through_a_rotation_carries_the_code_it_was_issued_with(
    town: Town,
) -> None:
    """SES-6: the code sent after a rotation is the one that is checked."""
    town.grant_both()
    rotate(town)
    first = town.last_code()
    town.office.begin_login(town.account, host_session="h1")
    assert town.office.verify(town.account, first, host_session="h1")


def test_code_whose_master_key_is_gone_is_refused_once_it_has_expired(town: Town) -> None:
    """SES-3: an expired code is refused like any other, even if nobody can derive it any more."""
    town.grant_both()
    town.office.begin_login(town.account, host_session="h1")
    code = town.last_code()
    town.clock.turn(hours=72)
    rotate(town, masters=("k2",))
    with pytest.raises(RuleBroken) as error:
        town.office.verify(town.account, code, host_session="h1")
    assert error.value.rule is rules.SES_3

"""Taking an account over: by a session that was left open, a stolen phone, a second change."""

import functools

import attrs
import pytest

from attackers import (
    SECOND_OPERATOR,
    SHARE,
    change_phone,
    deliver,
    factor,
    is_in,
    keys_of,
    links,
    log_in,
    refused,
    shown,
    signed_in,
    told,
    with_authenticator,
)
from emrcore import rules
from emrcore.office import Citizen
from emrcore.people import Mobile
from emrcore.rulebook import Means
from emrcore.sessions import RENEW, PhoneEnd, PhoneState
from world import Town

MINE, HERS = Mobile("+79030000001"), "+79161234567"
SECOND = Mobile("+79030000002")


def test_change_the_phone_right_after_a_login(town: Town) -> None:
    """SES-18 (T50): a session alone changes nothing: a code on the old phone is needed."""
    reader = signed_in(town)
    code = town.last_code()
    for guess in (code, "000000"):
        change = functools.partial(town.office.change_phone, reader, MINE, guess)
        assert refused(change) is rules.SES_3
    assert refused(lambda: town.office.confirm_phone(reader, "000000")) is rules.SES_3
    assert [phone.version for phone in factor(town).phones] == [1]


def test_bind_an_authenticator_and_approve_by_it(town: Town) -> None:
    """SES-29 (T50): in a session left open one can be bound, and approves nothing for 72 hours."""
    reader = signed_in(town)
    secret = with_authenticator(town, reader)
    town.clock.turn(minutes=1)

    def share() -> None:
        town.office.approve(reader, SHARE, shown(town, secret), means=Means.TOTP)

    assert refused(share) is rules.SES_3
    call = refused(lambda: town.office.begin_approval(reader, SHARE, means=Means.TOTP))
    assert call is rules.SES_29
    taken = refused(
        lambda: town.office.change_phone(reader, MINE, shown(town, secret), means=Means.TOTP)
    )
    assert taken is rules.SES_3
    assert factor(town).failures == 0
    assert "authenticator of your medical record was changed" in deliver(town)


@pytest.mark.parametrize(("hours", "good"), [(71.9, False), (72, True)])
def test_new_authenticator_after_a_time(town: Town, hours: float, good: bool) -> None:
    """SES-29: 72 hours after it was bound, and not before, it approves what is sensitive."""
    secret = with_authenticator(town, signed_in(town))
    town.clock.turn(hours=hours)
    assert told(town, shown(town, secret), means=Means.TOTP) == "in"
    town.clock.turn(minutes=1)
    token = town.office.verify(
        town.account, shown(town, secret), host_session="h", means=Means.TOTP
    ).token
    reader = Citizen(account=town.account, token=token)
    town.clock.turn(minutes=1)
    town.office.begin_approval(reader, RENEW, means=Means.TOTP)
    if good:
        town.office.approve(reader, SHARE, shown(town, secret), means=Means.TOTP)
        return
    call = refused(
        lambda: town.office.approve(reader, SHARE, shown(town, secret), means=Means.TOTP)
    )
    assert call is rules.SES_3


def test_make_recovery_codes_and_approve_by_them(town: Town) -> None:
    """SES-29: nor do recovery codes that were made in a session left open."""
    reader = signed_in(town)
    codes = town.office.make_recovery_codes(reader)
    call = refused(lambda: town.office.approve(reader, SHARE, codes[0], means=Means.RECOVERY))
    assert call is rules.SES_3
    call = refused(lambda: town.office.change_phone(reader, MINE, codes[1], means=Means.RECOVERY))
    assert call is rules.SES_3
    town.clock.turn(hours=72)
    later = log_in(town)
    town.office.approve(later, SHARE, codes[0], means=Means.RECOVERY)


def taken_over(town: Town, secret: str) -> None:
    """Change the phone by the authenticator, and prove the new one."""
    reader = inside(town, secret)
    town.clock.turn(minutes=1)
    code = change_phone(town, reader, MINE, shown(town, secret), Means.TOTP)
    town.office.confirm_phone(reader, code)


def inside(town: Town, secret: str) -> Citizen:
    """A session opened by the authenticator."""
    town.clock.turn(minutes=1)
    token = town.office.verify(
        town.account, shown(town, secret), host_session="h", means=Means.TOTP
    ).token
    return Citizen(account=town.account, token=token)


@pytest.fixture
def secret(town: Town) -> str:
    """The secret of an authenticator that somebody else got hold of, long since bound."""
    found = with_authenticator(town, signed_in(town))
    town.clock.turn(days=4)
    deliver(town)
    return found


def test_bury_a_change_under_another(town: Town, secret: str) -> None:
    """SES-19 (T53): a second change does not void the link that the first one sent."""
    taken_over(town, secret)
    (link,) = links(town)
    town.clock.turn(days=4)
    reader = inside(town, secret)
    town.clock.turn(minutes=1)
    change_phone(town, reader, SECOND, shown(town, secret), Means.TOTP)
    assert town.office.repudiate(town.account.id, link)
    assert not is_in(town, reader)
    assert factor(town).phone
    assert not town.office.repudiate(town.account.id, link)


def test_bury_a_change_under_a_loss(town: Town, secret: str) -> None:
    """SES-19 (T53): nor does the report that the new phone was lost."""
    taken_over(town, secret)
    (link,) = links(town)
    town.office.report_phone_lost(town.account)
    assert town.office.repudiate(town.account.id, link)
    phone = factor(town).phone
    assert phone is not None
    assert (phone.state, phone.why) == (PhoneState.SUSPENDED, PhoneEnd.REPUDIATED)
    assert not town.office.repudiate(town.account.id, link)


def test_stay_by_the_authenticator(town: Town, secret: str) -> None:
    """SES-19 (T53): after the link was pressed neither authenticator nor recovery code is good."""
    codes = town.office.make_recovery_codes(inside(town, secret))
    taken_over(town, secret)
    (link,) = links(town)
    assert town.office.repudiate(town.account.id, link)
    town.clock.turn(minutes=1)
    assert told(town, shown(town, secret), means=Means.TOTP) == "SES-3"
    assert told(town, codes[0], means=Means.RECOVERY) == "SES-3"
    assert factor(town).totp is None


def test_keep_an_old_link(town: Town, secret: str) -> None:
    """SES-19, SES-20 (T53): once the person was proven anew no earlier link has any effect."""
    taken_over(town, secret)
    (link,) = links(town)
    town.office.reproof(town.account, SECOND, by=town.operator, confirmed_by=SECOND_OPERATOR)
    assert not town.office.repudiate(town.account.id, link)
    assert town.enter()
    assert not town.office.repudiate(town.account.id, link)


def test_what_a_change_leaves(town: Town) -> None:
    """SES-18 (T51): after a change the old code, the old sessions and old messages are dead."""
    reader, other = signed_in(town), log_in(town, "h2")
    town.clock.turn(minutes=1)
    new = change_phone(town, reader, MINE)
    town.office.confirm_phone(reader, new)
    assert [is_in(town, one) for one in (reader, other)] == [False, False]
    assert refused(lambda: town.office.confirm_phone(reader, new)) is rules.SES_8
    assert factor(town).challenge is None
    sent = deliver(town)
    later = log_in(town, "h9")
    new_lines = town.phone.getvalue()[len(sent) :]
    assert HERS not in new_lines
    assert refused(lambda: town.office.begin_approval(later, SHARE)) is rules.SES_18


def test_login_in_between(town: Town) -> None:
    """SES-4, SES-18: a login voids the code of the new phone, which then binds nothing."""
    reader = signed_in(town)
    town.clock.turn(minutes=1)
    new = change_phone(town, reader, MINE)
    town.clock.turn(minutes=2)
    town.office.begin_login(town.account, host_session="h2")
    assert refused(lambda: town.office.confirm_phone(reader, new)) is rules.SES_3
    phone = factor(town).phone
    assert phone is not None
    assert phone.version == 1


def test_rotate_the_master_key_under_a_link(town: Town) -> None:
    """SES-19, STO-6 (T65): a link outlives a change of the master key, not the key itself."""
    reader = signed_in(town)
    town.clock.turn(minutes=1)
    change_phone(town, reader, MINE)
    (link,) = links(town)
    gone, both = keys_of("k2"), keys_of("k1", "k2")
    assert not attrs.evolve(town.office, keys=gone).repudiate(town.account.id, link)
    forged = f"k2.{link.rpartition('.')[2]}"
    assert not attrs.evolve(town.office, keys=both).repudiate(town.account.id, forged)
    assert attrs.evolve(town.office, keys=both).repudiate(town.account.id, link)

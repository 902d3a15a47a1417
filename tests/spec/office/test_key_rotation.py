"""Changing the master key under everything that lives."""

import datetime as dt

import attrs
import pytest

from emrcore import rules
from emrcore.adapters.keyring import LocalKeys
from emrcore.applications import Asked, Decided
from emrcore.envelopes import Envelope
from emrcore.errors import RuleBroken
from emrcore.office import Office, Rewrapping, places
from emrcore.office.sealing import open_envelope
from emrcore.people import Account, AccountId, AccountLevel, PatientId, PersonId
from emrcore.ports import Batch, Key, Shard
from emrcore.rulebook import Role
from emrcore.sessions import NOTICE
from emrcore.wire import decode, encode
from world import NOW, Town

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
    """SES-6 (T65): a code is derived by the master key it was issued by, whichever is current
    now.
    """
    town.grant_both()
    first = town.last_code()
    rotate(town)
    assert town.enter(first)


def test_message_that_waited_through_a_rotation_carries_the_code_it_was_issued_with(
    town: Town,
) -> None:
    """SES-6: the code sent after a rotation is the one that is checked."""
    town.grant_both()
    rotate(town)
    first = town.last_code()
    assert town.enter(first)


def test_code_whose_master_key_is_gone_is_refused_once_it_has_expired(town: Town) -> None:
    """SES-3: an expired code is refused like any other, even if nobody can derive it any more."""
    town.grant_both()
    town.office.begin_login(town.account, host_session="h1")
    code = town.last_code()
    town.clock.turn(hours=72)
    rotate(town, masters=("k2",))
    with pytest.raises(RuleBroken) as error:
        town.office.verify(town.account, code, host_session="h1", acknowledged=NOTICE)
    assert error.value.rule is rules.SES_3


def test_everything_lives_on_after_the_old_master_is_dropped(town: Town) -> None:
    """STO-6 (T65): papers, phone, a code on its way and one on the phone; nothing is lost."""
    town.grant_both()
    first = town.last_code()
    (application,) = town.office.find_applications(town.account.id)
    assert isinstance(application, Decided)
    before, texts = envelope_of(town, town.mother.id), papers_text(town)
    town.clock.turn(minutes=1)
    rotate(town)
    changed_at = town.clock.at
    while town.office.rewrap(before=changed_at, limit=1).done:
        pass
    assert papers_text(town) == texts
    after = envelope_of(town, town.mother.id)
    assert after.id == before.id
    assert after.wrapped != before.wrapped
    assert town.enter(first)
    rotate(town, masters=("k2",))
    seen = town.office.read_papers(town.account.id, application.filed.id, by=town.operator)
    assert seen == town.papers
    assert town.enter()


def envelope_of(town: Town, person: PersonId) -> Envelope:
    place = places.envelope(person)
    return decode(town.office.storage.load(place)[place].text, Envelope)


def papers_text(town: Town) -> dict[Key, str]:
    shard = Shard.of_account(town.account.id)
    return {
        key: stored.text
        for kind in ("papers", "mobile")
        for key, stored in town.office.storage.find(shard, kind).items()
    }


def test_wrapping_anew_goes_in_steps_and_ends(town: Town) -> None:
    """STO-6: each key once, at most so many a call; one made after the change not at all."""
    people = [PersonId(f"p{number}") for number in range(5)]
    for person in people[:4]:
        file(town, person)
    town.clock.turn(minutes=1)
    changed_at = town.clock.at
    file(town, people[4])
    rotate(town)
    steps = [town.office.rewrap(before=changed_at, limit=3).done for _ in range(3)]
    assert steps == [3, 1, 0]


def test_key_that_cannot_be_opened_is_told_and_holds_up_no_other(town: Town) -> None:
    """STO-6: it stays as it is, for whoever has its master, and is named until then."""
    file(town, PersonId("lost"))
    rotate(town, masters=("k2",))
    file(town, PersonId("kept"))
    town.clock.turn(minutes=1)
    changed_at = town.clock.at
    assert town.office.rewrap(before=changed_at) == Rewrapping(done=1, broken=(PersonId("lost"),))
    assert town.office.rewrap(before=changed_at) == Rewrapping(done=0, broken=(PersonId("lost"),))
    rotate(town)
    assert town.office.rewrap(before=changed_at) == Rewrapping(done=1)


def test_master_key_is_changed_again_and_again(town: Town) -> None:
    """STO-6: what was wrapped anew is due again at the next change."""
    file(town, PersonId("p"))
    for masters in (("k1", "k2"), ("k2", "k1"), ("k1", "k2")):
        town.clock.turn(days=30)
        rotate(town, masters=masters)
        assert town.office.rewrap(before=town.clock.at) == Rewrapping(done=1)
        rotate(town, masters=masters[1:])
        envelope = envelope_of(town, PersonId("p"))
        assert open_envelope(town.office.keys, envelope).envelope == envelope.id


def test_damaged_key_is_told_too(town: Town) -> None:
    """STO-6: it stays for whoever can mend it, and is never taken for an erased one."""
    file(town, PersonId("p"))
    place, envelope = places.envelope(PersonId("p")), envelope_of(town, PersonId("p"))
    damaged = attrs.evolve(envelope, wrapped=envelope.wrapped[:-1] + b"\x00")
    town.office.storage.commit(
        Batch(shard=place.shard, expect={place: 1}, put={place: encode(damaged)}, due={place: NOW})
    )
    told = town.office.rewrap(before=NOW + dt.timedelta(seconds=1))
    assert told == Rewrapping(done=0, broken=(PersonId("p"),))
    assert envelope_of(town, PersonId("p")) == damaged


def test_erased_key_is_not_wrapped_anew(town: Town) -> None:
    """STO-5: there is none."""
    file(town, PersonId("p"))
    town.clock.turn(minutes=1)
    town.office.erase(PersonId("p"), by=town.operator)
    rotate(town, masters=("k2",))
    assert town.office.rewrap(before=town.clock.at) == Rewrapping(done=0)


def file(town: Town, person: PersonId) -> None:
    """An application of *person* for the own card."""
    account = Account(id=AccountId(f"of-{person}"), person=person, level=AccountLevel.FULL)
    patient = PatientId(f"card-of-{person}")
    human = attrs.evolve(town.mother, id=person)
    town.office.create_card(human, patient=patient, clinic="clinic-1")
    town.office.file(account, asked=(Asked(patient=patient, role=Role.SELF),), papers=town.papers)


def test_request_repeated_after_a_rotation(town: Town) -> None:
    """STO-8 (T65): a request is known again by the master key it was made under, and told apart
    from another one as before.
    """
    town.move_in()
    rotate(town, masters=("k1",))

    def file(*cards: Asked) -> object:
        return town.office.once(
            "key-of-this-request", Office.file, town.account, asked=cards, papers=town.papers
        )

    own = Asked(patient=town.own, role=Role.SELF)
    first = file(own)
    rotate(town)
    assert file(own) == first
    with pytest.raises(RuleBroken) as error:
        file(own, Asked(patient=town.wards, role=Role.GUARDIAN))
    assert error.value.rule is rules.STO_8

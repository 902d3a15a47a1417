"""How a guardian leaves a ward, and that somebody stays."""

import datetime as dt
from typing import Any

import attrs
import pytest

from emrcore import rules
from emrcore.access import Facts, guardians
from emrcore.errors import RuleBroken
from emrcore.office import Citizen
from emrcore.people import Kinship, KinshipStatus, PersonId, Restriction
from emrcore.ports import Shard
from emrcore.rulebook import Role
from world import Town, actions

MOTHER, FATHER = PersonId("mother"), PersonId("father")


def tie(town: Town, guardian: PersonId = FATHER, **changes: Any) -> Kinship:
    known = Kinship(
        guardian=guardian,
        ward=town.child.id,
        since=dt.date(2019, 11, 1),
        status=KinshipStatus.CONFIRMED,
    )
    return attrs.evolve(known, **changes)


def mother(town: Town) -> Citizen:
    return Citizen(account=town.account, token=town.enter(), role=Role.GUARDIAN)


def last(town: Town) -> list[str]:
    return actions(town, Shard.of_patient(town.wards))[-2:]


def left(town: Town) -> frozenset[PersonId]:
    return guardians(town.office.find_facts(town.wards), on=dt.date(2020, 1, 14))


def refused(town: Town, reader: Citizen) -> rules.Rule:
    before = actions(town, Shard.of_patient(town.wards))
    with pytest.raises(RuleBroken) as error:
        town.office.resign(reader, town.wards)
    assert actions(town, Shard.of_patient(town.wards)) == before, "nothing was written"
    return error.value.rule


def test_one_of_two_guardians_may_resign(town: Town) -> None:
    """KEP-5: the tie is ended, by themselves; the other stays, and no event says otherwise."""
    town.grant_both()
    town.office.record_kinship(town.wards, tie(town))
    after = town.office.resign(mother(town), town.wards)
    assert {one.guardian: one.status for one in after.kinships} == {
        MOTHER: KinshipStatus.ENDED,
        FATHER: KinshipStatus.CONFIRMED,
    }
    assert left(town) == {FATHER}
    link = town.office.storage.links(Shard.of_patient(town.wards))[-1].entry
    assert (link.action, link.actor.id) == ("guardian-resigned.1", "mother")


def test_the_last_guardian_may_not_resign(town: Town) -> None:
    """KEP-5: nor where the others are none any more."""
    town.grant_both()
    reader = mother(town)
    assert refused(town, reader) is rules.KEP_5
    for other in (
        tie(town, status=KinshipStatus.CLAIMED),
        tie(town, status=KinshipStatus.ENDED),
        tie(town, until=dt.date(2020, 1, 14)),
        tie(town, since=dt.date(2020, 1, 15)),
    ):
        town.office.record_kinship(town.wards, other)
        assert refused(town, reader) is rules.KEP_5
    assert left(town) == {MOTHER}


def test_a_guardian_of_today_is_enough(town: Town) -> None:
    """KEP-5: a tie holds on its first day and on the last before its end."""
    for since, until in (
        (dt.date(2020, 1, 14), None),
        (dt.date(2019, 1, 1), dt.date(2020, 1, 15)),
    ):
        facts = Facts(
            patient=town.wards,
            person=town.child,
            kinships=(tie(town, since=since, until=until),),
        )
        assert guardians(facts, on=dt.date(2020, 1, 14)) == {FATHER}
        assert not guardians(
            attrs.evolve(facts, person=attrs.evolve(town.child, died=dt.date(2020, 1, 14))),
            on=dt.date(2020, 1, 14),
        )


def test_a_guardian_who_is_barred_is_no_guardian_left(town: Town) -> None:
    """KEP-5, ACC-6: whom an authority keeps from the card cannot care for it."""
    town.grant_both()
    town.office.record_kinship(town.wards, tie(town))
    town.office.record_restriction(town.wards, bar(town, FATHER))
    assert refused(town, mother(town)) is rules.KEP_5


def bar(town: Town, person: PersonId | None) -> Restriction:
    return Restriction(
        ward=town.child.id,
        person=person,
        authority="court",
        reason="hidden",
        since=dt.date(2020, 1, 14),
    )


def test_who_has_no_tie_resigns_from_nothing(town: Town) -> None:
    """ACC-5: a tie that is ended cannot be ended again."""
    town.grant_both()
    town.office.record_kinship(town.wards, tie(town))
    reader = mother(town)
    town.office.resign(reader, town.wards)
    assert refused(town, reader) is rules.ACC_5


def test_without_a_session_nobody_resigns(town: Town) -> None:
    """SES-8: for somebody else least of all."""
    town.grant_both()
    town.office.record_kinship(town.wards, tie(town))
    reader = attrs.evolve(mother(town), token="made.up")
    assert refused(town, reader) is rules.SES_8


def test_an_authority_may_take_the_last_guardian_and_it_is_told(town: Town) -> None:
    """KEP-5: as an event of its own behind the order, once; and not while somebody is left."""
    town.move_in()
    town.office.record_kinship(town.wards, tie(town))
    town.office.record_kinship(town.wards, tie(town, MOTHER, status=KinshipStatus.ENDED))
    assert last(town)[-1] == "kinship-recorded.1"
    town.office.record_kinship(town.wards, tie(town, status=KinshipStatus.DISPUTED))
    assert last(town) == ["kinship-recorded.1", "no-guardian-left.1"]
    town.office.record_kinship(town.wards, tie(town, status=KinshipStatus.ENDED))
    assert last(town)[-1] == "kinship-recorded.1", "nobody was left before it either"
    assert town.office.verify_journal(Shard.of_patient(town.wards)) == ()


@pytest.mark.parametrize("person", [MOTHER, None])
def test_a_restriction_may_take_the_last_guardian_too(town: Town, person: PersonId | None) -> None:
    """KEP-5, ACC-6: one who is named, or everybody."""
    town.move_in()
    town.office.record_restriction(town.wards, bar(town, person))
    assert last(town) == ["restriction-recorded.1", "no-guardian-left.1"]


def test_a_death_leaves_no_ward(town: Town) -> None:
    """KEP-5: who is dead needs no guardian."""
    town.move_in()
    town.office.record_death(town.wards, on=dt.date(2020, 1, 14))
    assert last(town)[-1] == "death-recorded.1"


def test_a_resignation_that_is_repeated_is_done_once(town: Town) -> None:
    """STO-8, KEP-5: and told its first outcome."""
    town.grant_both()
    town.office.record_kinship(town.wards, tie(town))
    reader, key = mother(town), "k" * 32
    verb = type(town.office).resign
    first = town.office.once(key, verb, reader, town.wards)
    assert town.office.once(key, verb, reader, town.wards) == first
    assert actions(town, Shard.of_patient(town.wards)).count("guardian-resigned.1") == 1

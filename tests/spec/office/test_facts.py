"""What registers, authorities and professionals say of a person, and what it does at once."""

import datetime as dt

import attrs
import pytest

from emrcore import rules
from emrcore.errors import RuleBroken
from emrcore.office import Citizen
from emrcore.people import (
    Assent,
    Assessment,
    Capacity,
    CapacityKind,
    Custody,
    Nomination,
    OptOut,
    PatientId,
    PersonId,
    PolicyCover,
    Residence,
)
from emrcore.ports import Shard
from emrcore.records import DatedFact, FactRecorded
from emrcore.rulebook import Role, shipped
from emrcore.wire import decode
from world import Town, actions, moscow

MOTHER, CHILD = PersonId("mother"), PersonId("child")
DAY = dt.date(2019, 9, 1)
FACTS: tuple[DatedFact, ...] = (
    Custody(guardian=MOTHER, ward=CHILD, since=DAY),
    Residence(guardian=MOTHER, ward=CHILD, since=DAY),
    Assent(guardian=MOTHER, ward=CHILD, since=DAY, given=True),
    Nomination(giver=CHILD, receiver=MOTHER, since=DAY),
    Capacity(person=CHILD, since=DAY, kind=CapacityKind.FULL),
    Assessment(person=CHILD, since=DAY),
    PolicyCover(person=CHILD, since=DAY),
    OptOut(person=CHILD, since=DAY),
)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_the_last_word_holds(town: Town, fact: DatedFact) -> None:
    """PPL-11: an end replaces what had none; another first day is another fact."""
    town.move_in()
    before = town.office.find_facts(town.wards)
    town.office.record_fact(town.wards, fact)
    ended = attrs.evolve(fact, until=dt.date(2020, 2, 1))
    town.office.record_fact(town.wards, ended)
    town.office.record_fact(town.wards, ended)
    later = attrs.evolve(fact, since=dt.date(2020, 3, 1))
    after = town.office.record_fact(town.wards, later)
    (field,) = [
        name
        for name, value in attrs.asdict(before, recurse=False).items()
        if getattr(after, name) != value
    ]
    assert getattr(after, field) == (ended, later)
    assert town.office.find_facts(town.wards) == after
    links = town.office.storage.links(Shard.of_patient(town.wards))
    told = [one.entry for one in links if one.entry.action == "fact-recorded.1"]
    assert [decode(one.detail, FactRecorded).fact for one in told] == [fact, ended, later]


def test_two_guardians_are_two(town: Town) -> None:
    """PPL-11: what is said of one guardian leaves what was said of the other."""
    town.move_in()
    mothers = Custody(guardian=MOTHER, ward=CHILD, since=DAY)
    fathers = attrs.evolve(mothers, guardian=PersonId("father"))
    town.office.record_fact(town.wards, mothers)
    assert town.office.record_fact(town.wards, fathers).custodies == (mothers, fathers)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_about_another_is_refused(town: Town, fact: DatedFact) -> None:
    """PPL-11: nothing is written, and the journal tells nothing."""
    town.move_in()
    with pytest.raises(ValueError, match="another person"):
        town.office.record_fact(town.own, fact)
    assert actions(town, Shard.of_patient(town.own)) == ["card-created.1"]


def test_no_card(town: Town) -> None:
    """APP-5: a fact is about a card that exists."""
    with pytest.raises(RuleBroken) as refused:
        town.office.record_fact(PatientId("nobody"), FACTS[0])
    assert refused.value.rule is rules.APP_5


def test_emancipation(town: Town) -> None:
    """ACC-18, SES-8: a parent's session stays, and shows the card of an emancipated child no more.

    The child's documents, the tie and the grant are left as they are: an annulled finding opens the
    card again.
    """
    town.office = attrs.evolve(town.office, rulebook=shipped("ru-moscow-2020-08"))
    town.clock.at = moscow(2020, 9, 1, 10)
    town.grant_both()
    mother = Citizen(account=town.account, token=town.enter(), role=Role.GUARDIAN)
    assert town.office.open_card(mother, town.wards).view.refusal is None
    found = Capacity(person=CHILD, since=dt.date(2020, 9, 1), kind=CapacityKind.FULL)
    town.office.record_fact(town.wards, found)
    refusal = town.office.open_card(mother, town.wards).view.refusal
    assert refusal is not None
    assert refusal.rule is rules.ACC_18
    own = Citizen(account=town.account, token=mother.token)
    assert town.office.open_card(own, town.own).view.refusal is None
    kept = town.office.find_facts(town.wards, town.account.id)
    assert (len(kept.kinships), len(kept.grants)) == (1, 1)
    town.office.record_fact(town.wards, attrs.evolve(found, until=dt.date(2020, 9, 2)))
    town.clock.at = moscow(2020, 9, 1, 23, 59)
    mother = attrs.evolve(mother, token=town.enter(host="h2"))
    assert town.office.open_card(mother, town.wards).view.refusal is not None
    town.clock.at = moscow(2020, 9, 2)
    assert town.office.open_card(mother, town.wards).view.refusal is None

"""Who may look at a card, and until when."""

import datetime as dt

import attrs
import pytest

from emrcore import rules
from emrcore.access import Grant, Viewer, decide
from emrcore.people import KinshipStatus, Person, PersonId, Restriction
from emrcore.rulebook import Role
from emrcore.rules import Rule
from world import Cards, moscow


def refusal(cards: Cards, *args: object, **kwargs: object) -> Rule | None:
    reason = cards.view(*args, **kwargs).refusal  # type: ignore[arg-type]
    return reason.rule if reason else None


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        (moscow(2020, 1, 13, 23, 59), rules.ACC_1),
        (moscow(2020, 1, 14), None),
        (moscow(2020, 1, 14, 0, 1), None),
    ],
)
def test_programme_opens_at_moscow_midnight(
    cards: Cards, at: dt.datetime, rule: Rule | None
) -> None:
    """ACC-1: nothing is shown to a guardian before 14 January 2020, 00:00 Moscow time."""
    facts = cards.facts(grants=(Grant(viewer=PersonId("mother"), since=moscow(2020, 1, 1)),))
    assert refusal(cards, facts, at=at) is rule


def test_own_card_is_for_the_person(cards: Cards) -> None:
    """ACC-2: whoever asks as the patient must be the patient."""
    assert refusal(cards, person="mother", role=Role.SELF) is rules.ACC_2


@pytest.mark.parametrize(
    ("at", "own", "guardian"),
    [
        (moscow(2025, 5, 5), rules.ACC_3, None),
        (moscow(2025, 5, 5, 23, 59), rules.ACC_3, None),
        (moscow(2025, 5, 6), None, rules.ACC_4),
        (moscow(2025, 5, 6, 0, 1), None, rules.ACC_4),
    ],
)
def test_hand_over_at_fifteen(
    cards: Cards, at: dt.datetime, own: Rule | None, guardian: Rule | None
) -> None:
    """ACC-3, ACC-4: at 00:00 of the day after the 15th birthday the right passes to the child."""
    assert refusal(cards, person="child", role=Role.SELF, at=at) is own
    assert refusal(cards, at=at) is guardian


def test_born_on_leap_day(cards: Cards) -> None:
    """ACC-3: born on 29 February 2008, the own right begins on 1 March 2023."""
    facts = cards.facts(person=Person(id=PersonId("child"), born=dt.date(2008, 2, 29)))
    before, after = moscow(2023, 2, 28, 23, 59), moscow(2023, 3, 1)
    assert refusal(cards, facts, person="child", role=Role.SELF, at=before) is rules.ACC_3
    assert refusal(cards, facts, person="child", role=Role.SELF, at=after) is None


@pytest.mark.parametrize("status", list(KinshipStatus))
def test_only_confirmed_ties_count(cards: Cards, status: KinshipStatus) -> None:
    """ACC-5: a tie that is claimed, disputed or ended opens nothing."""
    facts = cards.facts(kinships=(cards.tie(status),))
    expected = None if status is KinshipStatus.CONFIRMED else rules.ACC_5
    assert refusal(cards, facts) is expected


def test_tie_holds_over_its_interval(cards: Cards) -> None:
    """ACC-5: the tie opens the card on its first day and no longer on its last."""
    facts = cards.facts(kinships=(cards.tie(since=dt.date(2020, 2, 1), until=dt.date(2020, 2, 3)),))
    assert refusal(cards, facts, at=moscow(2020, 1, 31, 23, 59)) is rules.ACC_5
    assert refusal(cards, facts, at=moscow(2020, 2, 1)) is None
    assert refusal(cards, facts, at=moscow(2020, 2, 2, 23, 59)) is None
    assert refusal(cards, facts, at=moscow(2020, 2, 3)) is rules.ACC_5


def test_tie_to_another_child(cards: Cards) -> None:
    """ACC-5: a tie to another child, or of another adult, opens nothing."""
    other = cards.facts(kinships=(cards.tie(ward=PersonId("sister")),))
    assert refusal(cards, other) is rules.ACC_5
    assert refusal(cards, person="aunt") is rules.ACC_5


def test_strangers_learn_nothing(cards: Cards) -> None:
    """ACC-5: who has no tie is told so, whether the patient is a child, grown up or dead."""
    dead = Person(id=PersonId("child"), born=dt.date(2000, 5, 5), died=dt.date(2020, 1, 20))
    assert refusal(cards, cards.facts(person=dead), person="stranger") is rules.ACC_5


@pytest.mark.parametrize("person", [None, PersonId("mother"), PersonId("father")])
def test_restriction(cards: Cards, person: PersonId | None) -> None:
    """ACC-6: a restriction bars the person it names, or everybody, while it holds."""
    bar = Restriction(
        ward=PersonId("child"),
        person=person,
        since=dt.date(2020, 2, 1),
        until=dt.date(2020, 3, 1),
        authority="court",
        reason="secret",
    )
    facts = cards.facts(restrictions=(bar,))
    expected = None if person == "father" else rules.ACC_6
    assert refusal(cards, facts, at=moscow(2020, 1, 31)) is None
    assert refusal(cards, facts, at=moscow(2020, 2, 1)) is expected
    assert refusal(cards, facts, at=moscow(2020, 3, 1)) is None
    assert refusal(cards, facts, role=Role.DOCTOR) is None


@pytest.mark.parametrize(
    ("role", "rule"),
    [(Role.GUARDIAN, rules.ACC_7), (Role.CREW, rules.ACC_7), (Role.DOCTOR, None)],
)
def test_death(cards: Cards, role: Role, rule: Rule | None) -> None:
    """ACC-7: from the day of death on, the card is closed to all but doctors."""
    child = Person(id=PersonId("child"), born=dt.date(2010, 5, 5), died=dt.date(2020, 2, 3))
    facts = cards.facts(person=child)
    assert refusal(cards, facts, role=role, at=moscow(2020, 2, 2, 23, 59)) is None
    assert refusal(cards, facts, role=role, at=moscow(2020, 2, 3)) is rule


def test_grant_is_needed(cards: Cards) -> None:
    """ACC-8: without a granted application a guardian sees nothing, from the grant on all."""
    assert refusal(cards, cards.facts(grants=())) is rules.ACC_8
    assert refusal(cards, at=moscow(2020, 1, 21, 8, 59)) is rules.ACC_8
    assert refusal(cards, at=moscow(2020, 1, 21, 9)) is None


def test_grant_ends(cards: Cards) -> None:
    """ACC-8: a grant that has ended opens nothing, and another's opens nothing either."""
    ended = Grant(viewer=PersonId("mother"), since=moscow(2020, 1, 21), until=moscow(2020, 2, 1))
    facts = cards.facts(grants=(ended,))
    assert refusal(cards, facts, at=moscow(2020, 1, 31, 23, 59)) is None
    assert refusal(cards, facts, at=moscow(2020, 2, 1)) is rules.ACC_8
    others = cards.facts(grants=(attrs.evolve(ended, viewer=PersonId("father"), until=None),))
    assert refusal(cards, others) is rules.ACC_8


def test_grant_serves_its_role(cards: Cards) -> None:
    """ACC-8: what was granted to a guardian serves nobody who looks as something else."""
    grant = Grant(viewer=PersonId("mother"), since=moscow(2020, 1, 21), role=Role.GUARDIAN)
    assert refusal(cards, cards.facts(grants=(grant,))) is None
    other = attrs.evolve(grant, role=Role.SELF)
    assert refusal(cards, cards.facts(grants=(other,))) is rules.ACC_8


def test_announced_sections_are_closed(cards: Cards) -> None:
    """ACC-9: the five sections are open, the eight announced ones closed, each with its reason."""
    view = cards.view()
    assert {one.section for one in view.allowances} == {
        "exam-protocols",
        "lab-results",
        "radiology",
        "instrumental",
        "discharge-summaries",
    }
    assert len(view.closed) == 8
    assert {reason.rule for reason in view.closed.values()} == {rules.ACC_9}


def test_staff_sections(cards: Cards) -> None:
    """ACC-12, ACC-15: doctors and crews see their sections without start dates, a crew fewer."""
    doctor, crew = cards.view(role=Role.DOCTOR), cards.view(role=Role.CREW)
    assert all(one.since is None for one in (*doctor.allowances, *crew.allowances))
    sections = [{one.section for one in view.allowances} for view in (crew, doctor)]
    assert sections[0] < sections[1]
    assert doctor.closed["health-diary"].rule is rules.ACC_12


def test_until_is_the_next_change(cards: Cards) -> None:
    """ACC-14: a guardian's answer holds until the hand-over, a restricted one until its end."""
    assert cards.view().until == moscow(2025, 5, 6)
    bar = Restriction(
        ward=PersonId("child"),
        person=None,
        since=dt.date(2020, 2, 1),
        until=dt.date(2020, 3, 1),
        authority="court",
        reason="secret",
    )
    assert cards.view(cards.facts(restrictions=(bar,))).until == moscow(2020, 3, 1)
    assert cards.view(at=moscow(2020, 1, 14)).until == moscow(2020, 1, 21, 9)
    assert cards.view(at=moscow(2030, 1, 1)).until is None


def test_reason_names_constant_and_source(cards: Cards) -> None:
    """ACC-4: a refusal names the constant that decided and the place that says so."""
    reason = cards.view(at=moscow(2025, 5, 6)).refusal
    assert reason is not None
    assert (reason.constant, reason.source) == (15, "announcement: 7; choice: 19")
    assert str(reason) == "ACC-4 (announcement: 7; choice: 19, 15)"


def test_naive_moments_are_refused(cards: Cards) -> None:
    """ACC-14: a naive moment is no moment."""
    viewer = Viewer(person=PersonId("mother"), role=Role.GUARDIAN)
    with pytest.raises(ValueError, match="aware"):
        decide(cards.facts(), viewer, at=dt.datetime(2020, 2, 3), edition=cards.edition)  # noqa: DTZ001


def test_moments_are_local(cards: Cards) -> None:
    """ACC-1: 21:00 UTC of 13 January is 14 January in Moscow."""
    at = dt.datetime(2020, 1, 13, 21, tzinfo=dt.UTC)
    facts = cards.facts(grants=(Grant(viewer=PersonId("mother"), since=at),))
    assert refusal(cards, facts, at=at) is None
    assert refusal(cards, facts, at=at - dt.timedelta(microseconds=1)) is rules.ACC_1

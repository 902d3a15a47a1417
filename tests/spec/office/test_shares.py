"""A card shared with a doctor in another city: who may, for how long, and what it shows."""

import datetime as dt

import attrs
import pytest

from emrcore import rules
from emrcore.access import Viewer
from emrcore.applications import Operator, OperatorId
from emrcore.errors import Malformed, RuleBroken
from emrcore.journal import gathered, told
from emrcore.office import Citizen, OpenedShare, WrongPasscode
from emrcore.people import PersonId, Restriction
from emrcore.ports import Shard
from emrcore.rulebook import Role
from emrcore.sessions import Action, ActionKind, PhoneEnd
from emrcore.sharing import (
    EndedShare,
    OpenShare,
    PasscodeRefused,
    ShareEnding,
    ShareFetched,
    ShareId,
    ShareOpened,
    ShareRefused,
    Terms,
)
from emrcore.texts import Language
from shares import (
    DOCTOR,
    SECTIONS,
    grown_up,
    left,
    of,
    opened,
    refusals,
    rule_of,
    share,
    signed_in,
    terms,
    wrong,
)
from world import MOSCOW, Cards, Town, actions, moscow

TICK = dt.timedelta.resolution


@pytest.fixture
def mother(town: Town) -> Citizen:
    """The mother at her own card."""
    return signed_in(town)


@pytest.fixture
def guardian(town: Town) -> Citizen:
    """The mother at her child's card, two days before the child is 15."""
    town.clock.at = moscow(2025, 5, 4, 10)
    return signed_in(town, Role.GUARDIAN)


# -- Making one ------------------------------------------------------------------------------------


def test_a_doctor_sees_what_was_shared(town: Town, mother: Citizen) -> None:
    """SHR-1, SHR-2: the chosen sections and no other, with every document in them."""
    found = opened(town, share(town, mother))
    assert {document.section for document in found.documents} == set(SECTIONS)
    assert {one.section for one in found.view.in_force()} == set(SECTIONS)
    assert found.view.closed["radiology"].rule is rules.SHR_2


@pytest.mark.parametrize(
    ("over", "allowed"),
    [(dt.timedelta(), True), (-TICK, True), (TICK, False), (-dt.timedelta(hours=168), False)],
)
def test_for_no_longer_than_the_rulebook_says(
    town: Town, mother: Citizen, over: dt.timedelta, *, allowed: bool
) -> None:
    """SHR-1: up to 168 hours from now, and not for no time at all."""
    until = town.clock.at + dt.timedelta(minutes=1, hours=168) + over
    asked = Terms(sections=SECTIONS, until=until)
    if allowed:
        assert share(town, mother, asked).share.until == until
    else:
        assert rule_of(lambda: share(town, mother, asked)) == "SHR-1"


@pytest.mark.parametrize("sections", [(), ("prescriptions",), ("lab-results", "tea")])
def test_sections_that_are_seen(town: Town, mother: Citizen, sections: tuple[str, ...]) -> None:
    """SHR-1: none, one that is only announced, and one that does not exist cannot be shared."""
    asked = Terms(sections=sections, until=town.clock.at + dt.timedelta(days=1))
    assert rule_of(lambda: share(town, mother, asked)) == "SHR-1"


def test_whoever_may_not_see_the_card_shares_nothing(town: Town, guardian: Citizen) -> None:
    """SHR-1, ACC-2: in a role that is not theirs they are told the rule of the card."""
    own = attrs.evolve(guardian, role=Role.SELF)
    assert rule_of(lambda: share(town, own, patient=town.wards)) == "ACC-2"


def test_a_refused_share_uses_up_no_code(town: Town, mother: Citizen) -> None:
    """SHR-1, SES-15: what cannot be shared is refused before the code is looked at."""
    town.clock.turn(minutes=1)
    town.office.begin_approval(mother, town.office.share_action(mother, town.own, terms(town)))
    code, tea = town.last_code(), terms(town, "tea")
    assert rule_of(lambda: town.office.make_share(mother, town.own, tea, code)) == "SHR-1"
    assert town.office.make_share(mother, town.own, terms(town), code).share.failures == 0


def test_by_a_rulebook_without_shares(town: Town, mother: Citizen) -> None:
    """SHR-1: where the rulebook says nothing of shares nobody shares, and what is shared closes."""
    made = share(town, mother)
    edition = attrs.evolve(town.office.rulebook.editions[0], shares=None)
    book = attrs.evolve(town.office.rulebook, editions=(edition,))
    town.office = attrs.evolve(town.office, rulebook=book)
    assert rule_of(lambda: share(town, mother)) == "SHR-1"
    assert rule_of(lambda: opened(town, made)) == "SHR-3"


@pytest.mark.parametrize("change", ["until", "sections", "patient", "role"])
def test_the_code_is_for_this_share_only(town: Town, mother: Citizen, change: str) -> None:
    """SHR-1, SES-15: a day more, a section more, another card or role is not what was approved."""
    town.clock.turn(minutes=1)
    asked = terms(town)
    town.office.begin_approval(mother, town.office.share_action(mother, town.own, asked))
    code = town.last_code()
    other, patient, reader = asked, town.own, mother
    if change == "until":
        other = Terms(sections=asked.sections, until=asked.until + dt.timedelta(days=1))
    elif change == "sections":
        other = Terms(sections=(*asked.sections, "radiology"), until=asked.until)
    else:
        patient, reader = town.wards, attrs.evolve(mother, role=Role.GUARDIAN)
    assert rule_of(lambda: town.office.make_share(reader, patient, other, code)) == "SES-3"
    assert town.office.find_shares(mother, town.own) == ()


def test_a_code_of_another_action(town: Town, mother: Citizen) -> None:
    """SHR-1, SES-15: a code for an export shares nothing."""
    town.clock.turn(minutes=1)
    town.office.begin_approval(mother, Action(ActionKind.EXPORT))
    code = town.last_code()
    assert rule_of(lambda: town.office.make_share(mother, town.own, terms(town), code)) == "SES-3"


def test_naive_end(town: Town) -> None:
    """SHR-1: a moment without a zone is no end."""
    with pytest.raises(ValueError, match="aware"):
        Terms(sections=SECTIONS, until=town.clock.at.replace(tzinfo=None))


def test_a_repeated_request_shares_once(town: Town, mother: Citizen) -> None:
    """SHR-5, STO-8: told again, a share has the same link and passcode, and there is one."""
    town.clock.turn(minutes=1)
    asked = terms(town)
    town.office.begin_approval(mother, town.office.share_action(mother, town.own, asked))
    code, key = town.last_code(), "k" * 16
    once = town.office.once
    first = once(key, type(town.office).make_share, mother, town.own, asked, code)
    again = once(key, type(town.office).make_share, mother, town.own, asked, code)
    assert first == again
    assert len(town.office.find_shares(mother, town.own)) == 1
    assert opened(town, again).documents


# -- What it shows, and until when -----------------------------------------------------------------


def test_until_its_end(town: Town, mother: Citizen) -> None:
    """SHR-6, SHR-3: to the last moment, and not at the end itself; the journal says why."""
    made = share(town, mother)
    town.clock.at = made.share.until - TICK
    assert opened(town, made).documents
    town.clock.at = made.share.until
    assert rule_of(lambda: opened(town, made)) == "SHR-3"
    assert refusals(town, town.own) == ["SHR-6"]


def test_before_it_was_made(town: Town, mother: Citizen) -> None:
    """SHR-6: a clock that went back opens nothing."""
    made = share(town, mother)
    town.clock.at = made.share.since - TICK
    assert rule_of(lambda: opened(town, made)) == "SHR-3"


def test_a_childs_card_until_the_birthday(town: Town, guardian: Citizen) -> None:
    """SHR-2, ACC-4: what a mother shared shows nothing from the moment she sees nothing."""
    made = share(town, guardian, terms(town, days=6))
    town.clock.at = moscow(2025, 5, 6) - TICK
    assert opened(town, made).documents
    town.clock.at = moscow(2025, 5, 6)
    assert rule_of(lambda: opened(town, made)) == "SHR-3"
    assert refusals(town, town.wards) == ["ACC-4"]


def test_a_restriction_closes_it(town: Town, guardian: Citizen) -> None:
    """SHR-2, ACC-6: what an authority forbids its grantor it forbids the share, at once."""
    made = share(town, guardian)
    town.office.record_restriction(
        town.wards,
        Restriction(
            ward=town.child.id,
            person=town.mother.id,
            since=town.clock.at.date(),
            authority="court",
            reason="order",
        ),
    )
    assert rule_of(lambda: opened(town, made)) == "SHR-3"
    assert refusals(town, town.wards) == ["ACC-6"]


def test_death_closes_it(town: Town, mother: Citizen) -> None:
    """SHR-2, ACC-7: the card of somebody who died is open to no holder of a link."""
    made = share(town, mother)
    town.office.record_death(town.own, on=town.clock.at.date())
    assert rule_of(lambda: opened(town, made)) == "SHR-3"
    assert refusals(town, town.own) == ["ACC-7"]


@pytest.mark.parametrize("why", [PhoneEnd.LOST, PhoneEnd.SIM_SWAPPED])
def test_a_lost_phone_closes_it(town: Town, mother: Citizen, why: PhoneEnd) -> None:
    """SHR-7: whoever took the phone may have made it."""
    made = share(town, mother)
    town.office.suspend_phone(town.account.id, why)
    assert rule_of(lambda: opened(town, made)) == "SHR-3"
    assert refusals(town, town.own) == ["SHR-7"]


def test_the_end_of_access_closes_it(town: Town, mother: Citizen) -> None:
    """SHR-7: and a new beginning does not open it again, since it was made before."""
    made = share(town, mother, terms(town, days=6))
    town.office.end_access(town.account.id)
    assert rule_of(lambda: opened(town, made)) == "SHR-3"
    town.office.reproof(
        town.account,
        town.papers.mobile,
        by=town.operator,
        confirmed_by=Operator(id=OperatorId("op-2"), person=PersonId("clerk-2")),
    )
    town.enter()
    assert rule_of(lambda: opened(town, made)) == "SHR-3"
    assert refusals(town, town.own) == ["SHR-7", "SHR-7"]


def test_it_shows_what_came_since(town: Town, mother: Citizen) -> None:
    """SHR-2: a result that came in the evening is seen in the evening."""
    made = share(town, mother, terms(town, "lab-results"))
    before = len(opened(town, made).documents)
    cards = Cards(town.office.edition(town.clock.at))
    document = cards.document(patient=town.own, id="new", published_at=town.clock.at)
    town.office.add_documents(town.own, (document,), source="lab")
    assert len(opened(town, made).documents) == before + 1


def test_more_than_one_page(town: Town, mother: Citizen) -> None:
    """SHR-2: all documents, however many, and each once."""
    cards = Cards(town.office.edition(town.clock.at))
    many = tuple(cards.document(patient=town.own, id=f"r{number}") for number in range(450))
    town.office.add_documents(town.own, many, source="lab")
    found = opened(town, share(town, mother, terms(town, "lab-results"))).documents
    assert len(found) == len({one.id for one in found}) == 451


# -- The passcode ----------------------------------------------------------------------------------


def test_wrong_passcodes_are_counted_over_its_life(town: Town, mother: Citizen) -> None:
    """SHR-4: an opening between them resets nothing, and after the fifth the right one is late."""
    made = share(town, mother)
    assert [left(town, made, wrong(made)) for _ in range(4)] == [4, 3, 2, 1]
    assert opened(town, made).documents
    town.clock.turn(hours=20)
    assert left(town, made, wrong(made)) == 0
    assert rule_of(lambda: opened(town, made)) == "SHR-3"
    (state,) = town.office.storage.find(Shard.of_patient(town.own), "share")
    assert state.id == made.share.id
    assert refusals(town, town.own) == ["SHR-4"]


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "12345",
        "1234567",
        " 12345",
        "12345\n",
        "１２３４５６",
        123456,
        b"123456",
        "a" * 10**6,
    ],
    ids=repr,
)
def test_what_is_no_passcode_is_not_counted(town: Town, mother: Citizen, given: object) -> None:
    """SHR-4: it is refused like a wrong one, stands in the journal, and costs no try."""
    made = share(town, mother)
    assert left(town, made, given) == 5
    assert refusals(town, town.own) == ["SHR-4"]
    assert opened(town, made).documents


@pytest.mark.parametrize(
    "recipient", ["", "  ", "x" * 201, "Dr\x1b[2J", "Dr\n2020 opened", "Dr\u202eX", None, 7]
)
def test_a_name_that_cannot_be_shown(town: Town, mother: Citizen, recipient: object) -> None:
    """SHR-9: nothing that would mislead whoever reads the list is taken, and nothing counted."""
    made = share(town, mother)
    with pytest.raises(Malformed, match="printable"):
        town.office.open_share(made.address, recipient=recipient, passcode=wrong(made))
    assert left(town, made, wrong(made)) == 4


@pytest.mark.parametrize("address", ["", "a" * 43, "../x", "a" * 10**6, "é" * 43])
def test_an_address_of_nothing(town: Town, mother: Citizen, address: str) -> None:
    """SHR-3: it is answered like a share that does not open."""
    share(town, mother)
    with pytest.raises(RuleBroken) as unknown:
        town.office.open_share(address, recipient=DOCTOR, passcode="123456")
    assert str(unknown.value) == str(RuleBroken(rules.SHR_3))


# -- The file --------------------------------------------------------------------------------------


def test_a_file_is_fetched_once(town: Town, mother: Citizen) -> None:
    """SHR-8: and each opening has one of its own."""
    made = share(town, mother)
    first, second = opened(town, made), opened(town, made)
    assert town.office.fetch_share(made.address, first.ticket).documents == first.documents
    assert rule_of(lambda: town.office.fetch_share(made.address, first.ticket)) == "SHR-3"
    assert town.office.fetch_share(made.address, second.ticket).key == made.key
    assert refusals(town, town.own) == ["SHR-8"]


@pytest.mark.parametrize("before", [True, False])
def test_a_file_waits_for_ten_minutes(town: Town, mother: Citizen, *, before: bool) -> None:
    """SHR-8: to the last moment, and not at the end itself."""
    made = share(town, mother)
    found = opened(town, made)
    assert found.until == town.clock.at + dt.timedelta(minutes=10)
    assert found.until is not None
    town.clock.at = found.until - (TICK if before else dt.timedelta())
    if before:
        assert town.office.fetch_share(made.address, found.ticket).documents
    else:
        assert rule_of(lambda: town.office.fetch_share(made.address, found.ticket)) == "SHR-3"


def test_the_oldest_file_gives_way(town: Town, mother: Citizen) -> None:
    """SHR-8: sixteen wait, so that nobody fills the store by opening."""
    made = share(town, mother)
    tickets = [opened(town, made).ticket for _ in range(17)]
    assert rule_of(lambda: town.office.fetch_share(made.address, tickets[0])) == "SHR-3"
    assert town.office.fetch_share(made.address, tickets[1]).documents


@pytest.mark.parametrize("ticket", [None, "", "1.x", "2.{}", "1.{}x", "-1.{}", "1" * 99, 1])
def test_a_ticket_of_nothing(town: Town, mother: Citizen, ticket: object) -> None:
    """SHR-8: one of another opening, or made up, fetches nothing."""
    made = share(town, mother)
    real = str(opened(town, made).ticket).partition(".")[2]
    given = ticket.format(real) if isinstance(ticket, str) else ticket
    assert rule_of(lambda: town.office.fetch_share(made.address, given)) == "SHR-3"


def test_the_right_may_end_before_the_file_is_fetched(town: Town, guardian: Citizen) -> None:
    """SHR-2, SHR-8: it is decided again, and nothing leaves."""
    made = share(town, guardian, terms(town, days=6))
    town.clock.at = moscow(2025, 5, 6) - TICK
    found = opened(town, made)
    town.clock.at = moscow(2025, 5, 6)
    assert rule_of(lambda: town.office.fetch_share(made.address, found.ticket)) == "SHR-3"
    assert refusals(town, town.wards) == ["ACC-4"]


# -- Ending it -------------------------------------------------------------------------------------


def test_its_grantor_ends_it(town: Town, mother: Citizen) -> None:
    """SHR-6: at once and for good; to end it twice changes nothing."""
    made = share(town, mother)
    ended = town.office.end_share(mother, town.own, made.share.id)
    assert isinstance(ended, EndedShare)
    assert ended.why is ShareEnding.BY_GRANTOR
    assert town.office.end_share(mother, town.own, made.share.id) == ended
    assert rule_of(lambda: opened(town, made)) == "SHR-3"
    assert actions(town, Shard.of_patient(town.own)).count("share-ended.1") == 1


def test_the_patient_ends_what_a_parent_shared(town: Town, guardian: Citizen) -> None:
    """SHR-6: whose card it is may end any share of it, even one that a right has closed already."""
    made = share(town, guardian, terms(town, days=6))
    town.clock.at = moscow(2025, 5, 6, 9)
    child = grown_up(town)
    (listed,) = town.office.find_shares(child, town.wards)
    assert listed.id == made.share.id
    ended = town.office.end_share(child, town.wards, made.share.id)
    assert isinstance(ended, EndedShare)
    assert ended.why is ShareEnding.BY_PATIENT


def test_nobody_else_ends_it(town: Town, guardian: Citizen) -> None:
    """SHR-6: a share of another card, of another's, or none at all is none."""
    made = share(town, guardian, terms(town, days=6))
    town.clock.at = moscow(2025, 5, 6, 9)
    child = grown_up(town)
    posing = attrs.evolve(child, role=Role.GUARDIAN)
    office, known, unknown = town.office, made.share.id, ShareId("none")
    assert rule_of(lambda: office.end_share(posing, town.wards, known)) == "SHR-6"
    assert rule_of(lambda: office.end_share(child, town.own, known)) == "SHR-6"
    assert rule_of(lambda: office.end_share(child, town.wards, unknown)) == "SHR-6"


# -- Who opened it ---------------------------------------------------------------------------------


def test_the_patient_sees_every_opening(town: Town, mother: Citizen) -> None:
    """SHR-9, JRN-5: who said to be whom, when, what; and what did not open."""
    made = share(town, mother)
    left(town, made, wrong(made))
    town.office.fetch_share(made.address, opened(town, made).ticket)
    town.office.end_share(mother, town.own, made.share.id)
    assert rule_of(lambda: opened(town, made)) == "SHR-3"
    found = town.office.who_looked(mother, town.own)
    kinds = [type(one.event) for one in found]
    assert kinds == [PasscodeRefused, ShareOpened, ShareFetched, ShareRefused]
    lines = gathered(found, zone=MOSCOW)
    by = "Shared by the patient in person. Purpose: at the patient's own wish."
    name = f"in the name of {DOCTOR}."
    assert [told(line, Language.EN, zone=MOSCOW) for line in lines] == [
        f"2020-01-14 10:01: a wrong passcode for a share, {name} Tries left: 4. {by}",
        f"2020-01-14 10:01: a share was opened, {name} Documents in it: 2. {by}",
        f"2020-01-14 10:01: documents of a share were fetched: 2. {by}",
        f"2020-01-14 10:01: a share did not open. In{name[2:]} {by}",
    ]
    assert told(lines[1], Language.RU, zone=MOSCOW).startswith(
        "14.01.2020 10:01: карту открыли по ссылке, назвавшись: Dr. Ivanova, Kazan. "
        "Документов в ней: 2."
    )


def test_who_sees_the_shares(town: Town, guardian: Citizen) -> None:
    """SHR-9: whoever may see the card, and nobody else."""
    made = share(town, guardian, terms(town, days=6))
    (listed,) = town.office.find_shares(guardian, town.wards)
    assert isinstance(listed, OpenShare)
    assert (listed.id, listed.openings) == (made.share.id, 0)
    assert listed.grantor == Viewer(person=PersonId("mother"), role=Role.GUARDIAN)
    town.clock.at = moscow(2025, 5, 6)
    assert rule_of(lambda: town.office.find_shares(guardian, town.wards)) == "SES-8"


def test_the_answer_is_one_of_two(town: Town, mother: Citizen) -> None:
    """SHR-4: a wrong passcode is an answer, since the specification tells how many are left."""
    made = share(town, mother)
    found = town.office.open_share(made.address, recipient=f"  {DOCTOR} ", passcode=made.passcode)
    assert isinstance(found, OpenedShare)
    other = town.office.open_share(made.address, recipient=DOCTOR, passcode=wrong(made))
    assert other == WrongPasscode(4)
    assert of(town, mother) == town.own

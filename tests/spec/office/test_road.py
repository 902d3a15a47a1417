"""The road: from the first visit to the opened card, and every refusal along it."""

import datetime as dt

import attrs
import pytest

from emrcore import rules
from emrcore.access import Viewer
from emrcore.adapters.memory import MemoryStorage
from emrcore.applications import Decided, Filed, Rejected, Rejection
from emrcore.errors import Malformed, RuleBroken, Unavailable
from emrcore.office import Citizen, Sender, Staff
from emrcore.people import (
    AccountLevel,
    KinshipStatus,
    PatientId,
    Person,
    PersonId,
    Restriction,
    parse_identity,
)
from emrcore.ports import Batch, Fate, Message, Shard, SmsOutcome, Unknown
from emrcore.ports import Rejected as SmsRejected
from emrcore.records import CardOpened, DocumentId, DocumentsShown
from emrcore.rulebook import Check, PurposeOfUse, Role
from emrcore.rules import Rule
from emrcore.sessions import Purpose
from emrcore.sharing import GlassBroken
from world import Cards, Town, actions, apply, check_all, moscow


def inside(town: Town, role: Role = Role.SELF) -> Citizen:
    town.grant_both()
    return Citizen(account=town.account, token=town.enter(), role=role)


def refused(call: object) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()  # type: ignore[operator]
    return error.value.rule


def test_whole_road(town: Town) -> None:
    """SES-1, SES-2: visit, application, grant, first password, code, card: each in order (R54)."""
    town.grant_both()
    assert town.office.begin_login(town.account, host_session="h1").purpose is Purpose.FIRST_LOGIN
    first = town.enter()
    town.clock.turn(hours=3)
    login = town.office.begin_login(town.account, host_session="h2")
    assert login.purpose is Purpose.LOGIN
    later = town.office.verify(town.account, town.last_code(), host_session="h2").token
    own = town.office.open_card(Citizen(account=town.account, token=later), town.own)
    assert own.view.refusal is None
    assert len(own.view.allowances) == 5
    assert first != later


def test_deadline_of_the_application(town: Town) -> None:
    """APP-4: the answer to the filing carries its deadline with the receipt."""
    town.move_in()
    apply(town)
    (filed,) = town.office.find_applications(town.account.id)
    assert isinstance(filed, Filed)
    assert filed.deadline.due_at == moscow(2020, 1, 22)
    assert filed.deadline.standard_due_on == dt.date(2020, 1, 21)
    due = town.office.storage.due("application", moscow(2020, 1, 22, 1), 10)
    assert [key.id for key in due] == [filed.id]


def test_decided_is_no_longer_due(town: Town) -> None:
    """APP-4: what is decided is not due any more."""
    town.grant_both()
    assert town.office.storage.due("application", moscow(2030, 1, 1), 10) == ()


def test_too_early(town: Town) -> None:
    """APP-1: on 13 January nothing is taken, and nothing is written."""
    town.clock.at = moscow(2020, 1, 13, 23, 59)
    town.move_in()
    assert refused(lambda: apply(town)) is rules.APP_1
    assert town.office.find_applications(town.account.id) == ()
    assert actions(town, Shard.of_account(town.account.id)) == []


def test_unconfirmed_tie(town: Town) -> None:
    """APP-8, ACC-5: without a confirmed tie the application waits; confirmed, it is granted."""
    town.office.create_card(town.child, patient=town.wards, clinic="clinic-1")
    cards = Cards(town.office.edition(town.clock.at))
    town.office.record_kinship(town.wards, cards.tie(KinshipStatus.CLAIMED))
    application = apply(town, own=False)
    check_all(town, application)

    def grant() -> object:
        return town.office.grant(town.account.id, application, town.wards, by=town.operator)

    assert refused(grant) is rules.ACC_5
    town.office.record_kinship(town.wards, cards.tie())
    assert isinstance(grant(), Decided)


def test_child_of_fifteen(town: Town) -> None:
    """ACC-4: nobody is let into the card of a child of 15."""
    town.move_in()
    town.clock.at = moscow(2025, 5, 6)
    assert refused(lambda: apply(town, own=False)) is rules.ACC_4


def test_no_card(town: Town) -> None:
    """APP-5: a card that does not exist is rejected with its reason; the rest goes on."""
    town.office.create_card(town.mother, patient=town.own, clinic="clinic-1")
    apply(town)
    (filed,) = town.office.find_applications(town.account.id)
    assert isinstance(filed, Filed)
    outcome = filed.outcomes[town.wards]
    assert isinstance(outcome, Rejected)
    assert outcome.why is Rejection.NO_RECORD_YET


def test_second_visit_changes_nothing(town: Town) -> None:
    """APP-5: the first visit creates the card, a second one changes nothing."""
    assert town.office.create_card(town.child, patient=town.wards, clinic="clinic-1")
    assert not town.office.create_card(town.mother, patient=town.wards, clinic="clinic-2")
    assert actions(town, Shard.of_patient(town.wards)) == ["card-created.1"]


def test_papers_with_every_fault() -> None:
    """APP-11: passport, policy and number are checked together; all faults come at once."""
    with pytest.raises(Malformed) as error:
        parse_identity(
            passport="4504", oms="123", mobile="12", born=dt.date(1980, 1, 1), sex=None, year=2020
        )
    places = {fault.where.split(".")[0] for fault in error.value.faults}
    assert places == {"passport", "oms", "mobile"}


def test_reject(town: Town) -> None:
    """APP-3: an operator rejects one card with a reason of the list."""
    town.move_in()
    application = apply(town, own=False)
    state = town.office.reject(
        town.account.id,
        application,
        town.wards,
        why=Rejection.NOT_ENTITLED,
        by=town.operator,
    )
    assert isinstance(state, Decided)
    again = refused(
        lambda: town.office.record_check(
            town.account.id, application, check=Check.PHOTO, passed=True, by=town.operator
        )
    )
    assert again is rules.APP_10


def test_wrong_code_is_remembered(town: Town) -> None:
    """SES-3: a wrong code is refused, committed and in the journal; the right one then works."""
    town.grant_both()
    code = town.last_code()
    wrong = f"{(int(code) + 1) % 10**8:08}"
    assert refused(lambda: town.enter(wrong)) is rules.SES_3
    assert actions(town, Shard.of_account(town.account.id))[-1] == "code-refused.1"
    assert town.enter(code)


def test_five_wrong_codes_lock(town: Town) -> None:
    """SES-5: after five wrong codes the right one is refused as well."""
    inside(town)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h1")
    code = town.last_code()
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for given in (wrong,) * 5 + (code,):
        call = refused(
            lambda given=given: town.office.verify(town.account, given, host_session="h1")
        )
        assert call is rules.SES_3
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h1")
    done = actions(town, Shard.of_account(town.account.id))
    assert done[-2:] == ["entry-refused.1", "entry-refused.1"]
    assert done.count("code-refused.1") == 5


def test_code_of_another_host_session(town: Town) -> None:
    """SES-7: the code of one host session does not open another, and is not counted there (R5)."""
    inside(town)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h1")
    code = town.last_code()
    elsewhere = refused(lambda: town.office.verify(town.account, code, host_session="h2"))
    assert elsewhere is rules.SES_3
    assert town.office.verify(town.account, code, host_session="h1").token


def test_level_is_checked_at_every_login(town: Town) -> None:
    """APP-2: an account that was downgraded neither logs in nor reads."""
    reader = inside(town)
    simplified = attrs.evolve(town.account, level=AccountLevel.SIMPLIFIED)
    login = refused(lambda: town.office.begin_login(simplified, host_session="h1"))
    read = refused(
        lambda: town.office.open_card(attrs.evolve(reader, account=simplified), town.own)
    )
    assert (login, read) == (rules.APP_2, rules.APP_2)


def test_message(town: Town) -> None:
    """SES-12: the message names no person; its last line binds the code to the host (R80)."""
    town.grant_both()
    code = town.last_code()
    text = town.phone.getvalue()
    assert text.startswith("SMS to +79161234567: First password")
    assert text.endswith(f"Tell it to nobody.\n@portal.example #{code}\n")
    assert not any(name in text for name in ("mother", "child", "clinic"))


def test_superseded_code_is_not_sent(town: Town) -> None:
    """SES-4, SES-12 (T28): of two codes only the newer is sent; one about to expire is not sent.

    R6, R78.
    """
    inside(town)
    for _ in range(2):
        town.clock.turn(minutes=1)
        town.office.begin_login(town.account, host_session="h1")
    assert town.office.dispatch(town.sender()) == {Fate.DROPPED: 1, Fate.SENT: 1}
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h1")
    town.clock.turn(minutes=4, seconds=1)
    assert town.office.dispatch(town.sender()) == {Fate.DROPPED: 1}


@attrs.frozen
class ScriptedSms:
    """A provider that answers as told, and remembers what it was handed."""

    outcomes: list[SmsOutcome]
    handed: list[Message] = attrs.field(factory=list[Message])

    def send(self, message: Message) -> SmsOutcome:
        self.handed.append(message)
        return self.outcomes.pop(0)


def test_unknown_outcome_is_tried_once_more(town: Town) -> None:
    """SES-12 (T43): after an unknown outcome the same message goes out once more, then never
    again.
    """
    town.grant_both()
    sms = ScriptedSms([Unknown(), Unknown()])
    sender = Sender(sms=sms, host="portal.example")
    assert town.office.dispatch(sender) == {Fate.RETRY: 1}
    town.clock.turn(minutes=1)
    assert town.office.dispatch(sender) == {Fate.DEAD: 1}
    town.clock.turn(minutes=1)
    assert town.office.dispatch(sender) == {}
    first, second = sms.handed
    assert (first.ref, first.text, first.to) == (second.ref, second.text, second.to)
    assert second.valid_for < first.valid_for


def test_rejected_for_good(town: Town) -> None:
    """SES-12: what the provider rejects for good is not tried again."""
    town.grant_both()
    sms = ScriptedSms([SmsRejected(why="no such number", retryable=False)])
    assert town.office.dispatch(Sender(sms=sms, host="portal.example")) == {Fate.DEAD: 1}


def test_code_is_nowhere(town: Town) -> None:
    """SES-6, JRN-4, STO-3 (T73): no code, phone or paper stands in store, outbox or journal.

    R59.
    """
    inside(town)
    town.clock.turn(minutes=1)
    town.office.begin_login(town.account, host_session="h1")
    storage = town.office.storage
    kept = repr({key: stored.text for key, stored in vars(storage)["_states"].items()})
    kept += repr(vars(storage)["_links"]) + repr(vars(storage)["_outbox"])
    codes = [line.rsplit("#", 1)[1] for line in town.phone.getvalue().splitlines() if "#" in line]
    codes.append(town.last_code())
    assert len(codes) == 2
    for secret in (*codes, "9161234567", "7767940868999926", "4504123456"):
        assert secret not in kept


def test_session_ends(town: Town) -> None:
    """SES-8 (T58): after ten idle minutes, and after a logout, the card is closed (R46, R48)."""
    reader = inside(town)
    town.clock.turn(minutes=9)
    town.office.open_card(reader, town.own)
    town.clock.turn(minutes=9)
    town.office.open_card(reader, town.own)
    town.office.log_out(town.account, reader.token)
    town.office.log_out(town.account, reader.token)
    assert refused(lambda: town.office.open_card(reader, town.own)) is rules.SES_8
    town.clock.turn(minutes=10)
    assert refused(lambda: town.office.open_card(reader, town.own)) is rules.SES_8


@pytest.mark.parametrize("token", ["", ".", "x", "x.", ".y", "x.y", "a.b.c"])
def test_no_token(town: Town, token: str) -> None:
    """SES-9: anything that is no token opens nothing."""
    inside(town)
    reader = Citizen(account=town.account, token=token)
    assert refused(lambda: town.office.open_card(reader, town.own)) is rules.SES_8


def test_section_by_section(town: Town) -> None:
    """REC-1: the opened card counts, and its pages show, visible documents only."""
    reader = inside(town)
    document = Cards(town.office.edition(town.clock.at)).document(patient=town.own)
    documents = tuple(
        attrs.evolve(
            document, id=DocumentId(f"d{n}"), signed_on=dt.date(2018, 12, 30) + dt.timedelta(days=n)
        )
        for n in range(5)
    )
    assert town.office.add_documents(town.own, documents, source="lab") == 5
    assert town.office.open_card(reader, town.own).counts == {"lab-results": 3}
    page = town.office.read_page(reader, town.own, section="lab-results", size=2)
    rest = town.office.read_page(reader, town.own, section="lab-results", cursor=page.cursor)
    assert [one.id for one in (*page.documents, *rest.documents)] == ["d4", "d3", "d2"]
    assert town.office.read_page(reader, town.own, section="radiology").documents == ()


def test_delivered_once(town: Town) -> None:
    """REC-3: what a source delivers again is not added again, nor is another card's taken."""
    town.move_in()
    document = Cards(town.office.edition(town.clock.at)).document(patient=town.own)
    assert town.office.add_documents(town.own, (document,), source="lab") == 1
    assert town.office.add_documents(town.own, (document, document), source="lab") == 0
    with pytest.raises(ValueError, match="one card"):
        town.office.add_documents(town.wards, (document,), source="lab")
    unknown = PatientId("nobody")
    stray = attrs.evolve(document, patient=unknown)
    assert (
        refused(lambda: town.office.add_documents(unknown, (stray,), source="lab")) is rules.APP_5
    )


def test_birthday_in_a_running_session(town: Town) -> None:
    """ACC-14, ACC-4: the parent's open session closes at the child's hand-over, with no job run."""
    town.clock.at = moscow(2025, 5, 5, 23, 45)
    reader = inside(town, Role.GUARDIAN)
    town.clock.at = moscow(2025, 5, 5, 23, 54)
    assert town.office.open_card(reader, town.wards).view.refusal is None
    town.clock.at = moscow(2025, 5, 6)
    refusal = town.office.open_card(reader, town.wards).view.refusal
    assert refusal is not None
    assert refusal.rule is rules.ACC_4
    assert refused(lambda: town.office.read_page(reader, town.wards)) is rules.ACC_4


def test_restriction_and_death_close_at_once(town: Town) -> None:
    """ACC-6, ACC-7: an order, and a death, close the card in the running session (R48)."""
    reader = inside(town, Role.GUARDIAN)
    order = Restriction(
        ward=PersonId("child"),
        person=PersonId("mother"),
        since=dt.date(2020, 1, 14),
        authority="court",
        reason="secret",
    )
    town.office.record_restriction(town.wards, order)
    town.office.record_restriction(town.wards, order)
    card = town.office.open_card(reader, town.wards)
    assert card.view.refusal is not None
    assert card.view.refusal.rule is rules.ACC_6
    assert "secret" not in repr(town.office.storage.links(Shard.of_patient(town.wards)))
    town.office.record_death(town.own, on=dt.date(2020, 1, 14))
    own = town.office.open_card(attrs.evolve(reader, role=Role.SELF), town.own)
    assert own.view.refusal is not None
    assert own.view.refusal.rule is rules.ACC_7


DOCTOR = Viewer(person=PersonId("dr"), role=Role.DOCTOR, organisation="clinic-1")
CREW = Viewer(person=PersonId("crew-7"), role=Role.CREW, organisation="ambulance")


def test_doctor_reads(town: Town) -> None:
    """ACC-15: a doctor signed in by the host opens the card."""
    town.move_in()
    assert (
        town.office.open_card(
            Staff(viewer=DOCTOR, purpose=PurposeOfUse.TREATMENT), town.own
        ).view.refusal
        is None
    )


@pytest.mark.parametrize("reason", ["", "  ", "\n", "x" * 501])
def test_crew_states_its_reason(town: Town, reason: str) -> None:
    """EMG-1 (T34): without a reason, or with an endless one, no crew breaks the glass."""
    town.move_in()
    call = refused(lambda: town.break_glass(CREW, town.own, reason=reason))
    assert call is rules.EMG_1
    doctor = refused(lambda: town.break_glass(DOCTOR, town.own, reason="curious"))
    assert doctor is rules.EMG_1
    town.break_glass(CREW, town.own, reason="x" * 500)


def test_emergency_ends_by_itself(town: Town) -> None:
    """EMG-2: a crew reads after breaking the glass, for 24 hours, that card only, and no other."""
    town.move_in()
    assert refused(lambda: town.office.open_card(Staff(viewer=CREW), town.own)) is rules.EMG_2
    town.break_glass(CREW, town.own, reason="unconscious\nat home")
    assert town.office.open_card(Staff(viewer=CREW), town.own).view.refusal is None
    assert refused(lambda: town.office.open_card(Staff(viewer=CREW), town.wards)) is rules.EMG_2
    other = Staff(viewer=attrs.evolve(CREW, organisation="elsewhere"))
    assert refused(lambda: town.office.open_card(other, town.own)) is rules.EMG_2
    town.clock.turn(hours=23, minutes=59)
    town.office.read_page(Staff(viewer=CREW), town.own)
    town.clock.turn(minutes=1)
    assert refused(lambda: town.office.read_page(Staff(viewer=CREW), town.own)) is rules.EMG_2
    assert refused(lambda: town.break_glass(CREW, PatientId("none"), reason="x")) is rules.APP_5


def test_citizens_do_not_read_as_staff(town: Town) -> None:
    """ACC-2: nobody reads as the patient or a parent by a staff login."""
    town.move_in()
    viewer = Viewer(person=PersonId("mother"), role=Role.SELF)
    assert refused(lambda: town.office.open_card(Staff(viewer=viewer), town.own)) is rules.ACC_2


def test_parent_of_another_child(town: Town) -> None:
    """ACC-5, APP-5: an account sees neither a stranger's card nor one that is not there."""
    reader = inside(town, Role.GUARDIAN)
    stranger = Person(id=PersonId("stranger"), born=dt.date(2015, 1, 1))
    town.office.create_card(stranger, patient=PatientId("strange"), clinic="clinic-2")
    refusal = town.office.open_card(reader, PatientId("strange")).view.refusal
    assert refusal is not None
    assert refusal.rule is rules.ACC_5
    assert refused(lambda: town.office.open_card(reader, PatientId("none"))) is rules.APP_5


def test_every_step_is_in_the_journal(town: Town) -> None:
    """JRN-1, JRN-3: every step of the road has its entry, and both chains are whole (R67, R69)."""
    reader = inside(town)
    town.office.open_card(reader, town.own)
    town.office.log_out(town.account, reader.token)
    account, patient = Shard.of_account(town.account.id), Shard.of_patient(town.own)
    assert actions(town, account) == [
        "application-filed.1",
        *["check-recorded.1"] * 3,
        "access-granted.1",
        "first-password-issued.1",
        "access-granted.1",
        "message-dispatched.1",
        "code-accepted.1",
        "session-opened.1",
        "session-ended.1",
    ]
    assert actions(town, patient) == ["card-created.1", "card-opened.1"]
    assert town.office.verify_journal(account) == ()
    assert town.office.verify_journal(patient) == ()


def test_who_looked(town: Town) -> None:
    """JRN-5: the patient sees who looked, as what, when, what was shown and why."""
    reader = inside(town)
    town.break_glass(CREW, town.own)
    town.office.open_card(Staff(viewer=CREW), town.own)
    town.office.read_page(reader, town.own)
    broken, opened, shown = (look.event for look in town.office.who_looked(reader, town.own))
    assert isinstance(broken, GlassBroken)
    assert (broken.viewer, broken.reason) == (CREW, "unconscious")
    assert isinstance(opened, CardOpened)
    assert opened.viewer == CREW
    assert isinstance(shown, DocumentsShown)
    assert shown.viewer == reader.viewer
    strange = attrs.evolve(reader, role=Role.GUARDIAN)
    assert refused(lambda: town.office.who_looked(strange, town.own)) is rules.ACC_5


def test_refused_looks_are_in_the_journal_too(town: Town) -> None:
    """JRN-2: a refusal is an answer, and stands in the journal with its rule (R67)."""
    reader = inside(town, Role.GUARDIAN)
    town.office.open_card(reader, town.own)
    last = town.office.storage.links(Shard.of_patient(town.own))[-1]
    assert '"refused":"ACC-5"' in last.entry.detail


def test_refused_pages_and_lists_are_in_the_journal(town: Town) -> None:
    """JRN-2: who is refused a page, or the list of who looked, or has not broken the glass."""
    stranger = inside(town, Role.GUARDIAN)
    town.office.create_card(
        Person(id=PersonId("another"), born=dt.date(2015, 1, 1)),
        patient=PatientId("another"),
        clinic="clinic-2",
    )
    another = PatientId("another")
    for call, rule in (
        (lambda: town.office.read_page(stranger, another), rules.ACC_5),
        (lambda: town.office.who_looked(stranger, another), rules.ACC_5),
        (lambda: town.office.read_page(Staff(viewer=CREW), another), rules.EMG_2),
    ):
        assert refused(call) is rule
        last = town.office.storage.links(Shard.of_patient(another))[-1]
        assert f'"refused":"{rule.id}"' in last.entry.detail
        assert '"counts":{}' in last.entry.detail


class Deaf(MemoryStorage):
    """A storage that can be read and not written."""

    def commit(self, batch: Batch) -> None:
        raise Unavailable(f"disk of {batch.shard.kind}")


def test_nothing_is_shown_without_an_entry(town: Town) -> None:
    """JRN-2: when the entry cannot be written, the card is not shown (R57)."""
    reader = inside(town)
    deaf = Deaf()
    vars(deaf).update(vars(town.office.storage))
    office = attrs.evolve(town.office, storage=deaf)
    with pytest.raises(Unavailable):
        office.open_card(reader, town.own)
    with pytest.raises(Unavailable):
        office.read_page(reader, town.own)

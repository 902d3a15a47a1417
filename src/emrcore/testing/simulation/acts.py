"""What people do: each act calls shipped verbs, and remembers what was answered.

A resident mostly does what comes next, an attacker what should not work. An act is chosen and
dressed by the dice of the step that begins it, and by nothing that happens later.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from emrcore.access import Viewer
from emrcore.applications import (
    ApplicationId,
    Filed,
    Operator,
    OperatorId,
    Paper,
    Question,
    Rejection,
    form,
)
from emrcore.office import Citizen, Staff
from emrcore.office.codes import totp_codes
from emrcore.people import KinshipStatus, PatientId, PersonId, Restriction
from emrcore.rulebook import Check, Means, PurposeOfUse, Role
from emrcore.sessions import NOTICE, RENEW, Action, ActionKind, PhoneEnd
from emrcore.sharing import Cause
from emrcore.testing.simulation.plan import Dice
from emrcore.testing.simulation.town import CLERK, SECOND_CLERK, Resident, document, tie
from emrcore.testing.simulation.world import Process, World

Act = Callable[[World, Process, Resident, Dice], None]


def _citizen(one: Resident, role: Role = Role.SELF, token: str | None = None) -> Citizen:
    return Citizen(account=one.account, token=token or one.token or "none.none", role=role)


def _code(world: World, one: Resident) -> str:
    """The last code on either phone of the person."""
    codes = world.town.phones.codes(one.number)
    return codes[-1] if codes else "000000"


# -- A resident ------------------------------------------------------------------------------------


def apply_for(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """File for one card or for all; after an unknown outcome look before doing it again."""
    asked = one.cards if dice.below(2) else one.cards[-1:]
    filed = world.call(at.office.file, one.account, asked=asked, papers=one.papers)
    if filed is None:
        for known in world.call(at.office.find_applications, one.account.id) or ():
            filed_id = form(known).id
            if filed_id not in one.applications:
                one.applications.append(filed_id)
    elif isinstance(filed, Filed):
        one.applications.append(filed.id)


def ask_for_code(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Begin a login, by SMS or by what is preferred."""
    one.host = f"h{dice.below(3)}"
    means = Means.SMS if dice.below(4) else None
    client = "10.0.0.1" if dice.below(2) else None
    login = world.call(
        at.office.begin_login, one.account, host_session=one.host, means=means, client=client
    )
    if login:
        one.awaits = "login"


def enter(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Give the last code; a slip of the finger, or an unread notice, now and then."""
    code, acknowledged = _code(world, one), None if dice.once_in(12) else NOTICE
    if dice.once_in(8):
        code = _other(code)
    one.seen = len(world.town.phones.codes(one.number))
    entered = world.call(
        at.office.verify,
        one.account,
        code,
        host_session=one.host,
        acknowledged=acknowledged,
    )
    if entered:
        one.token, one.awaits = entered.token, ""
        one.tokens.append(entered.token)
        if dice.once_in(3):  # the button was pressed twice
            world.call(at.office.verify, one.account, code, host_session=one.host)
    elif not dice.below(3):
        one.awaits = ""


def enter_by_authenticator(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Give what the authenticator shows, or a code of long ago."""
    shown = sorted(totp_codes(one.authenticator or "A" * 32, world.town.at).items())
    code = shown[dice.below(len(shown))][1]
    entered = world.call(
        at.office.verify, one.account, code, host_session=one.host, means=Means.TOTP
    )
    if entered:
        one.token = entered.token
        one.tokens.append(entered.token)


def enter_by_recovery(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Give a saved code, or one that never was."""
    code = one.recovery[0] if one.recovery and dice.below(3) else "0-AAAA-AAAA-AAAA-AAAA"
    entered = world.call(
        at.office.verify, one.account, code, host_session=one.host, means=Means.RECOVERY
    )
    if entered:
        one.token = entered.token
        one.recovery = (entered.recovery_code or "", *one.recovery[1:])


def look(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Open a card, read it, or see who looked."""
    role = Role.GUARDIAN if one.ward and dice.below(2) else Role.SELF
    patient = one.ward if role is Role.GUARDIAN and one.ward else one.own
    citizen = _citizen(one, role)
    match dice.below(4):
        case 0:
            world.call(at.office.open_card, citizen, patient)
        case 1:
            world.call(at.office.who_looked, citizen, patient)
        case _:
            page = world.call(at.office.read_page, citizen, patient, size=1)
            if page and page.cursor and dice.below(2):
                world.call(at.office.read_page, citizen, patient, size=1, cursor=page.cursor)
    _forget_if_over(world, one)


def _forget_if_over(world: World, one: Resident) -> None:
    """Whose session is over signs in again, mostly."""
    if world.refusal == "SES-8":
        one.token = ""


def ask_to_renew(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Ask for a code to go on, to export, or to change the phone."""
    kind = dice.below(4)
    action = RENEW
    if kind == 1:
        action = Action(ActionKind.EXPORT)
    elif kind > 1:
        action = at.office.phone_change(one.mobiles[1])
    means = Means.TOTP if one.authenticator and dice.below(2) else Means.SMS
    world.call(at.office.begin_approval, _citizen(one), action, means=means)
    one.awaits = ("renew", "export", "phone", "phone")[kind]
    _forget_if_over(world, one)


def go_on(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Give the code that was asked for within the session."""
    code, citizen = _code(world, one), _citizen(one)
    if dice.once_in(8):
        code = _other(code)
    one.seen = len(world.town.phones.codes(one.number))
    match one.awaits:
        case "phone":
            world.call(at.office.change_phone, citizen, one.mobiles[1], code)
            one.awaits = "new-phone"
        case "new-phone":
            confirm_phone(world, at, one, dice)
        case "export":
            world.call(at.office.approve, citizen, Action(ActionKind.EXPORT), code)
        case _:
            signed = world.call(at.office.renew, citizen, code)
            if signed:
                one.token = signed.token
                one.tokens.append(signed.token)


def confirm_phone(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Give the code that the new phone received."""
    del dice
    fresh = world.town.phones.codes(one.spare)
    world.call(at.office.confirm_phone, _citizen(one), fresh[-1] if fresh else "000000")
    if not world.refusal:
        one.number, one.spare = one.spare, one.number
        one.token = ""
    one.awaits = ""


def leave(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Log out, end the other sessions, or have the host end them."""
    match dice.below(4):
        case 0:
            world.call(at.office.log_out, one.account, one.token or "none.none")
        case 1:
            world.call(at.office.end_sessions, _citizen(one))
        case 2:
            world.call(at.office.end_host_session, one.account, one.host)
        case _:
            world.call(at.office.find_sessions, _citizen(one))


def factors(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Offer, bind or remove an authenticator; recovery codes, where the plan has the time."""
    citizen = _citizen(one)
    match dice.below(5):
        case 0 | 1:
            offered = world.call(at.office.offer_authenticator, citizen, issuer="portal")
            if offered:
                one.authenticator = offered.address.partition("secret=")[2].partition("&")[0]
        case 2 | 3:
            shown = totp_codes(one.authenticator or "A" * 32, world.town.at)
            code = sorted(shown.items())[1][1]
            world.call(at.office.bind_authenticator, citizen, code)
        case _ if world.town.plan.slow_hashes:
            one.recovery = world.call(at.office.make_recovery_codes, citizen) or one.recovery
        case _:
            world.call(at.office.remove_authenticator, citizen)
    _forget_if_over(world, one)


def lose_phone(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Report the phone as lost, or repudiate a change by the link that came with the notice."""
    if dice.below(2):
        world.call(at.office.report_phone_lost, one.account)
        return
    for number in (one.number, one.spare):
        for text in reversed(world.town.phones.inboxes.get(number, [])):
            if "/not-me/" in text:
                token = text.rpartition("/")[2]
                world.call(at.office.repudiate, one.account.id, token)
                return
    world.call(at.office.repudiate, one.account.id, "k1.00")


def come_in(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """The whole of a login: ask, have it sent, give the code."""
    ask_for_code(world, at, one, dice)
    dispatch(world, at, one, dice)
    if one.awaits:
        enter(world, at, one, dice)


def move_to_spare(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """The whole of a change of phone, and a look with the session that should be over."""
    citizen, action = _citizen(one), at.office.phone_change(one.mobiles[1])
    world.call(at.office.begin_approval, citizen, action)
    dispatch(world, at, one, dice)
    world.call(at.office.change_phone, citizen, one.mobiles[1], _code(world, one))
    if not world.refusal:
        dispatch(world, at, one, dice)
        confirm_phone(world, at, one, dice)
        world.call(at.office.open_card, citizen, one.own)


def take_authenticator(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """The whole of getting an authenticator, and a login by it, perhaps with one code twice."""
    del dice
    offered = world.call(at.office.offer_authenticator, _citizen(one), issuer="portal")
    if not offered:
        return
    one.authenticator = offered.address.partition("secret=")[2].partition("&")[0]
    code = sorted(totp_codes(one.authenticator, world.town.at).items())
    world.call(at.office.bind_authenticator, _citizen(one), code[1][1])
    for _, shown in code[1:]:
        world.call(at.office.verify, one.account, shown, host_session=one.host, means=Means.TOTP)


def renew(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """The whole of proving again within a session, or of approving an export."""
    action = RENEW if dice.below(2) else Action(ActionKind.EXPORT)
    world.call(at.office.begin_approval, _citizen(one), action)
    dispatch(world, at, one, dice)
    one.awaits = "renew" if action is RENEW else "export"
    go_on(world, at, one, dice)


IN_SESSION: Sequence[Act] = (
    look,
    look,
    look,
    look,
    move_to_spare,
    take_authenticator,
    renew,
    ask_to_renew,
    factors,
    leave,
)


def next_step(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """What comes next for this person."""
    if not one.ward and dice.below(8):
        one = world.town.residents[0]
    unread = len(world.town.phones.codes(one.number)) > one.seen
    new_phone = one.awaits == "new-phone" and world.town.phones.codes(one.spare)
    if new_phone:
        confirm_phone(world, at, one, dice)
    elif unread and one.token and one.awaits not in {"", "login"}:
        go_on(world, at, one, dice)
    elif unread and one.awaits == "login":
        enter(world, at, one, dice)
    elif one.awaits and dice.below(4):
        dispatch(world, at, one, dice)
    elif one.token and dice.below(3):
        dice.pick(IN_SESSION)(world, at, one, dice)
    elif one.authenticator and dice.below(3) == 0:
        enter_by_authenticator(world, at, one, dice)
    elif world.refusal == "SES-17" or not dice.below(30):
        help_out(world, at, one, dice)
    elif not one.granted and dice.below(16):
        (check if one.applications else apply_for)(world, at, one, dice)
    else:
        dice.pick((come_in, come_in, ask_for_code))(world, at, one, dice)


def respond(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Answer, correct or take back the last application, whosever turn it is."""
    if not one.applications:
        return
    office, account, filed = at.office, one.account, one.applications[-1]
    match dice.below(9):
        case 0 | 1 | 2:
            world.call(office.answer, account, filed)
        case 3 | 4 | 5:
            world.call(office.correct, account, filed, papers=one.papers)
        case 6 | 7:
            world.call(office.confirm_ties, account.id, filed)
        case _:
            world.call(office.withdraw, account, filed)


ANYTHING: Sequence[Act] = (
    apply_for,
    ask_for_code,
    enter,
    enter_by_authenticator,
    look,
    ask_to_renew,
    go_on,
    leave,
    factors,
    lose_phone,
    respond,
)


def anything(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Something that a person may do, in time or not."""
    if world.town.plan.slow_hashes and dice.once_in(8):
        enter_by_recovery(world, at, one, dice)
    else:
        dice.pick(ANYTHING)(world, at, one, dice)


# -- Somebody else ---------------------------------------------------------------------------------


def _other(code: str) -> str:
    """A wrong code of the same length."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


_DOCTOR = Staff(
    viewer=Viewer(person=PersonId("doctor"), role=Role.DOCTOR, organisation="clinic"),
    purpose=PurposeOfUse.TREATMENT,
)


def attack(  # noqa: C901 - one case for each attack
    world: World, at: Process, one: Resident, dice: Dice
) -> None:
    """What should not work: guesses, stolen and old codes and tokens, another's card."""
    office, code = at.office, _code(world, one)
    match dice.below(12):
        case 0 | 1 | 2:
            wrong = _other(code)
            one = world.town.residents[0] if dice.below(2) else one
            world.call(office.begin_login, one.account, host_session=one.host)
            for _ in range(dice.pick((1, 3, 7))):
                world.call(
                    office.verify, one.account, wrong, host_session=one.host, acknowledged=NOTICE
                )
        case 3:
            world.call(office.verify, one.account, code, host_session="evil", acknowledged=NOTICE)
        case 4:
            codes = world.town.phones.codes(one.number) or ["000000"]
            old = dice.pick(codes)
            world.call(office.verify, one.account, old, host_session=one.host, acknowledged=NOTICE)
        case 5:
            token = dice.pick(one.tokens) if one.tokens else "a.b"
            world.call(office.open_card, _citizen(one, token=token), one.own)
        case 6:
            other = dice.pick(world.town.residents)
            thief = Citizen(account=other.account, token=one.token or "a.b")
            world.call(office.read_page, thief, one.own)
        case 7:
            other = dice.pick(world.town.residents)
            world.call(office.read_page, _citizen(one), other.own)
        case 8:
            world.call(office.verify, one.account, "12 45", host_session=one.host)
        case 9:
            world.call(office.open_card, _DOCTOR, PatientId("nobody"))
        case 10:
            page = world.call(office.read_page, _DOCTOR, PatientId("child-0"), size=1)
            if page and page.cursor:
                world.call(office.read_page, _DOCTOR, one.own, size=1, cursor=page.cursor)
        case _:
            world.call(office.begin_login, one.account, host_session="evil")


def check(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """An operator goes on with the last application of the person."""
    if one.granted and dice.below(6):
        dice.pick((staff, dispatch, next_step))(world, at, one, dice)
        return
    if not one.applications:
        asked = () if dice.below(2) else (*one.cards, *one.cards)
        world.call(at.office.file, one.account, asked=asked, papers=one.papers)
        return
    account, filed = (
        one.account.id,
        one.applications[-1 - dice.below(min(len(one.applications), 2))],
    )
    by = CLERK if dice.below(10) else Operator(id=OperatorId(one.person.id), person=one.person.id)
    patient = dice.pick(one.cards).patient
    match dice.below(12):
        case 0 | 1 | 2 | 3 | 4:
            _all_checks(world, at, one, filed, by, dice)
        case 5 | 6 | 7:
            if world.call(at.office.grant, account, filed, patient, by=by):
                one.granted = True
        case 8:
            world.call(at.office.reject, account, filed, patient, why=Rejection.NOT_ENTITLED, by=by)
        case 9:
            world.call(at.office.read_papers, account, filed, by=by)
        case 10:
            _turn_to(world, at, one, filed, by, dice)
        case _:
            world.call(at.office.attend_due, limit=1 + dice.below(8))
            world.call(at.office.queue)


def _turn_to(  # noqa: PLR0917 - what an act is dressed with
    world: World, at: Process, one: Resident, filed: ApplicationId, by: Operator, dice: Dice
) -> None:
    """Ask the applicant or give the form back; who mostly answers, later or at once."""
    office, account = at.office, one.account
    if dice.below(2):
        world.call(office.ask, account.id, filed, questions=(Question.PHOTO_UNCLEAR,), by=by)
    else:
        world.call(office.send_back, account.id, filed, papers=(Paper.POLICY,), by=by)
    if dice.below(4):
        respond(world, at, one, dice)


def _all_checks(  # noqa: PLR0917 - what an act is dressed with
    world: World, at: Process, one: Resident, filed: ApplicationId, by: Operator, dice: Dice
) -> None:
    """Every check, mostly; mostly passed; and then, mostly, the cards."""
    account = one.account.id
    for each in Check:
        if dice.below(16):
            passed = bool(dice.below(16))
            world.call(at.office.record_check, account, filed, check=each, passed=passed, by=by)
    for asked in one.cards:
        if dice.below(4):
            granted = world.call(at.office.grant, account, filed, asked.patient, by=by)
            one.granted = one.granted or granted is not None


def help_out(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """What an operator or the portal does about an account, once in a while."""
    office, account = at.office, one.account
    match dice.below(14):
        case 0 | 1 | 7 | 8 | 9 | 10 | 11:
            second = SECOND_CLERK if dice.below(4) else CLERK
            world.call(office.reproof, account, one.mobiles[0], by=CLERK, confirmed_by=second)
        case 2:
            world.call(office.suspend_phone, account.id, PhoneEnd.SIM_SWAPPED)
        case 3:
            world.call(office.record_credential_reset, account.id)
        case 4:
            world.call(office.end_access, account.id)
        case 5:
            world.call(office.erase, account.person, by=CLERK)
        case 6:
            world.call(office.hand_over_first_password, account, by=CLERK)
        case _:
            world.rotate(at.number)
            world.call(at.office.rewrap, before=world.town.at + dt.timedelta(seconds=1), limit=3)


def register(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """What the registers and clinics deliver about the person's ward, or about the person."""
    office, town, patient = at.office, world.town, one.ward or one.own
    today = town.at.date()
    match dice.below(9):
        case 0:
            world.call(office.create_card, one.person, patient=one.own, clinic="clinic-2")
        case 1 | 2 if one.ward:
            status = dice.pick((KinshipStatus.CONFIRMED, KinshipStatus.ENDED))
            ward = PersonId(one.ward)
            world.call(office.record_kinship, patient, tie(one.person.id, ward, status))
        case 3:
            bar = Restriction(
                ward=PersonId(patient),
                person=one.person.id,
                since=today,
                until=today + dt.timedelta(days=1),
                authority="court",
                reason="court order",
            )
            world.call(office.record_restriction, patient, bar)
        case 4 if dice.below(2):
            world.call(office.record_death, patient, on=today)
        case _:
            town.documents += 1
            number = town.documents if dice.below(3) else 0
            body = f"body {dice.below(100)}".encode()
            world.call(
                office.add_documents, patient, (document(patient, number, body),), source="lab"
            )


def staff(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """A doctor or a crew reads; a crew states a reason first, mostly."""
    office, patient = at.office, one.ward or one.own
    crew = Viewer(person=PersonId("medic"), role=Role.CREW, organisation="ambulance")
    match dice.below(5):
        case 0:
            world.call(office.read_page, _DOCTOR, patient)
        case 1 | 2:
            reason = "unconscious" if dice.below(5) else ""
            world.call(
                office.break_glass,
                crew,
                patient,
                cause=Cause.UNCONSCIOUS,
                reason=reason,
                shift="shift-7",
            )
        case 3:
            posing = Viewer(person=one.person.id, role=Role.SELF)
            world.call(office.open_card, Staff(viewer=posing), patient)
        case _:
            world.call(office.read_page, Staff(viewer=crew), patient)
            world.call(office.read_summary, Staff(viewer=crew), patient)
            world.call(office.close_glass, crew, patient)
            world.call(office.attend_emergencies)
            world.call(office.attend_changes, limit=5)


def ask_again(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """Whoever has not heard an answer asks again, perhaps through another process."""
    del one
    world.ask_again(at.office, otherwise=dice.once_in(6))


def dispatch(world: World, at: Process, one: Resident, dice: Dice) -> None:
    """The worker that sends what waits."""
    del one
    fates = world.call(at.office.dispatch, at.sender, limit=1 + dice.below(8))
    for fate in fates or {}:
        world.saw(f"message {fate}")


ACTS: Sequence[tuple[int, Act]] = (
    (41, next_step),
    (8, anything),
    (9, attack),
    (13, check),
    (3, help_out),
    (4, register),
    (4, staff),
    (2, ask_again),
    (16, dispatch),
)
"""Who acts how often, in a hundred."""


def act_of(dice: Dice) -> Act:
    """The act that the dice choose."""
    left = dice.below(100)
    for share, act in ACTS:
        if left < share:
            return act
        left -= share
    raise TypeError("the shares are a hundred")

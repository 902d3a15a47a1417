"""The whole road, told step by step on third-party data, over an SQLite file.

Each step looks first whether the store has it done already: killed at any moment and started again
with the same ``--store``, the road goes on where it stood. The clock is the story's, not the
machine's; the phone is a text file beside the store.
"""

import datetime as dt
import functools
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs

from emrcore import records
from emrcore.access import Reason, View, Viewer, explain, timeline
from emrcore.adapters import fhir
from emrcore.adapters.console import ConsoleSms
from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.sql import SqlStorage, migrate, sqlite_engine
from emrcore.adapters.system import SystemRandomness
from emrcore.applications import Application, Asked, Filed, Granted, Operator, OperatorId, Pending
from emrcore.calendar import DayKind, Skip, russian_calendar
from emrcore.cli.screen import Screen
from emrcore.errors import Fault, Malformed, RuleBroken
from emrcore.journal import breaks, gathered, told
from emrcore.office import (
    Citizen,
    MadeShare,
    Office,
    OpenedCard,
    Reader,
    Sender,
    Staff,
    WrongPasscode,
)
from emrcore.people import (
    Account,
    AccountId,
    AccountLevel,
    IdentityPapers,
    Kinship,
    KinshipStatus,
    PatientId,
    PersonId,
    Sex,
    parse_identity,
)
from emrcore.ports import Shard
from emrcore.records import (
    Document,
    Known,
    Part,
    SectionStanding,
    Statement,
    SummaryEntry,
    judge,
    visible,
)
from emrcore.rulebook import Check, PurposeOfUse, Role, Rulebook, load, shipped
from emrcore.sessions import Purpose
from emrcore.sharing import Cause, ReportOutcome, Terms, Verdict
from emrcore.testing import patients
from emrcore.texts import Language, marked, say

MOSCOW = ZoneInfo("Europe/Moscow")
FATHER, ZONA, KURTIS, PETER = "patient-03", "patient-11", "patient-07", "patient-12"
CLERK = Operator(id=OperatorId("operator-1"), person=PersonId("a-clerk"))
ROLES = {
    Role.SELF: marked("the patient"),
    Role.GUARDIAN: marked("the father"),
    Role.DOCTOR: marked("a doctor"),
    Role.CREW: marked("an ambulance crew"),
}
DAYS: dict[Skip | DayKind, str] = {
    Skip.FILED: marked("the day of filing"),
    Skip.UNRECEIVED: marked("not received yet"),
    Skip.RECEIVED: marked("the day it counts as received"),
    Skip.ROLLED: marked("the term has ended on a day off"),
    Skip.SUSPENDED: marked("suspended"),
    DayKind.WORKDAY: marked("working day"),
    DayKind.WEEKEND: marked("weekend"),
    DayKind.HOLIDAY: marked("holiday"),
    DayKind.DAY_OFF_BY_TRANSFER: marked("day off, transferred"),
    DayKind.DAY_OFF_BY_DECREE: marked("day off, decreed"),
    DayKind.WORKDAY_BY_TRANSFER: marked("working day, transferred"),
}
PARTS = {
    Part.ALLERGIES: marked("Allergies"),
    Part.PROBLEMS: marked("Chronic illnesses"),
    Part.MEDICATION: marked("Medication"),
}
KNOWN = {Known.NONE_KNOWN: marked("none known"), Known.UNKNOWN: marked("nothing is recorded")}
OPEN_FIRST = ("exam-protocols", "lab-results", "radiology", "instrumental", "discharge-summaries")


def run(
    *, language: Language, store: Path | None, rulebook: Path | None, section: str | None
) -> None:
    """Tell the story in *language*; keep it in *store*, or nowhere.

    Raises:
        Malformed: the rulebook or the section cannot be understood; then nothing was written.
    """
    book = load(rulebook) if rulebook else shipped("ru-moscow-2020")
    if section and section not in book.editions[0].sections:
        known = ", ".join(book.editions[0].sections)
        raise Malformed("command line", (Fault("section", f"must be one of {known}"),))
    with tempfile.TemporaryDirectory() as folder:
        stage = _stage(store or Path(folder) / "emrcore.sqlite", book, language)
        _tell(stage, section)


@attrs.define
class StoryClock:
    """Stands where the story stands, and never before what the store has seen."""

    at: dt.datetime
    least: dt.datetime

    def now(self) -> dt.datetime:
        """See ``Clock.now``."""
        return self.at

    def set(self, *parts: int) -> None:
        """Turn to a moment of the story, or past what happened already."""
        year, month, day, hour, minute = parts
        story = dt.datetime(year, month, day, hour, minute, tzinfo=MOSCOW)
        self.at = max(story, self.at + dt.timedelta(minutes=1), self.least)


@attrs.frozen(kw_only=True)
class Stage:
    """What the story is told with."""

    office: Office
    clock: StoryClock
    screen: Screen
    phone: Path
    cards: dict[str, fhir.Imported]

    def patient(self, name: str) -> PatientId:
        """The patient of a shipped bundle."""
        return self.cards[name].people[0].patient

    def person(self, name: str) -> PersonId:
        """The same as a human."""
        return self.cards[name].people[0].person.id

    def name(self, name: str) -> str:
        """The given name of one of them, and the bundle's."""
        person = self.cards[name].people[0].person
        return f"{person.name.given}, {name}" if person.name else name

    def account(self, name: str) -> Account:
        """The full portal account of one of them."""
        return Account(id=AccountId(name), person=self.person(name), level=AccountLevel.FULL)

    def dispatch(self) -> str:
        """Send what waits; what then arrived on the phone."""
        before = self.phone.stat().st_size if self.phone.exists() else 0
        with self.phone.open("a", encoding="utf-8") as inbox:
            self.office.dispatch(
                Sender(sms=ConsoleSms(inbox), host="mos.ru", language=self.screen.language)
            )
        return self.phone.read_bytes()[before:].decode().strip()

    def last_code(self) -> str:
        """The last code that arrived, as a person reads it off the phone."""
        return str(re.findall(r"#(\d+)$", self.phone.read_text("utf-8"), re.MULTILINE)[-1])


def _stage(store: Path, book: Rulebook, language: Language) -> Stage:
    engine = sqlite_engine(store)
    migrate(engine)
    storage, randomness = SqlStorage(engine), SystemRandomness()
    cards = {
        name: fhir.read_bundle(text, zone=MOSCOW, source=patients.SOURCE)
        for name, text in patients.bundles().items()
    }
    # A real host takes its master key from a vault. This one opens nothing but the demo.
    keys = LocalKeys(masters={"demo": bytes(32)}, current="demo", randomness=randomness)
    start = dt.datetime(2020, 1, 13, 9, tzinfo=MOSCOW)
    seen = [
        link.entry.at
        for shard in (Shard("account", FATHER), Shard("account", KURTIS))
        for link in storage.links(shard)
    ]
    clock = StoryClock(start, max(seen) + dt.timedelta(minutes=1) if seen else start)
    office = Office(
        rulebook=book,
        calendars={name: russian_calendar(name) for name in ("standard", "federal", "moscow")},
        storage=storage,
        keys=keys,
        clock=clock,
        randomness=randomness,
    )
    return Stage(
        office=office,
        clock=clock,
        screen=Screen(sys.stdout, language),
        phone=store.with_suffix(".sms.txt"),
        cards=cards,
    )


def _tell(stage: Stage, section: str | None) -> None:
    _visits(stage)
    _too_early(stage)
    filed = _application(stage)
    _decision(stage, filed)
    token = _first_login(stage)
    _children(stage, token)
    _fifteen(stage)
    token = _later_login(stage)
    _own_card(stage, token, section)
    _staff(stage)
    _share(stage, token)
    _journal(stage, token)
    _taken_along(stage, token)


# -- 1 to 3: cards, and the application ------------------------------------------------------------


def _visits(stage: Stage) -> None:
    screen = stage.screen
    screen.chapter(
        "1. First visits create cards: documents of synthetic patients (FHIR R4, Synthea)"
    )
    for number, section in enumerate(OPEN_FIRST, 1):
        screen.item(f"{number} {screen.section(stage.office.rulebook, section)}")
    screen.row("", "", *(str(number) for number, _ in enumerate(OPEN_FIRST, 1)))
    missed: Counter[str] = Counter()
    for name, card in stage.cards.items():
        found = card.people[0]
        stage.office.create_card(found.person, patient=found.patient, clinic="clinic-12")
        stage.office.add_documents(found.patient, card.documents, source=patients.SOURCE)
        missed.update(card.unmapped)
        counts = Counter(document.section for document in card.documents)
        numbers = (str(counts[section]) for section in OPEN_FIRST)
        screen.row(stage.name(name), screen.day(found.person.born), *numbers)
    screen.line(
        "{number} resources fit no section and are named, not guessed; the most frequent:",
        number=sum(missed.values()),
    )
    for what, number in missed.most_common(4):
        screen.item(f"{number:4} {what}")
    _tie(stage, ZONA, KinshipStatus.CONFIRMED)
    _tie(stage, KURTIS, KinshipStatus.CONFIRMED)
    _tie(stage, PETER, KinshipStatus.CLAIMED)


def _tie(stage: Stage, child: str, status: KinshipStatus) -> None:
    since = stage.cards[child].people[0].person.born
    tie = Kinship(
        guardian=stage.person(FATHER), ward=stage.person(child), since=since, status=status
    )
    stage.office.record_kinship(stage.patient(child), tie)


def _too_early(stage: Stage) -> None:
    stage.screen.chapter("2. 13 January 2020: the day before")
    stage.clock.set(2020, 1, 13, 18, 0)
    if not stage.office.find_applications(AccountId(FATHER)):
        own = ((FATHER, Role.SELF),)
        _refused(stage, stage.name(FATHER), lambda: _file(stage, FATHER, own))


def _application(stage: Stage) -> Filed:
    screen = stage.screen
    screen.chapter("3. 14 January 2020: a father applies for himself and for three children")
    stage.clock.set(2020, 1, 14, 10, 0)
    asked = (
        (FATHER, Role.SELF),
        (ZONA, Role.GUARDIAN),
        (KURTIS, Role.GUARDIAN),
        (PETER, Role.GUARDIAN),
    )
    found = stage.office.find_applications(AccountId(FATHER))
    state = found[0] if found else _file(stage, FATHER, asked)
    filed = _filed(state)
    due = filed.deadline
    if due.due_on is None:
        raise RuntimeError("the deadline does not stand still here")
    screen.line("The answer is due by the end of {due}. The receipt:", due=due.due_on)
    for line in due.receipt:
        number = f"{line.number}." if line.number else "–"
        why = say(screen.language, DAYS[line.skip or line.why.kind])
        screen.item(f"{screen.day(line.day)}  {number:3} {why}")
    return filed


def _file(stage: Stage, name: str, asked: tuple[tuple[str, Role], ...]) -> Application:
    return stage.office.file(
        stage.account(name),
        asked=tuple(Asked(patient=stage.patient(one), role=role) for one, role in asked),
        papers=_papers(stage, name),
    )


def _papers(stage: Stage, name: str) -> IdentityPapers:
    """Papers that nobody holds: valid by their check digits, and made up."""
    person = stage.cards[name].people[0].person
    passport, policy = {
        FATHER: ("45 04 123456", "7750630824000013"),
        KURTIS: ("45 19 654321", "7795499733000010"),
    }[name]
    return parse_identity(
        passport=passport,
        oms=policy,
        mobile="8 (999) 000-00-01",
        born=person.born,
        sex=person.sex or Sex.MALE,
        year=2020,
    )


def _filed(state: Application) -> Filed:
    return state if isinstance(state, Filed) else state.filed


# -- 4 to 6: the decision, and getting in ----------------------------------------------------------


def _decision(stage: Stage, filed: Filed) -> None:
    screen, office = stage.screen, stage.office
    screen.chapter("4. 16 January: an operator checks the papers and decides each card")
    stage.clock.set(2020, 1, 16, 15, 0)
    account = AccountId(FATHER)
    for check in Check:
        if check not in filed.checks and _is_open(stage):
            office.record_check(account, filed.id, check=check, passed=True, by=CLERK)
    for name in (FATHER, ZONA, KURTIS, PETER):
        patient = stage.patient(name)
        outcome = _filed(office.find_applications(account)[0]).outcomes[patient]
        if isinstance(outcome, Pending):
            grant = functools.partial(office.grant, account, filed.id, patient, by=CLERK)
            _refused(stage, stage.name(name), grant)
        if isinstance(_filed(office.find_applications(account)[0]).outcomes[patient], Granted):
            screen.line("{name}: access granted.", name=stage.name(name))
    screen.line("On the father's phone:")
    _show(stage, stage.dispatch())


def _is_open(stage: Stage) -> bool:
    return isinstance(stage.office.find_applications(AccountId(FATHER))[0], Filed)


def _first_login(stage: Stage) -> Citizen:
    screen, account = stage.screen, stage.account(FATHER)
    screen.chapter("5. 16 January, evening: the first login, with a wrong password before it")
    stage.clock.set(2020, 1, 16, 20, 0)
    login = stage.office.begin_login(account, host_session="evening")
    if login.purpose is Purpose.LOGIN:
        stage.dispatch()
    code = stage.last_code()
    wrong = f"{(int(code) + 1) % 10**login.digits:0{login.digits}}"
    verify = functools.partial(
        stage.office.verify, account, host_session="evening", acknowledged=login.notice
    )
    _refused(stage, stage.name(FATHER), lambda: verify(wrong))
    signed_in = verify(code)
    screen.line("With the right one the session is open.")
    return Citizen(account=account, token=signed_in.token, role=Role.GUARDIAN)


def _later_login(stage: Stage) -> Citizen:
    account = stage.account(FATHER)
    stage.screen.chapter("8. 10 January 2022: a later login, with a new one-time code")
    stage.clock.set(2022, 1, 10, 12, 0)
    stage.office.begin_login(account, host_session="later")
    _show(stage, stage.dispatch())
    signed_in = stage.office.verify(account, stage.last_code(), host_session="later")
    return Citizen(account=account, token=signed_in.token)


# -- 6 to 9: what each sees ------------------------------------------------------------------------


def _children(stage: Stage, reader: Citizen) -> None:
    stage.screen.chapter("6. What the father sees of his children")
    for name in (ZONA, KURTIS, PETER):
        _card(stage, reader, name)


def _fifteen(stage: Stage) -> None:
    screen, office = stage.screen, stage.office
    screen.chapter("7. Kurtis, born on 16 April 2005, turns 15")
    patient, father = stage.patient(KURTIS), stage.person(FATHER)
    stage.clock.set(2020, 4, 16, 23, 55)
    facts = office.find_facts(patient, AccountId(FATHER))
    viewer = Viewer(person=father, role=Role.GUARDIAN)
    since = dt.datetime(2020, 1, 1, tzinfo=MOSCOW)
    until = dt.datetime(2021, 1, 1, tzinfo=MOSCOW)
    for view in timeline(facts, viewer, since=since, until=until, rulebook=office.rulebook):
        opened = say(screen.language, "The father sees the card.")
        told = _reason(stage, view.refusal) if view.refusal else opened
        screen.item(f"{screen.day(view.at.astimezone(MOSCOW))}  {told}")
    stage.clock.set(2020, 4, 17, 9, 0)
    if not office.find_applications(AccountId(KURTIS)):
        again = ((KURTIS, Role.GUARDIAN),)
        _refused(stage, stage.name(FATHER), lambda: _file(stage, FATHER, again))
    _own_account(stage)


def _own_account(stage: Stage) -> None:
    office, account = stage.office, stage.account(KURTIS)
    found = office.find_applications(account.id)
    state = found[0] if found else _file(stage, KURTIS, ((KURTIS, Role.SELF),))
    if isinstance(state, Filed):
        for check in Check:
            office.record_check(account.id, state.id, check=check, passed=True, by=CLERK)
        office.grant(account.id, state.id, stage.patient(KURTIS), by=CLERK)
    stage.dispatch()
    stage.clock.set(2020, 4, 17, 12, 0)
    login = office.begin_login(account, host_session="school")
    if login.purpose is Purpose.LOGIN:
        stage.dispatch()
    code = stage.last_code()
    signed_in = office.verify(account, code, host_session="school", acknowledged=login.notice)
    stage.screen.line("Kurtis applies himself, is let in, and sees:")
    _card(stage, Citizen(account=account, token=signed_in.token), KURTIS)


def _own_card(stage: Stage, reader: Citizen, section: str | None) -> None:
    _card(stage, reader, FATHER)
    chosen = section or "exam-protocols"
    page = stage.office.read_page(reader, stage.patient(FATHER), section=chosen, size=4)
    title = stage.screen.section(stage.office.rulebook, chosen)
    stage.screen.line("The first page of «{title}»:", title=title)
    while True:
        for document in page.documents:
            stage.screen.item(f"{stage.screen.day(document.dated)}  {document.title}")
        if not page.cursor or not section:
            break
        stage.screen.line("The next page:")
        page = stage.office.read_page(
            reader, stage.patient(FATHER), section=chosen, size=4, cursor=page.cursor
        )


def _staff(stage: Stage) -> None:
    screen, office, patient = stage.screen, stage.office, stage.patient(FATHER)
    screen.chapter("9. A doctor, and an ambulance crew")
    doctor = Viewer(person=PersonId("dr"), role=Role.DOCTOR, organisation="clinic-12")
    crew = Viewer(person=PersonId("crew-7"), role=Role.CREW, organisation="ambulance")
    _card(stage, Staff(viewer=doctor, purpose=PurposeOfUse.TREATMENT), FATHER)
    crew_alone = say(screen.language, "An ambulance crew that states nothing")
    _refused(stage, crew_alone, lambda: office.open_card(Staff(viewer=crew), patient))
    glass = office.break_glass(
        crew,
        patient,
        cause=Cause.UNCONSCIOUS,
        reason="unconscious at home",
        shift="shift-7",
        call="call-103",
    )
    screen.line(
        "It states its reason and may read until {until}.", until=glass.until.astimezone(MOSCOW)
    )
    _summary(stage, Staff(viewer=crew), patient)
    _card(stage, Staff(viewer=crew), FATHER)
    office.close_glass(crew, patient)
    outcome = ReportOutcome.BROUGHT_TO_HOSPITAL
    office.report_emergency(crew, patient, glass.id, outcome=outcome, text="brought to hospital 3")
    reviewer = Operator(id=OperatorId("op-2"), person=PersonId("reviewer"))
    office.review_emergency(patient, glass.id, verdict=Verdict.JUSTIFIED, by=reviewer)
    screen.line("It reports; an officer who was not there reviews it, and the patient is told.")


def _summary(stage: Stage, crew: Staff, patient: PatientId) -> None:
    """What the crew needs first: what is there, what is known not to be, what nobody has said."""
    office, clinic = stage.office, "clinic-12"
    at = office.now() - dt.timedelta(hours=1)
    penicillin = SummaryEntry(
        id="1", text=say(stage.screen.language, "penicillin"), recorded_on=dt.date(2011, 3, 4)
    )
    allergies = Statement(part=Part.ALLERGIES, source=clinic, as_of=at, entries=(penicillin,))
    office.file_statement(patient, allergies)
    medication = Statement(part=Part.MEDICATION, source=clinic, as_of=at, none_known=True)
    office.file_statement(patient, medication)
    for shown in office.read_summary(crew, patient).parts[:3]:
        texts = [f"{one.entry.text} ({one.source})" for one in shown.entries]
        known = ", ".join(texts) or say(stage.screen.language, KNOWN[shown.known])
        _show(stage, f"{say(stage.screen.language, PARTS[shown.part])}: {known}")


def _card(stage: Stage, reader: Reader, name: str) -> None:
    """Open a card and tell what is shown, and of the rest why not."""
    screen = stage.screen
    opened = stage.office.open_card(reader, stage.patient(name))
    view = opened.view
    screen.raw("")
    who = say(screen.language, ROLES[view.viewer.role])
    screen.raw(f"  {stage.name(name)} – {who}")
    if view.refusal:
        screen.item(_reason(stage, view.refusal))
        return
    for section in (one.section for one in view.allowances):
        _section(stage, view, section, stage.cards[name].documents)
    _empty(stage, opened)
    for reason in dict.fromkeys(view.closed.values()):
        titles = [
            screen.section(stage.office.rulebook, section)
            for section, why in view.closed.items()
            if why == reason
        ]
        screen.item(f"   –  {', '.join(titles)}: {_reason(stage, reason)}")
    if view.until:
        screen.line("    This holds until {until}.", until=view.until.astimezone(MOSCOW))


def _empty(stage: Stage, opened: OpenedCard) -> None:
    """What it means that a section which is open shows nothing."""
    meanings: dict[str, list[str]] = {}
    for section, statement in opened.coverage.items():
        if statement.standing in {SectionStanding.NOTHING, SectionStanding.UNRECORDED}:
            meaning = records.told(statement, stage.screen.language)
            title = stage.screen.section(stage.office.rulebook, section)
            meanings.setdefault(meaning, []).append(title)
    for meaning, titles in meanings.items():
        stage.screen.item(f"   0  {', '.join(titles)}: {meaning}")


def _section(stage: Stage, view: View, section: str, documents: tuple[Document, ...]) -> None:
    """One section: how many are shown, and, as only the teller may know, why others are not."""
    screen = stage.screen
    verdicts = [judge(view, one) for one in documents if one.section == section]
    shown = sum(one.visible for one in verdicts)
    screen.item(f"{shown:4}  {screen.section(stage.office.rulebook, section)}")
    hidden = Counter(_reason(stage, one.reason) for one in verdicts if not one.visible)
    for reason, number in hidden.items():
        more = say(screen.language, "{number} more:", number=number)
        screen.item(f"        {more} {reason}")


# -- 10: a doctor in another city ------------------------------------------------------------------


def _share(stage: Stage, reader: Citizen) -> None:
    screen, office, patient = stage.screen, stage.office, stage.patient(FATHER)
    screen.chapter("10. In Kazan: the father shares his results with a doctor there for a day")
    stage.clock.set(2022, 1, 10, 12, 5)
    if office.find_shares(reader, patient):
        screen.line("He has done so already.")
        return
    sections = ("lab-results", "discharge-summaries")
    terms = Terms(sections=sections, until=office.now() + dt.timedelta(days=1))
    office.begin_approval(reader, office.share_action(reader, patient, terms))
    stage.dispatch()
    made = office.make_share(reader, patient, terms, stage.last_code())
    screen.line(
        "A code approves it; until {until} this opens it:",
        until=made.share.until.astimezone(MOSCOW),
    )
    screen.item(_link(made) or made.address)
    screen.line("and with it this passcode, told by another way: {code}", code=made.passcode)
    opening = functools.partial(office.open_share, made.address, recipient="Kazan, clinic 7")
    wrong = f"{(int(made.passcode) + 1) % 10 ** len(made.passcode):0{len(made.passcode)}}"
    for passcode in (wrong, made.passcode):
        found = opening(passcode=passcode)
        if isinstance(found, WrongPasscode):
            screen.line("A wrong passcode; tries left: {number}.", number=found.left)
        else:
            screen.line("The right one: documents shown: {number}.", number=len(found.documents))
    office.end_share(reader, patient, made.share.id)
    screen.line("He ends it. From now on:")
    again = functools.partial(opening, passcode=made.passcode)
    _refused(stage, say(screen.language, "The doctor in Kazan"), again)


def _link(made: MadeShare) -> str | None:
    """The share as a SMART Health Link, where the extra for them is installed."""
    try:
        from emrcore.adapters import smart_health_links as shl  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    flags = frozenset({shl.Flag.LONG_TERM, shl.Flag.PASSCODE})
    url = f"https://mos.ru/shl/{made.address}"
    return shl.write_link(shl.Link(url=url, key=made.key, flags=flags, expires_at=made.share.until))


# -- 11: the journal -------------------------------------------------------------------------------


def _journal(stage: Stage, reader: Citizen) -> None:
    screen, office, patient = stage.screen, stage.office, stage.patient(FATHER)
    screen.chapter("11. Who looked at the father's card, and is the journal whole?")
    sections = office.edition(office.now()).sections
    titles = {name: rule.title[screen.language] for name, rule in sections.items()}
    for line in gathered(office.who_looked(reader, patient), zone=MOSCOW)[-9:]:
        screen.item(told(line, screen.language, zone=MOSCOW, titles=titles))
    for shard in (Shard.of_patient(patient), Shard.of_account(AccountId(FATHER))):
        links = office.storage.links(shard)
        broken = len(office.verify_journal(shard))
        screen.line(
            "Journal of the {kind}: {number} entries, {broken} broken.",
            kind=shard.kind,
            number=len(links),
            broken=broken,
        )
        forged = [*links]
        forged[1] = attrs.evolve(links[1], entry=attrs.evolve(links[1].entry, detail="{}"))
        first = next(breaks(forged))
        screen.line("With its second entry changed, it breaks at {number}.", number=first.number)


# -- 12: taken along -------------------------------------------------------------------------------


def _taken_along(stage: Stage, reader: Citizen) -> None:
    screen, office, patient = stage.screen, stage.office, stage.patient(FATHER)
    screen.chapter("12. The father takes his record along, as a FHIR R4 bundle")
    view = office.open_card(reader, patient).view
    documents, facts = stage.cards[FATHER].documents, office.find_facts(patient, reader.account.id)
    bundle = b"".join(fhir.write(view, documents, facts=facts))
    again = fhir.read_export(bundle).documents
    screen.line("{number} documents in {size} kB.", number=len(again), size=len(bundle) // 1000)
    if list(again) == visible(view, documents):
        screen.line("Read back by another system, they are what the father may see, and equal.")


def _reason(stage: Stage, reason: Reason) -> str:
    return f"{explain(reason, stage.screen.language)} [{reason.rule.id}, {reason.source}]"


def _show(stage: Stage, text: str) -> None:
    for line in text.splitlines():
        stage.screen.item(line)


def _refused(stage: Stage, who: str, call: Callable[[], object]) -> None:
    """Do something that a rule is expected to forbid, and tell which."""
    try:
        call()
    except RuleBroken as refused:
        rule, language = refused.rule, stage.screen.language
        stage.screen.line("{who}: refused by {rule}.", who=who, rule=rule.id)
        stage.screen.item(f"{say(language, rule.says)} [{rule.source}]")

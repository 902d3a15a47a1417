"""Reading a card: decide, enter in the journal, and only then answer."""

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

import attrs

from emrcore import rules, sharing
from emrcore.access import Facts, Grant, View, Viewer, decide
from emrcore.diary import WordsShown
from emrcore.errors import Fault, Malformed, RuleBroken
from emrcore.journal import (
    Actor,
    ActorKind,
    Break,
    Link,
    Look,
    breaks,
    looks,
)
from emrcore.office import places
from emrcore.office.auditing import links
from emrcore.office.circumstances import context
from emrcore.office.desk import Desk
from emrcore.office.entering import check_session, remember_use
from emrcore.office.readers import Citizen, Reader
from emrcore.office.work import Work
from emrcore.people import AccountId, PatientId
from emrcore.ports import Shard
from emrcore.records import (
    CardCoverage,
    CardOpened,
    DocumentsShown,
    Page,
    SectionStatement,
    ShownPart,
    Summary,
    SummaryShown,
    statement,
    statements,
    summarise,
)
from emrcore.rulebook import Edition, PurposeOfUse, Role
from emrcore.rules import Rule
from emrcore.sessions import SessionUsed

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class OpenedCard:
    """The answer about one card: the view, and how many documents it shows by section.

    ``coverage`` is what each section says of itself, so that an empty one can be understood.
    """

    view: View
    counts: Mapping[str, int]
    coverage: Mapping[str, SectionStatement]


@attrs.frozen(kw_only=True)
class EmergencySummary:
    """What a crew needs first: every part in its order, whether or not anything is known."""

    view: View
    parts: tuple[ShownPart, ...]


class Reading(Desk):
    """The verbs about reading a card."""

    __slots__ = ()

    def find_facts(self, patient: PatientId, account: AccountId | None = None) -> Facts:
        """What is known about *patient*, and granted to *account*: to decide, explain, foresee.

        For the host itself: nothing is shown to anybody, so nothing is entered in the journal.

        Raises:
            RuleBroken: APP-5, there is no card.
        """
        work = Work(storage=self.storage, shard=Shard.of_patient(patient), now=self.now())
        return known_facts(work, account, patient)

    def open_card(self, reader: Reader, patient: PatientId) -> OpenedCard:
        """What *reader* may see of the card of *patient* now: sections, counts, reasons.

        A refusal is an answer, too, and stands in the journal like any other.

        Raises:
            RuleBroken: APP-5 there is no card, SES-8 the session is over, EMG-2 the crew has not
                broken the glass, ACC-2 the reader is not what the role says.
        """

        def look(work: Work, view: View) -> tuple[OpenedCard, CardOpened]:
            counts = self.storage.count(view)
            event = CardOpened(
                patient=patient,
                viewer=view.viewer,
                at=work.now,
                edition=view.edition.fingerprint,
                counts=counts,
                refused=view.refusal.rule.id if view.refusal else None,
            )
            coverage = statements(view, counts, work.load(places.coverage(patient), CardCoverage))
            return OpenedCard(view=view, counts=counts, coverage=coverage), event

        return look_under(self, reader, patient, look, even_refused=True)

    def read_page(
        self,
        reader: Reader,
        patient: PatientId,
        *,
        section: str | None = None,
        cursor: str | None = None,
        size: int = 50,
    ) -> Page:
        """The next documents of the card, newest first, decided anew for this page.

        With a *section* the page says how much of it is recorded.

        Raises:
            RuleBroken: as ``open_card``; the access rule that closes the card; REC-2 the cursor is
                another's.
            Malformed: *section*, *cursor* or *size* is none.
        """

        def look(work: Work, view: View) -> tuple[Page, DocumentsShown]:
            if section is not None and section not in view.edition.sections:
                known = ", ".join(view.edition.sections)
                raise Malformed(
                    "page", (Fault("section", f"must be one of {known}", rules.ACC_11),)
                )
            page = self.storage.page(view, cursor=cursor, section=section, size=size)
            event = DocumentsShown(
                patient=patient,
                viewer=view.viewer,
                at=work.now,
                edition=view.edition.fingerprint,
                documents=tuple(document.id for document in page.documents),
                sources=tuple(document.source for document in page.documents),
            )
            if section is None:
                return page, event
            shown = len(page.documents) or int(cursor is not None)
            stated = work.load(places.coverage(patient), CardCoverage)
            said = statement(view, section, shown, stated)
            return attrs.evolve(page, statement=said), event

        return look_under(self, reader, patient, look)

    def read_summary(self, reader: Reader, patient: PatientId) -> EmergencySummary:
        """The emergency summary: allergies, problems, medication first, each part with its sources.

        For a crew after ``break_glass``, and for whom else the rulebook names, while the card is
        open to them. Entries whose labels the view does not allow are left out.

        Raises:
            RuleBroken: as ``read_page``; EMG-11, the rulebook shows it to no such viewer.
        """

        def look(work: Work, view: View) -> tuple[EmergencySummary, SummaryShown]:
            labels = frozenset[str]().union(*(one.labels for one in view.in_force()))
            parts = summarise(work.load(places.summary(patient), Summary), labels)
            event = SummaryShown(
                patient=patient,
                viewer=view.viewer,
                at=work.now,
                edition=view.edition.fingerprint,
            )
            return EmergencySummary(view=view, parts=parts), event

        def unnamed(view: View) -> Rule | None:
            emergency = view.edition.emergency
            named = emergency.summary.value if emergency else ()
            return None if view.viewer.role in named else rules.EMG_11

        return look_under(self, reader, patient, look, bar=unnamed)

    def who_looked(self, reader: Citizen, patient: PatientId) -> tuple[Look, ...]:
        """Everybody who looked at the card, the earliest first, for whoever may see it (JRN-5).

        Raises:
            RuleBroken: as ``read_page``.
        """

        def look(work: Work, view: View) -> tuple[tuple[Look, ...], CardOpened]:
            event = CardOpened(
                patient=patient,
                viewer=view.viewer,
                at=work.now,
                edition=view.edition.fingerprint,
                counts={},
            )
            return tuple(looks(links(self.storage, work.shard))), event

        return look_under(self, reader, patient, look)

    def verify_journal(self, shard: Shard, *, head: Link | None = None) -> tuple[Break, ...]:
        """Every place where the journal of *shard* is not what was written; none: it is whole.

        *head* is a link kept elsewhere: without one, a cut tail cannot be seen.
        """
        known = (head.head(shard),) if head else ()
        return tuple(breaks(links(self.storage, shard), heads=known))


def look_under(
    desk: Desk,
    reader: Reader,
    patient: PatientId,
    look: Callable[[Work, View], tuple[T, CardOpened | DocumentsShown | SummaryShown | WordsShown]],
    *,
    even_refused: bool = False,
    bar: Callable[[View], Rule | None] = lambda _: None,
) -> T:
    """Decide, *look*, enter it in the journal, commit, and return what was seen (JRN-2).

    What was refused is entered, too, before it is told; with *even_refused* it is an answer. What
    *bar* names refuses, too.
    """

    def verb(work: Work) -> tuple[T | None, Rule | None, SessionUsed | None]:
        viewer, used = identify(desk, work, reader)
        account = reader.account.id if isinstance(reader, Citizen) else None
        facts = known_facts(work, account, patient)
        view = decide(facts, viewer, at=work.now, edition=desk.edition(work.now))
        rule = _glass(work, viewer, patient) or _unstated(reader, view.edition)
        if rule is None and view.refusal and not even_refused:
            rule = view.refusal.rule
        rule = rule or bar(view)
        seen, event = (None, _refused(view, rule, work)) if rule else look(work, view)
        about = context(reader, patient, facts=facts, refused=bool(rule or view.refusal))
        work.note(event, actor_of(reader), patient, about)
        return seen, rule, used

    seen, rule, used = desk.do(Shard.of_patient(patient), verb)
    if isinstance(reader, Citizen) and used:
        remember_use(desk, reader.account, used)
    if rule:
        raise RuleBroken(rule)
    return cast("T", seen)


def identify(desk: Desk, work: Work, reader: Reader) -> tuple[Viewer, SessionUsed | None]:
    """Who *reader* is proven to be, and the use of the session to remember.

    Raises:
        RuleBroken: SES-8 the session is over, APP-2 the account's level, ACC-2 the staff has not
            the role of any.
    """
    if isinstance(reader, Citizen):
        return reader.viewer, check_session(desk, work, reader.account, reader.token)
    if reader.viewer.role not in {Role.DOCTOR, Role.CREW}:
        raise RuleBroken(rules.ACC_2)
    return reader.viewer, None


def _glass(work: Work, viewer: Viewer, patient: PatientId) -> Rule | None:
    """The rule by which a crew may not read, which has not broken the glass."""
    if viewer.role is not Role.CREW:
        return None
    glass = work.load(places.break_glass(patient, viewer.person), *sharing.GLASS_STATES)
    try:
        sharing.check(glass, viewer=viewer, at=work.now)
    except RuleBroken as refusal:
        return refusal.rule
    return None


def _unstated(reader: Reader, edition: Edition) -> Rule | None:
    """The rule by which staff may not look who leave out for whom, or for what, they do."""
    if isinstance(reader, Citizen):
        return None
    if not (reader.viewer.organisation or "").strip():
        return rules.STF_2
    if reader.stated is None:
        return rules.STF_1
    staff = edition.staff
    allowed = staff.purposes(reader.viewer.role) if staff else tuple(PurposeOfUse)
    return None if reader.stated in allowed else rules.STF_1


def _refused(view: View, rule: Rule, work: Work) -> CardOpened:
    return CardOpened(
        patient=view.subject,
        viewer=view.viewer,
        at=work.now,
        edition=view.edition.fingerprint,
        counts={},
        refused=rule.id,
    )


def known_facts(work: Work, account: AccountId | None, patient: PatientId) -> Facts:
    """What is known about *patient*, and granted to *account*.

    Raises:
        RuleBroken: APP-5, there is no card.
    """
    facts = work.load(places.facts(patient), Facts)
    if facts is None:
        raise RuleBroken(rules.APP_5)
    grant = work.load(places.grant(account, patient), Grant) if account else None
    return attrs.evolve(facts, grants=(grant,)) if grant else facts


def actor_of(reader: Reader) -> Actor:
    """*reader*, acting."""
    if isinstance(reader, Citizen):
        return Actor(kind=ActorKind.CITIZEN, id=reader.account.person)
    viewer = reader.viewer
    kind = ActorKind.SYSTEM if reader.automated else ActorKind.STAFF
    return Actor(kind=kind, id=viewer.person, organisation=viewer.organisation)

"""A share: a card, or some sections of it, shown to whoever holds a link and a passcode.

It is made by somebody who may see the card (the patient, a parent) for a doctor who has no account
here. It holds no right of its own: every opening is decided anew by what its grantor may see at
that moment, so it shrinks with the grantor's right and shows nothing when that is gone. Address,
key and passcode are derived by whoever calls a verb, and are in no state and no event.

::

    open --wrong passcodes, ended by the grantor or the patient--> ended
"""

import datetime as dt
import enum
import hmac
from typing import NewType, assert_never

import attrs

from emrcore import rules
from emrcore.access import View, Viewer
from emrcore.errors import Fault, Malformed, RuleBroken
from emrcore.people import AccountId, PatientId, PersonId
from emrcore.records import DocumentId
from emrcore.rulebook import Edition, Role, ShareRule
from emrcore.rules import Rule

ShareId = NewType("ShareId", str)

LONGEST_RECIPIENT = 200
"""The longest name an opener may give, in characters."""

_MOST_FILES = 16
"""How many openings' files wait to be fetched; of more, the oldest are given up."""


class ShareEnding(enum.StrEnum):
    """Why a share ended before its time."""

    BY_GRANTOR = "by-grantor"
    BY_PATIENT = "by-patient"
    EXHAUSTED = "exhausted"


def _in_utc(at: dt.datetime) -> dt.datetime:
    if at.tzinfo is None:
        raise ValueError("until must be an aware datetime")
    return at.astimezone(dt.UTC)


@attrs.frozen(kw_only=True)
class Terms:
    """What is to be shared: ``sections`` by name, until the moment ``until`` (aware, exclusive)."""

    sections: tuple[str, ...]
    until: dt.datetime = attrs.field(converter=_in_utc)


@attrs.frozen(kw_only=True)
class Waiting:
    """The file of one opening, which may be fetched once before ``until`` (exclusive)."""

    opening: int
    until: dt.datetime


@attrs.frozen(kw_only=True)
class OpenShare:
    """A share over ``[since, until)``, as far as ``grantor``, whose account it was, sees the card.

    ``nonce`` and the master ``key`` are what address, content key and passcode are derived from;
    ``digits`` are the passcode's. ``failures`` are the wrong passcodes of its whole life.
    """

    id: ShareId
    patient: PatientId
    grantor: Viewer
    account: AccountId
    sections: tuple[str, ...]
    since: dt.datetime
    until: dt.datetime
    nonce: bytes = attrs.field(repr=False)
    key: str
    digits: int
    failures: int = 0
    openings: int = 0
    waiting: tuple[Waiting, ...] = ()

    def left(self, rule: ShareRule) -> int:
        """How many wrong passcodes may still be given."""
        return max(rule.wrong_passcodes.value - self.failures, 0)


@attrs.frozen(kw_only=True)
class EndedShare:
    """A share that was ended ``at`` some moment before its time; it never opens again."""

    id: ShareId
    patient: PatientId
    grantor: Viewer
    account: AccountId
    sections: tuple[str, ...]
    since: dt.datetime
    until: dt.datetime
    openings: int
    at: dt.datetime
    why: ShareEnding


Share = OpenShare | EndedShare
SHARE_STATES: tuple[type[Share], ...] = (OpenShare, EndedShare)


@attrs.frozen(kw_only=True)
class Address:
    """Whose card and which share an address leads to; kept under the digest of the address."""

    patient: PatientId
    share: ShareId


# -- Events ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ShareMade:
    """Somebody shared what they see of a card."""

    id: ShareId
    patient: PatientId
    grantor: Viewer
    account: AccountId
    sections: tuple[str, ...]
    at: dt.datetime
    until: dt.datetime
    nonce: bytes = attrs.field(repr=False)
    key: str
    digits: int


@attrs.frozen(kw_only=True)
class ShareOpened:
    """Whoever calls themselves ``recipient`` opened the share and may fetch these documents."""

    id: ShareId
    patient: PatientId
    grantor: Viewer
    recipient: str
    opening: int
    edition: str
    documents: tuple[DocumentId, ...]
    at: dt.datetime
    until: dt.datetime


@attrs.frozen(kw_only=True)
class ShareFetched:
    """The file of one opening was fetched, with these documents."""

    id: ShareId
    patient: PatientId
    grantor: Viewer
    opening: int
    edition: str
    documents: tuple[DocumentId, ...]
    at: dt.datetime


@attrs.frozen(kw_only=True)
class PasscodeRefused:
    """A passcode was evaluated and wrong; with ``left`` 0 the share has ended."""

    id: ShareId
    patient: PatientId
    grantor: Viewer
    recipient: str
    left: int
    at: dt.datetime


@attrs.frozen(kw_only=True)
class ShareRefused:
    """The share did not open; ``rule`` is the id of the one that refused. Nothing changes by it."""

    id: ShareId
    patient: PatientId
    grantor: Viewer
    recipient: str | None
    rule: str
    at: dt.datetime


@attrs.frozen(kw_only=True)
class ShareEnded:
    """Its grantor, or the patient, ended the share."""

    id: ShareId
    patient: PatientId
    why: ShareEnding
    at: dt.datetime


ShareEvent = ShareMade | ShareOpened | ShareFetched | PasscodeRefused | ShareEnded


# -- Verbs -----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Seed:
    """What a new share is made of: an ``id``, 32 random bytes, the master key's name."""

    id: ShareId
    nonce: bytes = attrs.field(repr=False)
    key: str


def make_share(
    view: View, terms: Terms, *, account: AccountId, seed: Seed, at: dt.datetime
) -> ShareMade:
    """Share what *view* shows now, within *terms*.

    Raises:
        RuleBroken: the access rule that closes the card; SHR-1, the rulebook knows no shares, the
            time is none or too long, or a section is none the grantor sees.
    """
    rule = rule_of(view.edition)
    if view.refusal:
        raise RuleBroken(view.refusal.rule)
    longest = dt.timedelta(hours=rule.longest_hours.value)
    if not dt.timedelta() < terms.until - at <= longest:
        raise RuleBroken(rules.SHR_1, f"at most {rule.longest_hours.value} hours")
    seen = {allowance.section for allowance in view.in_force()}
    if not terms.sections or not set(terms.sections) <= seen:
        raise RuleBroken(rules.SHR_1, "sections that are seen")
    return ShareMade(
        id=seed.id,
        patient=view.subject,
        grantor=view.viewer,
        account=account,
        sections=tuple(sorted(set(terms.sections))),
        at=at,
        until=terms.until,
        nonce=seed.nonce,
        key=seed.key,
        digits=rule.passcode_digits.value,
    )


def rule_of(edition: Edition) -> ShareRule:
    """How cards are shared by *edition*.

    Raises:
        RuleBroken: SHR-1, they are not.
    """
    if edition.shares is None:
        raise RuleBroken(rules.SHR_1, "the rulebook knows no shares")
    return edition.shares


def still_open(state: Share | None, *, standing: bool, at: dt.datetime) -> OpenShare:
    """The share, if it may be opened at *at*; what it shows then is for its grantor's view to say.

    *standing* says that nothing happened to the grantor's account since that voids the share.

    Raises:
        RuleBroken: SHR-4 its passcodes are used up, SHR-6 it has ended, SHR-7 the account of its
            grantor.
    """
    if isinstance(state, EndedShare) and state.why is ShareEnding.EXHAUSTED:
        raise RuleBroken(rules.SHR_4)
    if not isinstance(state, OpenShare) or not state.since <= at < state.until:
        raise RuleBroken(rules.SHR_6)
    if not standing:
        raise RuleBroken(rules.SHR_7)
    return state


def check_recipient(recipient: object) -> str:
    """How the opener wants to be called: told to the patient, and believed by nobody.

    Raises:
        Malformed: it is not 1 to ``LONGEST_RECIPIENT`` printable characters.
    """
    if isinstance(recipient, str) and recipient.isprintable():
        text = " ".join(recipient.split())
        if 0 < len(text) <= LONGEST_RECIPIENT:
            return text
    what = f"must be 1 to {LONGEST_RECIPIENT} printable characters"
    raise Malformed("share", (Fault("recipient", what, rules.SHR_9),))


def is_readable(passcode: object, digits: int) -> bool:
    """Whether *passcode* is so many ASCII digits; anything else is refused, and not counted."""
    return (
        isinstance(passcode, str)
        and len(passcode) == digits
        and passcode.isascii()
        and passcode.isdigit()
    )


def check_passcode(
    state: OpenShare,
    *,
    given: str,
    expected: str,
    recipient: str,
    at: dt.datetime,
    rule: ShareRule,
) -> PasscodeRefused | None:
    """Evaluate what was *given*: a wrong passcode is an event to be committed, not an error.

    Raises:
        RuleBroken: SHR-4, none is evaluated any more.
    """
    left = state.left(rule)
    if not left:
        raise RuleBroken(rules.SHR_4)
    if hmac.compare_digest(given.encode(), expected.encode()):
        return None
    return PasscodeRefused(
        id=state.id,
        patient=state.patient,
        grantor=state.grantor,
        recipient=recipient,
        left=left - 1,
        at=at,
    )


def open_share(
    state: OpenShare,
    *,
    view: View,
    recipient: str,
    documents: tuple[DocumentId, ...],
    at: dt.datetime,
    rule: ShareRule,
) -> ShareOpened:
    """Show *documents*, those of the grantor's *view*, whose passcode was right."""
    return ShareOpened(
        id=state.id,
        patient=state.patient,
        grantor=state.grantor,
        recipient=recipient,
        opening=state.openings + 1,
        edition=view.edition.fingerprint,
        documents=documents,
        at=at,
        until=at + dt.timedelta(minutes=rule.file_minutes.value),
    )


def check_waiting(state: OpenShare, opening: int, *, at: dt.datetime) -> None:
    """Refuse a file that was fetched, or has waited too long.

    Raises:
        RuleBroken: SHR-8.
    """
    if not any(one.opening == opening and at < one.until for one in state.waiting):
        raise RuleBroken(rules.SHR_8)


def fetch_share(
    state: OpenShare,
    opening: int,
    *,
    view: View,
    documents: tuple[DocumentId, ...],
    at: dt.datetime,
) -> ShareFetched:
    """Hand over the file of one *opening*, with the *documents* that the view shows by now.

    Raises:
        RuleBroken: SHR-8.
    """
    check_waiting(state, opening, at=at)
    return ShareFetched(
        id=state.id,
        patient=state.patient,
        grantor=state.grantor,
        opening=opening,
        edition=view.edition.fingerprint,
        documents=documents,
        at=at,
    )


def refuse_share(
    state: Share, rule: Rule, *, recipient: str | None, at: dt.datetime
) -> ShareRefused:
    """What the journal remembers of an opening that *rule* refused."""
    return ShareRefused(
        id=state.id,
        patient=state.patient,
        grantor=state.grantor,
        recipient=recipient,
        rule=rule.id,
        at=at,
    )


def end_share(
    state: Share,
    *,
    account: AccountId,
    viewer: Viewer,
    patient: PersonId,
    at: dt.datetime,
) -> ShareEnded | None:
    """End the share; None if it has ended already.

    *viewer* with *account* is whoever ends it, *patient* the person whose card it is.

    Raises:
        RuleBroken: SHR-6, it is neither their own nor of their own card.
    """
    in_person = viewer.person == patient and viewer.role is Role.SELF
    if state.account != account and not in_person:
        raise RuleBroken(rules.SHR_6)
    if isinstance(state, EndedShare):
        return None
    why = ShareEnding.BY_GRANTOR if state.account == account else ShareEnding.BY_PATIENT
    return ShareEnded(id=state.id, patient=state.patient, why=why, at=at)


# -- The state after ------------------------------------------------------------------------------


def evolve_share(state: Share | None, event: ShareEvent) -> Share:
    """The state after *event*."""
    match event:
        case ShareMade():
            return OpenShare(
                id=event.id,
                patient=event.patient,
                grantor=event.grantor,
                account=event.account,
                sections=event.sections,
                since=event.at,
                until=event.until,
                nonce=event.nonce,
                key=event.key,
                digits=event.digits,
            )
        case ShareOpened():
            share = _open(state)
            new = Waiting(opening=event.opening, until=event.until)
            waiting = (*(one for one in share.waiting if event.at < one.until), new)
            return attrs.evolve(share, openings=event.opening, waiting=waiting[-_MOST_FILES:])
        case ShareFetched():
            share = _open(state)
            waiting = tuple(one for one in share.waiting if one.opening != event.opening)
            return attrs.evolve(share, waiting=waiting)
        case PasscodeRefused():
            share = _open(state)
            if not event.left:
                return _ended(share, event.at, ShareEnding.EXHAUSTED)
            return attrs.evolve(share, failures=share.failures + 1)
        case ShareEnded():
            return _ended(_open(state), event.at, event.why)
        case _:
            assert_never(event)


def _open(state: Share | None) -> OpenShare:
    if not isinstance(state, OpenShare):
        raise TypeError("only an open share changes")
    return state


def _ended(share: OpenShare, at: dt.datetime, why: ShareEnding) -> EndedShare:
    return EndedShare(
        id=share.id,
        patient=share.patient,
        grantor=share.grantor,
        account=share.account,
        sections=share.sections,
        since=share.since,
        until=share.until,
        openings=share.openings,
        at=at,
        why=why,
    )

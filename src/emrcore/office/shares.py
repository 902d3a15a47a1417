"""Sharing a card with somebody who has no account here: a link, a passcode, and each opening."""

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

import attrs

from emrcore import rules, sessions, sharing
from emrcore.access import Reason, View, decide
from emrcore.errors import RuleBroken
from emrcore.journal import Actor, ActorKind, Context, Outcome
from emrcore.office import places
from emrcore.office.circumstances import PURPOSES, context
from emrcore.office.entering import check_session
from emrcore.office.factors import Factors
from emrcore.office.keeping import citizen as acting
from emrcore.office.notices import tell_card
from emrcore.office.once import Told
from emrcore.office.readers import Citizen
from emrcore.office.reading import known_facts
from emrcore.office.second_factor import Answer, load_factor
from emrcore.office.share_secrets import (
    address_of,
    digest_of,
    key_of,
    opening_of,
    passcode_of,
    ticket_of,
)
from emrcore.office.work import Work
from emrcore.people import PatientId
from emrcore.ports import Keys, Shard
from emrcore.records import MOST, Document
from emrcore.rulebook import Means
from emrcore.rules import Rule
from emrcore.sessions import Action, ActionKind, NoticeKind
from emrcore.sharing import (
    SHARE_STATES,
    Address,
    OpenShare,
    Seed,
    Share,
    ShareId,
    ShareOpened,
    Terms,
)
from emrcore.wire import decode

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class MadeShare:
    """A share, and what is told only here: for a link (``address``, ``key``), and the passcode.

    The address has 43 URL-safe characters and belongs into the link's ``url``; the key has 32
    bytes. Both go to the doctor as one link or picture, the passcode by another way.
    """

    share: OpenShare
    address: str = attrs.field(repr=False)
    key: bytes = attrs.field(repr=False)
    passcode: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class OpenedShare:
    """What a share shows now: the ``documents`` of the ``view``, newest first.

    They leave under the ``key`` only. Where the file is not handed over at once, ``ticket`` fetches
    it once, before ``until`` (exclusive); both are None when that was done.
    """

    share: ShareId
    view: View
    documents: tuple[Document, ...] = attrs.field(repr=False)
    key: bytes = attrs.field(repr=False)
    ticket: str | None = attrs.field(default=None, repr=False)
    until: dt.datetime | None = None


@attrs.frozen
class WrongPasscode:
    """The passcode was wrong, or none; ``left`` more may be."""

    left: int


class Shares(Factors):
    """The verbs about shares: those of a citizen, and the two of whoever holds a link."""

    __slots__ = ()

    # -- Whose card it is -------------------------------------------------------------------------

    def share_action(self, citizen: Citizen, patient: PatientId, terms: Terms) -> Action:
        """What is to be approved to share the card of *patient* by *terms*."""
        about = {
            "patient": patient,
            "role": citizen.role,
            "sections": ",".join(sorted(terms.sections)),
            "until": terms.until.isoformat(),
        }
        return Action(ActionKind.SHARE, about)

    def make_share(
        self,
        citizen: Citizen,
        patient: PatientId,
        terms: Terms,
        given: object,
        *,
        means: Means = Means.SMS,
    ) -> MadeShare:
        """Share the card of *patient* by *terms*, approved by the code *given* (SES-15).

        Approve ``share_action(citizen, patient, terms)`` first: begin it with ``begin_approval``.
        The proof, the share and its address are three commits, since each belongs to another shard;
        what a crash leaves between them opens nothing, and ``Office.once`` carries the rest out.

        Raises:
            RuleBroken: SHR-1 by these terms nothing may be shared, the access rule that closes the
                card, SES-3 the code was not accepted, SES-8 the session, APP-5 there is no card.
            Malformed: it is no code (SES-11).
        """

        def verb(work: Work) -> MadeShare:
            seed = Seed(
                id=ShareId(self.new_id()),
                nonce=self.randomness.bytes(32),
                key=self.keys.current,
            )
            event = self._sharing(work, citizen, patient, terms, seed)
            place = places.share(patient, event.id)
            work.text(place)
            after = sharing.evolve_share(None, event)
            work.put(place, after)
            work.note(event, acting(citizen.account), patient, context(citizen, patient))
            return _made(self.keys, after)

        def again(work: Work, share: str) -> MadeShare:
            check_session(self, work, citizen.account, citizen.token)
            place = places.share(patient, ShareId(share))
            return _made(self.keys, work.load(place, *SHARE_STATES))

        def approved(work: Work) -> bool:
            seed = Seed(
                id=ShareId(""), nonce=b"", key=""
            )  # only to be told beforehand what refuses
            self._sharing(work, citizen, patient, terms, seed)
            return self._approved(work, citizen, action, answer, means)

        action = self.share_action(citizen, patient, terms)
        answer = Answer(code=sessions.readable(given, means))
        if not self.do(Shard.of_account(citizen.account.id), approved):
            raise RuleBroken(rules.SES_3)
        told = Told[MadeShare](keep=lambda made: made.share.id, again=again)
        made = self.do(Shard.of_patient(patient), verb, told=told)
        self._publish(made)
        return made

    def _sharing(
        self, work: Work, citizen: Citizen, patient: PatientId, terms: Terms, seed: Seed
    ) -> sharing.ShareMade:
        check_session(self, work, citizen.account, citizen.token)
        facts = known_facts(work, citizen.account.id, patient)
        view = decide(facts, citizen.viewer, at=work.now, edition=self.edition(work.now))
        return sharing.make_share(view, terms, account=citizen.account.id, seed=seed, at=work.now)

    def _publish(self, made: MadeShare) -> None:
        """Let the address lead to the share."""
        digest = digest_of(made.address)
        if digest is None:
            raise TypeError("an address was made, and is none")
        place = places.address(digest)

        def verb(work: Work) -> None:
            if work.text(place) is None:
                work.put(place, Address(patient=made.share.patient, share=made.share.id))

        self.apart(place.shard, verb)

    def find_shares(self, citizen: Citizen, patient: PatientId) -> tuple[Share, ...]:
        """All shares ever made of the card, the earliest first, for whoever may see the card.

        Who opened them is told by ``who_looked`` (SHR-9).

        Raises:
            RuleBroken: SES-8 the session, APP-5 there is no card, the access rule that closes it.
        """

        def verb(work: Work) -> tuple[Share, ...]:
            check_session(self, work, citizen.account, citizen.token)
            facts = known_facts(work, citizen.account.id, patient)
            view = decide(facts, citizen.viewer, at=work.now, edition=self.edition(work.now))
            if view.refusal:
                raise RuleBroken(view.refusal.rule)
            found = self.storage.find(work.shard, "share")
            loaded = (work.load(key, *SHARE_STATES) for key in found)
            return tuple(sorted(filter(None, loaded), key=lambda share: (share.since, share.id)))

        return self.apart(Shard.of_patient(patient), verb)

    def end_share(self, citizen: Citizen, patient: PatientId, share: ShareId) -> Share:
        """End a share of one's own, or any of one's own card; if it has ended, nothing happens.

        Raises:
            RuleBroken: SES-8 the session, SHR-6 there is no such share, or it is not theirs.
        """

        def verb(work: Work) -> Share:
            check_session(self, work, citizen.account, citizen.token)
            place = places.share(patient, share)
            state = work.load(place, *SHARE_STATES)
            if state is None:
                raise RuleBroken(rules.SHR_6)
            event = sharing.end_share(
                state,
                account=citizen.account.id,
                viewer=citizen.viewer,
                patient=known_facts(work, None, patient).person.id,
                at=work.now,
            )
            if event is None:
                return state
            after = sharing.evolve_share(state, event)
            work.put(place, after)
            work.note(event, acting(citizen.account), patient, context(citizen, patient))
            return after

        return self.do(Shard.of_patient(patient), verb)

    # -- Whoever holds the link -------------------------------------------------------------------

    def open_share(
        self, address: str, *, recipient: object, passcode: object = None
    ) -> OpenedShare | WrongPasscode:
        """Open the share at *address* for whoever calls themselves *recipient*.

        What it shows is decided now (SHR-2), and whoever may see the card is told (NTC-2). Why it
        does not open is in the journal of the card, and is told to nobody; so is an address that
        leads nowhere.

        Raises:
            RuleBroken: SHR-3, it does not open.
            Malformed: *recipient* is no name that could be shown to the patient (SHR-9).
        """
        name = sharing.check_recipient(recipient)

        def attempt(work: Work, share: OpenShare, view: View) -> OpenedShare | WrongPasscode:
            rule = sharing.rule_of(view.edition)
            if not sharing.is_readable(passcode, share.digits):
                _refuse(work, share, rules.SHR_4, name)
                return WrongPasscode(share.left(rule))
            wrong = sharing.check_passcode(
                share,
                given=str(passcode),
                expected=passcode_of(self.keys, share),
                recipient=name,
                at=work.now,
                rule=rule,
            )
            if wrong:
                work.put(places.share(share.patient, share.id), sharing.evolve_share(share, wrong))
                work.note(wrong, _holder(share), share.patient, _circumstances(share, refused=True))
                return WrongPasscode(wrong.left)
            documents = self._documents(view)
            event = sharing.open_share(
                share,
                view=view,
                recipient=name,
                documents=tuple(one.id for one in documents),
                at=work.now,
                rule=rule,
            )
            work.put(places.share(share.patient, share.id), sharing.evolve_share(share, event))
            work.note(event, _holder(share), share.patient, _circumstances(share))
            opening = f"{share.id}.{event.opening}"
            tell_card(work, share.patient, NoticeKind.SHARE_OPENED, opening)
            return _opened(self.keys, share, view, documents, event)

        return self._answered(address, name, attempt)

    def fetch_share(self, address: str, ticket: object) -> OpenedShare:
        """Fetch the file of an earlier opening, by the *ticket* that came with it, once (SHR-8).

        What it shows is decided again: of a right that ended meanwhile nothing leaves.

        Raises:
            RuleBroken: SHR-3, it does not open.
        """

        def attempt(work: Work, share: OpenShare, view: View) -> OpenedShare:
            opening = opening_of(self.keys, share, ticket)
            sharing.check_waiting(share, opening, at=work.now)
            documents = self._documents(view)
            event = sharing.fetch_share(
                share,
                opening,
                view=view,
                documents=tuple(one.id for one in documents),
                at=work.now,
            )
            work.put(places.share(share.patient, share.id), sharing.evolve_share(share, event))
            work.note(event, _holder(share), share.patient, _circumstances(share))
            return _opened(self.keys, share, view, documents)

        return self._answered(address, None, attempt)

    def _answered(
        self, address: str, name: str | None, attempt: Callable[[Work, OpenShare, View], T]
    ) -> T:
        """What *attempt* makes of the share at *address*; a refusal is entered, then told."""
        found = self._found(address)
        if found is None:
            raise RuleBroken(rules.SHR_3)

        def verb(work: Work) -> T | None:
            state = work.load(places.share(found.patient, found.share), *SHARE_STATES)
            if state is None:
                return None
            try:
                share, view = self._showing(work, state)
                return attempt(work, share, view)
            except RuleBroken as refusal:
                _refuse(work, state, refusal.rule, name)
                return None

        answer = self.do(Shard.of_patient(found.patient), verb)
        if answer is None:
            raise RuleBroken(rules.SHR_3)
        return answer

    def _found(self, address: str) -> Address | None:
        """Where *address* leads to; that never changes, so no commit has to expect it."""
        digest = digest_of(address)
        if digest is None:
            return None
        place = places.address(digest)
        stored = self.storage.load(place).get(place)
        return decode(stored.text, Address) if stored else None

    def _showing(self, work: Work, state: Share) -> tuple[OpenShare, View]:
        """The share, and what it shows now: what its grantor sees, of the chosen sections (SHR-2).

        Raises:
            RuleBroken: the rule by which it does not open.
        """
        factor = load_factor(work, state.account)
        standing = factor is not None and factor.stands_since(state.since)
        share = sharing.still_open(state, standing=standing, at=work.now)
        facts = known_facts(work, share.account, share.patient)
        view = decide(facts, share.grantor, at=work.now, edition=self.edition(work.now))
        sharing.rule_of(view.edition)
        if view.refusal:
            raise RuleBroken(view.refusal.rule)
        return share, view.within(share.sections, Reason(rule=rules.SHR_2, source="choice: 14"))

    def _documents(self, view: View) -> tuple[Document, ...]:
        """All documents of *view*, the newest first."""
        found: list[Document] = []
        cursor: str | None = None
        while True:
            page = self.storage.page(view, cursor=cursor, size=MOST)
            found += page.documents
            cursor = page.cursor
            if cursor is None:
                return tuple(found)


# -- What is told ----------------------------------------------------------------------------------


def _made(keys: Keys, state: Share | None) -> MadeShare:
    """All that is told of a share to whoever made it.

    Raises:
        RuleBroken: SHR-6, it has ended.
    """
    if not isinstance(state, OpenShare):
        raise RuleBroken(rules.SHR_6)
    return MadeShare(
        share=state,
        address=address_of(keys, state),
        key=key_of(keys, state),
        passcode=passcode_of(keys, state),
    )


def _opened(
    keys: Keys,
    share: OpenShare,
    view: View,
    documents: tuple[Document, ...],
    event: ShareOpened | None = None,
) -> OpenedShare:
    return OpenedShare(
        share=share.id,
        view=view,
        documents=documents,
        key=key_of(keys, share),
        ticket=ticket_of(keys, share, event.opening) if event else None,
        until=event.until if event else None,
    )


# -- The entry -------------------------------------------------------------------------------------


def _holder(share: Share) -> Actor:
    """Whoever holds the link: nobody knows who that is, so they are named by the share."""
    return Actor(kind=ActorKind.HOLDER, id=share.id)


def _refuse(work: Work, share: Share, rule: Rule, name: str | None) -> None:
    """Enter that *rule* refused an opening."""
    event = sharing.refuse_share(share, rule, recipient=name, at=work.now)
    work.note(event, _holder(share), share.patient, _circumstances(share, refused=True))


def _circumstances(share: Share, *, refused: bool = False) -> Context:
    return Context(
        purpose=PURPOSES[share.grantor.role],
        basis=f"patient/{share.patient}/share/{share.id}",
        outcome=Outcome.REFUSED if refused else Outcome.DONE,
    )

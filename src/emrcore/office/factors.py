"""What an account proves itself with: phone, authenticator, recovery codes; and losing them."""

import base64

import attrs

from emrcore import rules, sessions
from emrcore.applications import Operator
from emrcore.errors import RuleBroken
from emrcore.journal import Actor, ActorKind
from emrcore.office import places
from emrcore.office.codes import (
    code_for,
    is_repudiation,
    provisioning,
    totp_codes,
)
from emrcore.office.desk import Desk
from emrcore.office.entering import SignedIn, check_session, session_of, split, telling_again
from emrcore.office.indexes import blind_index
from emrcore.office.notices import notice
from emrcore.office.once import Told
from emrcore.office.papers import PhoneOf, keep_mobile, keep_secret, secret_of
from emrcore.office.readers import Citizen
from emrcore.office.second_factor import (
    Answer,
    Proof,
    begin,
    end_records,
    fresh,
    load_factor,
    prove,
    send,
    suspend,
)
from emrcore.office.work import Work
from emrcore.people import Account, AccountId, Mobile
from emrcore.ports import Shard
from emrcore.rulebook import Means
from emrcore.sessions import (
    RENEW,
    AccessEnded,
    Action,
    ActionKind,
    Attempt,
    AuthenticatorOffered,
    AuthenticatorRemoved,
    CredentialReset,
    Ending,
    NoticeKind,
    Open,
    PhoneEnd,
    Purpose,
    RecoveryCodesMade,
    SecondFactor,
)

_SECRET = 20


@attrs.frozen(kw_only=True)
class Authenticator:
    """A new authenticator: the ``address`` to be shown as a QR code, once; it holds the secret."""

    version: int
    address: str = attrs.field(repr=False)


class Factors(Desk):
    """The verbs about what an account proves itself with."""

    __slots__ = ()

    # -- Proving again, within a session ----------------------------------------------------------

    def begin_approval(
        self, citizen: Citizen, action: Action = RENEW, *, means: Means = Means.SMS
    ) -> None:
        """Send a code that approves *action* and nothing else (SES-15).

        Raises:
            RuleBroken: SES-8 the session, SES-5 locked, SES-10 too soon or too often, SES-17 there
                is no phone, SES-18 the phone is too new for anything sensitive.
        """

        def verb(work: Work) -> None:
            state, factor = _inside(self, work, citizen)
            begin(self, work, factor, _attempt(state, action, means))

        self.do(Shard.of_account(citizen.account.id), verb)

    def renew(self, citizen: Citizen, given: object, *, means: Means = Means.SMS) -> SignedIn:
        """Prove the factor again: the session is fresh, under a new token; the old one is void.

        Raises:
            RuleBroken: SES-3 the code was not accepted, SES-8 the session.
            Malformed: it is no code (SES-11).
        """
        answer = Answer(code=sessions.readable(given, means))

        def verb(work: Work) -> SignedIn | None:
            state, factor = _inside(self, work, citizen)
            proof = prove(self, work, factor, _attempt(state, RENEW, means), answer)
            return self._renewed(work, state, proof) if proof else None

        told = Told[SignedIn | None](keep=session_of, again=telling_again(self, citizen.account))
        return _accepted(self.do(Shard.of_account(citizen.account.id), verb, told=told))

    def _renewed(self, work: Work, state: Open, proof: Proof) -> SignedIn:
        secret = self.randomness.bytes(32).hex()
        event = sessions.renew(state, proof.accepted, secret=secret)
        work.put(places.session(state.account, state.id), sessions.evolve_session(state, event))
        work.note(event, Actor(kind=ActorKind.CITIZEN, id=state.account))
        return SignedIn(
            token=f"{state.id}.{secret}", session=state.id, recovery_code=proof.recovery_code
        )

    def approve(
        self, citizen: Citizen, action: Action, given: object, *, means: Means = Means.SMS
    ) -> None:
        """Approve *action*, for a host that carries it out; it is in the journal.

        Raises:
            RuleBroken: SES-3 the code was not accepted, SES-8 the session.
            Malformed: it is no code (SES-11).
        """
        answer = Answer(code=sessions.readable(given, means))

        def verb(work: Work) -> bool:
            return self._approved(work, citizen, action, answer, means)

        if not self.do(Shard.of_account(citizen.account.id), verb):
            raise RuleBroken(rules.SES_3)

    def _approved(
        self, work: Work, citizen: Citizen, action: Action, answer: Answer, means: Means
    ) -> bool:
        """Whether *answer* approves *action*; either way it is kept and counted."""
        state, factor = _inside(self, work, citizen)
        return prove(self, work, factor, _attempt(state, action, means), answer) is not None

    # -- The phone --------------------------------------------------------------------------------

    def phone_change(self, mobile: Mobile) -> Action:
        """What is to be approved to change to *mobile*."""
        index = blind_index(self.keys, mobile, key=self.keys.current)
        return Action(ActionKind.PHONE, {"phone": index.digest.hex()})

    def change_phone(
        self, citizen: Citizen, mobile: Mobile, given: object, *, means: Means = Means.SMS
    ) -> None:
        """Send a code to *mobile*, approved by the code *given*; the old phone is told (SES-18).

        Approve ``phone_change(mobile)`` first: begin it with ``begin_approval``.

        Raises:
            RuleBroken: SES-3 the code was not accepted, SES-8 the session, SES-10 too often,
                SES-17 no number of that country.
            Malformed: it is no code (SES-11).
        """
        answer = Answer(code=sessions.readable(given, means))

        def verb(work: Work) -> bool:
            if not mobile.canonical.startswith(self.entry(work.now).phone.countries.value):
                raise RuleBroken(rules.SES_17)
            state, factor = _inside(self, work, citizen)
            attempt = _attempt(state, self.phone_change(mobile), means)
            proof = prove(self, work, factor, attempt, answer)
            if proof is None:
                return False
            event = sessions.new_phone(
                proof.factor,
                _new_phone(state),
                fresh=fresh(self),
                at=work.now,
                rule=self.entry(work.now),
            )
            after, version = send(work, proof.factor, event), event.challenge.phone
            keep_mobile(self, work, _phone(citizen.account, version), mobile)
            notice(work, after, NoticeKind.PHONE_CHANGE, about=version)
            return True

        if not self.do(Shard.of_account(citizen.account.id), verb):
            raise RuleBroken(rules.SES_3)

    def confirm_phone(
        self, citizen: Citizen, given: object, *, acknowledged: str | None = None
    ) -> None:
        """Bind the new phone with the code it received; every session ends, this one included.

        Where no phone was bound before, the notice about SMS must be *acknowledged*.

        Raises:
            RuleBroken: SES-3 the code was not accepted, SES-8 the session, SES-16 the notice is not
                acknowledged.
            Malformed: it is no code (SES-11).
        """
        answer = Answer(code=sessions.readable(given, Means.SMS))

        def verb(work: Work) -> bool:
            state, factor = _inside(self, work, citizen)
            acknowledging = attrs.evolve(answer, acknowledged=acknowledged)
            proof = prove(self, work, factor, _new_phone(state), acknowledging)
            if proof is None:
                return False
            end_records(work, state.account, factor.sessions, Ending.PHONE_CHANGED)
            old = factor.phone.version if factor.phone else None
            notice(work, proof.factor, NoticeKind.PHONE_CHANGED, to=old)
            return True

        if not self.do(Shard.of_account(citizen.account.id), verb):
            raise RuleBroken(rules.SES_3)

    def report_phone_lost(self, account: Account) -> None:
        """Use the phone no more, on the word of whom the host has signed in (SES-19)."""
        self._suspend(account.id, PhoneEnd.LOST)

    def suspend_phone(self, account: AccountId, why: PhoneEnd) -> None:
        """Use the phone no more, for a reason the host has learnt, such as a changed SIM."""
        self._suspend(account, why)

    def repudiate(self, account: AccountId, token: str) -> bool:
        """Undo a change of phone that the person at the old phone did not ask for.

        *token* came with the notice. It grants nothing: the phone and all that is bound is out of
        use, sessions end, and the person must be proven anew. A later change does not bury it.
        Whether it had any effect: once only.
        """

        def verb(work: Work) -> bool:
            factor = load_factor(work, account)
            known = factor.phones if factor else ()
            repudiated = (
                phone.version
                for phone in known
                if is_repudiation(self.keys, account, phone.version, token)
            )
            version = next(repudiated, None)
            if version is None or not sessions.is_repudiable(known, version):
                return False
            suspend(work, account, PhoneEnd.REPUDIATED)
            return True

        return self.do(Shard.of_account(account), verb)

    def _suspend(self, account: AccountId, why: PhoneEnd) -> None:
        self.do(Shard.of_account(account), lambda work: suspend(work, account, why))

    # -- The authenticator ------------------------------------------------------------------------

    def offer_authenticator(self, citizen: Citizen, *, issuer: str) -> Authenticator:
        """Make a new authenticator; it serves once ``bind_authenticator`` has seen its first code.

        *issuer* is the portal's name, as the authenticator shows it.

        Raises:
            RuleBroken: SES-8 the session, SES-14 the second factor was not proven just now.
        """

        def verb(work: Work) -> Authenticator:
            factor = _fresh(self, work, citizen)
            version = max(factor.totp.version if factor.totp else 0, factor.new_totp or 0) + 1
            secret = base64.b32encode(self.randomness.bytes(_SECRET)).decode()
            keep_secret(self, work, citizen.account, version, secret)
            event = AuthenticatorOffered(account=factor.account, version=version, at=work.now)
            _apply(work, factor, event, citizen.account)
            address = provisioning(secret, account=factor.account, issuer=issuer)
            return Authenticator(version=version, address=address)

        told = Told[Authenticator](keep=lambda _: "", again=lambda work, _: verb(work))
        return self.do(Shard.of_account(citizen.account.id), verb, told=told)

    def bind_authenticator(self, citizen: Citizen, given: object) -> None:
        """Bind the authenticator that was offered, with the first code it shows.

        Raises:
            RuleBroken: SES-3 the code was not accepted, SES-8, SES-14 as for the offer.
            Malformed: it is no code (SES-11).
        """
        text = sessions.readable(given, Means.TOTP)

        def verb(work: Work) -> None:
            factor = _fresh(self, work, citizen)
            offered = factor.new_totp
            secret = secret_of(self, work, factor.account, offered) if offered else None
            if secret is None:
                raise RuleBroken(rules.SES_3)
            expected = totp_codes(secret, work.now)
            event = sessions.bind_authenticator(factor, given=text, expected=expected, at=work.now)
            after = _apply(work, factor, event, citizen.account)
            notice(work, after, NoticeKind.AUTHENTICATOR)

        self.do(Shard.of_account(citizen.account.id), verb)

    def remove_authenticator(self, citizen: Citizen) -> None:
        """Use the authenticator no more.

        Raises:
            RuleBroken: SES-8 the session, SES-14 the second factor was not proven just now.
        """

        def verb(work: Work) -> None:
            factor = _fresh(self, work, citizen)
            event = AuthenticatorRemoved(account=factor.account, at=work.now)
            after = _apply(work, factor, event, citizen.account)
            notice(work, after, NoticeKind.AUTHENTICATOR)

        self.do(Shard.of_account(citizen.account.id), verb)

    def make_recovery_codes(self, citizen: Citizen) -> tuple[str, ...]:
        """New recovery codes, told only here; the ones before are void (SES-22).

        Raises:
            RuleBroken: SES-8 the session, SES-14 the second factor was not proven just now.
        """

        def verb(work: Work) -> tuple[str, ...]:
            factor = _fresh(self, work, citizen)
            kept, codes = sessions.new_recovery_codes(self.randomness.bytes)
            place = places.recovery(factor.account)
            work.text(place)
            work.put(place, kept)
            event = RecoveryCodesMade(account=factor.account, number=len(codes), at=work.now)
            after = _apply(work, factor, event, citizen.account)
            notice(work, after, NoticeKind.RECOVERY)
            return codes

        told = Told[tuple[str, ...]](keep=lambda _: "", again=lambda work, _: verb(work))
        return self.do(Shard.of_account(citizen.account.id), verb, told=told)

    # -- The operator's desk ----------------------------------------------------------------------

    def reproof(
        self, account: Account, mobile: Mobile, *, by: Operator, confirmed_by: Operator
    ) -> None:
        """Begin anew with *mobile*, for a person whom two operators have proven as at the start.

        All that was bound is void and every lock opens; a first password goes out (SES-20).

        Raises:
            RuleBroken: SES-20 one operator alone, SES-1 nothing was ever granted, APP-7 an operator
                is the person.
        """
        if account.person in {by.person, confirmed_by.person}:
            raise RuleBroken(rules.APP_7)

        def verb(work: Work) -> None:
            before = load_factor(work, account.id)
            if before is None:
                raise RuleBroken(rules.SES_1)
            event = sessions.reproof(before, by=by.id, confirmed_by=confirmed_by.id, at=work.now)
            end_records(work, account.id, before.sessions, Ending.REPROOFED)
            after = sessions.evolve_factor(before, event)
            work.note(event, Actor(kind=ActorKind.OPERATOR, id=by.id))
            if before.phone:
                notice(work, before, NoticeKind.REPROOFED)
            issued = sessions.issue_first_password(
                after, account=account.id, fresh=fresh(self), at=work.now, rule=self.entry(work.now)
            )
            if issued is None:
                raise TypeError("nothing is bound after proofing")
            send(work, after, issued)
            version = issued.challenge.phone
            keep_mobile(self, work, _phone(account, version), mobile)

        self.do(Shard.of_account(account.id), verb)

    def hand_over_first_password(self, account: Account, *, by: Operator) -> str:
        """A first password for a person who stands before the operator, where none goes by SMS.

        Raises:
            RuleBroken: SES-17 first passwords do go by SMS, SES-1 nothing is granted, or nothing is
                left to be issued, APP-7 the operator is the person.
        """
        if by.person == account.person:
            raise RuleBroken(rules.APP_7)

        def verb(work: Work) -> tuple[str, str]:
            rule = self.entry(work.now)
            if Means.SMS in rule.means.value:
                raise RuleBroken(rules.SES_17)
            before = load_factor(work, account.id)
            issued = before and sessions.issue_first_password(
                before, account=account.id, fresh=fresh(self), at=work.now, rule=rule
            )
            if not before or not issued:
                raise RuleBroken(rules.SES_1)
            work.put(places.factor(account.id), sessions.evolve_factor(before, issued))
            work.note(issued, Actor(kind=ActorKind.OPERATOR, id=by.id))
            return code_for(self.keys, account.id, issued.challenge), issued.challenge.reference

        def again(work: Work, reference: str) -> tuple[str, str]:
            factor = load_factor(work, account.id)
            challenge = factor.challenge if factor else None
            if challenge is None or challenge.reference != reference:
                raise RuleBroken(rules.SES_1)
            return code_for(self.keys, account.id, challenge), reference

        told = Told[tuple[str, str]](keep=lambda pair: pair[1], again=again)
        code, _ = self.do(Shard.of_account(account.id), verb, told=told)
        return code

    def record_credential_reset(self, account: AccountId) -> None:
        """The portal has set a new password, after proof.

        From now on an authenticator, if there is one, opens a lock for good.
        """

        def verb(work: Work) -> None:
            factor = load_factor(work, account)
            if factor:
                event = CredentialReset(account=account, at=work.now)
                work.put(places.factor(account), sessions.evolve_factor(factor, event))
                work.note(event, Actor(kind=ActorKind.SYSTEM, id="host"))

        self.do(Shard.of_account(account), verb)

    def end_access(self, account: AccountId) -> None:
        """Nothing is granted to *account* any more: codes, phones, sessions are void (SES-27)."""

        def verb(work: Work) -> None:
            factor = load_factor(work, account)
            if factor:
                end_records(work, account, factor.sessions, Ending.ACCESS_ENDED)
                event = AccessEnded(account=account, at=work.now)
                work.put(places.factor(account), sessions.evolve_factor(factor, event))
                work.note(event, Actor(kind=ActorKind.SYSTEM, id="host"))

        self.do(Shard.of_account(account), verb)

    def find_factor(self, account: AccountId) -> SecondFactor | None:
        """How *account* stands: for an operator, who may know which limit refuses until when."""
        work = Work(storage=self.storage, shard=Shard.of_account(account), now=self.now())
        return load_factor(work, account)


def _inside(desk: Desk, work: Work, citizen: Citizen) -> tuple[Open, SecondFactor]:
    """The citizen's session, in use, and the second factor.

    Raises:
        RuleBroken: SES-8.
    """
    check_session(desk, work, citizen.account, citizen.token)
    session, _ = split(citizen.token)
    state = work.load(places.session(citizen.account.id, session), *sessions.SESSION_STATES)
    factor = load_factor(work, citizen.account.id)
    if not isinstance(state, Open) or factor is None:
        raise RuleBroken(rules.SES_8)
    return state, factor


def _fresh(desk: Desk, work: Work, citizen: Citizen) -> SecondFactor:
    """The second factor of a session in which it was proven just now.

    Raises:
        RuleBroken: SES-8, SES-14.
    """
    state, factor = _inside(desk, work, citizen)
    sessions.check_fresh(state, at=work.now, rule=desk.entry(work.now))
    return factor


def _attempt(state: Open, action: Action, means: Means) -> Attempt:
    return Attempt(
        account=state.account,
        host=state.host,
        purpose=Purpose.APPROVAL,
        means=means,
        session=state.id,
        action=action,
    )


def _new_phone(state: Open) -> Attempt:
    return Attempt(
        account=state.account, host=state.host, purpose=Purpose.NEW_PHONE, session=state.id
    )


def _phone(account: Account, version: int) -> PhoneOf:
    return PhoneOf(account=account.id, person=account.person, version=version)


def _accepted(found: SignedIn | None) -> SignedIn:
    if found is None:
        raise RuleBroken(rules.SES_3)
    return found


def _apply(
    work: Work, factor: SecondFactor, event: sessions.FactorEvent, account: Account
) -> SecondFactor:
    after = sessions.evolve_factor(factor, event)
    work.put(places.factor(factor.account), after)
    work.note(event, Actor(kind=ActorKind.CITIZEN, id=account.person))
    return after

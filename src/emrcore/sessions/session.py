"""A session: the remembered result of a proof, ended by stored times and by nothing else."""

import datetime as dt
import enum
import hashlib
import hmac
from typing import NewType, assert_never

import attrs

from emrcore import rules
from emrcore.errors import RuleBroken
from emrcore.people import AccountId
from emrcore.rulebook import EntryRule
from emrcore.sessions.second_factor import CodeAccepted

SessionId = NewType("SessionId", str)

_TOUCH = dt.timedelta(seconds=30)


class Ending(enum.StrEnum):
    """Why a session ended."""

    LOGOUT = "logout"


@attrs.frozen(kw_only=True)
class Open:
    """A session that may be used; ``secret`` is the SHA-256 of what the person holds."""

    id: SessionId
    account: AccountId
    secret: str = attrs.field(repr=False)
    opened_at: dt.datetime
    used_at: dt.datetime


@attrs.frozen(kw_only=True)
class Ended:
    """A session nobody can use again."""

    id: SessionId
    account: AccountId
    at: dt.datetime
    why: Ending


Session = Open | Ended
SESSION_STATES: tuple[type[Session], ...] = (Open, Ended)


@attrs.frozen(kw_only=True)
class SessionOpened:
    """A proof opened a session."""

    id: SessionId
    account: AccountId
    secret: str = attrs.field(repr=False)
    at: dt.datetime


@attrs.frozen(kw_only=True)
class SessionUsed:
    """The session was used; noted at most every 30 seconds, so it may idle out that much early."""

    id: SessionId
    at: dt.datetime


@attrs.frozen(kw_only=True)
class SessionEnded:
    """The session ended."""

    id: SessionId
    at: dt.datetime
    why: Ending


SessionEvent = SessionOpened | SessionUsed | SessionEnded


def digest(secret: str) -> str:
    """What is stored of a secret: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def start(proof: CodeAccepted, *, id: SessionId, secret: str) -> SessionOpened:  # noqa: A002
    """Open the session that *proof* earned; *secret* is told to the person once (SES-9)."""
    return SessionOpened(id=id, account=proof.account, secret=digest(secret), at=proof.at)


def use(
    state: Session | None, *, secret: str, at: dt.datetime, rule: EntryRule
) -> SessionUsed | None:
    """Use the session; the event to remember, or None while the last use is fresh enough.

    Raises:
        RuleBroken: SES-8, it has ended, idled out or outlived itself, or the secret is not its.
    """
    if not isinstance(state, Open) or not hmac.compare_digest(state.secret, digest(secret)):
        raise RuleBroken(rules.SES_8)
    limits = rule.session
    idle = dt.timedelta(minutes=limits.idle_minutes.value)
    absolute = dt.timedelta(minutes=limits.absolute_minutes.value)
    if not state.used_at <= at < min(state.used_at + idle, state.opened_at + absolute):
        raise RuleBroken(rules.SES_8)
    return SessionUsed(id=state.id, at=at) if at - state.used_at >= _TOUCH else None


def end(state: Session | None, *, why: Ending, at: dt.datetime) -> SessionEnded | None:
    """End the session; None if it has ended already."""
    return SessionEnded(id=state.id, at=at, why=why) if isinstance(state, Open) else None


def evolve_session(state: Session | None, event: SessionEvent) -> Session:
    """The state after *event*."""
    match event:
        case SessionOpened():
            return Open(
                id=event.id,
                account=event.account,
                secret=event.secret,
                opened_at=event.at,
                used_at=event.at,
            )
        case SessionUsed():
            return attrs.evolve(_open(state), used_at=event.at)
        case SessionEnded():
            session = _open(state)
            return Ended(id=session.id, account=session.account, at=event.at, why=event.why)
        case _:
            assert_never(event)


def _open(state: Session | None) -> Open:
    if not isinstance(state, Open):
        raise TypeError("only an open session changes")
    return state

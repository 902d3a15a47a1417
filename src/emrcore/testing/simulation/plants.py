"""Bugs planted on purpose: a simulation is worth what it finds.

Each is a fault somebody might well make: in a storage, in a verb of the office, or in a function of
the core. ``PLANTS`` are all of them, with the invariants that may find each.
"""

import datetime as dt
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import attrs

from emrcore import applications, sessions, sharing
from emrcore.access import Facts, Grant, View, Viewer, decide
from emrcore.applications import Application, CheckRecorded, Filed, deciding
from emrcore.calendar import Deadline, deadline
from emrcore.envelopes import Envelope
from emrcore.office import (
    Office,
    applying,
    custody,
    desk,
    factors,
    messages,
    notices,
    papers,
    places,
    reading,
    sealed,
    second_factor,
)
from emrcore.office.desk import Desk
from emrcore.office.once import Once
from emrcore.office.sealing import DataKey
from emrcore.office.work import Work
from emrcore.people import AccountId, KinshipStatus, PersonId
from emrcore.ports import Key, Keys, OutboxItem
from emrcore.rulebook import Check, Edition
from emrcore.sessions import (
    Attempt,
    Challenge,
    CodeAccepted,
    CodeIssued,
    CodeRefused,
    PhoneSuspended,
    Purpose,
    SecondFactor,
    limits,
    session,
)
from emrcore.testing.simulation import wrong_offices, wrong_storages
from emrcore.testing.simulation.town import Kept
from emrcore.wire import Done

Swap = tuple[object, str, Callable[..., Any]]


@attrs.frozen(kw_only=True)
class Plant:
    """A bug: another memory, other verbs, or other functions.

    ``finds`` are the invariants that may notice it. ``swaps`` are modules or classes, the name of a
    function in each, and what stands there instead.
    """

    name: str
    finds: frozenset[str] = frozenset()
    memory: type[Kept] = Kept
    office: type[Office] = Office
    swaps: tuple[Swap, ...] = ()

    @contextmanager
    def planted(self) -> Generator[None]:
        """With its functions in place of the shipped ones."""
        before = [(where, name, getattr(where, name)) for where, name, _ in self.swaps]
        try:
            for where, name, wrong in self.swaps:
                setattr(where, name, wrong)
            yield
        finally:
            for where, name, right in before:
                setattr(where, name, right)


SOUND = Plant(name="sound")
"""The library as it is shipped."""


# -- Getting in ------------------------------------------------------------------------------------

_evolve_factor = sessions.evolve_factor
_verify_totp = sessions.verify_totp
Factor = SecondFactor | None


def _factor(change: Callable[[SecondFactor, SecondFactor, object], SecondFactor]) -> Swap:
    """Evolves a second factor rightly, and then *change*s what came out, given what went in."""

    def evolve(state: Factor, event: sessions.FactorEvent) -> SecondFactor:
        after = _evolve_factor(state, event)
        return change(state, after, event) if state else after

    return sessions, "evolve_factor", evolve


def _reset_by_issue(before: SecondFactor, after: SecondFactor, event: object) -> SecondFactor:
    del before
    fresh: dict[Any, Any] = {}
    return (
        attrs.evolve(after, streaks=fresh, locked=fresh, failed_at=())
        if isinstance(event, CodeIssued)
        else after
    )


def _counted_by_code(before: SecondFactor, after: SecondFactor, event: object) -> SecondFactor:
    if not isinstance(event, CodeRefused):
        return after
    return attrs.evolve(
        after, streaks=before.streaks, locked=before.locked, failed_at=before.failed_at
    )


def _kept_code(before: SecondFactor, after: SecondFactor, event: object) -> SecondFactor:
    used = isinstance(event, CodeAccepted)
    return attrs.evolve(after, challenge=before.challenge) if used else after


def _uncounted(account: AccountId, event: CodeAccepted, *, at: dt.datetime) -> OutboxItem:
    """Without the item that is unique to a code, which would have stopped the second one."""
    item = notices.proven(account, event, at=at)
    return attrs.evolve(item, id=f"{item.id}.{at.timestamp()}")


def _kept_sessions(before: SecondFactor, after: SecondFactor, event: object) -> SecondFactor:
    moved = isinstance(event, CodeAccepted) and event.purpose is Purpose.NEW_PHONE
    return attrs.evolve(after, sessions=before.sessions) if moved else after


def _kept_after_loss(before: SecondFactor, after: SecondFactor, event: object) -> SecondFactor:
    lost = isinstance(event, PhoneSuspended)
    return attrs.evolve(after, sessions=before.sessions) if lost else after


def _nothing(*given: object, **named: object) -> None:
    del given, named


def _carried_out_anew(
    request: Once, work: Work, keys: Keys, verb: Callable[[Work], object], told: object
) -> object:
    del told
    result, place = verb(work), places.done(work.shard, request.key)
    work.text(place)
    digest = request.digest(keys, keys.current)
    work.put(place, Done(request=digest, outcome="{}", at=work.now))
    return result


def _by_todays_master(request: Once, keys: Keys, digest: str) -> bool:
    return digest == request.digest(keys, keys.current)


def _always(*given: object) -> bool:
    del given
    return True


def _only_ended(state: object, **named: object) -> bool:
    del named
    return not isinstance(state, sessions.Open)


def _any_step(state: Factor, attempt: Attempt, **named: Any) -> CodeAccepted | CodeRefused:
    if state and state.totp:
        state = attrs.evolve(state, totp=attrs.evolve(state.totp, last_step=-1))
    return _verify_totp(state, attempt, **named)


# -- Applications ----------------------------------------------------------------------------------

_grant = applications.grant
_evolve_application = applications.evolve


def _unchecked(filed: Filed, *given: Any, **named: Any) -> applications.AccessGranted:
    passed = dict.fromkeys(Check, True)
    return _grant(attrs.evolve(filed, checks=passed), *given, **named)


def _moved(state: Application | None, event: applications.Event) -> Application:
    after = _evolve_application(state, event)
    if not isinstance(event, CheckRecorded) or not isinstance(after, Filed):
        return after
    due_at = after.deadline.due_at
    later = due_at + dt.timedelta(days=1) if due_at else None
    return attrs.evolve(after, deadline=attrs.evolve(after.deadline, due_at=later))


def _a_day_more(filed_at: dt.datetime, **named: Any) -> Deadline:
    term = named.pop("term")
    return deadline(filed_at, term=attrs.evolve(term, number=term.number + 1), **named)


def _role(filed: Filed, patient: Any) -> Any:
    return filed.asked[patient]


# -- Looking ---------------------------------------------------------------------------------------


def _decided(change: Callable[[Facts, Viewer], Facts]) -> Swap:
    """Decides by facts that are *change*d before."""

    def wrong(facts: Facts, viewer: Viewer, *, at: dt.datetime, edition: Edition) -> View:
        return decide(change(facts, viewer), viewer, at=at, edition=edition)

    return reading, "decide", wrong


def _immortal(facts: Facts, viewer: Viewer) -> Facts:
    del viewer
    return attrs.evolve(facts, person=attrs.evolve(facts.person, died=None))


def _tied_for_ever(facts: Facts, viewer: Viewer) -> Facts:
    del viewer
    ties = tuple(attrs.evolve(tie, status=KinshipStatus.CONFIRMED) for tie in facts.kinships)
    return attrs.evolve(facts, kinships=ties)


def _granted(facts: Facts, viewer: Viewer) -> Facts:
    since = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    return attrs.evolve(facts, grants=(Grant(viewer=viewer.person, since=since),))


def _unrestricted(facts: Facts, viewer: Viewer) -> Facts:
    del viewer
    return attrs.evolve(facts, restrictions=())


# -- Identity data ---------------------------------------------------------------------------------

_keep_sealed = sealed.keep_sealed
_mobile_of = papers.mobile_of


def _unbound(*given: object) -> bytes:
    del given
    return b"emrcore"


def _lost_key(keys: Keys, envelope: Envelope) -> Envelope:
    return attrs.evolve(envelope, wrapped=keys.wrap(bytes(32), b"nothing"))


def _also_in_clear(desk: Desk, work: Work, person: PersonId, plain: str, **where: Any) -> None:
    clear = Key(work.shard, "clear", where["at"].id)
    work.text(clear)
    work.put_text(clear, plain)
    _keep_sealed(desk, work, person, plain, **where)


def _first_number(desk: Desk, account: AccountId, version: int) -> str | None:
    return _mobile_of(desk, account, version) and _mobile_of(desk, account, 1)


def _plant(
    name: str,
    finds: str,
    *swaps: Swap,
    memory: type[Kept] = Kept,
    office: type[Office] = Office,
) -> Plant:
    found = frozenset(finds.split())
    return Plant(name=name, finds=found, memory=memory, office=office, swaps=swaps)


PLANTS: tuple[Plant, ...] = (
    _plant("blind put", "I2", memory=wrong_storages.KeptBlind),
    _plant("keys only read go unchecked", "I25", memory=wrong_storages.KeptWrittenOnly),
    _plant("versions come again", "I2", memory=wrong_storages.KeptReused),
    _plant("lost worker is listened to", "I14", memory=wrong_storages.KeptUnfenced),
    _plant("message before commit", "I7 I11", memory=wrong_storages.KeptMessageFirst),
    _plant("chain begun anew", "I9", memory=wrong_storages.Unlinked),
    _plant("journal goes back in time", "I8", memory=wrong_storages.Backwards),
    _plant("wrong shard", "I4 I6 I7", memory=wrong_storages.WrongShard),
    _plant("entry skipped", "I4", memory=wrong_storages.SkipsEntry),
    _plant("outbox item lost", "I10", memory=wrong_storages.LosesItem),
    _plant("state lost", "I2 I6", memory=wrong_storages.LosesState),
    _plant("applied and refused", "I4 I5 I7", memory=wrong_storages.AppliedAndRefused),
    _plant("document replaced", "I28", memory=wrong_storages.Replaces),
    _plant("zombie message", "I10 I15", memory=wrong_storages.WaitsForEver),
    _plant("sent and sent again", "I14 I23", memory=wrong_storages.NeverEnds),
    _plant("due forgotten", "I21", memory=wrong_storages.NeverDue),
    _plant("due after decision", "I21", memory=wrong_storages.StillDue),
    _plant("unknown commit repeated unseen", "I5", office=wrong_offices.RepeatsUnknown),
    _plant("request carried out anew", "I5", (desk, "answer", _carried_out_anew)),
    _plant("request known by today's master", "I5", (Once, "made", _by_todays_master)),
    _plant("shown without entry", "I26", office=wrong_offices.TakesUnknownForDone),
    _plant("marked before sent", "I15", office=wrong_offices.MarksFirst),
    _plant("sent after its end", "I22", office=wrong_offices.StopsItsClock),
    _plant("counters reset on re-issue", "I16", _factor(_reset_by_issue)),
    _plant("guesses counted by code", "I16", _factor(_counted_by_code)),
    _plant("never locked", "I16", (limits, "lock_until", _nothing)),
    _plant("no limit in a day", "I16", (limits, "check_failures", _nothing)),
    _plant("taken after its end", "I18", (Challenge, "runs_at", _always)),
    _plant("taken twice", "I17", _factor(_kept_code), (second_factor, "proven", _uncounted)),
    _plant("taken from any host session", "I17", (Attempt, "is_of", _always)),
    _plant("time step taken twice", "I17", (sessions, "verify_totp", _any_step)),
    _plant(
        "sessions outlive a change of phone",
        "I25",
        _factor(_kept_sessions),
        (factors, "end_records", _nothing),
    ),
    _plant(
        "sessions outlive a lost phone",
        "I25",
        _factor(_kept_after_loss),
        (sessions, "end", _nothing),
    ),
    _plant("sessions never idle out", "I25", (session, "is_over", _only_ended)),
    _plant("grant without checks", "I1", (applications, "grant", _unchecked)),
    _plant("grant to oneself", "I1", (deciding, "not_own", _nothing)),
    _plant("decided twice", "I1", (deciding, "_role", _role)),
    _plant("deadline moved", "I3", (applications, "evolve", _moved)),
    _plant("deadline a day late", "I20", (applying, "deadline", _a_day_more)),
    _plant("death ignored", "I25", _decided(_immortal)),
    _plant("ended tie believed", "I25", _decided(_tied_for_ever)),
    _plant("everybody granted", "I25", _decided(_granted)),
    _plant("restriction ignored", "I25", _decided(_unrestricted)),
    _plant("glass stays broken", "I25", (sharing, "check", _nothing)),
    _plant("sealed for any place", "I27", (DataKey, "_bound", _unbound)),
    _plant("kept in clear, too", "I27", (papers, "keep_sealed", _also_in_clear)),
    _plant("key lost in rotation", "I30", (custody, "rewrapped", _lost_key)),
    _plant("code to the first number", "I13", (messages, "mobile_of", _first_number)),
)
"""All of them."""

"""States, events and facts as canonical JSON that outlives the classes.

Every stored value carries a tag with a version. A class may be renamed, a tag never: what was
written by an older library is read by its tag. Canonical means: sorted keys, no spaces, UTC with
microseconds, so that equal values are equal bytes in every process.
"""

import base64
import binascii
import datetime as dt
import functools
import json
import types
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, Union, cast, get_args, get_origin

import attrs
import cattrs
from cattrs.gen import make_dict_unstructure_fn, override

from emrcore import (
    access,
    applications,
    diary,
    envelopes,
    feedback,
    people,
    records,
    sessions,
    sharing,
)
from emrcore.errors import Corrupt

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Done:
    """What became of a request that may be repeated; ``request`` is a keyed digest of it."""

    request: str
    outcome: str = attrs.field(repr=False)
    at: dt.datetime


TAGS: Mapping[str, type[object]] = types.MappingProxyType(
    {
        "facts.1": access.Facts,
        "done.1": Done,
        "grant.1": access.Grant,
        "card-created.1": records.CardCreated,
        "kinship-recorded.1": records.KinshipRecorded,
        "restriction-recorded.1": records.RestrictionRecorded,
        "fact-recorded.1": records.FactRecorded,
        "custody.1": people.Custody,
        "residence.1": people.Residence,
        "assent.1": people.Assent,
        "nomination.1": people.Nomination,
        "capacity.1": people.Capacity,
        "assessment.1": people.Assessment,
        "policy-cover.1": people.PolicyCover,
        "opt-out.1": people.OptOut,
        "death-recorded.1": records.DeathRecorded,
        "documents-added.1": records.DocumentsAdded,
        "card-opened.1": records.CardOpened,
        "card-coverage.1": records.CardCoverage,
        "coverage-stated.1": records.CoverageStated,
        "documents-shown.1": records.DocumentsShown,
        "retraction.retracted.1": records.Retracted,
        "retraction.reinstated.1": records.Reinstated,
        "document-retracted.1": records.DocumentRetracted,
        "document-reinstated.1": records.DocumentReinstated,
        "document-examined.1": records.DocumentExamined,
        "break-glass.broken.1": sharing.Broken,
        "glass-broken.1": sharing.GlassBroken,
        "share.open.1": sharing.OpenShare,
        "share.ended.1": sharing.EndedShare,
        "share.address.1": sharing.Address,
        "share-made.1": sharing.ShareMade,
        "share-opened.1": sharing.ShareOpened,
        "share-fetched.1": sharing.ShareFetched,
        "share-passcode-refused.1": sharing.PasscodeRefused,
        "share-refused.1": sharing.ShareRefused,
        "share-ended.1": sharing.ShareEnded,
        "break-glass.closed.1": sharing.Closed,
        "glass-closed.1": sharing.GlassClosed,
        "aftermath.awaiting-report.1": sharing.AwaitingReport,
        "aftermath.awaiting-review.1": sharing.AwaitingReview,
        "aftermath.reviewed.1": sharing.Reviewed,
        "report-given.1": sharing.ReportGiven,
        "report-missed.1": sharing.ReportMissed,
        "report-shown.1": sharing.ReportShown,
        "emergency-reviewed.1": sharing.EmergencyReviewed,
        "breaks.1": sharing.Breaks,
        "summary.1": records.Summary,
        "summary-filed.1": records.SummaryFiled,
        "summary-withdrawn.1": records.SummaryWithdrawn,
        "summary-shown.1": records.SummaryShown,
        "notice-preferences.1": sessions.NoticePreferences,
        "notices-chosen.1": sessions.NoticesChosen,
        "change-foretold.1": sessions.ChangeForetold,
        "outlook.1": sessions.Outlook,
        "told.1": sessions.Told,
        "addressees.1": sessions.Addressees,
        "application-pending.1": applications.Pending,
        "application-granted.1": applications.Granted,
        "application-rejected.1": applications.Rejected,
        "application.filed.1": applications.Filed,
        "application.decided.1": applications.Decided,
        "application-filed.1": applications.ApplicationFiled,
        "check-recorded.1": applications.CheckRecorded,
        "access-granted.1": applications.AccessGranted,
        "access-rejected.1": applications.AccessRejected,
        "outcome.needs-kinship.1": applications.NeedsKinship,
        "outcome.withdrawn.1": applications.Withdrawn,
        "outcome.superseded.1": applications.Superseded,
        "outcome.expired.1": applications.Expired,
        "application.suspended.1": applications.Suspended,
        "application.returned.1": applications.Returned,
        "kinship-awaited.1": applications.KinshipAwaited,
        "tie-confirmed.1": applications.TieConfirmed,
        "clarification-asked.1": applications.ClarificationAsked,
        "clarification-answered.1": applications.ClarificationAnswered,
        "application-returned.1": applications.ApplicationReturned,
        "correction-received.1": applications.CorrectionReceived,
        "application-withdrawn.1": applications.ApplicationWithdrawn,
        "card-superseded.1": applications.CardSuperseded,
        "application-expired.1": applications.ApplicationExpired,
        "deadline-missed.1": applications.DeadlineMissed,
        "evidence.kept.1": applications.Kept,
        "evidence.deleted.1": applications.Deleted,
        "evidence-kept.1": applications.EvidenceKept,
        "evidence-shown.1": applications.EvidenceShown,
        "evidence-deleted.1": applications.EvidenceDeleted,
        "factor.1": sessions.SecondFactor,
        "enrolment-opened.1": sessions.EnrolmentOpened,
        "first-password-issued.1": sessions.FirstPasswordIssued,
        "code-issued.1": sessions.CodeIssued,
        "code-accepted.1": sessions.CodeAccepted,
        "code-refused.1": sessions.CodeRefused,
        "entry-refused.1": sessions.EntryRefused,
        "message-dispatched.1": sessions.MessageDispatched,
        "authenticator-offered.1": sessions.AuthenticatorOffered,
        "authenticator-bound.1": sessions.AuthenticatorBound,
        "authenticator-removed.1": sessions.AuthenticatorRemoved,
        "recovery-codes.1": sessions.RecoveryCodes,
        "recovery-codes-made.1": sessions.RecoveryCodesMade,
        "phone-suspended.1": sessions.PhoneSuspended,
        "reproofed.1": sessions.Reproofed,
        "credential-reset.1": sessions.CredentialReset,
        "access-ended.1": sessions.AccessEnded,
        "left.1": sessions.Left,
        "sending-budget.1": sessions.Budget,
        "sending-traffic.1": sessions.Traffic,
        "delivery.1": sessions.Delivery,
        "dispatch-refused.1": sessions.DispatchRefused,
        "delivery-reported.1": sessions.DeliveryReported,
        "session.open.1": sessions.Open,
        "session.ended.1": sessions.Ended,
        "session-opened.1": sessions.SessionOpened,
        "session-used.1": sessions.SessionUsed,
        "session-renewed.1": sessions.SessionRenewed,
        "session-told-again.1": sessions.SessionToldAgain,
        "login.1": sessions.Login,
        "session-ended.1": sessions.SessionEnded,
        "envelope.kept.1": envelopes.Envelope,
        "envelope.erased.1": envelopes.Erased,
        "sealed.1": envelopes.Sealed,
        "papers-shown.1": envelopes.PapersShown,
        "person-erased.1": envelopes.PersonErased,
        "card-envelope.kept.1": envelopes.CardEnvelope,
        "card-envelope.shredded.1": envelopes.Shredded,
        "card-erased.1": envelopes.CardErased,
        "guardian-resigned.1": records.GuardianResigned,
        "no-guardian-left.1": records.NoGuardianLeft,
        "words.kept.1": diary.Words,
        "words.withdrawn.1": diary.WithdrawnWords,
        "words.answers.1": diary.Answers,
        "words.measured.1": diary.Measured,
        "words.note.1": diary.Note,
        "words-written.1": diary.WordsWritten,
        "words-corrected.1": diary.WordsCorrected,
        "audience-named.1": diary.AudienceNamed,
        "words-withdrawn.1": diary.WordsWithdrawn,
        "words-shown.1": diary.WordsShown,
        "wish.filed.1": feedback.FiledWish,
        "wish.published.1": feedback.PublishedWish,
        "wish.answered.1": feedback.AnsweredWish,
        "wish.merged.1": feedback.MergedWish,
        "wish.hidden.1": feedback.HiddenWish,
        "wish-text.1": feedback.WishText,
        "wish-filings.1": feedback.Filings,
        "wish-filed.1": feedback.WishFiled,
        "wish-published.1": feedback.WishPublished,
        "wish-hidden.1": feedback.WishHidden,
        "wish-planned.1": feedback.WishPlanned,
        "wish-opened.1": feedback.WishOpened,
        "wish-declined.1": feedback.WishDeclined,
        "wish-merged.1": feedback.WishMerged,
        "votes.1": feedback.Votes,
        "vote-cast.1": feedback.VoteCast,
        "vote-taken-back.1": feedback.VoteTakenBack,
        "votes-counted.1": feedback.VotesCounted,
        "ranking.1": feedback.Ranking,
        "poll.open.1": feedback.OpenPoll,
        "poll.closed.1": feedback.ClosedPoll,
        "poll.counted.1": feedback.CountedPoll,
        "poll.voted.1": feedback.Voted,
        "poll.box.1": feedback.SealedBox,
        "poll.result.1": feedback.Result,
        "poll-opened.1": feedback.PollOpened,
        "poll-closed.1": feedback.PollClosed,
        "poll-counted.1": feedback.PollCounted,
        "ballot-cast.1": feedback.BallotCast,
    }
)
"""Every tag ever written, with the class that reads it today."""

_TAG_OF: Mapping[type[object], str] = {cls: tag for tag, cls in TAGS.items()}


def tag(value: object) -> str:
    """The tag under which *value* is stored.

    Raises:
        TypeError: values of its class are not stored.
    """
    found = _TAG_OF.get(type(value))
    if found is None:
        raise TypeError(f"{type(value).__name__} has no tag")
    return found


def encode(value: object) -> str:
    """*value* as canonical tagged JSON."""
    return canonical(_tagged(value))


def decode(text: str, *expected: type[T]) -> T:
    """The value in *text*, which must be of one of the *expected* classes.

    Raises:
        Corrupt: the text is not what ``encode`` writes for one.
    """
    value = decode_any(text)
    if not isinstance(value, expected):
        raise Corrupt(f"a stored {expected[0].__name__}")
    return value


def decode_any(text: str) -> object:
    """The value in *text*, of whatever class its tag names.

    Raises:
        Corrupt: the text is not what ``encode`` writes.
    """
    try:
        return _untagged(json.loads(text))
    except Exception:  # noqa: BLE001 - whatever a hand-made text breaks on, the text is corrupt
        raise Corrupt("a stored value") from None


def plain(value: object) -> str:
    """*value*, of any class, as canonical JSON that cannot be read back: to be digested."""
    return canonical(_converter().unstructure(value))


_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def canonical(data: object) -> str:
    """Plain *data* as JSON text that is the same wherever it is made."""
    return _CANONICAL.encode(data)


def _tagged(value: object) -> dict[str, Any]:
    return {"type": tag(value), **_converter().unstructure(value, type(value))}


def _untagged(data: object) -> object:
    if not isinstance(data, dict):
        raise TypeError("a stored value is an object")
    fields = dict(cast("dict[str, Any]", data))
    name = fields.pop("type", None)
    if name not in TAGS:
        raise ValueError("an unknown tag")
    value: object = _converter().structure(fields, TAGS[name])
    return value


# -- Strict conversion: what is not exactly as written is corrupt, never coerced -------------------


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
    for plain in (str, int, bool):
        converter.register_structure_hook(plain, _exactly(plain))
    converter.register_unstructure_hook(dt.datetime, _moment_text)
    converter.register_structure_hook(dt.datetime, _moment)
    converter.register_unstructure_hook(dt.date, dt.date.isoformat)
    converter.register_structure_hook(dt.date, lambda text, _: dt.date.fromisoformat(text))
    converter.register_unstructure_hook(bytes, lambda raw: base64.b64encode(raw).decode())
    converter.register_structure_hook(bytes, _bytes)
    converter.register_unstructure_hook(
        records.DocumentsShown,
        make_dict_unstructure_fn(
            records.DocumentsShown, converter, sources=override(omit_if_default=True)
        ),
    )
    converter.register_unstructure_hook_func(_is_choice, _tagged)
    converter.register_structure_hook_func(_is_choice, lambda data, _: _untagged(data))
    return converter


def _is_choice(kind: object) -> bool:
    """Whether *kind* is a union of tagged classes."""
    return get_origin(kind) in {Union, types.UnionType} and all(
        one in _TAG_OF for one in get_args(kind)
    )


def _exactly(kind: type[T]) -> Callable[[object, Callable[[T], T]], T]:
    """A hook for *kind* and for what is made of it: enumerations and named ids."""

    def check(value: object, target: Callable[[T], T]) -> T:
        if type(value) is not kind:
            raise TypeError(f"must be {kind.__name__}")
        return target(value)

    return check


def _moment_text(at: dt.datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a naive datetime is not stored")
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _moment(text: object, _: type) -> dt.datetime:
    if not isinstance(text, str):
        raise TypeError("must be a moment")
    at = dt.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("must be an aware moment")
    return at


def _bytes(text: object, _: type) -> bytes:
    if not isinstance(text, str):
        raise TypeError("must be base64")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as broken:
        raise ValueError("must be base64") from broken

"""The policy of one authority as data: what is allowed from one day on, every value cited."""

import bisect
import datetime as dt
import enum
import zoneinfo
from collections.abc import Mapping

import attrs

from emrcore.calendar import Counting, Term
from emrcore.people import AccountLevel, AgeConvention, KinshipStatus, LeapBirthday
from emrcore.rulebook.cited import Cited
from emrcore.rulebook.entry import EntryRule, number
from emrcore.rulebook.purposes import PurposeOfUse


class Role(enum.StrEnum):
    """In what capacity somebody looks at a card."""

    SELF = "self"
    GUARDIAN = "guardian"
    REPRESENTATIVE = "representative"
    DOCTOR = "doctor"
    CREW = "crew"


class Basis(enum.StrEnum):
    """Which of a document's dates its section is judged by."""

    OCCURRED = "occurred"
    SIGNED = "signed"
    PUBLISHED = "published"


class Access(enum.StrEnum):
    """How a viewer comes to a card.

    By a granted application, without one, or by the host's staff login.
    """

    GRANTED = "granted"
    AUTOMATIC = "automatic"
    STAFF = "staff"


class May(enum.IntEnum):
    """What a viewer may do with what is shown; each includes the ones before."""

    VIEW = 1
    ACT = 2


class Need(enum.StrEnum):
    """A dated fact that a band asks for, beside the age."""

    CUSTODY = "custody"
    RESIDENCE = "residence"
    ASSENT = "assent"
    NOMINATION = "nomination"
    ASSESSMENT = "assessment"
    COVER = "cover"


class Extent(enum.StrEnum):
    """How much of what happened is recorded."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    NONE = "none"


class Check(enum.StrEnum):
    """What is checked before access is granted."""

    IDENTITY = "identity"
    POLICY = "policy"
    PHOTO = "photo"


@attrs.frozen(kw_only=True)
class Source:
    """Where values of the rulebook come from."""

    title: str
    url: str | None = None


@attrs.frozen(kw_only=True)
class Ages:
    """How an age in years becomes a day, and which ages are meant to be nobody's or both's.

    ``gap`` and ``overlap`` are ages ``[from, until)`` that neither, or both, of guardian and
    patient have, because the source says so.
    """

    attained: Cited[AgeConvention]
    leap_birthday: Cited[LeapBirthday]
    gap: Cited[tuple[int, int]] | None = None
    overlap: Cited[tuple[int, int]] | None = None


@attrs.frozen(kw_only=True)
class Band:
    """One way for one kind of viewer to see a card: what it asks for, and what it shows.

    ``from_age`` (inclusive) and ``until_age`` (exclusive) bound the patient's age in years at the
    moment of looking; ``records_until_age`` bounds it at the date of the document. ``opens_on`` is
    the first local day on which anybody may look by this band, ``records_from`` the first day of
    what it shows, whatever the section says; with ``opt_outs``, what is dated in a time of opting
    out is not shown. A document with a label in ``flagged`` is hidden and
    said to be; one with any other label that is not in ``labels`` is hidden in silence.
    """

    access: Cited[Access]
    may: Cited[May]
    restricted: Cited[bool]
    after_death: Cited[bool]
    windows: Cited[bool]
    labels: Cited[tuple[str, ...]]
    sections: Cited[tuple[str, ...]]
    opens_on: Cited[dt.date] | None = None
    from_age: Cited[int] | None = None
    until_age: Cited[int] | None = None
    capacity_overrides_age: Cited[bool] | None = None
    kinship: Cited[KinshipStatus] | None = None
    needs: Cited[tuple[Need, ...]] | None = None
    flagged: Cited[tuple[str, ...]] | None = None
    records_from: Cited[dt.date] | None = None
    records_from_grant: Cited[bool] | None = None
    records_until_age: Cited[int] | None = None
    opt_outs: Cited[bool] | None = None
    grant_months: Cited[int] | None = None
    most_viewers: Cited[int] | None = None


@attrs.frozen(kw_only=True)
class Relation:
    """All ways for one kind of viewer to see a card; ``nobody`` says that there is none."""

    bands: Mapping[str, Band]
    nobody: Cited[bool] | None = None


@attrs.frozen(kw_only=True)
class Window:
    """Documents of some ``kinds`` are shown by their date, and after a delay.

    Dates lie in ``[records_from, records_until)``; ``sources`` None: from any source. A document is
    released ``delay_days`` after its publication, and with ``acknowledged`` not before a clinician
    has seen it.
    """

    kinds: Cited[tuple[str, ...]]
    records_from: Cited[dt.date]
    records_until: Cited[dt.date] | None = None
    sources: Cited[tuple[str, ...]] | None = None
    delay_days: Cited[int] | None = None
    acknowledged: Cited[bool] | None = None


@attrs.frozen(kw_only=True)
class SectionRule:
    """One section: since when it can be seen, and through which windows.

    A section with ``announced`` and no ``opened_on`` exists but is closed; a later edition opens it
    by saying ``opened_on``, a local day, inclusive (SCT-2). From ``closed_on`` on it is closed
    again. ``basis`` is the date the windows are about.
    """

    title: Mapping[str, str]
    kinds: Cited[tuple[str, ...]]
    windows: Mapping[str, Window]
    opened_on: Cited[dt.date] | None = None
    basis: Cited[Basis] | None = None
    announced: Cited[bool] | None = None
    closed_on: Cited[dt.date] | None = None


@attrs.frozen(kw_only=True)
class CoverageRule:
    """How much of what happened over the days ``[since, until)`` is recorded in *sections*.

    A missing day leaves that side open; ``sources`` None: whatever system recorded it. It says
    nothing about what anybody may see.
    """

    sections: Cited[tuple[str, ...]]
    extent: Cited[Extent]
    since: Cited[dt.date] | None = None
    until: Cited[dt.date] | None = None
    sources: Cited[tuple[str, ...]] | None = None


@attrs.frozen(kw_only=True)
class EmergencyRule:
    """For how long a crew that stated its reason may read, and what must come after it.

    A report is due ``report_hours`` after the glass was broken, and a review ``review_hours`` after
    the report or its deadline. More than ``per_hour`` breaks by one shift within an hour, or more
    than ``per_shift`` of it in all, are unusual. ``summary`` are the roles that are shown the
    emergency summary where they may see the card.
    """

    hours: Cited[int]
    report_hours: Cited[int]
    review_hours: Cited[int]
    per_hour: Cited[int]
    per_shift: Cited[int]
    summary: Cited[tuple[Role, ...]]


@attrs.frozen(kw_only=True)
class StaffRule:
    """For which purposes staff of each role may look."""

    doctor: Cited[tuple[PurposeOfUse, ...]]
    crew: Cited[tuple[PurposeOfUse, ...]]

    def purposes(self, role: Role) -> tuple[PurposeOfUse, ...]:
        """The purposes of *role*; none of one that is not staff."""
        stated = {Role.DOCTOR: self.doctor, Role.CREW: self.crew}.get(role)
        return stated.value if stated else ()


@attrs.frozen(kw_only=True)
class NoticeRule:
    """How many days before what one may see changes one is told of it."""

    ahead_days: Cited[int]


@attrs.frozen(kw_only=True)
class ShareRule:
    """How a card may be shared with somebody who has no account here.

    A share lasts ``longest_hours`` at most. Its passcode has ``passcode_digits``, and the last of
    ``wrong_passcodes`` over its whole life ends it. The file of an opening can be fetched for
    ``file_minutes``.
    """

    longest_hours: Cited[int] = number(1, 24 * 366)
    passcode_digits: Cited[int] = number(6, 12)
    wrong_passcodes: Cited[int] = number(1, 10)
    file_minutes: Cited[int] = number(1, 60)


@attrs.frozen(kw_only=True)
class ApplicationRule:
    """Who may apply since when, what is checked, and by when the answer is due.

    The applicant has ``clarification_days`` whole local days to answer a question, and evidence is
    kept for ``evidence_days`` whole local days at most.
    """

    opens_on: Cited[dt.date]
    account_levels: Cited[tuple[AccountLevel, ...]]
    checks: Cited[tuple[Check, ...]]
    term: Cited[Term]
    counting: Cited[Counting]
    calendar: Cited[str]
    clarification_days: Cited[int]
    evidence_days: Cited[int]


@attrs.frozen(kw_only=True, eq=False)
class Edition:
    """What the rulebook says over the local days ``[valid_from, until)``.

    A rulebook may leave to its host how cards are applied for, how one gets in, what happens in an
    emergency, for which purposes staff look, and whether one is told of changes beforehand; without
    ``shares`` nobody shares a card. ``fingerprint`` names the content: SHA-256 of its canonical
    JSON, in hex.
    """

    rulebook: str
    zone: zoneinfo.ZoneInfo
    valid_from: dt.date
    ages: Ages
    relations: Mapping[Role, Relation]
    sections: Mapping[str, SectionRule]
    fingerprint: str
    application: ApplicationRule | None = None
    entry: EntryRule | None = None
    emergency: EmergencyRule | None = None
    shares: ShareRule | None = None
    coverage: Mapping[str, CoverageRule] = attrs.field(factory=dict[str, CoverageRule])
    staff: StaffRule | None = None
    notices: NoticeRule | None = None
    until: dt.date | None = None

    def local_day(self, at: dt.datetime) -> dt.date:
        """The day of the edition's zone that *at* (aware) falls on."""
        return at.astimezone(self.zone).date()

    def start_of(self, day: dt.date) -> dt.datetime:
        """The moment *day* begins in the edition's zone."""
        return dt.datetime.combine(day, dt.time(), self.zone)


@attrs.frozen(kw_only=True)
class Rulebook:
    """The dated editions of one authority's policy, oldest first."""

    id: str
    title: Mapping[str, str]
    sources: Mapping[str, Source]
    editions: tuple[Edition, ...]

    def edition_at(self, at: dt.datetime) -> Edition:
        """The edition in force at *at* (aware).

        Before the first edition the first one answers: its own opening days say no. A later
        edition changes nothing about the days before it (RB-4).
        """
        first = self.editions[0]
        day = first.local_day(at)
        later = bisect.bisect_right([edition.valid_from for edition in self.editions], day)
        return self.editions[max(later - 1, 0)]

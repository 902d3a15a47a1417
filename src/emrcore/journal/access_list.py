"""Who looked at a card, in the words of the person whose card it is (JRN-5, JRN-11, STF-3).

What programs do by themselves is told apart from people's looks, and gathered: one line a day for
each organisation and purpose. A list of hundreds of automatic checks frightens, and hides the one
look that matters.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

import attrs

from emrcore.diary import WordsShown
from emrcore.journal.chain import Link
from emrcore.journal.entry import ActorKind, Context
from emrcore.records import CardOpened, DocumentsShown, SummaryShown
from emrcore.rulebook import PurposeOfUse, Role
from emrcore.sharing import (
    Cause,
    EmergencyReviewed,
    GlassBroken,
    GlassClosed,
    GlassEnd,
    PasscodeRefused,
    ShareFetched,
    ShareOpened,
    ShareRefused,
    Verdict,
)
from emrcore.texts import Language, marked, say
from emrcore.wire import decode_any

Sharing = ShareOpened | ShareFetched | PasscodeRefused | ShareRefused
"""What whoever held the link of a share did (SHR-9)."""

Seen = (
    CardOpened
    | DocumentsShown
    | SummaryShown
    | WordsShown
    | GlassBroken
    | GlassClosed
    | EmergencyReviewed
    | Sharing
)
"""What an access list is made of."""


@attrs.frozen(kw_only=True)
class Look:
    """One time somebody looked, or what surrounds a look in an emergency: reason, end, review."""

    link: Link
    event: Seen

    @property
    def automated(self) -> bool:
        """Whether a program looked, and nobody was shown anything."""
        by_program = self.link.entry.actor.kind is ActorKind.SYSTEM
        return by_program and not isinstance(self.event, GlassClosed)

    @property
    def context(self) -> Context:
        """Under which circumstances; entries of earlier versions tell none."""
        return self.link.entry.context or Context()


@attrs.frozen(kw_only=True)
class Line:
    """One line of the list: a look, or several ``looks`` that a program took on one day."""

    looks: tuple[Look, ...]

    @property
    def first(self) -> Look:
        """The earliest of the line."""
        return self.looks[0]

    @property
    def since(self) -> dt.datetime:
        """When the first look of the line was."""
        return self.first.link.entry.at

    @property
    def until(self) -> dt.datetime:
        """When the last look of the line was."""
        return self.looks[-1].link.entry.at


def looks(links: Iterable[Link]) -> Iterator[Look]:
    """The looks among *links*, in their order."""
    for link in links:
        event = decode_any(link.entry.detail)
        if isinstance(event, Seen):
            yield Look(link=link, event=event)


def gathered(found: Iterable[Look], *, zone: dt.tzinfo) -> tuple[Line, ...]:
    """*found* as lines, the earliest first; days are those of *zone*."""
    lines: dict[object, list[Look]] = {}
    for number, look in enumerate(found):
        day = look.link.entry.at.astimezone(zone).date()
        organisation = look.link.entry.actor.organisation
        key: object = (day, organisation, look.context.purpose) if look.automated else number
        lines.setdefault(key, []).append(look)
    return tuple(Line(looks=tuple(looks)) for looks in lines.values())


# -- Sentences -------------------------------------------------------------------------------------

_WHO = {
    Role.SELF: marked("the patient in person"),
    Role.GUARDIAN: marked("a parent or guardian"),
    Role.REPRESENTATIVE: marked("a representative"),
    Role.DOCTOR: marked("a doctor or nurse"),
    Role.CREW: marked("a crew of the ambulance"),
}
_PURPOSES = {
    PurposeOfUse.PATIENT_REQUEST: marked("at the patient's own wish"),
    PurposeOfUse.FAMILY_REQUEST: marked("at the wish of the family"),
    PurposeOfUse.ATTORNEY: marked("by power of attorney"),
    PurposeOfUse.TREATMENT: marked("treatment"),
    PurposeOfUse.EMERGENCY: marked("emergency"),
    PurposeOfUse.COORDINATION: marked("coordination of care"),
    PurposeOfUse.OPERATIONS: marked("running the clinic"),
    PurposeOfUse.SAFETY: marked("safety of patients"),
}
_CAUSES = {
    Cause.UNCONSCIOUS: marked("the patient was unconscious"),
    Cause.LIFE_AT_RISK: marked("a life was at risk"),
    Cause.CANNOT_ANSWER: marked("the patient could not answer"),
    Cause.CHILD_ALONE: marked("a child without a parent"),
    Cause.OTHER: marked("another cause"),
}
_ENDS = {
    GlassEnd.BY_CREW: marked("{at}: {who} ended the emergency reading."),
    GlassEnd.BY_TIME: marked("{at}: the time of the emergency reading was over ({who})."),
    GlassEnd.ANEW: marked("{at}: the emergency reading was begun anew ({who})."),
}
_VERDICTS = {
    Verdict.JUSTIFIED: marked("{at}: an officer found the emergency reading justified ({who})."),
    Verdict.NOT_JUSTIFIED: marked(
        "{at}: an officer found the emergency reading NOT justified ({who})."
    ),
}


def told(
    line: Line, language: Language, *, zone: dt.tzinfo, titles: Mapping[str, str] | None = None
) -> str:
    """*line* as sentences a citizen can read, with times of *zone*.

    *titles* are those of the sections, which are otherwise called by their names.
    """
    return " ".join(_sentences(line, language, zone, titles or {}))


def _sentences(
    line: Line, language: Language, zone: dt.tzinfo, titles: Mapping[str, str]
) -> Iterator[str]:
    look, since = line.first, line.since.astimezone(zone)
    if look.automated:
        message = marked(
            "{day}: a program of {organisation} checked the card by itself, times: {times}."
        )
        actor, times = look.link.entry.actor, len(line.looks)
        organisation = actor.organisation or actor.id
        yield say(language, message, day=since.date(), organisation=organisation, times=times)
        yield say(language, "Nobody was shown anything.")
    else:
        yield from _look(look, language, since)
        yield from _seen(look, language, titles)
    yield from _why(look, language)


def _seen(look: Look, language: Language, titles: Mapping[str, str]) -> Iterator[str]:
    event = look.event
    if isinstance(event, CardOpened) and event.counts:
        listed = (f"{titles.get(name, name)} {number}" for name, number in event.counts.items())
        yield say(language, "Documents by section: {sections}.", sections=", ".join(listed))


def _why(look: Look, language: Language) -> Iterator[str]:
    context = look.context
    if context.on_behalf_of:
        yield say(language, "On behalf of the patient.")
    if context.purpose:
        purpose = say(language, _PURPOSES[context.purpose])
        yield say(language, "Purpose: {purpose}.", purpose=purpose)
    if context.basis and look.link.entry.actor.kind is ActorKind.CITIZEN:
        yield say(language, "By a granted application.")


def _look(look: Look, language: Language, at: dt.datetime) -> Iterator[str]:
    event = look.event
    if isinstance(event, Sharing):
        yield from _shared(event, language, at)
        return
    who = say(language, _WHO[event.viewer.role])
    if event.viewer.organisation:
        who = f"{who} ({event.viewer.organisation})"
    if isinstance(event, GlassBroken):
        message = say(language, "{at}: {who} opened the card in an emergency.", at=at, who=who)
        yield message
        cause = say(language, _CAUSES[event.cause])
        yield say(language, "Cause: {cause}.", cause=cause)
        yield say(language, "Stated reason: {reason}.", reason=event.reason)
    elif isinstance(event, GlassClosed):
        ended_at = event.ended_at.astimezone(at.tzinfo)
        yield say(language, _ENDS[event.why], at=ended_at, who=who)
    elif isinstance(event, EmergencyReviewed):
        yield say(language, _VERDICTS[event.verdict], at=at, who=who)
    elif isinstance(event, SummaryShown):
        yield say(language, "{at}: {who} read the emergency summary.", at=at, who=who)
    elif isinstance(event, DocumentsShown):
        number = len(event.documents)
        yield say(language, "{at}: {who} read documents: {number}.", at=at, who=who, number=number)
    elif isinstance(event, WordsShown):
        number, message = len(event.words), marked("{at}: {who} read your own words: {number}.")
        yield say(language, message, at=at, who=who, number=number)
    elif event.refused:
        yield say(language, "{at}: {who} was refused the card.", at=at, who=who)
    else:
        yield say(language, "{at}: {who} opened the card.", at=at, who=who)


def _shared(event: Sharing, language: Language, at: dt.datetime) -> Iterator[str]:
    by = say(language, _WHO[event.grantor.role])
    match event:
        case ShareOpened():
            name, number = event.recipient, len(event.documents)
            yield say(
                language, "{at}: a share was opened, in the name of {name}.", at=at, name=name
            )
            yield say(language, "Documents in it: {number}.", number=number)
        case ShareFetched():
            number = len(event.documents)
            yield say(
                language, "{at}: documents of a share were fetched: {number}.", at=at, number=number
            )
        case PasscodeRefused():
            name = event.recipient
            message = marked("{at}: a wrong passcode for a share, in the name of {name}.")
            yield say(language, message, at=at, name=name)
            yield say(language, "Tries left: {number}.", number=event.left)
        case ShareRefused():
            yield say(language, "{at}: a share did not open.", at=at)
            if event.recipient:
                yield say(language, "In the name of {name}.", name=event.recipient)
    yield say(language, "Shared by {who}.", who=by)

"""Who looked at a card, in the words of the person whose card it is (JRN-5, JRN-11).

What programs do by themselves is told apart from people's looks, and gathered: one line a day for
each organisation and purpose. A list of hundreds of automatic checks frightens, and hides the one
look that matters.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

import attrs

from emrcore.diary import WordsShown
from emrcore.journal.chain import Link
from emrcore.journal.entry import ActorKind, Context, PurposeOfUse
from emrcore.records import CardOpened, DocumentsShown
from emrcore.rulebook import Role
from emrcore.sharing import GlassBroken
from emrcore.texts import Language, marked, say
from emrcore.wire import decode_any


@attrs.frozen(kw_only=True)
class Look:
    """One time somebody looked, or a crew gave its reason to."""

    link: Link
    event: CardOpened | DocumentsShown | WordsShown | GlassBroken

    @property
    def automated(self) -> bool:
        """Whether a program looked, and nobody was shown anything."""
        return self.link.entry.actor.kind is ActorKind.SYSTEM

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
        if isinstance(event, (CardOpened, DocumentsShown, WordsShown, GlassBroken)):
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
    who = say(language, _WHO[event.viewer.role])
    if event.viewer.organisation:
        who = f"{who} ({event.viewer.organisation})"
    if isinstance(event, GlassBroken):
        message = say(language, "{at}: {who} opened the card in an emergency.", at=at, who=who)
        yield message
        yield say(language, "Stated reason: {reason}.", reason=event.reason)
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

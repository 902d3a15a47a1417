"""The life of a patient's own words: written, corrected, told to some, withdrawn.

States and events hold who, when and to whom. What was written is kept apart, under seal, one text a
version: the journal is for ever, and nobody's health belongs in it.
"""

import datetime as dt
import enum
from typing import NewType, assert_never

import attrs

from emrcore import rules
from emrcore.access import View, Viewer
from emrcore.diary.measurements import Measured, Note
from emrcore.diary.questionnaires import Answers
from emrcore.errors import RuleBroken
from emrcore.people import PatientId
from emrcore.rulebook import Role

WordsId = NewType("WordsId", str)

PROVENANCE = "patient-reported"
"""How own words are marked; no document of a card comes from a source of this name."""

QUESTIONNAIRES, DIARY = "questionnaires", "health-diary"
"""The sections of the rulebook that own words belong to."""

Content = Answers | Measured | Note
CONTENTS: tuple[type[Content], ...] = (Answers, Measured, Note)


class Audience(enum.StrEnum):
    """Whom own words may be told to, beside the patient and their author."""

    GUARDIANS = "guardians"
    DOCTORS = "doctors"
    CREWS = "crews"
    SHARES = "shares"


_AUDIENCES = {
    Role.GUARDIAN: Audience.GUARDIANS,
    Role.DOCTOR: Audience.DOCTORS,
    Role.CREW: Audience.CREWS,
}


@attrs.frozen(kw_only=True)
class Version:
    """Who wrote it, as what, and when."""

    author: Viewer
    at: dt.datetime


# -- States ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Words:
    """Own words about *patient*, the latest version last, told to ``audience``."""

    id: WordsId
    patient: PatientId
    section: str
    versions: tuple[Version, ...]
    audience: tuple[Audience, ...]


@attrs.frozen(kw_only=True)
class WithdrawnWords:
    """Nobody but the patient and their authors reads them any more."""

    words: Words
    by: Viewer
    at: dt.datetime


WordsState = Words | WithdrawnWords
WORDS_STATES: tuple[type[WordsState], ...] = (Words, WithdrawnWords)

# -- Events ----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class WordsWritten:
    """*author* wrote something for the patient's card, to be told to *audience*."""

    id: WordsId
    patient: PatientId
    section: str
    author: Viewer
    audience: tuple[Audience, ...]
    at: dt.datetime


@attrs.frozen(kw_only=True)
class WordsCorrected:
    """*author* wrote version number *version*; the earlier ones stay."""

    id: WordsId
    author: Viewer
    version: int
    at: dt.datetime


@attrs.frozen(kw_only=True)
class AudienceNamed:
    """From now on they are told to *audience*."""

    id: WordsId
    audience: tuple[Audience, ...]
    by: Viewer
    at: dt.datetime


@attrs.frozen(kw_only=True)
class WordsWithdrawn:
    """They were withdrawn."""

    id: WordsId
    by: Viewer
    at: dt.datetime


@attrs.frozen(kw_only=True)
class WordsShown:
    """Somebody was shown these."""

    patient: PatientId
    viewer: Viewer
    words: tuple[WordsId, ...]
    at: dt.datetime
    edition: str


WordsEvent = WordsWritten | WordsCorrected | AudienceNamed | WordsWithdrawn

# -- Verbs -----------------------------------------------------------------------------------------


def section_of(content: Content) -> str:
    """The section that *content* belongs to."""
    return QUESTIONNAIRES if isinstance(content, Answers) else DIARY


def _writing(view: View, section: str) -> Viewer:
    viewer = view.viewer
    if viewer.role not in {Role.SELF, Role.GUARDIAN}:
        raise RuleBroken(rules.OWN_4)
    reason = view.refusal or view.closed.get(section)
    if reason:
        raise RuleBroken(reason.rule)
    return viewer


def write(
    id: WordsId,  # noqa: A002 - the field's name
    content: Content,
    view: View,
    *,
    audience: tuple[Audience, ...] = (),
) -> WordsWritten:
    """Write *content* for the card that *view* is of, to be told to *audience*.

    Raises:
        RuleBroken: OWN-4 the writer is neither patient nor guardian, or the access rule that closes
            the card or the section.
    """
    section = section_of(content)
    author = _writing(view, section)
    return WordsWritten(
        id=id,
        patient=view.subject,
        section=section,
        author=author,
        audience=tuple(sorted(set(audience))),
        at=view.at,
    )


def correct(state: WordsState | None, content: Content, view: View) -> WordsCorrected:
    """Write a further version; the earlier ones stay, each its author's (OWN-5).

    Raises:
        RuleBroken: OWN-6 they are withdrawn, of another section, or somebody else's; as ``write``.
    """
    words = _own(state, view)
    if section_of(content) != words.section:
        raise RuleBroken(rules.OWN_6)
    number = len(words.versions) + 1
    return WordsCorrected(id=words.id, author=view.viewer, version=number, at=view.at)


def name_audience(
    state: WordsState | None, audience: tuple[Audience, ...], view: View
) -> AudienceNamed | None:
    """Say to whom they are told; None: it was so already.

    Raises:
        RuleBroken: OWN-6 they are withdrawn, or somebody else's; as ``write``.
    """
    words, named = _own(state, view), tuple(sorted(set(audience)))
    if words.audience == named:
        return None
    return AudienceNamed(id=words.id, audience=named, by=view.viewer, at=view.at)


def withdraw(state: WordsState | None, view: View) -> WordsWithdrawn:
    """Withdraw them.

    Raises:
        RuleBroken: OWN-6 they are withdrawn already, or somebody else's; as ``write``.
    """
    return WordsWithdrawn(id=_own(state, view).id, by=view.viewer, at=view.at)


def _own(state: WordsState | None, view: View) -> Words:
    """*state*, which is for this viewer to change."""
    if not isinstance(state, Words):
        raise RuleBroken(rules.OWN_6)
    viewer = _writing(view, state.section)
    if viewer.role is not Role.SELF and viewer.person != state.versions[-1].author.person:
        raise RuleBroken(rules.OWN_6)
    return state


# -- Reading ---------------------------------------------------------------------------------------


def told_to(state: WordsState, audience: Audience) -> bool:
    """Whether the words are told to *audience*."""
    return isinstance(state, Words) and audience in state.audience


def readable(state: WordsState, view: View) -> tuple[int, ...]:
    """The numbers of the versions, from 1 on, that the viewer of *view* may read (OWN-6, OWN-7).

    The patient reads all, an author what they wrote, and whom they are told to the latest.
    """
    viewer = view.viewer
    words = state if isinstance(state, Words) else state.words
    if view.refusal or words.patient != view.subject:
        return ()
    citizen = viewer.role in {Role.SELF, Role.GUARDIAN}
    if citizen and words.section in view.closed:
        return ()
    every = range(1, len(words.versions) + 1)
    if viewer.role is Role.SELF:
        return tuple(every)
    readers = _AUDIENCES.get(viewer.role)
    latest = {every[-1]} if readers and told_to(state, readers) else set[int]()
    written = {number for number in every if words.versions[number - 1].author == viewer}
    return tuple(sorted(latest | written))


def evolve_words(state: WordsState | None, event: WordsEvent) -> WordsState:
    """The state after *event*."""
    if isinstance(event, WordsWritten):
        return Words(
            id=event.id,
            patient=event.patient,
            section=event.section,
            versions=(Version(author=event.author, at=event.at),),
            audience=event.audience,
        )
    if not isinstance(state, Words):
        raise TypeError("only words that stand change")
    match event:
        case WordsCorrected():
            version = Version(author=event.author, at=event.at)
            return attrs.evolve(state, versions=(*state.versions, version))
        case AudienceNamed():
            return attrs.evolve(state, audience=event.audience)
        case WordsWithdrawn():
            return WithdrawnWords(words=state, by=event.by, at=event.at)
        case _:
            assert_never(event)

"""The patient's own words: written and corrected by citizens, read by whom they say.

They live in the patient's shard, sealed under the data key of the person the card is about: what a
guardian wrote is the child's, and is erased with the child's data and not with the guardian's
(OWN-9).
"""

from collections.abc import Callable, Iterator

import attrs

from emrcore import diary
from emrcore.access import View, decide
from emrcore.diary import (
    CONTENTS,
    PROVENANCE,
    WORDS_STATES,
    Audience,
    Content,
    Version,
    Words,
    WordsEvent,
    WordsId,
    WordsShown,
    WordsState,
)
from emrcore.office import places
from emrcore.office.circumstances import context
from emrcore.office.desk import Desk
from emrcore.office.entering import remember_use
from emrcore.office.keeping import citizen as citizen_acting
from emrcore.office.readers import Citizen, Reader
from emrcore.office.reading import identify, known_facts, look_under
from emrcore.office.sealed import keep_sealed, open_sealed
from emrcore.office.sealing import Place
from emrcore.office.work import Work
from emrcore.people import PatientId, PersonId
from emrcore.ports import Shard
from emrcore.sessions import SessionUsed
from emrcore.wire import decode, encode


@attrs.frozen(kw_only=True)
class ShownVersion:
    """One version: its number, who wrote it, and what; None where it is erased."""

    number: int
    version: Version
    content: Content | None = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class ShownWords:
    """Own words as one reader may see them, marked as such (OWN-8).

    ``versions`` are those that the reader may read, the latest last.
    """

    state: WordsState
    versions: tuple[ShownVersion, ...]
    provenance: str = PROVENANCE


class Diary(Desk):
    """The verbs about the patient's own words."""

    __slots__ = ()

    def write_words(
        self,
        citizen: Citizen,
        patient: PatientId,
        content: Content,
        *,
        audience: tuple[Audience, ...] = (),
    ) -> WordsId:
        """Write *content*, read before, for the card of *patient*; told to *audience* only.

        Raises:
            RuleBroken: OWN-4 the role, or the access rule that closes the card or the section; as
                ``open_card``.
        """
        words = WordsId(self.new_id())

        def decide_(state: WordsState | None, view: View) -> WordsEvent:
            del state
            return diary.write(words, content, view, audience=audience)

        return _change(self, citizen, patient, words, decide_, content=content)

    def correct_words(
        self, citizen: Citizen, patient: PatientId, words: WordsId, content: Content
    ) -> WordsId:
        """Write a further version; the earlier ones stay.

        Raises:
            RuleBroken: OWN-6 they are somebody else's, withdrawn or of another section; as
                ``write_words``.
        """
        correct: _Decide = lambda state, view: diary.correct(state, content, view)  # noqa: E731
        return _change(self, citizen, patient, words, correct, content=content)

    def name_audience(
        self,
        citizen: Citizen,
        patient: PatientId,
        words: WordsId,
        audience: tuple[Audience, ...],
    ) -> WordsId:
        """Say to whom *words* are told from now on.

        Raises:
            RuleBroken: OWN-6 they are somebody else's or withdrawn; as ``write_words``.
        """
        name: _Decide = lambda state, view: diary.name_audience(state, audience, view)  # noqa: E731
        return _change(self, citizen, patient, words, name)

    def withdraw_words(self, citizen: Citizen, patient: PatientId, words: WordsId) -> WordsId:
        """Withdraw *words*: nobody but the patient and their authors reads them any more.

        Raises:
            RuleBroken: OWN-6 they are somebody else's or withdrawn already; as ``write_words``.
        """
        return _change(self, citizen, patient, words, diary.withdraw)

    def read_words(
        self, reader: Reader, patient: PatientId, *, section: str | None = None
    ) -> tuple[ShownWords, ...]:
        """The own words that *reader* may read, of one *section* or all, the earliest first.

        Raises:
            RuleBroken: as ``read_page``.
        """

        def look(work: Work, view: View) -> tuple[tuple[ShownWords, ...], WordsShown]:
            shown = tuple(_shown(self, work, view, section))
            event = WordsShown(
                patient=patient,
                viewer=view.viewer,
                words=tuple(_words(one.state).id for one in shown),
                at=work.now,
                edition=view.edition.fingerprint,
            )
            return shown, event

        return look_under(self, reader, patient, look)


_Decide = Callable[[WordsState | None, View], WordsEvent | None]


def _change(
    desk: Desk,
    citizen: Citizen,
    patient: PatientId,
    words: WordsId,
    decide_: _Decide,
    *,
    content: Content | None = None,
) -> WordsId:
    used: SessionUsed | None = None

    def verb(work: Work) -> WordsId:
        nonlocal used
        viewer, used = identify(desk, work, citizen)
        facts = known_facts(work, citizen.account.id, patient)
        view = decide(facts, viewer, at=work.now, edition=desk.edition(work.now))
        place = places.words(patient, words)
        state = work.load(place, *WORDS_STATES)
        event = decide_(state, view)
        if event:
            after = diary.evolve_words(state, event)
            work.put(place, after)
            if content and isinstance(after, Words):
                _keep(desk, work, facts.person.id, after, content)
            about = context(citizen, patient, facts=facts)
            work.note(event, citizen_acting(citizen.account), patient, about)
        return words

    answer = desk.do(Shard.of_patient(patient), verb)
    if used:
        remember_use(desk, citizen.account, used)
    return answer


def _keep(desk: Desk, work: Work, person: PersonId, words: Words, content: Content) -> None:
    number = len(words.versions)
    at, bound = places.words_text(words.patient, words.id, number), _bound(words, number)
    keep_sealed(desk, work, person, encode(content), at=at, bound=bound)


def _shown(desk: Desk, work: Work, view: View, section: str | None) -> Iterator[ShownWords]:
    found = desk.storage.find(work.shard, "words").values()
    states = [decode(kept.text, *WORDS_STATES) for kept in found]
    for state in sorted(states, key=lambda one: (_words(one).versions[0].at, _words(one).id)):
        words, numbers = _words(state), diary.readable(state, view)
        if not numbers or section not in {None, words.section}:
            continue
        versions = tuple(
            ShownVersion(
                number=number,
                version=words.versions[number - 1],
                content=_text(desk, work, words, number),
            )
            for number in numbers
        )
        yield ShownWords(state=state, versions=versions)


def _text(desk: Desk, work: Work, words: Words, number: int) -> Content | None:
    place = places.words_text(words.patient, words.id, number)
    text = open_sealed(desk, work, at=place, bound=_bound(words, number))
    return None if text is None else decode(text, *CONTENTS)


def _words(state: WordsState) -> Words:
    return state if isinstance(state, Words) else state.words


def _bound(words: Words, number: int) -> Place:
    return Place(field="words", record=f"{words.patient}/{words.id}.{number}")

"""What every verb of the office works with: the rulebook, the storage, the host's surroundings."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import attrs

from emrcore.calendar import WorkingCalendar
from emrcore.errors import Fault, Malformed
from emrcore.office.once import Once, Told, answer
from emrcore.office.work import Pause, Work, redo, sleep
from emrcore.ports import Clock, Keys, Randomness, Shard, Storage
from emrcore.rulebook import Edition, EntryRule, Rulebook

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Desk:
    """One storage, run by one rulebook; ``calendars`` holds every calendar the rulebook names.

    A ``profile`` says how one gets in, in place of what the rulebook says (see ``entry_profile``).
    A ``request`` is what ``Office.once`` carries out.

    Raises:
        Malformed: a calendar is missing, or the rulebook leaves to the host how one applies or gets
            in, or limits how many may see a card, which an office does not count.
    """

    rulebook: Rulebook
    calendars: Mapping[str, WorkingCalendar] = attrs.field(repr=False)
    storage: Storage = attrs.field(repr=False)
    keys: Keys = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)
    randomness: Randomness = attrs.field(repr=False)
    pause: Pause = attrs.field(default=sleep, repr=False)
    profile: EntryRule | None = attrs.field(default=None, repr=False)
    request: Once | None = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse a rulebook that an office cannot be run by."""
        faults = tuple(self._faults())
        if faults:
            raise Malformed("office", faults)

    def _faults(self) -> Iterator[Fault]:
        for edition in self.rulebook.editions:
            where = f"rulebook {edition.rulebook} from {edition.valid_from}"
            if edition.application is None or (self.profile or edition.entry) is None:
                yield Fault(where, "leaves to the host how one applies or gets in")
            elif edition.application.calendar.value not in self.calendars:
                yield Fault(f"calendars.{edition.application.calendar.value}", "is missing")
            for relation in edition.relations.values():
                for name, band in relation.bands.items():
                    if band.most_viewers:
                        yield Fault(f"{where} {name}", "limits how many may see a card")

    def do(self, shard: Shard, verb: Callable[[Work], T], *, told: Told[T] | None = None) -> T:
        """Do *verb* in one commit to *shard*; its result is returned after the commit.

        Under a ``request`` it is done once; *told* says how a secret outcome is told again.
        """
        request = self.request
        if request is None:
            return self.apart(shard, verb)
        return self.apart(shard, lambda work: answer(request, work, self.keys, verb, told))

    def apart(self, shard: Shard, verb: Callable[[Work], T]) -> T:
        """Do *verb* in one commit of its own, whatever request it is a part of."""

        def action() -> T:
            work = Work(storage=self.storage, shard=shard, now=self.now())
            result = verb(work)
            work.commit()
            return result

        return self.redo(action)

    def redo(self, action: Callable[[], T]) -> T:
        """Do *action*, and after a conflict all of it anew.

        Raises:
            Unavailable: there was a conflict every time.
        """
        return redo(action, pause=self.pause, randomness=self.randomness)

    def now(self) -> dt.datetime:
        """The moment, in UTC.

        Raises:
            ValueError: the clock is naive.
        """
        at = self.clock.now()
        if at.tzinfo is None:
            raise ValueError("the clock must tell an aware datetime")
        return at.astimezone(dt.UTC)

    def edition(self, at: dt.datetime) -> Edition:
        """The edition in force at *at*."""
        return self.rulebook.edition_at(at)

    def entry(self, at: dt.datetime) -> EntryRule:
        """How one gets in at *at*."""
        entry = self.profile or self.edition(at).entry
        if entry is None:
            raise TypeError("an office is not made without")
        return entry

    def new_id(self) -> str:
        """An id nobody has yet: 128 random bits, in hex."""
        return self.randomness.bytes(16).hex()

"""An answer in full, for whoever must answer for it: rules, sources, and what changes it."""

import datetime as dt

import attrs

from emrcore.access.decision import NEVER, timeline
from emrcore.access.facts import Facts, Viewer
from emrcore.access.view import Constant, Reason, View
from emrcore.rulebook import Rulebook
from emrcore.rules import Rule


@attrs.frozen(kw_only=True)
class Citation:
    """A place in a source of the rulebook."""

    title: str
    place: str
    url: str | None


@attrs.frozen(kw_only=True)
class Ground:
    """A reason with its sources written out; ``sections`` are those it speaks about."""

    rule: Rule
    constant: Constant | None
    citations: tuple[Citation, ...]
    sections: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Grounds:
    """Everything that made one answer.

    ``open`` and ``closed`` are its grounds; a refusal of the whole card is one of ``closed`` that
    speaks about every section. ``then`` is the next answer that differs, if any is known.
    """

    rulebook: str
    edition: dt.date
    fingerprint: str
    view: View
    open: tuple[Ground, ...]
    closed: tuple[Ground, ...]
    then: View | None


def grounds_of(facts: Facts, viewer: Viewer, *, at: dt.datetime, rulebook: Rulebook) -> Grounds:
    """What *rulebook* answers at *at* (aware), on which grounds, and what it answers next.

    Raises:
        ValueError: *at* is naive.
    """
    answers = timeline(facts, viewer, since=at, until=NEVER, rulebook=rulebook)
    view = next(answers)
    shown: dict[Reason, list[str]] = {}
    for allowance in view.allowances:
        shown.setdefault(allowance.reason, []).append(allowance.section)
    hidden: dict[Reason, list[str]] = {}
    for section, reason in view.closed.items():
        hidden.setdefault(reason, []).append(section)
    return Grounds(
        rulebook=rulebook.id,
        edition=view.edition.valid_from,
        fingerprint=view.edition.fingerprint,
        view=view,
        open=_grounds(shown, rulebook),
        closed=_grounds(hidden, rulebook),
        then=next(answers, None),
    )


def _grounds(found: dict[Reason, list[str]], rulebook: Rulebook) -> tuple[Ground, ...]:
    return tuple(
        Ground(
            rule=reason.rule,
            constant=reason.constant,
            citations=tuple(_citation(place, rulebook) for place in reason.source.split(";")),
            sections=tuple(sections),
        )
        for reason, sections in found.items()
    )


def _citation(text: str, rulebook: Rulebook) -> Citation:
    name, _, place = (part.strip() for part in text.partition(":"))
    source = rulebook.sources[name]
    return Citation(title=source.title, place=place, url=source.url)

"""What a band shows: the sections open on a day, and how far back in each."""

import datetime as dt
import functools
import types
from collections.abc import Iterator, Mapping

import attrs

from emrcore import rules
from emrcore.access.view import Allowance, Constant, Reason
from emrcore.people import OptOut
from emrcore.rulebook import Band, Basis, Cited, Edition, Role, SectionRule, Window
from emrcore.rules import Rule

Shown = tuple[tuple[Allowance, ...], Mapping[str, Reason]]


@functools.lru_cache(maxsize=1024)
def shown(edition: Edition, role: Role, name: str, day: dt.date) -> Shown:
    """What the band *name* shows on *day*, and why not the rest: the same for every card."""
    band = edition.relations[role].bands[name]
    allowances: list[Allowance] = []
    closed: dict[str, Reason] = {}
    for section, rule in edition.sections.items():
        reason = _closed(section, rule, band, day)
        if reason:
            closed[section] = reason
        else:
            allowances.extend(_allowances(edition, section, band))
    return tuple(allowances), types.MappingProxyType(closed)


def bounded(
    allowances: tuple[Allowance, ...],
    band: Band,
    edition: Edition,
    *,
    granted_at: dt.datetime | None,
    comes_of_age: dt.date | None,
    opt_outs: tuple[OptOut, ...],
) -> tuple[Allowance, ...]:
    """*allowances* within what this viewer's grant and this patient's age and opting out leave."""
    from_grant = band.records_from_grant
    if from_grant and from_grant.value and granted_at:
        day = edition.local_day(granted_at)
        allowances = tuple(_since(one, day, from_grant, edition) for one in allowances)
    if comes_of_age and band.records_until_age:
        limit = band.records_until_age
        allowances = tuple(_before(one, comes_of_age, limit, edition) for one in allowances)
    if band.opt_outs and band.opt_outs.value:
        for time in opt_outs:
            reason = _because(rules.ACC_21, band.opt_outs, time.since)
            allowances = tuple(
                part for one in allowances for part in _without(one, time, reason, edition)
            )
    return allowances


def _because(rule: Rule, cited: Cited[object], constant: Constant | None = None) -> Reason:
    return Reason(rule=rule, source=cited.source, constant=constant)


def _closed(name: str, section: SectionRule, band: Band, day: dt.date) -> Reason | None:
    if name not in band.sections.value:
        return _because(rules.ACC_12, band.sections)
    if not band.windows.value:
        return None
    opened, closed = section.opened_on, section.closed_on
    if section.announced and not opened:
        return _because(rules.ACC_9, section.announced)
    if opened and day < opened.value:
        return _because(rules.ACC_9, opened, opened.value)
    if closed and day >= closed.value:
        return _because(rules.SCT_1, closed, closed.value)
    return None


def _allowances(edition: Edition, name: str, band: Band) -> Iterator[Allowance]:
    section = edition.sections[name]
    if not band.windows.value:
        yield Allowance(
            section=name,
            kinds=frozenset(section.kinds.value),
            labels=frozenset(band.labels.value),
            flagged=frozenset(band.flagged.value if band.flagged else ()),
            reason=_because(rules.ACC_15, band.windows),
            may=band.may.value,
        )
        return
    for window in section.windows.values():
        yield _allowance(edition, name, band, window)


def _allowance(edition: Edition, name: str, band: Band, window: Window) -> Allowance:
    start = window.records_from
    if band.records_from and band.records_from.value > start.value:
        start = band.records_from
    basis, until = edition.sections[name].basis, window.records_until
    allowance = Allowance(
        section=name,
        kinds=frozenset(window.kinds.value),
        unkinded=set(window.kinds.value) == set(edition.sections[name].kinds.value),
        labels=frozenset(band.labels.value),
        flagged=frozenset(band.flagged.value if band.flagged else ()),
        reason=_because(rules.ACC_10, start, start.value),
        may=band.may.value,
        basis=basis.value if basis else None,
        sources=frozenset(window.sources.value) if window.sources else None,
        delay=dt.timedelta(days=window.delay_days.value if window.delay_days else 0),
        acknowledged=bool(window.acknowledged and window.acknowledged.value),
    )
    return attrs.evolve(
        allowance,
        since=_constant(allowance, start.value, edition),
        before=_constant(allowance, until.value, edition) if until else None,
        ends=_because(rules.ACC_10, until, until.value) if until else None,
    )


def _constant(allowance: Allowance, day: dt.date, edition: Edition) -> dt.date:
    """*day*, as what the basis of *allowance* is compared with."""
    return edition.start_of(day) if allowance.basis is Basis.PUBLISHED else day


def _since(allowance: Allowance, day: dt.date, cited: Cited[object], edition: Edition) -> Allowance:
    constant = _constant(allowance, day, edition)
    if allowance.since is None or constant <= allowance.since:
        return allowance
    reason = _because(rules.ACC_10, cited, day)
    return attrs.evolve(allowance, since=constant, reason=reason)


def _before(
    allowance: Allowance, day: dt.date, cited: Cited[object], edition: Edition
) -> Allowance:
    constant = _constant(allowance, day, edition)
    if allowance.basis is None or (allowance.before is not None and allowance.before <= constant):
        return allowance
    return attrs.evolve(allowance, before=constant, ends=_because(rules.ACC_10, cited, day))


def _without(
    allowance: Allowance, time: OptOut, reason: Reason, edition: Edition
) -> Iterator[Allowance]:
    """What is left of *allowance* before and after *time*."""
    if allowance.since is None:
        yield allowance
        return
    start = _constant(allowance, time.since, edition)
    if allowance.since < start:
        if allowance.before is not None and allowance.before <= start:
            yield allowance
            return
        yield attrs.evolve(allowance, before=start, ends=reason)
    if time.until is None:
        return
    end = max(_constant(allowance, time.until, edition), allowance.since)
    if allowance.before is None or end < allowance.before:
        yield attrs.evolve(allowance, since=end, reason=reason)

"""The papers an applicant fills in, read together."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TypeVar

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed
from emrcore.people.mobile import Mobile, parse_mobile
from emrcore.people.oms import Policy, UnifiedPolicy, parse_oms
from emrcore.people.passport import Passport, parse_passport
from emrcore.people.persons import Sex
from emrcore.people.shapes import require_day
from emrcore.people.snils import Snils, parse_snils

_Paper = TypeVar("_Paper")


@attrs.frozen(kw_only=True)
class IdentityPapers:
    """What one applicant proves to be with; made by ``parse_identity``."""

    passport: Passport
    policy: Policy
    mobile: Mobile
    snils: Snils | None = None


def parse_identity(
    *,
    passport: str,
    oms: str,
    oms_series: str | None = None,
    mobile: str,
    snils: str | None = None,
    born: dt.date,
    sex: Sex | None,
    year: int,
) -> IdentityPapers:
    """The papers as typed by an applicant born on *born*, in the calendar year *year*.

    A *sex* of none is not compared.

    Raises:
        TypeError: PPL-4, *born* is not a plain date.
        Malformed: ID-14, every fault of every paper, in the order of the arguments; ID-5.
    """
    require_day(born, "born")
    faults: list[Fault] = []
    the_passport = _read(lambda: parse_passport(passport, year=year), faults)
    policy = _read(lambda: parse_oms(oms, oms_series), faults)
    faults.extend(_cross_check(policy, born, sex))
    the_mobile = _read(lambda: parse_mobile(mobile), faults)
    the_snils = None if snils is None else _read(lambda: parse_snils(snils), faults)
    if faults or the_passport is None or policy is None or the_mobile is None:
        raise Malformed("identity", tuple(faults))
    return IdentityPapers(passport=the_passport, policy=policy, mobile=the_mobile, snils=the_snils)


def _read(parse: Callable[[], _Paper], faults: list[Fault]) -> _Paper | None:
    """The paper, or none and its faults added to *faults*."""
    try:
        return parse()
    except Malformed as malformed:
        faults.extend(malformed.faults)
        return None


def _cross_check(policy: Policy | None, born: dt.date, sex: Sex | None) -> Iterator[Fault]:
    if not isinstance(policy, UnifiedPolicy):
        return
    if policy.born != born:
        yield Fault("oms.number", "holds another birth date than the applicant's", rules.ID_5)
    if sex is not None and policy.sex != sex:
        yield Fault("oms.number", "holds another sex than the applicant's", rules.ID_5)

"""Services rendered and what they cost: exact amounts, never added across currencies."""

import collections
import datetime as dt
import enum
import re
from collections.abc import Iterable
from decimal import Decimal

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed

_CURRENCY = re.compile("[A-Z]{3}")


class Payer(enum.StrEnum):
    """Who paid: compulsory or voluntary insurance, the budget, or the patient."""

    COMPULSORY_INSURANCE = "compulsory-insurance"
    VOLUNTARY_INSURANCE = "voluntary-insurance"
    BUDGET = "budget"
    PATIENT = "patient"


@attrs.frozen(kw_only=True)
class Money:
    """An exact amount, not below zero, of a currency by its three letters (ISO 4217).

    Raises:
        TypeError: the amount is no Decimal, as a float is none.
        Malformed: SCT-8, it is below zero or not finite, or the currency is not of three letters.
    """

    amount: Decimal = attrs.field(validator=attrs.validators.instance_of(Decimal))
    currency: str

    def __attrs_post_init__(self) -> None:
        faults: list[Fault] = []
        if not self.amount.is_finite() or self.amount < 0:
            faults.append(Fault("amount", "is not an amount from zero on", rules.SCT_8))
        if not _CURRENCY.fullmatch(self.currency):
            faults.append(Fault("currency", "is not three capital letters", rules.SCT_8))
        if faults:
            raise Malformed("money", tuple(faults))


@attrs.frozen(kw_only=True)
class Service:
    """One service rendered on a local day, what it cost, and who paid."""

    name: str
    on: dt.date
    cost: Money
    paid_by: Payer
    code: str | None = None


@attrs.frozen(kw_only=True)
class Total:
    """What *paid_by* paid in one currency, for how many *services*."""

    paid_by: Payer
    cost: Money
    services: int


def totals(
    services: Iterable[Service], *, since: dt.date | None = None, until: dt.date | None = None
) -> tuple[Total, ...]:
    """What was paid for services of the days ``[since, until)``, by payer and currency (SCT-8)."""
    found: dict[tuple[Payer, str], list[Decimal]] = collections.defaultdict(list)
    for one in services:
        if (since is None or since <= one.on) and (until is None or one.on < until):
            found[one.paid_by, one.cost.currency].append(one.cost.amount)
    return tuple(
        Total(
            paid_by=payer,
            cost=Money(amount=sum(amounts, Decimal()), currency=currency),
            services=len(amounts),
        )
        for (payer, currency), amounts in sorted(found.items())
    )

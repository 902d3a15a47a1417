"""Typed bodies: prescriptions, services and their cost, vaccination cards."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emrcore.bodies import (
    BODIES,
    Dispensing,
    DoseStatus,
    GivenDose,
    Money,
    Payer,
    Prescription,
    PrescriptionStatus,
    ScheduledDose,
    Service,
    VaccinationCard,
    doses,
    read,
    read_schedule,
    totals,
    write,
)
from emrcore.errors import Malformed

ISSUED, PARTLY, DISPENSED, EXPIRED, CANCELLED = PrescriptionStatus
FIRST, LAST = dt.date(2020, 3, 1), dt.date(2020, 5, 1)


def faults(call: Any) -> list[str]:
    with pytest.raises(Malformed) as refused:
        call()
    return list(map(str, refused.value.faults))


def prescription(*given_on: dt.date, **changes: Any) -> Prescription:
    fields: dict[str, Any] = {
        "medicine": "Enalapril",
        "packs": 2,
        "issued_on": FIRST,
        "valid_until": LAST,
        "dispensed": tuple(Dispensing(on=day, packs=1) for day in given_on),
    }
    return Prescription(**(fields | changes))


APRIL = dt.date(2020, 4, 1)


@pytest.mark.parametrize(
    ("one", "day", "status"),
    [
        (prescription(), FIRST, ISSUED),
        (prescription(), dt.date(2020, 4, 30), ISSUED),
        (prescription(), LAST, EXPIRED),
        (prescription(APRIL), dt.date(2020, 3, 31), ISSUED),
        (prescription(APRIL), APRIL, PARTLY),
        (prescription(APRIL), LAST, EXPIRED),
        (prescription(FIRST, APRIL), dt.date(2020, 3, 31), PARTLY),
        (prescription(FIRST, APRIL), APRIL, DISPENSED),
        (prescription(FIRST, APRIL), LAST, DISPENSED),
        (prescription(cancelled_on=APRIL), dt.date(2020, 3, 31), ISSUED),
        (prescription(cancelled_on=APRIL), APRIL, CANCELLED),
        (prescription(cancelled_on=APRIL), LAST, CANCELLED),
        (prescription(FIRST, FIRST, cancelled_on=APRIL), APRIL, DISPENSED),
    ],
)
def test_status_of_a_prescription(
    one: Prescription, day: dt.date, status: PrescriptionStatus
) -> None:
    """SCT-9: on the day before each turn, and on it."""
    assert one.status_on(day) is status


def test_what_is_left() -> None:
    """SCT-9: what was handed out later is still there."""
    assert [prescription(APRIL).left_on(day) for day in (FIRST, APRIL)] == [2, 1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"packs": 0}, ["packs: is below one [SCT-9]"]),
        ({"valid_until": FIRST}, ["valid_until: is not after issued_on [SCT-9]"]),
        ({"cancelled_on": dt.date(2020, 2, 29)}, ["cancelled_on: is before issued_on [SCT-9]"]),
        (
            {"dispensed": (Dispensing(on=LAST, packs=3), Dispensing(on=FIRST, packs=0))},
            [
                "dispensed[0].on: is outside the days it is valid [SCT-9]",
                "dispensed[1].packs: is below one [SCT-9]",
                "dispensed: is more than was prescribed [SCT-9]",
            ],
        ),
    ],
)
def test_a_prescription_that_cannot_be(change: dict[str, Any], told: list[str]) -> None:
    """SCT-9: every fault at once."""
    assert faults(lambda: prescription(**change)) == told


# -- Services --------------------------------------------------------------------------------------


def service(day: int, amount: str, payer: Payer = Payer.COMPULSORY_INSURANCE) -> Service:
    return Service(
        name="Visit",
        on=dt.date(2020, 1, day),
        cost=Money(amount=Decimal(amount), currency="RUB"),
        paid_by=payer,
    )


def test_totals_by_payer() -> None:
    """SCT-8: ten times ten kopecks is a rouble, and each payer's is told apart."""
    some = [*(service(1, "0.10") for _ in range(10)), service(2, "1500.00", Payer.PATIENT)]
    found = [(one.paid_by, one.cost.amount, one.services) for one in totals(some)]
    assert found == [
        (Payer.COMPULSORY_INSURANCE, Decimal("1.00"), 10),
        (Payer.PATIENT, Decimal("1500.00"), 1),
    ]


def test_currencies_are_not_added() -> None:
    """SCT-8: two currencies are two totals."""
    euro = attrs.evolve(service(1, "5"), cost=Money(amount=Decimal(5), currency="EUR"))
    assert [str(one.cost.currency) for one in totals([service(1, "5"), euro])] == ["EUR", "RUB"]


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [(None, None, 3), (2, None, 2), (None, 2, 1), (2, 3, 1), (4, None, 0)],
)
def test_totals_of_a_period(since: int | None, until: int | None, days: int) -> None:
    """SCT-8: from the first day, until, not including, the last."""
    first, last = (dt.date(2020, 1, one) if one else None for one in (since, until))
    found = totals([service(day, "1") for day in (1, 2, 3)], since=first, until=last)
    assert sum(one.services for one in found) == days


@pytest.mark.parametrize(("amount", "currency"), [("-0.01", "RUB"), ("NaN", "RUB"), ("1", "rub")])
def test_money_that_is_none(amount: str, currency: str) -> None:
    """SCT-8: below zero, no number, or of no currency."""
    assert len(faults(lambda: Money(amount=Decimal(amount), currency=currency))) == 1


def test_a_float_is_no_amount() -> None:
    """SCT-8: it has lost the kopecks before it came."""
    with pytest.raises(TypeError):
        Money(amount=0.1, currency="RUB")  # type: ignore[arg-type] # what is tested


# -- Vaccinations ----------------------------------------------------------------------------------

BORN = dt.date(2019, 8, 31)
DOSE = ScheduledDose(
    vaccine="example", number=1, from_months=6, until_months=12, source="a schedule of an example"
)


@pytest.mark.parametrize(
    ("on", "status"),
    [
        (dt.date(2020, 2, 28), DoseStatus.UPCOMING),
        (dt.date(2020, 2, 29), DoseStatus.DUE),  # six months after 31 August
        (dt.date(2020, 8, 30), DoseStatus.DUE),
        (dt.date(2020, 8, 31), DoseStatus.OVERDUE),
    ],
)
def test_a_dose_that_was_not_given(on: dt.date, status: DoseStatus) -> None:
    """SCT-7: to come, due and overdue, on both sides of each day."""
    (found,) = doses(VaccinationCard(), [DOSE], born=BORN, on=on)
    assert found.status is status


def test_a_dose_without_an_end_is_never_overdue() -> None:
    """SCT-7: it stays due."""
    endless = attrs.evolve(DOSE, until_months=None)
    (found,) = doses(VaccinationCard(), [endless], born=BORN, on=dt.date(2050, 1, 1))
    assert found.status is DoseStatus.DUE


@pytest.mark.parametrize(
    ("day", "status"),
    [(dt.date(2020, 3, 1), DoseStatus.GIVEN), (dt.date(2020, 3, 2), DoseStatus.DUE)],
)
def test_a_given_dose(day: dt.date, status: DoseStatus) -> None:
    """SCT-7: from the day it was given on, and not before."""
    card = VaccinationCard(given=(GivenDose(vaccine="example", number=1, on=day),))
    (found,) = doses(card, [DOSE], born=BORN, on=dt.date(2020, 3, 1))
    assert found.status is status


def test_another_dose_does_not_count() -> None:
    """SCT-7: neither the second dose nor another vaccine stands for the first."""
    given = (
        GivenDose(vaccine="example", number=2, on=BORN),
        GivenDose(vaccine="other", number=1, on=BORN),
    )
    (found,) = doses(VaccinationCard(given=given), [DOSE], born=BORN, on=dt.date(2020, 3, 1))
    assert found.status is DoseStatus.DUE


def test_a_schedule_is_data_with_sources() -> None:
    """SCT-7: read as a list, each dose with its source, every fault with its path."""
    listed = [{"vaccine": "a", "number": 1, "from_months": 2, "source": "order 1, annex 1"}]
    assert read_schedule(json.dumps(listed).encode()) == (
        ScheduledDose(vaccine="a", number=1, from_months=2, source="order 1, annex 1"),
    )
    wrong = [*listed, {"vaccine": "a", "number": 0, "from_months": -1, "source": " "}, {"tea": 1}]
    assert faults(lambda: read_schedule(json.dumps(wrong).encode())) == [
        "[1].number: is not possible [SCT-7]",
        "[1].from_months: is not possible [SCT-7]",
        "[1].source: is not possible [SCT-7]",
        "[2].vaccine: is missing [SCT-7]",
        "[2].number: is missing [SCT-7]",
        "[2].from_months: is missing [SCT-7]",
        "[2].source: is missing [SCT-7]",
        "[2].tea: is not known [SCT-7]",
    ]


# -- As bytes --------------------------------------------------------------------------------------


@given(
    st.builds(
        Service,
        name=st.text(),
        on=st.dates(),
        cost=st.builds(
            Money,
            amount=st.decimals(min_value=0, allow_nan=False, allow_infinity=False),
            currency=st.just("RUB"),
        ),
        paid_by=st.sampled_from(Payer),
        code=st.none() | st.text(),
    )
)
def test_a_body_is_written_and_read(one: Service) -> None:
    """SCT-6: equal, to the last digit of the amount."""
    try:
        content = write(one)
    except UnicodeEncodeError:
        return
    again = read(content, Service)
    assert again == one
    assert str(again.cost.amount) == str(one.cost.amount)


def test_each_body_has_its_name() -> None:
    """SCT-6: which it is written under, and read by."""
    one = prescription(APRIL)
    assert json.loads(write(one))["body"] == "prescription.1"
    assert read(write(one), Prescription) == one
    assert len(set(BODIES.values())) == len(BODIES)
    with pytest.raises(TypeError):
        write(DOSE)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"body": "service.1"}, ["body: is not prescription.1 [SCT-6]"]),
        ({"body": None}, ["body: is not prescription.1 [SCT-6]"]),
        ({"tea": 1}, ["tea: is not known [SCT-6]"]),
        ({"packs": "2"}, ["packs: is not a whole number [SCT-6]"]),
        ({"packs": True}, ["packs: is not a whole number [SCT-6]"]),
        (
            {"dispensed": [{"on": "x", "packs": 1}]},
            ["dispensed[0].on: is not a day, such as 2020-01-14 [SCT-6]"],
        ),
        ({"packs": 0}, ["packs: is below one [SCT-9]"]),
    ],
)
def test_a_body_that_is_none(change: dict[str, Any], told: list[str]) -> None:
    """SCT-6: each fault by its path, unknown fields by their names."""
    data = json.loads(write(prescription())) | change
    assert faults(lambda: read(json.dumps(data).encode(), Prescription)) == told


@given(
    st.binary()
    | st.recursive(st.none() | st.text(), st.lists).map(lambda one: json.dumps(one).encode())
)
def test_junk_is_no_body(content: bytes) -> None:
    """SCT-6: one kind of error."""
    with pytest.raises(Malformed):
        read(content, Service)

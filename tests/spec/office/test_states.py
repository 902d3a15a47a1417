"""Every verb in every state, as the manual's table says."""

import pathlib
from collections.abc import Callable

import pytest

from emrcore.applications import ApplicationId, Rejection
from emrcore.errors import RuleBroken
from emrcore.rulebook import Check
from lives import album, apply, ask, in_state, now_is, picture, reject, send_back
from world import Town

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "reference" / "applications.md"
STATES: tuple[str, ...] = ("Filed", "Suspended", "Returned", "Decided")
ROWS: dict[str, dict[str, str]] = {
    cells[0].replace("`", ""): dict(zip(STATES, cells[1:], strict=True))
    for line in PAGE.read_text("utf-8").splitlines()
    if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 5
    and cells[0].startswith("`")
}


def grant(town: Town, application: ApplicationId) -> None:
    town.office.grant(town.account.id, application, town.own, by=town.operator)


def record_check(town: Town, application: ApplicationId) -> None:
    town.office.record_check(
        town.account.id, application, check=Check.PHOTO, passed=True, by=town.operator
    )


def attend_after_the_deadline(town: Town, _: ApplicationId) -> None:
    town.clock.turn(days=20)
    town.office.attend_due()


def attend_after_the_answer_was_due(town: Town, _: ApplicationId) -> None:
    town.clock.turn(days=31)
    town.office.attend_due()


VERBS: dict[str, Callable[[Town, ApplicationId], object]] = {
    "record_check": record_check,
    "ask": ask,
    "send_back": send_back,
    "answer": lambda town, one: town.office.answer(town.account, one),
    "correct": lambda town, one: town.office.correct(town.account, one, papers=town.papers),
    "grant": grant,
    "reject": reject,
    "withdraw": lambda town, one: town.office.withdraw(town.account, one),
    "keep_photo": lambda town, one: town.office.keep_photo(
        town.account, one, picture(), album=album()
    ),
    "confirm_ties": lambda town, one: town.office.confirm_ties(town.account.id, one),
    "file again": lambda town, _: apply(town),
    "attend_due, deadline missed": attend_after_the_deadline,
    "attend_due, answer overdue": attend_after_the_answer_was_due,
}


def test_the_table_is_whole() -> None:
    """APP-10: every verb has a row, and every row its verb."""
    assert list(ROWS) == list(VERBS)


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_in_a_state(town: Town, verb: str, before: str) -> None:
    """APP-10, APP-14, APP-16: each leads where the table says, or is refused by the rule there."""
    town.move_in()
    application = in_state(town, before)
    kept = now_is(town, application)
    said = ROWS[verb][before]
    if said in STATES:
        VERBS[verb](town, application)
        assert type(now_is(town, application)).__name__ == said
    else:
        with pytest.raises(RuleBroken) as refused:
            VERBS[verb](town, application)
        assert refused.value.rule.id == said
        assert now_is(town, application) == kept


def test_the_codes_of_the_nhs() -> None:
    """APP-20: every reason is on the page, with the code it has elsewhere."""
    lines = PAGE.read_text("utf-8").splitlines()
    for reason in Rejection:
        assert f"| `{reason}` | `{reason.vrs}` |" in lines

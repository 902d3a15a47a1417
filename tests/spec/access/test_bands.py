"""What a band may ask for and show beyond an age and a tie."""

import datetime as dt
import importlib.resources
from typing import Any

import attrs
import pytest

from emrcore import applications, rules
from emrcore.access import Facts, Grant, Viewer, admitted, decide, next_change
from emrcore.applications import Asked, CheckRecorded, Filed, Operator, OperatorId
from emrcore.calendar import Counting, deadline, russian_calendar
from emrcore.errors import RuleBroken
from emrcore.people import (
    Account,
    AccountId,
    AccountLevel,
    Assent,
    Assessment,
    Capacity,
    CapacityKind,
    Custody,
    Nomination,
    OptOut,
    PersonId,
    PolicyCover,
    Residence,
)
from emrcore.records import Document, Verdict, judge, visible, withheld
from emrcore.rulebook import Edition, May, Role, parse, shipped
from emrcore.rules import Rule
from emrcore.testing.boundaries import answered
from emrcore.testing.interpreter import answer
from world import MOSCOW, Cards, moscow

TEXT = (importlib.resources.files("emrcore") / "rulebooks" / "ru-moscow-2020.toml").read_text(
    "utf-8"
)
MOTHER, CHILD = PersonId("mother"), PersonId("child")
NOW = moscow(2020, 2, 3, 12)
BOOK = shipped("ru-moscow-2020")


HEAD = "[edition.relations.guardian.until-15]"


def edition(lines: str = "") -> Edition:
    """The edition of January 2020, with lines added to the guardian's band."""
    return parse(TEXT.replace(HEAD, f"{HEAD}\n{lines}"), file="test.toml").editions[0]


def value(key: str, content: str) -> str:
    return f'{key} = {{ value = {content}, source = "choice: bands" }}'


def refusal(facts: Facts, by: Edition, at: dt.datetime = NOW, **asking: Any) -> Rule | None:
    viewer = attrs.evolve(Viewer(person=MOTHER, role=Role.GUARDIAN), **asking)
    reason = decide(facts, viewer, at=at, edition=by).refusal
    return reason.rule if reason else None


MET: dict[str, dict[str, Any]] = {
    "custody": {"custodies": (Custody(guardian=MOTHER, ward=CHILD, since=dt.date(2020, 2, 1)),)},
    "residence": {
        "residences": (Residence(guardian=MOTHER, ward=CHILD, since=dt.date(2020, 2, 1)),)
    },
    "assent": {
        "assents": (Assent(guardian=MOTHER, ward=CHILD, given=True, since=dt.date(2020, 2, 1)),)
    },
    "nomination": {
        "nominations": (Nomination(giver=CHILD, receiver=MOTHER, since=dt.date(2020, 2, 1)),)
    },
    "assessment": {"assessments": (Assessment(person=CHILD, since=dt.date(2020, 2, 1)),)},
    "cover": {"covers": (PolicyCover(person=CHILD, since=dt.date(2020, 2, 1)),)},
}


@pytest.mark.parametrize("need", list(MET))
def test_needs(cards: Cards, need: str) -> None:
    """ACC-17: a band that asks for a dated fact lets in while it holds, and says when it ends."""
    by = edition(value("needs", f'["{need}"]'))
    met = cards.facts(**MET[need])
    assert refusal(cards.facts(), by) is rules.ACC_17
    assert refusal(met, by, moscow(2020, 1, 31, 23, 59)) is rules.ACC_17
    assert refusal(met, by, moscow(2020, 2, 1)) is None
    (field, facts), *_ = MET[need].items()
    ended = cards.facts(**{field: (attrs.evolve(facts[0], until=dt.date(2020, 2, 4)),)})
    view = decide(ended, Viewer(person=MOTHER, role=Role.GUARDIAN), at=NOW, edition=by)
    assert view.until == moscow(2020, 2, 4)


def test_refused_assent(cards: Cards) -> None:
    """ACC-17: a child that was asked and refused has not assented."""
    by = edition(value("needs", '["assent"]'))
    no = Assent(guardian=MOTHER, ward=CHILD, given=False, since=dt.date(2019, 1, 1))
    assert refusal(cards.facts(assents=(no,)), by) is rules.ACC_17


@pytest.mark.parametrize(
    ("kind", "role", "born", "rule"),
    [
        (CapacityKind.FULL, Role.GUARDIAN, 2010, rules.ACC_18),
        (CapacityKind.FULL, Role.SELF, 2010, None),
        (CapacityKind.NONE, Role.GUARDIAN, 1980, None),
        (CapacityKind.NONE, Role.SELF, 1980, rules.ACC_18),
        (CapacityKind.LIMITED, Role.GUARDIAN, 2010, None),
        (CapacityKind.LIMITED, Role.SELF, 1980, None),
    ],
)
def test_capacity(
    cards: Cards, kind: CapacityKind, role: Role, born: int, rule: Rule | None
) -> None:
    """ACC-18: full capacity ends guardianship early, its loss prolongs it; both work both ways."""
    line = value("capacity_overrides_age", "true")
    text = TEXT
    for head in ("[edition.relations.self.from-15]", "[edition.relations.guardian.until-15]"):
        text = text.replace(head, f"{head}\n{line}")
    by = parse(text, file="test.toml").editions[0]
    person = attrs.evolve(cards.facts().person, born=dt.date(born, 5, 5))
    finding = Capacity(person=CHILD, kind=kind, since=dt.date(2020, 1, 1))
    facts = cards.facts(person=person, capacities=(finding,))
    asker = CHILD if role is Role.SELF else MOTHER
    assert refusal(facts, by, person=asker, role=role) is rule


OTHER = "[edition.relations.guardian.other]"
BAND = TEXT[TEXT.index(HEAD) + len(HEAD) : TEXT.index("[edition.relations.representative]")]


def of_two(first: dict[str, str], second: dict[str, str], gap: str = "") -> list[Edition]:
    """Editions in which guardians have two bands that differ in those lines, in either order."""
    texts: list[str] = []
    for head, lines in ((HEAD, first), (OTHER, second)):
        kept = [line for line in BAND.splitlines() if line.partition(" ")[0] not in lines]
        added = [value(key, content) for key, content in lines.items()]
        texts.append("\n".join([head, *kept, *added]))
    ages = "[edition.ages]\n" + (value("gap", gap) if gap else "")
    text = TEXT.replace("[edition.ages]", ages)
    return [
        parse(text.replace(HEAD + BAND, "\n".join(order) + "\n"), file="test.toml").editions[0]
        for order in (texts, texts[::-1])
    ]


@pytest.mark.parametrize(
    ("first", "second", "gap", "told"),
    [
        ({"needs": '["custody"]'}, {"needs": '["cover"]'}, "", (rules.ACC_17, "cover")),
        ({"needs": '["custody"]'}, {"from_age": "12"}, "", (rules.ACC_17, "custody")),
        ({"from_age": "13"}, {"from_age": "12"}, "[0, 12]", (rules.ACC_3, 12)),
        ({"until_age": "9"}, {"from_age": "12"}, "[9, 12]", (rules.ACC_3, 12)),
    ],
)
def test_the_reason_told_of_two_refusals(
    cards: Cards, first: dict[str, str], second: dict[str, str], gap: str, told: tuple[Rule, object]
) -> None:
    """ACC-22: the refusal that came furthest is told, of equals the first, in either order."""
    facts, viewer = cards.facts(), Viewer(person=MOTHER, role=Role.GUARDIAN)
    for by in of_two(first, second, gap):
        reason = decide(facts, viewer, at=NOW, edition=by).refusal
        assert reason is not None
        assert (reason.rule, reason.constant) == told


Lines = dict[str, str]

PLAIN: Lines = {}
UNCHANGED: dict[str, Any] = {}
FLAG, SHOWN = {"flagged": '["secret"]'}, {"labels": '["secret"]'}


@pytest.mark.parametrize(
    ("bands", "changes", "told"),
    [
        (({"sections": '["exam-protocols"]'}, PLAIN), {"section": "prescriptions"}, rules.ACC_9),
        ((FLAG, PLAIN), {"labels": frozenset({"secret"})}, rules.ACC_11),
        ((FLAG, FLAG), {"labels": frozenset({"secret"})}, rules.ACC_16),
        ((FLAG, SHOWN), {"labels": frozenset({"secret"})}, rules.ACC_10),
        (({"records_from": "2020-01-01"}, {"may": '"act"'}), UNCHANGED, rules.ACC_10),
    ],
)
def test_the_reason_told_of_two_bands(
    cards: Cards, bands: tuple[Lines, Lines], changes: dict[str, Any], told: Rule
) -> None:
    """ACC-22: two bands let in, and one reason is told of what neither shows, in either order."""
    document = cards.document(**changes, signed_on=dt.date(2018, 12, 31))
    facts, viewer = cards.facts(), Viewer(person=MOTHER, role=Role.GUARDIAN)
    answers: list[Verdict] = []
    for by in of_two(*bands):
        view = decide(facts, viewer, at=NOW, edition=by)
        answers.append(judge(view, document))
        book = attrs.evolve(BOOK, editions=(by,))
        assert answered(view, document) is answer(book, facts, viewer, document, NOW)
    assert answers[0] == answers[1]
    assert answers[0].reason.rule is told


def test_the_reason_told_of_two_that_show(cards: Cards) -> None:
    """ACC-22: of two bands that show a document, the one that allows more tells why."""
    viewer = Viewer(person=MOTHER, role=Role.GUARDIAN)
    for by in of_two({"may": '"act"', "records_from": "2019-01-02"}, {}):
        view = decide(cards.facts(), viewer, at=NOW, edition=by)
        days = (dt.date(2019, 1, 1), dt.date(2019, 1, 2))
        first, second = (judge(view, cards.document(signed_on=day)) for day in days)
        assert (first.may, first.reason.constant) == (May.VIEW, dt.date(2019, 1, 1))
        assert (second.may, second.reason.constant) == (May.ACT, dt.date(2019, 1, 2))


def test_nobody(cards: Cards) -> None:
    """ACC-20: a kind of viewer that the rulebook closes sees nothing, nomination or not."""
    nominated = cards.facts(**MET["nomination"])
    assert refusal(nominated, edition(), role=Role.REPRESENTATIVE) is rules.ACC_20


def test_opt_out(cards: Cards) -> None:
    """ACC-21: what is dated in a time of opting out stays hidden, before and after it is shown."""
    by = edition(value("opt_outs", "true"))
    time = OptOut(person=CHILD, since=dt.date(2019, 3, 1), until=dt.date(2019, 5, 1))
    other = OptOut(person=MOTHER, since=dt.date(2019, 1, 1))
    facts = cards.facts(opt_outs=(time, other))
    view = decide(facts, Viewer(person=MOTHER, role=Role.GUARDIAN), at=NOW, edition=by)
    seen = {
        day: judge(view, cards.document(signed_on=day))
        for day in (
            dt.date(2018, 12, 31),
            dt.date(2019, 2, 28),
            dt.date(2019, 3, 1),
            dt.date(2019, 4, 30),
            dt.date(2019, 5, 1),
        )
    }
    assert [verdict.visible for verdict in seen.values()] == [False, True, False, False, True]
    assert [verdict.reason.rule.id for verdict in seen.values() if not verdict.visible] == [
        "ACC-10",
        "ACC-21",
        "ACC-21",
    ]
    endless = cards.facts(opt_outs=(attrs.evolve(time, until=None),))
    closed = decide(endless, Viewer(person=MOTHER, role=Role.GUARDIAN), at=NOW, edition=by)
    assert not judge(closed, cards.document(signed_on=dt.date(2020, 1, 1))).visible


def test_records_until_an_age(cards: Cards) -> None:
    """ACC-10: a parent may see for ever what is dated before an age, and nothing after it."""
    by = edition(value("records_until_age", "9"))
    viewer = Viewer(person=MOTHER, role=Role.GUARDIAN)
    view = decide(cards.facts(), viewer, at=moscow(2020, 5, 1), edition=by)
    days = (dt.date(2019, 5, 5), dt.date(2019, 5, 6))
    shown = [judge(view, cards.document(signed_on=day)) for day in days]
    assert [one.visible for one in shown] == [True, False]
    assert shown[1].reason.constant == dt.date(2019, 5, 6)


def test_records_from_the_grant(cards: Cards) -> None:
    """ACC-10: a viewer may see only what is dated since access was granted."""
    by = edition(value("records_from_grant", "true"))
    grant = Grant(viewer=MOTHER, since=moscow(2020, 1, 21, 9))
    viewer = Viewer(person=MOTHER, role=Role.GUARDIAN)
    view = decide(cards.facts(grants=(grant,)), viewer, at=NOW, edition=by)
    days = (dt.date(2020, 1, 20), dt.date(2020, 1, 21))
    published = moscow(2020, 1, 22)
    found = [
        judge(view, cards.document(signed_on=day, published_at=published)).visible for day in days
    ]
    assert found == [False, True]


def lab_windows(text: str) -> Edition:
    line = 'records_from = { value = 2019-01-01, source = "announcement: 3" }'
    section = "[edition.sections.lab-results.windows."
    kinds = 'kinds = { value = ["lab-report"], source = "announcement: 3" }\n'
    start = "\n[edition.sections.radiology]"
    body = TEXT.replace(line + "\n", "", 1)
    return parse(
        body.replace(start, f"\n{section}all]\n{kinds}{line}\n{text}\n{start}", 1),
        file="test.toml",
    ).editions[0]


@pytest.mark.parametrize(("hours", "shown"), [(5 * 24 - 1, False), (5 * 24, True)])
def test_delay(cards: Cards, hours: int, shown: bool) -> None:
    """ACC-19: a result is released so many days after its publication, and not an hour before."""
    by = lab_windows(value("delay_days", "5"))
    view = decide(cards.facts(), Viewer(person=MOTHER, role=Role.GUARDIAN), at=NOW, edition=by)
    verdict = judge(view, cards.document(published_at=NOW - dt.timedelta(hours=hours)))
    assert verdict.visible is shown
    assert verdict.reason.rule is (rules.ACC_10 if shown else rules.ACC_19)


def test_acknowledged(cards: Cards) -> None:
    """ACC-19: a result is released once a clinician has seen it."""
    by = lab_windows(value("acknowledged", "true"))
    view = decide(cards.facts(), Viewer(person=MOTHER, role=Role.GUARDIAN), at=NOW, edition=by)
    moments = (None, NOW + dt.timedelta(seconds=1), NOW)
    found = [judge(view, cards.document(acknowledged_at=at)).visible for at in moments]
    assert found == [False, False, True]


def test_sources_and_ends(cards: Cards) -> None:
    """ACC-10, ACC-11: a window may be of some sources, and end."""
    by = lab_windows(value("sources", '["lab"]') + "\n" + value("records_until", "2019-06-01"))
    view = decide(cards.facts(), Viewer(person=MOTHER, role=Role.GUARDIAN), at=NOW, edition=by)

    def hidden(**changes: Any) -> Rule | None:
        verdict = judge(view, cards.document(**changes))
        return None if verdict.visible else verdict.reason.rule

    assert hidden(signed_on=dt.date(2019, 5, 31)) is None
    assert hidden(signed_on=dt.date(2019, 6, 1)) is rules.ACC_10
    assert hidden(source="elsewhere") is rules.ACC_11


def test_unkinded_documents(cards: Cards) -> None:
    """ACC-11: a document that tells no kind passes only a window that is for all of them."""
    line = 'records_from = { value = 2019-01-01, source = "announcement: 4" }'
    one, rest = 'kinds = { value = ["ct"], source = "announcement: 4" }', '["mri", "mammography"'
    other = f'kinds = {{ value = {rest}, "fluorography"], source = "announcement: 4" }}'
    section = "[edition.sections.radiology.windows."
    windows = f"{section}ct]\n{one}\n{line}\n{section}rest]\n{other}\n{line}\n"
    start = "\n[edition.sections.instrumental]"
    text = TEXT.replace(line + "\n", "", 1).replace(start, f"\n{windows}{start}", 1)
    by = parse(text, file="test.toml").editions[0]
    viewer = Viewer(person=MOTHER, role=Role.GUARDIAN)
    seen = {
        kind: judge(decide(cards.facts(), viewer, at=NOW, edition=rule), document).visible
        for kind, rule in (("split", by), ("whole", edition()))
        for document in [cards.document("radiology", kind=None)]
    }
    assert seen == {"split": False, "whole": True}
    split = decide(cards.facts(), viewer, at=NOW, edition=by)
    assert len(visible(split, [cards.document("radiology", kind=k) for k in ("ct", "mri")])) == 2


def test_contradictory_findings(cards: Cards) -> None:
    """ACC-18: of two findings that contradict each other, the one that bars counts."""
    line = value("capacity_overrides_age", "true")
    text = TEXT
    for head in ("[edition.relations.self.from-15]", HEAD):
        text = text.replace(head, f"{head}\n{line}")
    by = parse(text, file="test.toml").editions[0]
    findings = [
        Capacity(person=CHILD, kind=kind, since=dt.date(2020, 1, 1))
        for kind in (CapacityKind.FULL, CapacityKind.NONE)
    ]
    for order in (findings, findings[::-1]):
        facts = cards.facts(capacities=tuple(order))
        assert refusal(facts, by) is rules.ACC_18
        assert refusal(facts, by, person=CHILD, role=Role.SELF) is rules.ACC_18


def test_labels(cards: Cards) -> None:
    """ACC-16: a label hides in silence, with a notice, or not at all, as the band says."""
    lines = value("flagged", '["sealed"]')
    text = TEXT.replace(HEAD, f"{HEAD}\n{lines}").replace(
        'labels = { value = [], source = "choice: labels" }',
        'labels = { value = ["shared"], source = "choice: labels" }',
    )
    by = parse(text, file="test.toml").editions[0]
    view = decide(cards.facts(), Viewer(person=MOTHER, role=Role.GUARDIAN), at=NOW, edition=by)

    def labelled(*labels: str) -> Document:
        return cards.document(labels=frozenset(labels))

    documents = [
        labelled(),
        labelled("shared"),
        labelled("sealed"),
        labelled("sealed", "shared"),
        labelled("sealed", "secret"),
        labelled("secret"),
    ]
    assert len(visible(view, documents)) == 2
    assert withheld(view, documents) == 2
    assert judge(view, documents[2]).reason.rule is rules.ACC_16
    assert judge(view, documents[5]).reason.rule is rules.ACC_11


def test_two_bands_show_together(cards: Cards) -> None:
    """ACC-12: where two bands let in, what either shows is shown."""
    start = TEXT.index("[edition.relations.guardian.until-15]")
    end = TEXT.index("[edition.relations.representative]")
    band = TEXT[start:end]
    narrow = band.replace('"lab-results", ', "").replace('"exam-protocols", ', "")
    other = band.replace("until-15", "too").replace('"radiology", ', "")
    by = parse(TEXT.replace(band, narrow + other), file="test.toml").editions[0]
    view = decide(cards.facts(), Viewer(person=MOTHER, role=Role.GUARDIAN), at=NOW, edition=by)
    assert {one.section for one in view.allowances} == {
        "exam-protocols",
        "lab-results",
        "radiology",
        "instrumental",
        "discharge-summaries",
    }
    viewer = Viewer(person=MOTHER, role=Role.GUARDIAN)
    assert len(admitted(cards.facts(), viewer, at=NOW, edition=by)[0]) == 2


def grant(facts: Facts, by: Edition) -> applications.AccessGranted:
    at = moscow(2020, 1, 31, 9)
    account = Account(id=AccountId("a1"), person=MOTHER, level=AccountLevel.FULL)
    events = applications.file(
        id=applications.ApplicationId("x"),
        account=account,
        asked=(Asked(patient=facts.patient, role=Role.GUARDIAN),),
        cards={facts.patient: facts},
        at=at,
        edition=by,
        deadline=deadline(
            at,
            working_days=5,
            calendar=russian_calendar("moscow"),
            counting=Counting.A,
            zone=MOSCOW.key,
        ),
        calendars={"moscow": russian_calendar("moscow")},
    )
    state = applications.evolve(None, events[0])
    operator = Operator(id=OperatorId("op"), person=PersonId("clerk"))
    for check in by.application.checks.value if by.application else ():
        event = CheckRecorded(
            id=applications.ApplicationId("x"), check=check, passed=True, by=operator.id, at=at
        )
        state = applications.evolve(state, event)
    assert isinstance(state, Filed)
    return applications.grant(state, facts.patient, facts=facts, by=operator, at=at, edition=by)


def test_grant_that_ends(cards: Cards) -> None:
    """ACC-8: a grant for a month ends at midnight of the corresponding day, or the month's last."""
    by = edition(value("grant_months", "1"))
    assert grant(cards.facts(grants=()), by).until == moscow(2020, 2, 29)
    assert grant(cards.facts(grants=()), edition()).until is None


def test_most_viewers(cards: Cards) -> None:
    """APP-12: no more people are let in than the band allows, counting those who see it now."""
    by = edition(value("most_viewers", "2"))
    others = [
        Grant(viewer=PersonId(f"aunt-{n}"), since=moscow(2020, 1, 20), until=moscow(2020, 6, 1))
        for n in range(2)
    ]
    ended = attrs.evolve(others[1], until=moscow(2020, 1, 21))
    own = attrs.evolve(others[1], viewer=MOTHER)
    grant(cards.facts(grants=(others[0], ended)), by)
    grant(cards.facts(grants=(others[0], own)), by)
    with pytest.raises(RuleBroken) as refused:
        grant(cards.facts(grants=tuple(others)), by)
    assert refused.value.rule is rules.APP_12


def test_next_change(cards: Cards) -> None:
    """ACC-14: the next change is when the answer differs, not when any fact begins."""
    book = parse(TEXT, file="test.toml")
    viewer = Viewer(person=MOTHER, role=Role.GUARDIAN)
    claimed = cards.tie(since=dt.date(2020, 3, 1))
    facts = cards.facts(kinships=(cards.tie(), claimed))
    assert next_change(facts, viewer, after=NOW, rulebook=book) == moscow(2025, 5, 6)
    assert next_change(facts, viewer, after=moscow(2030, 1, 1), rulebook=book) is None

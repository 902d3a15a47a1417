"""Engines that ask about one document at a time, each written as its own manual would.

They are imported by name when they are asked for: whoever measures names those that are missing.
What an engine cannot reckon with (dates, moments) is told to it as text that sorts alike.
"""

import datetime as dt
import importlib
import json
import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from emrcore.records import Document
from emrcore.rulebook import Role
from peers.policy import KINDS, NO_DAY, OWN_RIGHT, STARTS, Filter, Question, Rule, admits, rules


def imported(name: str) -> Any:
    """The module *name*, with what it warns of and logs kept out of the tables."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module(name)
    logging.getLogger(name).setLevel(logging.ERROR)
    return module


def told(document: Document, now: dt.datetime) -> dict[str, Any]:
    """What an engine is told of *document*: plain values."""
    return {
        "section": document.section,
        "patient": document.patient,
        "kind": document.kind or "",
        "labelled": int(bool(document.labels)),
        "occurred_on": document.occurred_on.isoformat() if document.occurred_on else NO_DAY,
        "signed_on": document.signed_on.isoformat() if document.signed_on else NO_DAY,
        "published": int(document.published_at <= now),
    }


def _kinds(rule: Rule) -> tuple[str, ...]:
    return ("", *rule.kinds)


def django_rules() -> Filter:
    """`rules`: predicates over objects, joined by operators."""
    predicate: Callable[[Callable[[Question, Document], bool]], Any] = imported("rules").predicate

    def of_patients(_: Question, document: Document) -> bool:
        if document.section not in STARTS:
            return False
        basis, start = STARTS[document.section]
        date = getattr(document, basis)
        return date is not None and date >= start

    admitted = predicate(lambda question, _: admits(question.known()))
    own_card = predicate(lambda question, one: one.patient == question.facts.patient)
    published = predicate(lambda question, one: one.published_at <= question.at)
    plain = predicate(lambda _, one: not one.labels)
    known_kind = predicate(
        lambda _, one: one.section in KINDS and (one.kind is None or one.kind in KINDS[one.section])
    )
    staff = predicate(lambda question, _: question.viewer.role in {Role.DOCTOR, Role.CREW})
    recent = predicate(of_patients)
    sees = admitted & own_card & published & plain & known_kind & (staff | recent)
    return lambda question, documents: [one for one in documents if sees.test(question, one)]


def bouncer() -> Filter:
    """`bouncer`: abilities with a condition, made for each user."""
    ability_class = imported("bouncer.models").Ability

    def sees(question: Question, known: dict[str, Any]) -> Callable[[Document], bool]:
        staff = known["role"] in {Role.DOCTOR, Role.CREW}

        def condition(one: Document) -> bool:
            if one.patient != known["patient"] or one.published_at > question.at or one.labels:
                return False
            if one.kind is not None and one.kind not in KINDS.get(one.section, ()):
                return False
            if staff:
                return one.section in KINDS
            basis, start = STARTS.get(one.section, ("occurred_on", dt.date.max))
            date = getattr(one, basis)
            return date is not None and date >= start

        return condition

    def authorize(question: Question, they: Any) -> None:
        known = question.known()
        if admits(known):
            they.can("read", Document, sees(question, known))

    def shown(question: Question, documents: Sequence[Document]) -> list[Document]:
        ability = ability_class(question, authorize)
        return [one for one in documents if ability.can("read", one)]

    return shown


def vakt() -> Filter:
    """`vakt`: policies of rules over attributes, in memory."""
    vakt, tests = imported("vakt"), imported("vakt.rules")
    storage = vakt.MemoryStorage()
    for number, rule in enumerate(rules()):
        resource = {
            "section": tests.Eq(rule.section),
            "kind": tests.In(*_kinds(rule)),
            "labelled": tests.Eq(0),
            "published": tests.Eq(1),
            "own": tests.Eq(1),
        }
        if rule.basis and rule.start:
            resource[rule.basis] = tests.GreaterOrEqual(rule.start.isoformat())
        subject = {"role": tests.Eq(str(rule.role)), "admitted": tests.Eq(1)}
        storage.add(
            vakt.Policy(
                number,
                actions=[tests.Eq("view")],
                subjects=[subject],
                resources=[resource],
                effect=vakt.ALLOW_ACCESS,
            )
        )
    guard = vakt.Guard(storage, vakt.RulesChecker())

    def shown(question: Question, documents: Sequence[Document]) -> list[Document]:
        known = question.known()
        subject = {"role": known["role"], "admitted": int(admits(known))}

        def sees(one: Document) -> bool:
            resource = told(one, question.at) | {"own": int(one.patient == known["patient"])}
            asked = vakt.Inquiry(action="view", subject=subject, resource=resource, context={})
            return bool(guard.is_allowed(asked))

        return [one for one in documents if sees(one)]

    return shown


_CASBIN = """
[request_definition]
r = who, what
[policy_definition]
p = role, section, kind, basis, start
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.who.role == p.role && r.what.section == p.section && r.who.admitted == 1 && \
 (r.what.kind == "" || r.what.kind == p.kind) && r.what.labelled == 0 && \
 r.what.published == 1 && r.what.patient == r.who.patient && \
 (p.basis == "any" || (p.basis == "occurred_on" && r.what.occurred_on >= p.start) || \
 (p.basis == "signed_on" && r.what.signed_on >= p.start))
"""


class _Given:
    """Values as attributes, which is how casbin's matchers read them."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def casbin() -> Filter:
    """`pycasbin`: one matcher over lines of policy."""
    library = imported("casbin")
    model = library.Model()
    model.load_model_from_text(_CASBIN)
    enforcer = library.Enforcer(model)
    for rule in rules():
        for kind in rule.kinds:
            start = rule.start.isoformat() if rule.start else NO_DAY
            enforcer.add_policy(str(rule.role), rule.section, kind, rule.basis or "any", start)

    def shown(question: Question, documents: Sequence[Document]) -> list[Document]:
        known = question.known()
        who = _Given(known | {"admitted": int(admits(known))})
        return [one for one in documents if enforcer.enforce(who, _Given(told(one, question.at)))]

    return shown


def py_abac() -> Filter:
    """`py-abac`: policies as JSON, in memory."""
    library, memory = imported("py_abac"), imported("py_abac.storage.memory")
    storage = memory.MemoryStorage()
    for number, rule in enumerate(rules()):
        storage.add(library.Policy.from_json(_abac(number, rule)))
    point = library.PDP(storage)

    def shown(question: Question, documents: Sequence[Document]) -> list[Document]:
        known = question.known()
        subject = {"role": known["role"], "admitted": int(admits(known))}

        def sees(one: Document) -> bool:
            resource = told(one, question.at)
            resource["own"] = int(one.patient == known["patient"])
            for name in ("occurred_on", "signed_on"):
                resource[name] = int(resource[name].replace("-", ""))
            asked = {
                "subject": {"id": "", "attributes": subject},
                "resource": {"id": "", "attributes": resource},
                "action": {"id": "", "attributes": {"method": "view"}},
                "context": {},
            }
            return bool(point.is_allowed(library.AccessRequest.from_json(asked)))

        return [one for one in documents if sees(one)]

    return shown


def _abac(number: int, rule: Rule) -> dict[str, Any]:
    def equal(value: int) -> dict[str, Any]:
        return {"condition": "Eq", "value": value}

    resource: dict[str, Any] = {
        "$.section": {"condition": "Equals", "value": rule.section},
        "$.kind": {"condition": "IsIn", "values": list(_kinds(rule))},
        "$.labelled": equal(0),
        "$.published": equal(1),
        "$.own": equal(1),
    }
    if rule.basis and rule.start:
        start = int(rule.start.isoformat().replace("-", ""))
        resource[f"$.{rule.basis}"] = {"condition": "Gte", "value": start}
    subject = {"$.role": {"condition": "Equals", "value": str(rule.role)}, "$.admitted": equal(1)}
    return {
        "uid": str(number),
        "description": "",
        "effect": "allow",
        "rules": {"subject": subject, "resource": resource, "action": {}, "context": {}},
        "targets": {},
        "priority": 0,
    }


# -- Cedar -----------------------------------------------------------------------------------------

ADMISSION = {
    Role.SELF: "context.open && context.alive && context.granted && context.own && "
    f"context.age >= {OWN_RIGHT}",
    Role.GUARDIAN: "context.open && context.alive && context.granted && context.tie && "
    f"context.age < {OWN_RIGHT}",
    Role.DOCTOR: "true",
    Role.CREW: "context.alive",
}


def days(date: dt.date | None) -> int:
    """*date* as Cedar is told it, which has whole numbers; 0: none."""
    return date.toordinal() if date else 0


def cedar_policies() -> str:
    """One policy for each kind of viewer."""
    texts: list[str] = []
    for role, admission in ADMISSION.items():
        ways = " || ".join(_cedar(rule) for rule in rules() if rule.role is role)
        texts.append(
            'permit(principal, action == Action::"view", resource) when {'
            f' context.role == "{role}" && {admission} && resource.patient == context.patient &&'
            f" resource.published <= context.now && !resource.labelled && ({ways}) }};"
        )
    return "\n".join(texts)


def _cedar(rule: Rule) -> str:
    kinds = json.dumps(_kinds(rule))
    text = f'resource.section == "{rule.section}" && {kinds}.contains(resource.kind)'
    start = f" && resource.{rule.basis} >= {days(rule.start)}" if rule.basis else ""
    return f"({text}{start})"


def cedar_context(question: Question) -> dict[str, Any]:
    """What Cedar is told of the viewer and the patient."""
    return question.known() | {"now": int(question.at.timestamp())}


def cedar_batch() -> Filter:
    """`cedarpy`: one batch of requests for a card, and the card's documents as entities."""
    library = imported("cedarpy")
    policies = library.PolicySet.from_str(cedar_policies())

    def shown(question: Question, documents: Sequence[Document]) -> list[Document]:
        context = cedar_context(question)
        entities: list[dict[str, Any]] = [
            {
                "uid": {"type": "Document", "id": one.id},
                "attrs": {
                    "section": one.section,
                    "patient": one.patient,
                    "kind": one.kind or "",
                    "labelled": bool(one.labels),
                    "occurred_on": days(one.occurred_on),
                    "signed_on": days(one.signed_on),
                    "published": int(one.published_at.timestamp()),
                },
                "parents": [],
            }
            for one in documents
        ]
        asked = [
            {
                "principal": f'User::"{question.viewer.person}"',
                "action": 'Action::"view"',
                "resource": f'Document::"{one.id}"',
                "context": context,
            }
            for one in documents
        ]
        answers = library.is_authorized_batch(asked, policies, entities)
        return [one for one, answer in zip(documents, answers, strict=True) if answer.allowed]

    return shown

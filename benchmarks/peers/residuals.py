"""Cedar's partial evaluation for a viewer, and a compiler of what it leaves open to Python.

This is the strongest of the peers: the viewer is decided once, and documents are compared with
constants, as in emrcore. The compiler is not part of cedarpy; somebody has to write and keep it.
"""

import datetime as dt
import functools
import types
from collections.abc import Sequence
from typing import Any

from emrcore.records import Document
from peers.engines import cedar_context, cedar_policies, imported
from peers.policy import Filter, Question

_ATTRIBUTES = {
    "section": "one.section",
    "patient": "one.patient",
    "kind": "(one.kind or '')",
    "labelled": "bool(one.labels)",
    "occurred_on": "(one.occurred_on or never)",
    "signed_on": "(one.signed_on or never)",
    "published": "one.published_at",
}
_COMPARISONS = {"==": "==", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def cedar_partial() -> Filter:
    """`cedarpy`: partial evaluation, then one list comprehension made of the residuals."""
    library = imported("cedarpy")
    policies = library.PolicySet.from_str(cedar_policies())
    entities = library.Entities.from_json_str("[]")

    def shown(question: Question, documents: Sequence[Document]) -> list[Document]:
        request = {
            "principal": f'User::"{question.viewer.person}"',
            "action": 'Action::"view"',
            "context": cedar_context(question),
        }
        answer = library.is_authorized_partial(request, policies, entities)
        names: dict[str, Any] = {"never": dt.date.min}
        bodies = [_body(one, names) for one in answer.residuals.values()]
        made = eval(_code(_disjunction(bodies)), names)  # noqa: S307 - our own expression
        found: list[Document] = made(documents)
        return found

    return shown


@functools.lru_cache
def _code(condition: str) -> types.CodeType:
    """A filter by *condition*; its dates are names, so that a card needs no new text."""
    return compile(f"lambda documents: [one for one in documents if {condition}]", "", "eval")


Names = dict[str, Any]


def _body(residual: dict[str, Any], names: Names) -> str:
    if residual["effect"] != "permit":
        raise NotImplementedError(residual["effect"])
    return _conjunction([_expression(one["body"], names) for one in residual["conditions"]])


def _conjunction(parts: list[str]) -> str:
    if "False" in parts:
        return "False"
    return " and ".join(f"({part})" for part in parts if part != "True") or "True"


def _disjunction(parts: list[str]) -> str:
    if "True" in parts:
        return "True"
    return " or ".join(f"({part})" for part in parts if part != "False") or "False"


def _expression(node: dict[str, Any], names: Names) -> str:
    ((operator, argument),) = node.items()
    match operator:
        case "Value":
            return repr(argument)
        case "Set":
            return "{" + ", ".join(_expression(one, names) for one in argument) + "}"
        case ".":
            return _ATTRIBUTES[argument["attr"]]
        case "!":
            inner = _expression(argument["arg"], names)
            return {"True": "False", "False": "True"}.get(inner, f"not ({inner})")
        case _:
            return _of_two(operator, argument["left"], argument["right"], names)


def _of_two(operator: str, left: dict[str, Any], right: dict[str, Any], names: Names) -> str:
    match operator:
        case "&&":
            return _conjunction([_expression(left, names), _expression(right, names)])
        case "||":
            return _disjunction([_expression(left, names), _expression(right, names)])
        case "contains":
            return f"{_expression(right, names)} in {_expression(left, names)}"
        case _:
            constant = _constant(left, right, names) or _expression(right, names)
            return f"{_expression(left, names)} {_COMPARISONS[operator]} {constant}"


def _constant(left: dict[str, Any], right: dict[str, Any], names: Names) -> str | None:
    """A name for the constant that a date is compared with; None: it is no date."""
    attribute = left.get(".", {}).get("attr")
    if attribute not in {"occurred_on", "signed_on", "published"}:
        return None
    number, name = right["Value"], f"constant_{len(names)}"
    if attribute == "published":
        names[name] = dt.datetime.fromtimestamp(number, dt.UTC)
    else:
        names[name] = dt.date.fromordinal(number)
    return name

"""JSON of others, read strictly: one object, in UTF-8, no name twice."""

import json
from typing import Any, TypeGuard


def parsed(raw: bytes) -> dict[str, object] | None:
    """The object in *raw*, or None if that is anything else."""
    try:
        found: object = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse
        )
    except (ValueError, RecursionError):
        return None
    return found if is_object(found) else None


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    """Whether *value* is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Whether *value* is a JSON array."""
    return isinstance(value, list)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refuse(_: str) -> None:
    raise ValueError("no JSON number")

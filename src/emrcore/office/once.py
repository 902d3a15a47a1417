"""Carrying out a request once, however often it is repeated (STO-8).

Whoever does not hear the answer to a commit cannot know whether it was applied. The request is
repeated under the key it was first made with: its outcome was kept in the same commit as its effect
and is told again. Refusals are not kept: they changed nothing.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

import attrs

from emrcore import rules
from emrcore.errors import Fault, Malformed, RuleBroken
from emrcore.office import places
from emrcore.office.work import Work
from emrcore.ports import Keys
from emrcore.wire import Done, decode_any, encode, plain, tag

T = TypeVar("T")

_SHORTEST, _LONGEST = 16, 128


@attrs.frozen(kw_only=True)
class Once:
    """One request: the ``key`` its caller gave it, and all that it asks for, to be digested."""

    key: str = attrs.field(repr=False)
    content: str = attrs.field(repr=False)

    def digest(self, keys: Keys, master: str) -> str:
        """What the request is told apart by, under the master key of that id.

        It is keyed by the caller's key and by the host's: arguments cannot be tried.
        """
        secret = keys.derive("request", self.key.encode(), key=master)
        return f"{master} {hmac.new(secret, self.content.encode(), hashlib.sha256).hexdigest()}"

    def made(self, keys: Keys, digest: str) -> bool:
        """Whether *digest* is this request's, by whichever master key it was made."""
        master, _, _ = digest.rpartition(" ")
        return hmac.compare_digest(digest, self.digest(keys, master))


@attrs.frozen(kw_only=True)
class Told(Generic[T]):
    """How an outcome that holds a secret is told again: what of it is kept, and made of that."""

    keep: Callable[[T], str]
    again: Callable[[Work, str], T]


def once(key: str, verb: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> Once:
    """The request to do *verb* with these arguments, under *key*.

    Raises:
        Malformed: the key is not 16 to 128 printable ASCII characters.
    """
    if not (_SHORTEST <= len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        fault = Fault("key", f"must be {_SHORTEST} to {_LONGEST} printable ASCII characters")
        raise Malformed("request", (fault,))
    return Once(key=key, content=plain([verb, list(args), dict(named)]))


def answer(
    request: Once, work: Work, keys: Keys, verb: Callable[[Work], T], told: Told[T] | None
) -> T:
    """The outcome of *verb*, or the one that was kept.

    Raises:
        RuleBroken: STO-8, the key was used for another request.
        TypeError: the outcome of this verb cannot be kept.
    """
    place = places.done(work.shard, request.key)
    done = work.load(place, Done)
    if done is None:
        result = verb(work)
        outcome = told.keep(result) if told else _kept(result)
        digest = request.digest(keys, keys.current)
        work.put(place, Done(request=digest, outcome=outcome, at=work.now))
        return result
    if not request.made(keys, done.request):
        raise RuleBroken(rules.STO_8)
    return told.again(work, done.outcome) if told else cast("T", _recalled(done.outcome))


def _kept(result: object) -> str:
    if result is None or isinstance(result, bool | int | str):
        return json.dumps({"plain": result})
    tag(result)
    return encode(result)


def _recalled(outcome: str) -> object:
    content = json.loads(outcome)
    return content["plain"] if "plain" in content else decode_any(outcome)

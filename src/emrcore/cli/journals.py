"""The commands about the journal: hold it against its checkpoints, make one, prove by one.

They read a database that a portal keeps, and write nothing but checkpoints.
"""

import argparse
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from emrcore.adapters.checkpoint_folder import CheckpointFolder
from emrcore.adapters.ed25519 import Ed25519Signer, Ed25519Verifier
from emrcore.adapters.memory import MemoryCheckpoints
from emrcore.adapters.system import SystemClock
from emrcore.errors import Corrupt, Fault, Malformed
from emrcore.journal import Proof, Shard, breaks, head, proven
from emrcore.office.auditing import Auditor, Finding, Notary, links
from emrcore.ports import CheckpointSink, Journal, Verifier

T = TypeVar("T")

DATABASE = "sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
_NOBODY = Ed25519Verifier(origin="-", public=bytes(32))


def arguments(parser: argparse.ArgumentParser) -> None:
    """The actions on a journal."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    verify = actions.add_parser(
        "verify",
        help="list every place that is not as it was written",
        description="List every place where the journal is not as it was written. Without "
        "checkpoints a cut tail, and a chain that was written anew, cannot be seen. It exits with "
        "0 if nothing is found; exits with 1 if anything is; with 2 if the input cannot be "
        "understood; with 3 if the database cannot be reached.",
    )
    _database(verify)
    _checkpoints(verify, required=False)
    verify.add_argument(
        "--note", type=Path, action="append", default=[], help="a checkpoint kept from before"
    )
    verify.set_defaults(command=verify_journal)
    checkpoint = actions.add_parser(
        "checkpoint",
        help="sign how far every chain has come",
        description="Sign how far every chain has come, and keep that. A chain that is broken is "
        "told and not signed: then it exits with 1.",
    )
    _database(checkpoint)
    _checkpoints(checkpoint, required=True, key="the private key: a PEM file")
    checkpoint.set_defaults(command=make_checkpoint)
    prove = actions.add_parser(
        "prove",
        help="prove that the journal of one card or account is complete",
        description="Print, as JSON, that the last checkpoint covers the journal of one card or "
        "account, and how far; with --check, check such a proof, and if a database is named the "
        "journal by it. Exits with 1 if no checkpoint covers it, or if the proof is none.",
    )
    prove.add_argument("database", nargs="?", help=DATABASE)
    _checkpoints(prove, required=False, needed_key=True)
    prove.add_argument("--shard", type=_shard, help="such as patient/ID or account/ID")
    prove.add_argument("--check", type=Path, metavar="PROOF", help="a proof in a file")
    prove.set_defaults(command=prove_journal)


def _database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("database", help=DATABASE)
    parser.add_argument("--json", action="store_true", help="a line of JSON for each finding")


def _checkpoints(
    parser: argparse.ArgumentParser,
    *,
    required: bool,
    needed_key: bool = False,
    key: str = "the public key: a PEM file",
) -> None:
    parser.add_argument(
        "--checkpoints", type=Path, required=required, metavar="FOLDER", help="where they are kept"
    )
    parser.add_argument("--key", type=Path, required=required or needed_key, help=key)
    parser.add_argument(
        "--origin", default="emrcore", help="the name of the log (default: emrcore)"
    )


def verify_journal(chosen: argparse.Namespace) -> int:
    """Tell of every place that is not as it was written; 1 if there is one."""
    if (chosen.checkpoints is None) != (chosen.key is None):
        raise _wrong("checkpoints", "go with --key, and it with them")
    sink: CheckpointSink = MemoryCheckpoints()
    key: Verifier = _NOBODY
    if chosen.checkpoints:
        sink, key = CheckpointFolder(chosen.checkpoints), _public(chosen)
    elif chosen.note:
        raise _wrong("note", "goes with --checkpoints")
    remembered = tuple(_text(one) for one in chosen.note)
    auditor = Auditor(journal=_journal(chosen.database), sink=sink, key=key, remembered=remembered)
    found = 0
    for one in auditor.verify():
        _tell(one, as_json=chosen.json)
        found += 1
    last = sink.last()
    covered = f"checkpoint {last.number}" if last else "no checkpoint"
    if not chosen.json:
        print(f"{'whole' if not found else f'{found} found'}, by {covered}")
    return 1 if found else 0


def make_checkpoint(chosen: argparse.Namespace) -> int:
    """Make a checkpoint; 1 if anything was found wrong."""
    sink = CheckpointFolder(chosen.checkpoints)
    key = _key(Ed25519Signer.from_pem, chosen)
    notary = Notary(journal=_journal(chosen.database), sink=sink, key=key, clock=SystemClock())
    found = notary.checkpoint()
    for one in found:
        _tell(one, as_json=chosen.json)
    last = sink.last()
    if last and not chosen.json:
        print(last.note, end="")
    return 1 if found else 0


def prove_journal(chosen: argparse.Namespace) -> int:
    """Print a proof about one shard, or check one; 1 if there is none."""
    if chosen.check:
        return _check(chosen)
    if not (chosen.database and chosen.checkpoints and chosen.shard):
        raise _wrong("prove", "needs a database, --checkpoints and --shard, or --check")
    sink = CheckpointFolder(chosen.checkpoints)
    auditor = Auditor(journal=_journal(chosen.database), sink=sink, key=_public(chosen))
    proof = auditor.prove(chosen.shard)
    if proof is None:
        print("no checkpoint covers it")
        return 1
    print(json.dumps(_plain(proof), indent=1))
    return 0


def _check(chosen: argparse.Namespace) -> int:
    proof, key = _proof(chosen.check), _public(chosen)
    try:
        checkpoint = proven(proof, origin=key.origin, public=key.public, check=key.check)
    except Corrupt as wrong:
        print(wrong)
        return 1
    said = proof.head
    found = 0
    if chosen.database:
        chain = links(_journal(chosen.database), said.shard)
        for one in breaks(chain, heads=(said,)):
            _tell(Finding(shard=said.shard, number=one.number, what=one.what), as_json=False)
            found += 1
    where = f"{said.shard.kind}/{said.shard.id}"
    print(f"{where} had {said.number} links at {checkpoint.at.isoformat()}")
    return 1 if found else 0


def _plain(proof: Proof) -> dict[str, object]:
    path = [base64.b64encode(one).decode() for one in proof.path]
    return {"note": proof.note, "index": proof.index, "head": proof.head.text, "path": path}


def _proof(place: Path) -> Proof:
    try:
        data = json.loads(_text(place))
        path = tuple(base64.b64decode(one, validate=True) for one in data["path"])
        note, index, said = data["note"], data["index"], head(data["head"])
        if (type(note), type(index)) == (str, int):
            return Proof(note=note, index=index, head=said, path=path)
    except (ValueError, TypeError, KeyError, Corrupt):
        pass
    raise _wrong(place.name, "is not a proof")


def _tell(one: Finding, *, as_json: bool) -> None:
    if not as_json:
        print(one)
        return
    shard = f"{one.shard.kind}/{one.shard.id}" if one.shard else None
    print(json.dumps({"shard": shard, "number": one.number, "what": one.what}))


def _journal(database: str) -> Journal:
    """The journal in *database*, which must be there: none is made."""
    from emrcore.adapters.sql import SqlStorage, store_engine  # noqa: PLC0415 - an extra

    try:
        return SqlStorage(store_engine(database, existing=True))
    except ValueError as wrong:
        raise _wrong("database", f"{wrong}; it is {DATABASE}") from None


def _public(chosen: argparse.Namespace) -> Ed25519Verifier:
    return _key(Ed25519Verifier.from_pem, chosen)


def _key(made: Callable[..., T], chosen: argparse.Namespace) -> T:
    pem = _text(chosen.key).encode()
    try:
        return made(pem, origin=chosen.origin)
    except ValueError:
        raise _wrong(chosen.key.name, "is not an Ed25519 key of the right half, in PEM") from None


def _shard(text: str) -> Shard:
    kind, slash, name = text.partition("/")
    if not (kind and slash and name):
        raise ValueError(text)
    return Shard(kind, name)


def _text(place: Path) -> str:
    try:
        return place.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise _wrong(place.name, "cannot be read") from None


def _wrong(where: str, what: str) -> Malformed:
    return Malformed("command line", (Fault(where, what),))

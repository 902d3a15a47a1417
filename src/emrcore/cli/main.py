"""The ``emrcore`` command: what was asked on standard output, what is wrong on standard error.

It exits with 0; with 1 where the answer is no; with 2 where the input cannot be understood, after
listing every fault, and then nothing was written; with 3 where the outside world failed.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from emrcore.calendar import CALENDAR_NAMES, Counting
from emrcore.cli import cases, journals, keys, questions, stores, vectors
from emrcore.errors import BeyondCalendar, Malformed, RuleBroken, StoreError
from emrcore.rulebook import shipped_names
from emrcore.texts import Language

Command = Callable[[argparse.Namespace], int | None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and say how it went by the exit code."""
    chosen = _parser().parse_args(arguments)
    command: Command = chosen.command
    try:
        return command(chosen) or 0
    except (Malformed, BeyondCalendar) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except RuleBroken as refused:
        print(refused, file=sys.stderr)
        return 1
    except StoreError as outside:
        print(outside, file=sys.stderr)
        return 3
    except BrokenPipeError:  # whoever read the answer has heard enough
        sys.stdout = None
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="emrcore",
        description="Who may see what of whose medical record, and by which rule.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _demo(commands.add_parser("demo", help="the whole road, on data that nobody here wrote"))
    _rulebook(commands.add_parser("rulebook", help="look at a rulebook"))
    _explain(commands.add_parser("explain", help="one answer, with every ground of it"))
    _timeline(commands.add_parser("timeline", help="how an answer changes over time"))
    _deadline(commands.add_parser("deadline", help="when an answer is due, day by day"))
    _fhir(commands.add_parser("fhir", help="what a FHIR R4 bundle holds, by section"))
    _papers(commands.add_parser("papers", help="check identity papers, read from a file"))
    _keys(commands.add_parser("keys", help="master keys in files"))
    journals.arguments(
        commands.add_parser("journal", help="is it as it was written, and to prove it")
    )
    stores.arguments(commands.add_parser("store", help="keep a store"))
    _vectors(commands.add_parser("vectors", help="check that answers are as they must be"))
    _dispatch(commands.add_parser("dispatch", help="send the messages that wait in a store"))
    return parser


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lang", type=Language, choices=list(Language), default=Language.EN, help="en or ru"
    )
    parser.add_argument(
        "--store", type=Path, help="an SQLite file to keep, and to go on with (default: none kept)"
    )
    parser.add_argument("--rulebook", type=Path, help="a rulebook file (default: the shipped one)")
    parser.add_argument("--section", help="also show this section page by page")
    parser.set_defaults(command=_run_demo)


def _run_demo(chosen: argparse.Namespace) -> None:
    from emrcore.cli import demo  # noqa: PLC0415 - its adapters are extras

    demo.run(
        language=chosen.lang, store=chosen.store, rulebook=chosen.rulebook, section=chosen.section
    )


def _rulebook(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="read a rulebook and list every fault")
    check.add_argument("rulebook", help=f"a file, or one of {', '.join(shipped_names())}")
    check.set_defaults(command=questions.check_rulebook)
    show = actions.add_parser("show", help="print every value of a rulebook with its source")
    show.add_argument("rulebook", help="a file, or a shipped name")
    show.set_defaults(command=questions.show_rulebook)
    diff = actions.add_parser("diff", help="who gains and loses what from one to the other")
    diff.add_argument("before", help="a file, or a shipped name")
    diff.add_argument("after", help="a file, or a shipped name")
    diff.add_argument("--at", required=True, metavar="MOMENT")
    diff.set_defaults(command=questions.show_difference)


def _explain(parser: argparse.ArgumentParser) -> None:
    cases.arguments(parser)
    cases.document_arguments(parser)
    parser.add_argument("--at", required=True, metavar="MOMENT")
    parser.set_defaults(command=cases.show_explanation)


def _timeline(parser: argparse.ArgumentParser) -> None:
    cases.arguments(parser)
    parser.add_argument("--since", required=True, metavar="MOMENT")
    parser.add_argument("--until", required=True, metavar="MOMENT", help="not included")
    parser.set_defaults(command=cases.show_timeline)


def _deadline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--filed", required=True, help="such as 2020-01-14T10:00:00+03:00")
    parser.add_argument(
        "--working-days", type=questions.at_least_one, default=5, metavar="N", help="(default: 5)"
    )
    parser.add_argument("--calendar", choices=CALENDAR_NAMES, default="moscow")
    parser.add_argument("--zone", default="Europe/Moscow", help="(default: Europe/Moscow)")
    parser.add_argument("--counting", type=Counting, choices=list(Counting), default=Counting.A)
    parser.set_defaults(command=questions.show_deadline)


def _fhir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", nargs="+", type=Path, help="a JSON file")
    parser.set_defaults(command=questions.show_bundles)


def _papers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "papers",
        type=Path,
        help="a TOML file with passport, oms, mobile, born, and if known oms_series, snils, sex",
    )
    parser.set_defaults(command=questions.check_papers)


def _keys(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a master key")
    keys.arguments(new)
    new.set_defaults(command=keys.make)


def _vectors(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    run = actions.add_parser("run", help="run conformance vectors and list what fails")
    vectors.arguments(run)
    run.set_defaults(command=vectors.run_vectors)


def _dispatch(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Send what waits, until SIGTERM or SIGINT. The store, the keys and the provider's "
        "credentials come from the environment: EMRCORE_STORE, EMRCORE_KEYS, EMRCORE_SENDER, "
        "EMRCORE_SMPP_HOST, _PORT, _USER, _PASSWORD, EMRCORE_KANNEL_URL, _USER, _PASSWORD, _SMSC, "
        "_RECEIPTS, or from the files that the same names with _FILE name."
    )
    parser.add_argument("--sms", choices=("console", "kannel", "smpp"), required=True)
    parser.add_argument("--host", required=True, help="the portal's name, in a message's last line")
    parser.add_argument("--lang", type=Language, choices=list(Language), default=Language.RU)
    parser.add_argument("--rulebook", default="ru-moscow-2020", help="a file, or a shipped name")
    parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="(default: 1)")
    parser.add_argument("--once", action="store_true", help="one round, and its line")
    parser.set_defaults(command=_run_dispatch)


def _run_dispatch(chosen: argparse.Namespace) -> None:
    from emrcore.cli import dispatch  # noqa: PLC0415 - its adapters are extras

    dispatch.run(chosen)

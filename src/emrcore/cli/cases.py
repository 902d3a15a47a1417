"""A question about one card, put together on the command line."""

import argparse
import datetime as dt

from emrcore import rules
from emrcore.access import (
    Facts,
    Grant,
    Grounds,
    View,
    Viewer,
    explain,
    grounds_of,
    timeline,
)
from emrcore.access.grounds import Ground
from emrcore.cli.questions import moment, rulebook
from emrcore.errors import Fault, Malformed
from emrcore.people import Kinship, KinshipStatus, PatientId, Person, PersonId
from emrcore.records import Document, DocumentId, judge
from emrcore.rulebook import Edition, Role
from emrcore.texts import Language, written

PATIENT, VIEWER = PersonId("patient"), PersonId("viewer")
CARD = PatientId("card")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What a question is made of; days are such as 2020-01-31, moments have an offset."""
    parser.add_argument("--rulebook", default="ru-moscow-2020", help="a shipped name, or a file")
    parser.add_argument("--as", dest="role", type=Role, choices=list(Role), required=True)
    parser.add_argument("--born", required=True, metavar="DAY", help="the patient's birth")
    parser.add_argument("--died", metavar="DAY")
    parser.add_argument("--tie", type=KinshipStatus, choices=list(KinshipStatus))
    parser.add_argument("--tie-since", metavar="DAY", help="(default: the birth)")
    parser.add_argument("--tie-until", metavar="DAY")
    parser.add_argument("--granted", metavar="MOMENT", help="when access was granted, if ever")
    parser.add_argument("--lang", type=Language, choices=list(Language), default=Language.EN)


def document_arguments(parser: argparse.ArgumentParser) -> None:
    """The document that is asked about, if one is."""
    parser.add_argument("--section", help="ask about a document of this section")
    parser.add_argument("--kind")
    parser.add_argument("--occurred", metavar="DAY")
    parser.add_argument("--signed", metavar="DAY")
    parser.add_argument("--published", metavar="MOMENT", help="(default: the moment asked at)")
    parser.add_argument("--label", action="append", default=[])


def show_explanation(chosen: argparse.Namespace) -> None:
    """Tell the citizen's answer, and below it the operator's, with every ground."""
    book = rulebook(chosen.rulebook)
    facts, viewer = _facts(chosen), _viewer(chosen)
    at = moment(chosen.at, "at")
    found = grounds_of(facts, viewer, at=at, rulebook=book)
    view = found.view
    if chosen.section:
        verdict = judge(view, _document(chosen, at, view.edition))
        seen = "visible" if verdict.visible else "hidden"
        print(f"{seen}: {explain(verdict.reason, chosen.lang)} [{verdict.reason}]")
    for line in _told(view, chosen.lang):
        print(line)
    _print_grounds(found, chosen.lang)


def show_timeline(chosen: argparse.Namespace) -> None:
    """Tell how the answer changes, each from the moment it begins to differ."""
    since, until = moment(chosen.since, "since"), moment(chosen.until, "until")
    book = rulebook(chosen.rulebook)
    views = timeline(_facts(chosen), _viewer(chosen), since=since, until=until, rulebook=book)
    for view in views:
        when = written(chosen.lang, view.at.astimezone(view.edition.zone))
        print(f"{when}  {'; '.join(_told(view, chosen.lang))}")


def _told(view: View, language: Language) -> list[str]:
    """The answer to the citizen."""
    if view.refusal:
        return [f"{explain(view.refusal, language)} [{view.refusal.rule.id}]"]
    titles = {one.section: view.edition.sections[one.section].title for one in view.allowances}
    return [", ".join(title[language] for title in titles.values())]


def _print_grounds(found: Grounds, language: Language) -> None:
    """The answer to the operator."""
    print(f"\nby {found.rulebook}, edition of {found.edition}, {found.fingerprint[:12]}")
    for kind, grounds in (("open", found.open), ("closed", found.closed)):
        for ground in grounds:
            print(f"{kind}: {', '.join(ground.sections)}")
            _print_ground(ground)
    if found.then:
        told = "; ".join(_told(found.then, language))
        at = found.then.at.astimezone(found.view.edition.zone)
        print(f"changes {at.isoformat()}: {told}")
    else:
        print("nothing known changes it")


def _print_ground(ground: Ground) -> None:
    constant = "" if ground.constant is None else f" It was decided by: {ground.constant}."
    print(f"  {ground.rule.id}: {ground.rule.says}{constant}")
    for citation in ground.citations:
        place = f", {citation.place}" if citation.place else ""
        url = f" <{citation.url}>" if citation.url else ""
        print(f"    {citation.title}{place}{url}")


def _facts(chosen: argparse.Namespace) -> Facts:
    born = day(chosen.born, "born")
    died = day(chosen.died, "died") if chosen.died else None
    asker = PATIENT if chosen.role is Role.SELF else VIEWER
    granted = moment(chosen.granted, "granted") if chosen.granted else None
    return Facts(
        patient=CARD,
        person=Person(id=PATIENT, born=born, died=died),
        kinships=(_tie(chosen, born),) if chosen.tie else (),
        grants=(Grant(viewer=asker, since=granted),) if granted else (),
    )


def _tie(chosen: argparse.Namespace, born: dt.date) -> Kinship:
    return Kinship(
        guardian=VIEWER,
        ward=PATIENT,
        status=chosen.tie,
        since=day(chosen.tie_since, "tie-since") if chosen.tie_since else born,
        until=day(chosen.tie_until, "tie-until") if chosen.tie_until else None,
    )


def _viewer(chosen: argparse.Namespace) -> Viewer:
    return Viewer(person=PATIENT if chosen.role is Role.SELF else VIEWER, role=chosen.role)


def _document(chosen: argparse.Namespace, at: dt.datetime, edition: Edition) -> Document:
    if chosen.section not in edition.sections:
        known = ", ".join(edition.sections)
        fault = Fault("section", f"must be one of {known}", rules.ACC_11)
        raise Malformed("command line", (fault,))
    return Document(
        id=DocumentId("document"),
        source="command line",
        patient=CARD,
        section=chosen.section,
        kind=chosen.kind,
        occurred_on=day(chosen.occurred, "occurred") if chosen.occurred else None,
        signed_on=day(chosen.signed, "signed") if chosen.signed else None,
        published_at=moment(chosen.published, "published") if chosen.published else at,
        labels=frozenset(chosen.label),
    )


def day(text: str, where: str) -> dt.date:
    """The day in *text*.

    Raises:
        Malformed: it is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        fault = Fault(where, "must be a day, such as 2020-01-31", rules.PPL_4)
        raise Malformed("command line", (fault,)) from None

"""A family that writes: a rulebook with the two sections open, and everybody let in."""

import importlib.resources

import attrs

from emrcore.applications import Asked, Filed
from emrcore.office import Citizen
from emrcore.people import Account, AccountId, AccountLevel, PatientId, Person, PersonId
from emrcore.rulebook import Check, Role, Rulebook, parse
from world import Town, new_town

ANNOUNCED = 'announced = { value = true, source = "announcement: 15" }'
OPEN = """opened_on = { value = 2020-01-14, source = "choice: 15" }
records_from = { value = 2020-01-14, source = "choice: 15" }
basis = { value = "published", source = "choice: 15" }"""


def opened_rulebook() -> Rulebook:
    """January 2020 in Moscow, with questionnaires and diary open."""
    folder = importlib.resources.files("emrcore.rulebooks")
    text = (folder / "ru-moscow-2020.toml").read_text("utf-8")
    start = text.index("[edition.sections.questionnaires]")
    return parse(text[:start] + text[start:].replace(ANNOUNCED, OPEN, 2), file="opened.toml")


def writing_town() -> Town:
    """A town where both sections are open; a mother and her child are in."""
    town = new_town()
    town.office = attrs.evolve(town.office, rulebook=opened_rulebook())
    return town


def account_of(person: Person) -> Account:
    """The full account of *person*."""
    return Account(id=AccountId(f"of-{person.id}"), person=person.id, level=AccountLevel.FULL)


def let_in(town: Town, person: Person, *cards: tuple[PatientId, Role]) -> Account:
    """Apply for *cards* as *person*, and be granted all."""
    account, office = account_of(person), town.office
    asked = tuple(Asked(patient=patient, role=role) for patient, role in cards)
    filed = office.file(account, asked=asked, papers=town.papers)
    assert isinstance(filed, Filed)
    for check in Check:
        office.record_check(account.id, filed.id, check=check, passed=True, by=town.operator)
    for patient, _ in cards:
        office.grant(account.id, filed.id, patient, by=town.operator)
    return account


def signed_in(town: Town, account: Account, role: Role) -> Citizen:
    """*account* after a login, in *role*."""
    town.clock.turn(minutes=5)
    login = town.office.begin_login(account, host_session="h1")
    signed = town.office.verify(
        account, town.last_code(), host_session="h1", acknowledged=login.notice
    )
    return Citizen(account=account, token=signed.token, role=role)


def another(name: str, year: int, month: int, day: int) -> Person:
    """Somebody born on that day."""
    import datetime as dt  # noqa: PLC0415

    return Person(id=PersonId(name), born=dt.date(year, month, day))

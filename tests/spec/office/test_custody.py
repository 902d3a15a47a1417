"""Identity data in custody: seen by an operator, erased, and sealed anew."""

import concurrent.futures
import functools
from collections.abc import Callable

import attrs
import pytest

from emrcore import rules
from emrcore.applications import ApplicationId, Asked, Filed
from emrcore.envelopes import Sealed
from emrcore.errors import Corrupt, EmrcoreError, RuleBroken
from emrcore.office import places
from emrcore.people import Account, AccountId, AccountLevel, PatientId, PersonId
from emrcore.ports import Batch, Fate, Key, Shard
from emrcore.rulebook import Check, Role
from emrcore.rules import Rule
from emrcore.wire import decode, encode
from world import Town

MOTHER = PersonId("mother")


def only_application(town: Town, account: Account | None = None) -> ApplicationId:
    (found,) = town.office.find_applications((account or town.account).id)
    return found.id if isinstance(found, Filed) else found.filed.id


def read(town: Town, account: Account | None = None) -> object:
    who = account or town.account
    return town.office.read_papers(who.id, only_application(town, who), by=town.operator)


def refused(call: Callable[[], object]) -> Rule:
    with pytest.raises(RuleBroken) as error:
        call()
    return error.value.rule


def actions(town: Town, shard: Shard) -> list[str]:
    return [link.entry.action for link in town.office.storage.links(shard)]


def overwrite(town: Town, place: Key, text: str) -> None:
    version = town.office.storage.load(place)[place].version
    town.office.storage.commit(Batch(shard=place.shard, expect={place: version}, put={place: text}))


def test_operator_sees_the_papers_that_were_typed(town: Town) -> None:
    """STO-3, JRN-2: all of them, and an entry says who saw them."""
    town.grant_both()
    assert read(town) == town.papers
    last = town.office.storage.links(Shard.of_account(town.account.id))[-1].entry
    assert (last.action, last.actor.id) == ("papers-shown.1", "op")


def test_papers_of_no_application(town: Town) -> None:
    """APP-10: there is nothing to see, and no entry that says there was."""
    none = ApplicationId("none")
    call = refused(lambda: town.office.read_papers(town.account.id, none, by=town.operator))
    assert call is rules.APP_10
    assert actions(town, Shard.of_account(town.account.id)) == []


def test_put_the_papers_of_one_application_under_another(town: Town) -> None:
    """STO-3: a row moved within one account is corrupt, and shows nothing."""
    town.grant_both()
    place = places.papers(town.account.id, only_application(town))
    mobile = places.mobile(town.account.id, 1)
    stored = town.office.storage.load(place, mobile)
    overwrite(town, place, stored[mobile].text)
    overwrite(town, mobile, stored[place].text)
    with pytest.raises(Corrupt):
        read(town)
    with pytest.raises(Corrupt):
        town.office.dispatch(town.sender())
    assert town.phone.getvalue() == ""


def test_put_the_rows_of_one_account_under_another_of_the_same_person(town: Town) -> None:
    """STO-3 (T64): one key seals both, and still neither papers nor phone open elsewhere."""
    second = attrs.evolve(town.account, id=AccountId("a2"))
    town.grant_both()
    file(town, second)
    (application,) = town.office.find_applications(second.id)
    assert isinstance(application, Filed)
    for check in Check:
        town.office.record_check(
            second.id, application.id, check=check, passed=True, by=town.operator
        )
    town.office.grant(second.id, application.id, town.own, by=town.operator)
    for mine, theirs in (
        (places.mobile(town.account.id, 1), places.mobile(second.id, 1)),
        (
            places.papers(town.account.id, only_application(town)),
            places.papers(second.id, only_application(town, second)),
        ),
    ):
        overwrite(town, mine, town.office.storage.load(theirs)[theirs].text)
    with pytest.raises(Corrupt):
        read(town)
    with pytest.raises(Corrupt):
        town.office.dispatch(town.sender())
    assert read(town, second) == town.papers


def test_say_that_the_papers_are_anothers(town: Town) -> None:
    """STO-3: a row that names a person without an envelope, or with another, shows nothing."""
    town.grant_both()
    other = Account(id=AccountId("a2"), person=PersonId("other"), level=AccountLevel.FULL)
    file(town, other)
    place = places.papers(town.account.id, only_application(town))
    sealed = decode(town.office.storage.load(place)[place].text, Sealed)
    for person in ("other", "nobody"):
        overwrite(town, place, encode(attrs.evolve(sealed, person=PersonId(person))))
        with pytest.raises(Corrupt):
            read(town)


def file(town: Town, account: Account) -> None:
    """File an application of *account* for the own card."""
    patient = PatientId(f"card-of-{account.person}")
    person = attrs.evolve(town.mother, id=account.person)
    town.office.create_card(person, patient=patient, clinic="clinic-1")
    town.office.file(account, asked=(Asked(patient=patient, role=Role.SELF),), papers=town.papers)


def test_erased_person(town: Town) -> None:
    """STO-5: afterwards nothing shows the papers or the phone, and every chain is whole."""
    town.grant_both()
    assert town.office.erase(MOTHER, by=town.operator)
    assert refused(lambda: read(town)) is rules.STO_5
    assert town.office.dispatch(town.sender()) == {Fate.DROPPED: 1}
    assert town.phone.getvalue() == ""
    shards = (Shard.of_person(MOTHER), Shard.of_account(town.account.id))
    for shard in (*shards, Shard.of_patient(town.own)):
        assert town.office.verify_journal(shard) == ()
    assert actions(town, shards[0]) == ["person-erased.1"]
    assert town.office.find_applications(town.account.id)


def test_wrapped_key_is_in_no_row_after_the_erasure(town: Town) -> None:
    """STO-5: and before it, in no entry, which would keep it for ever."""
    town.grant_both()
    place = places.envelope(MOTHER)
    wrapped = town.office.storage.load(place)[place].text.split('"wrapped":"')[1].split('"')[0]
    town.office.erase(MOTHER, by=town.operator)
    kept = [stored.text for stored in vars(town.office.storage)["_states"].values()]
    kept += [repr(links) for links in vars(town.office.storage)["_links"].values()]
    assert not any(wrapped in one for one in kept)


def test_erasing_again_changes_nothing(town: Town) -> None:
    """STO-5: nor does erasing somebody of whom nothing is kept."""
    town.grant_both()
    assert town.office.erase(MOTHER, by=town.operator)
    assert not town.office.erase(MOTHER, by=town.operator)
    assert not town.office.erase(PersonId("nobody"), by=town.operator)
    assert actions(town, Shard.of_person(MOTHER)) == ["person-erased.1"]


def test_both_accounts_of_one_person_are_erased_at_once(town: Town) -> None:
    """STO-5: the envelope is the person's, so that no account is forgotten."""
    second = attrs.evolve(town.account, id=AccountId("a2"))
    town.move_in()
    for account in (town.account, second):
        file(town, account)
        assert read(town, account) == town.papers
    town.office.erase(MOTHER, by=town.operator)
    for account in (town.account, second):
        assert refused(functools.partial(read, town, account)) is rules.STO_5


def test_filing_after_the_erasure_is_sealed_anew(town: Town) -> None:
    """STO-5: the new papers are readable, and the old ones stay erased, also of another account."""
    first = attrs.evolve(town.account, id=AccountId("a0"))
    town.move_in()
    file(town, first)
    for _ in range(2):
        town.office.erase(MOTHER, by=town.operator)
        account = attrs.evolve(town.account, id=AccountId(town.office.new_id()))
        file(town, account)
        assert read(town, account) == town.papers
        assert refused(lambda: read(town, first)) is rules.STO_5


def test_bring_back_the_key_of_another_erasure(town: Town) -> None:
    """STO-5: a row that says it is under an envelope that never was is corrupt, not erased."""
    town.grant_both()
    place = places.papers(town.account.id, only_application(town))
    sealed = decode(town.office.storage.load(place)[place].text, Sealed)
    forged = attrs.evolve(sealed, blob=sealed.blob[:3] + b"f" * 32 + sealed.blob[35:])
    town.office.erase(MOTHER, by=town.operator)
    overwrite(town, place, encode(forged))
    with pytest.raises(Corrupt):
        read(town)


def test_file_while_the_person_is_erased(town: Town) -> None:
    """STO-2, STO-5: what is filed meanwhile is sealed under the new key, and lost with neither."""
    town.move_in()
    file(town, attrs.evolve(town.account, id=AccountId("a0")))
    quick = EraseMeanwhile(town)
    town.office = attrs.evolve(town.office, keys=quick)
    file(town, town.account)
    assert quick.erased
    assert read(town) == town.papers


def test_file_from_many_accounts_of_one_person_at_once(town: Town) -> None:
    """STO-2, STO-5: one envelope is made, all papers open, and one erasure ends them all."""
    town.move_in()
    accounts = [attrs.evolve(town.account, id=AccountId(f"a{number}")) for number in range(8)]
    with concurrent.futures.ThreadPoolExecutor(len(accounts)) as pool:
        list(pool.map(functools.partial(file, town), accounts))
    for account in accounts:
        assert read(town, account) == town.papers
    assert town.office.erase(MOTHER, by=town.operator)
    for account in accounts:
        assert refused(functools.partial(read, town, account)) is rules.STO_5


class EraseMeanwhile:
    """Keys whose first unwrapping is slow enough for an erasure to come between."""

    def __init__(self, town: Town) -> None:
        self.erased = False
        self._keys = town.office.keys
        self._erase = functools.partial(town.office.erase, MOTHER, by=town.operator)

    @property
    def current(self) -> str:
        """See ``Keys.current``."""
        return self._keys.current

    def derive(self, use: str, context: bytes, *, key: str) -> bytes:
        """See ``Keys.derive``."""
        return self._keys.derive(use, context, key=key)

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """See ``Keys.wrap``."""
        return self._keys.wrap(key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See ``Keys.unwrap``."""
        key = self._keys.unwrap(wrapped, context)
        if not self.erased:
            self.erased = self._erase()
        return key


def test_refused_filing_makes_no_key(town: Town) -> None:
    """STO-1: what is refused leaves nothing behind, not even an empty envelope."""
    town.move_in()
    simplified = attrs.evolve(town.account, level=AccountLevel.SIMPLIFIED)
    with pytest.raises(EmrcoreError):
        file(town, simplified)
    assert town.office.storage.load(places.envelope(MOTHER)) == {}

"""Under which key each state lives."""

import hashlib

from emrcore.applications import ApplicationId, EvidenceId
from emrcore.diary import WordsId
from emrcore.feedback import PollId, WishId
from emrcore.people import AccountId, PatientId, PersonId
from emrcore.ports import Key, Shard
from emrcore.records import DocumentId
from emrcore.sessions import SessionId
from emrcore.sharing import GlassId, ShareId
from emrcore.wire import canonical


def facts(patient: PatientId) -> Key:
    """What is known about a patient."""
    return Key(Shard.of_patient(patient), "facts", "")


def coverage(patient: PatientId) -> Key:
    """What sources state of how much of a card they have recorded."""
    return Key(Shard.of_patient(patient), "coverage", "")


def retraction(patient: PatientId, source: str, id: DocumentId) -> Key:  # noqa: A002
    """Whether one document of a card is taken back, and why."""
    return Key(Shard.of_patient(patient), "retraction", canonical([source, id]))


def break_glass(patient: PatientId, person: PersonId) -> Key:
    """The emergency reading of a card by one crew member."""
    return Key(Shard.of_patient(patient), "break-glass", person)


def share(patient: PatientId, id: ShareId) -> Key:  # noqa: A002 - the field's name
    """One share of a card."""
    return Key(Shard.of_patient(patient), "share", id)


def address(digest: str) -> Key:
    """Where the address of a share leads to, by its SHA-256."""
    return Key(Shard("share", digest), "share-address", "")


def aftermath(patient: PatientId, id: GlassId) -> Key:  # noqa: A002 - the field's name
    """What must follow one emergency reading."""
    return Key(Shard.of_patient(patient), "aftermath", id)


def report_alarm(patient: PatientId, id: GlassId) -> Key:  # noqa: A002 - the field's name
    """When the report of an emergency reading is missed; kept apart from whose turn it is."""
    return Key(Shard.of_patient(patient), "report-alarm", id)


def breaks(shift: str) -> Key:
    """When a shift broke a glass; *shift* is a digest."""
    return Key(Shard("shift", shift), "breaks", "")


def summary(patient: PatientId) -> Key:
    """The emergency summary of a card."""
    return Key(Shard.of_patient(patient), "summary", "")


def addressees(patient: PatientId) -> Key:
    """Which accounts were ever let into a card."""
    return Key(Shard.of_patient(patient), "addressees", "")


def outlook(account: AccountId, patient: PatientId) -> Key:
    """What an account was told of coming changes to its view of a card."""
    return Key(Shard.of_account(account), "outlook", patient)


def told(account: AccountId, what: str) -> Key:
    """That an account was told of one thing."""
    return Key(Shard.of_account(account), "told", what)


def preferences(account: AccountId) -> Key:
    """Which notices an account wants, and where."""
    return Key(Shard.of_account(account), "preferences", "")


def application(account: AccountId, id: ApplicationId) -> Key:  # noqa: A002 - the field's name
    """One application."""
    return Key(Shard.of_account(account), "application", id)


def alarm(account: AccountId, id: ApplicationId) -> Key:  # noqa: A002 - the field's name
    """When something next happens to an application by itself; kept apart from whose turn it is."""
    return Key(Shard.of_account(account), "alarm", id)


def latest(account: AccountId, patient: PatientId) -> Key:
    """The latest application of an account for one card."""
    return Key(Shard.of_account(account), "latest-application", patient)


def evidence(account: AccountId, id: EvidenceId) -> Key:  # noqa: A002 - the field's name
    """One piece of evidence: what is known of it, not the picture."""
    return Key(Shard.of_account(account), "evidence", id)


def grant(account: AccountId, patient: PatientId) -> Key:
    """What a granted application let an account into."""
    return Key(Shard.of_account(account), "grant", patient)


def factor(account: AccountId) -> Key:
    """The second factor of an account."""
    return Key(Shard.of_account(account), "factor", "")


def session(account: AccountId, id: SessionId) -> Key:  # noqa: A002 - the field's name
    """One session."""
    return Key(Shard.of_account(account), "session", id)


def envelope(person: PersonId) -> Key:
    """The wrapped data key of a person."""
    return Key(Shard.of_person(person), "envelope", "")


def card_envelope(patient: PatientId) -> Key:
    """The wrapped data key of a card's documents."""
    return Key(Shard.of_patient(patient), "card-envelope", "")


def papers(account: AccountId, id: ApplicationId) -> Key:  # noqa: A002 - the field's name
    """The sealed identity papers of one application."""
    return Key(Shard.of_account(account), "papers", id)


def delivery(account: AccountId, message: str) -> Key:
    """What is known of one message on its way."""
    return Key(Shard.of_account(account), "delivery", message)


def mobile(account: AccountId, version: int) -> Key:
    """The sealed number of one phone of an account."""
    return Key(Shard.of_account(account), "mobile", str(version))


def authenticator(account: AccountId, version: int) -> Key:
    """The sealed secret of one authenticator of an account."""
    return Key(Shard.of_account(account), "authenticator", str(version))


def recovery(account: AccountId) -> Key:
    """The hashes of an account's recovery codes."""
    return Key(Shard.of_account(account), "recovery", "")


def done(shard: Shard, key: str) -> Key:
    """What became of a request that may be repeated."""
    return Key(shard, "done", key)


def budget() -> Key:
    """How many messages have left of late, in all."""
    return Key(Shard("sending", "all"), "budget", "")


def traffic(kind: str, fingerprint: str) -> Key:
    """When messages left of late, to one number or for one client."""
    return Key(Shard(kind, fingerprint), "traffic", "")


def words(patient: PatientId, id: WordsId) -> Key:  # noqa: A002 - the field's name
    """Who wrote some own words, when, and for whom; not what."""
    return Key(Shard.of_patient(patient), "words", id)


def words_text(patient: PatientId, id: WordsId, version: int) -> Key:  # noqa: A002
    """One version of own words, sealed."""
    return Key(Shard.of_patient(patient), "words-text", f"{id}.{version}")


# -- Wishes and polls ------------------------------------------------------------------------------

WISHES = Shard("feedback", "wishes")
"""Where all wishes live: they are few, are merged with each other, and change seldom."""

POLLS = Shard("feedback", "polls")
"""Where all polls live."""

VOTE_CELLS, POLL_CELLS = 256, 64
"""How many shards the votes for wishes, and the ballots of one poll, are spread over.

The numbers are part of the address of what is kept, and never change.
"""


def wish(id: WishId) -> Key:  # noqa: A002 - the field's name
    """One wish."""
    return Key(WISHES, "wish", id)


def wish_text(id: WishId) -> Key:  # noqa: A002 - the field's name
    """The words of one wish."""
    return Key(WISHES, "wish-text", id)


def filings(account: AccountId) -> Key:
    """When an account has filed wishes of late."""
    return Key(WISHES, "wish-filings", account)


def ranking() -> Key:
    """The ranking as last counted."""
    return Key(WISHES, "ranking", "")


def vote_cell(number: int) -> Shard:
    """One of the shards that the votes of accounts are spread over."""
    return Shard("votes", f"{number:03}")


def votes(account: AccountId) -> Key:
    """What an account votes for."""
    return Key(vote_cell(_cell(account, VOTE_CELLS)), "votes", account)


def poll(id: PollId) -> Key:  # noqa: A002 - the field's name
    """One poll."""
    return Key(POLLS, "poll", id)


def poll_cell(id: PollId, number: int) -> Shard:  # noqa: A002 - the field's name
    """One of the shards that the ballots of a poll are spread over."""
    return Shard("poll", f"{id}/{number:02}")


def voter(id: PollId, account: AccountId) -> Key:  # noqa: A002 - the field's name
    """That an account has voted in a poll."""
    return Key(poll_cell(id, _cell(account, POLL_CELLS)), "voter", account)


def ballot_box(cell: Shard) -> Key:
    """The sealed sums of one cell of a poll."""
    return Key(cell, "ballot-box", "")


def _cell(account: AccountId, cells: int) -> int:
    return int.from_bytes(hashlib.sha256(account.encode()).digest()[:8], "big") % cells

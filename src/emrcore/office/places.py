"""Under which key each state lives."""

from emrcore.applications import ApplicationId, EvidenceId
from emrcore.people import AccountId, PatientId, PersonId
from emrcore.ports import Key, Shard
from emrcore.records import DocumentId
from emrcore.sessions import SessionId
from emrcore.wire import canonical


def facts(patient: PatientId) -> Key:
    """What is known about a patient."""
    return Key(Shard.of_patient(patient), "facts", "")


def retraction(patient: PatientId, source: str, id: DocumentId) -> Key:  # noqa: A002
    """Whether one document of a card is taken back, and why."""
    return Key(Shard.of_patient(patient), "retraction", canonical([source, id]))


def break_glass(patient: PatientId, person: PersonId) -> Key:
    """The emergency reading of a card by one crew member."""
    return Key(Shard.of_patient(patient), "break-glass", person)


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

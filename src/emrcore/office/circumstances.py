"""Under which circumstances a reader looks, for the entry about it."""

from emrcore.access import Facts
from emrcore.journal import Context, Outcome, PurposeOfUse
from emrcore.office import places
from emrcore.office.entering import split
from emrcore.office.readers import Citizen, Reader
from emrcore.people import PatientId
from emrcore.rulebook import Role
from emrcore.sessions import digest

PURPOSES = {
    Role.SELF: PurposeOfUse.PATIENT_REQUEST,
    Role.GUARDIAN: PurposeOfUse.FAMILY_REQUEST,
    Role.REPRESENTATIVE: PurposeOfUse.ATTORNEY,
}
"""What a look is for, by the role of whoever looks, or for whom somebody does."""


def context(
    reader: Reader, patient: PatientId, *, facts: Facts | None = None, refused: bool = False
) -> Context:
    """The circumstances of a look; what gave the right is named by its key (JRN-10)."""
    viewer, basis, session, behalf = reader.viewer, None, None, None
    if isinstance(reader, Citizen):
        session = digest(split(reader.token)[0])
        if facts and facts.grants:
            basis = places.grant(reader.account.id, patient)
        if facts and viewer.role is not Role.SELF:
            behalf = facts.person.id
    elif viewer.role is Role.CREW:
        basis = places.break_glass(patient, viewer.person)
    return Context(
        on_behalf_of=behalf,
        purpose=PURPOSES[viewer.role] if isinstance(reader, Citizen) else reader.stated,
        basis=f"{basis.shard.kind}/{basis.shard.id}/{basis.kind}/{basis.id}" if basis else None,
        outcome=Outcome.REFUSED if refused else Outcome.DONE,
        session=session,
        client=reader.client,
    )

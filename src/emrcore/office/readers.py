"""Who reads a card, and how that is proven to the office."""

import attrs

from emrcore.access import Viewer
from emrcore.people import Account
from emrcore.rulebook import PurposeOfUse, Role


@attrs.frozen(kw_only=True)
class Citizen:
    """A person with a session, reading the own card or, as ``guardian``, a child's.

    ``token`` is what ``Office.verify`` returned; ``client`` is the host's reference to the device,
    for the journal, and never an address.
    """

    account: Account
    token: str = attrs.field(repr=False)
    role: Role = Role.SELF
    client: str | None = None

    @property
    def viewer(self) -> Viewer:
        """The citizen as one who asks."""
        return Viewer(person=self.account.person, role=self.role)


@attrs.frozen(kw_only=True)
class Staff:
    """A doctor or an ambulance crew, signed in by the host.

    A doctor states the ``purpose`` of the look (STF-1); a crew reads in an emergency, after
    ``Office.break_glass``. What is ``automated`` is a program's look for the viewer, whom nobody
    shows anything; ``client`` is as with a citizen.
    """

    viewer: Viewer
    purpose: PurposeOfUse | None = None
    automated: bool = False
    client: str | None = None

    @property
    def stated(self) -> PurposeOfUse | None:
        """What the look is for: what was stated, and with a crew the emergency."""
        crew = self.viewer.role is Role.CREW
        return self.purpose or (PurposeOfUse.EMERGENCY if crew else None)


Reader = Citizen | Staff

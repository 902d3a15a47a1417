"""The shell a host calls: it loads, asks the core, commits, and only then answers.

Every verb is one commit; reading a card is one for the journal, before anything is returned. No
rule is decided here.
"""

import attrs

from emrcore.office.agenda import Agenda
from emrcore.office.applying import Applications
from emrcore.office.cards import Cards
from emrcore.office.deciding import Decisions
from emrcore.office.entering import Entrance
from emrcore.office.evidence import Proofs
from emrcore.office.messages import Messages
from emrcore.office.reading import Reading


@attrs.frozen(kw_only=True)
class Office(Cards, Applications, Decisions, Agenda, Proofs, Entrance, Messages, Reading):
    """All verbs over one storage, by one rulebook.

    A verb raises ``RuleBroken`` with the rule that refuses, ``Malformed`` with every fault of its
    input, or a ``StoreError``; then nothing was written, but for ``CommitUnknown``.
    """

"""The shell a host calls: it loads, asks the core, commits, and only then answers.

Every verb is one commit; reading a card is one for the journal, before anything is returned. No
rule is decided here.
"""

import attrs

from emrcore.office.applying import Applications
from emrcore.office.cards import Cards
from emrcore.office.entering import Entrance
from emrcore.office.messages import Messages
from emrcore.office.reading import Reading
from emrcore.office.receipts import Receipts


@attrs.frozen(kw_only=True)
class Office(Cards, Applications, Entrance, Messages, Receipts, Reading):
    """All verbs over one storage, by one rulebook.

    A verb raises ``RuleBroken`` with the rule that refuses, ``Malformed`` with every fault of its
    input, or a ``StoreError``; then nothing was written, but for ``CommitUnknown``.
    """

"""The shell a host calls: it loads, asks the core, commits, and only then answers.

Every verb is one commit; reading a card is one for the journal, before anything is returned. No
rule is decided here.
"""

import attrs

from emrcore.office import applying, cards, entering, messages, reading
from emrcore.office.desk import Desk


@attrs.frozen(kw_only=True)
class Office(Desk):
    """All verbs over one storage, by one rulebook.

    A verb raises ``RuleBroken`` with the rule that refuses, ``Malformed`` with every fault of its
    input, or a ``StoreError``; then nothing was written, but for ``CommitUnknown``.
    """

    create_card = cards.create_card
    record_kinship = cards.record_kinship
    record_restriction = cards.record_restriction
    record_death = cards.record_death
    add_documents = cards.add_documents

    file = applying.file
    record_check = applying.record_check
    grant = applying.grant
    reject = applying.reject
    find_applications = applying.find_applications

    dispatch = messages.dispatch

    begin_login = entering.begin_login
    verify = entering.verify
    log_out = entering.log_out

    find_facts = reading.find_facts
    break_glass = reading.break_glass
    open_card = reading.open_card
    read_page = reading.read_page
    who_looked = reading.who_looked
    verify_journal = reading.verify_journal

"""What a campaign of some hundred schedules must have come by, or it proves nothing about it."""

from emrcore.testing.simulation.plan import Fault

_FAULTS = [f"fault {fault}" for fault in Fault if fault not in {"clock-back", "clocks-apart"}]

_HAPPENED = """
    a process ended, crashed, a message arrived late, the clock went back, clock went back,
    conflict met, redone, unavailable, told unknown, leased again, changed the master key,
    asked again, a wrong code, message sent, message dropped, message dead, message retry
"""

_DONE = """
    file record_check grant reject read_papers find_applications begin_login verify open_card
    read_page who_looked begin_approval approve renew change_phone confirm_phone log_out
    find_sessions end_sessions end_host_session offer_authenticator bind_authenticator
    remove_authenticator report_phone_lost suspend_phone repudiate reproof record_credential_reset
    end_access erase rewrap create_card record_kinship record_restriction record_death
    add_documents break_glass dispatch ask send_back answer correct withdraw attend_due queue
"""

_REFUSED = """
    ACC-2 ACC-3 ACC-4 ACC-5 ACC-6 ACC-7 ACC-8 APP-2 APP-3 APP-5 APP-6 APP-7 APP-10 EMG-1 EMG-2
    REC-2 SES-1 SES-3 SES-5 SES-8 SES-10 SES-13 SES-14 SES-16 SES-17 SES-18 SES-20 STO-5 STO-8
    malformed
"""

_CLOSED = "ACC-4 ACC-5 ACC-6 ACC-7 ACC-8"
"""The rules by which a card was shown as closed, which is an answer."""

_UNEVALUATED = "SES-1 SES-3 SES-5 SES-7 SES-10 SES-17"
"""The rules by which a code was refused, which is told to the journal only."""

PROBES: tuple[str, ...] = (
    *_FAULTS,
    *(" ".join(probe.split()) for probe in _HAPPENED.split(",")),
    *(f"did {verb}" for verb in _DONE.split()),
    *(f"refused {rule}" for rule in _REFUSED.split()),
    *(f"closed {rule}" for rule in _CLOSED.split()),
    *(f"unevaluated {rule}" for rule in _UNEVALUATED.split()),
)
"""All of them, as ``Outcome.seen`` counts them."""

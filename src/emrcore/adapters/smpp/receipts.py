"""Reading a centre's delivery receipt, in the forms that centres write it."""

import re
import struct

from aiosmpplib import DeliverSm, PduHeader, SmppCommand, SmppCommandStatus

from emrcore.sessions import DeliveryState

_ID, _STAT = re.compile(r"\bid:(\S+)"), re.compile(r"\bstat:(\w+)", re.IGNORECASE)
_TLV_ID, _TLV_STATE = 0x001E, 0x0427

_STATES = {
    "DELIVRD": DeliveryState.DELIVERED,
    "EXPIRED": DeliveryState.EXPIRED,
    "DELETED": DeliveryState.UNDELIVERED,
    "UNDELIV": DeliveryState.UNDELIVERED,
    "REJECTD": DeliveryState.UNDELIVERED,
    "ENROUTE": None,
    "ACCEPTD": None,
}
_NUMBERED = ("", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "", "REJECTD")


def read_receipt(pdu: bytes) -> tuple[str, DeliveryState] | None:
    """The centre's id of a message and what became of it; None if *pdu* tells neither.

    From the text (SMPP 3.4, appendix B) or, where that is silent, from the optional parameters.
    """
    try:
        length, _, _, number = struct.unpack_from("!IIII", pdu)
        header = PduHeader(length, SmppCommand.DELIVER_SM, SmppCommandStatus.ESME_ROK, number)
        message = DeliverSm.from_pdu(pdu, header, "latin_1")
    except Exception:  # noqa: BLE001 - a centre may write anything, and would repeat it for ever
        return None
    if not isinstance(message, DeliverSm) or not message.is_receipt():
        return None
    text = message.short_message or message.message_payload
    parameters = {one.tag: one.value for one in message.optional_params or ()}
    told, stat = _ID.search(text), _STAT.search(text)
    id_ = told[1] if told else str(parameters.get(_TLV_ID, ""))
    name = stat[1].upper() if stat else _name(parameters.get(_TLV_STATE))
    state = _STATES.get(name, DeliveryState.UNKNOWN)
    return (id_, state) if id_ and state else None


def _name(number: object) -> str:
    return _NUMBERED[number] if isinstance(number, int) and number < len(_NUMBERED) else ""

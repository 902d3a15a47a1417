"""Messages over HTTP to Kannel's smsbox, and its delivery reports.

Everything personal or secret goes in the body and in headers: a URL ends up in logs.
"""

import contextlib
import datetime as dt
import http.client
import urllib.parse
from collections.abc import Mapping

import attrs

from emrcore.ports import Accepted, Message, Receipt, Rejected, SmsOutcome, Unknown
from emrcore.sessions import DeliveryState
from emrcore.texts import Encoding, segments

_DELIVERED, _FAILED, _REFUSED_BY_CENTRE = 1, 2, 16
_LONGEST = 65_536
_FOR_THE_TIME_BEING = {http.client.TOO_MANY_REQUESTS, http.client.SERVICE_UNAVAILABLE}
_STATES = {
    str(_DELIVERED): DeliveryState.DELIVERED,
    str(_FAILED): DeliveryState.UNDELIVERED,
    str(_REFUSED_BY_CENTRE): DeliveryState.UNDELIVERED,
}


@attrs.frozen(kw_only=True)
class KannelSms:
    """Sends by the sendsms address ``url``; every step of a call waits ``timeout`` seconds at most.

    ``receipts`` is the address of the host's own that Kannel shall call (see ``read_receipt``);
    ``smsc`` names one of several centres. ``max-messages`` of the sendsms-user has to be 2 or more,
    or Kannel cuts texts off.

    Raises:
        ValueError: ``url`` is no address of HTTP, or carries credentials or a query.
    """

    url: str
    username: str
    password: str = attrs.field(repr=False)
    sender: str
    receipts: str | None = None
    smsc: str | None = None
    timeout: float = 10.0

    def __attrs_post_init__(self) -> None:
        """Refuse an address that would be logged with a secret in it."""
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("not an address of HTTP")
        if parts.query or parts.username:
            raise ValueError("credentials and settings go in headers, not in the address")

    def send(self, message: Message) -> SmsOutcome:
        """See ``Sms.send``."""
        with contextlib.closing(self._connection()) as connection:
            try:
                connection.connect()
            except OSError as failure:
                return Rejected(why=f"no connection: {failure}", retryable=True)
            try:
                path = urllib.parse.urlsplit(self.url).path or "/"
                body = message.text.encode()
                connection.request("POST", path, body=body, headers=self._headers(message))
                response = connection.getresponse()
                response.read(_LONGEST)
                return _outcome(message.ref, response.status)
            except (OSError, http.client.HTTPException):
                return Unknown()

    def _connection(self) -> http.client.HTTPConnection:
        parts = urllib.parse.urlsplit(self.url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return kind(parts.hostname or "", parts.port, timeout=self.timeout)

    def _headers(self, message: Message) -> Mapping[str, str]:
        wide = segments(message.text).encoding is Encoding.UCS2
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-Kannel-Username": self.username,
            "X-Kannel-Password": self.password,
            "X-Kannel-From": self.sender,
            "X-Kannel-To": message.to,
            "X-Kannel-Coding": "2" if wide else "0",
            "X-Kannel-Validity": str(int(message.valid_for.total_seconds() // 60)),
        }
        if self.smsc:
            headers["X-Kannel-SMSC"] = self.smsc
        if self.receipts:
            mark = "&" if urllib.parse.urlsplit(self.receipts).query else "?"
            ref = urllib.parse.quote(message.ref, safe="")
            headers["X-Kannel-DLR-Url"] = f"{self.receipts}{mark}ref={ref}&state=%d"
            headers["X-Kannel-DLR-Mask"] = str(_DELIVERED | _FAILED | _REFUSED_BY_CENTRE)
        return headers


def read_receipt(query: Mapping[str, str], *, at: dt.datetime) -> Receipt | None:
    """The receipt in the *query* of a call by Kannel, heard at *at*; None if it says nothing final.

    ``Office.record_receipt`` believes it only if ``ref`` is one that the office has given out.
    """
    ref, state = query.get("ref", ""), _STATES.get(query.get("state", ""))
    return Receipt(ref=ref, state=state, at=at) if ref and state else None


def _outcome(ref: str, status: int) -> SmsOutcome:
    """What an answer means; Kannel gives no id of its own.

    202 is "0: Accepted for delivery" or, while the centre is away, "3: Queued for later delivery".
    """
    if status == http.client.ACCEPTED:
        return Accepted(provider_id=ref)
    if status in _FOR_THE_TIME_BEING:
        return Rejected(why=f"HTTP {status}", retryable=True)
    if 400 <= status < 500:  # noqa: PLR2004 - whoever asks is at fault
        return Rejected(why=f"HTTP {status}", retryable=False)
    return Unknown()

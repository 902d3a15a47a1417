"""The port over a session that is opened when first needed, and anew after it was lost."""

import collections
import datetime as dt
import itertools
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import attrs
from aiosmpplib import (
    NPI,
    TON,
    BindTransceiver,
    GSM7BitCodec,
    PhoneNumber,
    SmppCommandStatus,
    SubmitSm,
)

from emrcore.adapters.smpp.receipts import read_receipt
from emrcore.adapters.smpp.session import Answer, NotBoundError, Session
from emrcore.ports import Accepted, Clock, Message, Receipt, Rejected, SmsOutcome, Unknown
from emrcore.sessions import DeliveryState
from emrcore.texts import Encoding, Segments, segments

_LOG = logging.getLogger(__name__)

_REMEMBERED = 100_000
_LONGEST_LIFE = dt.timedelta(weeks=63)
_HAS_HEADER = 0b0100_0000
_FOR_THE_TIME_BEING = {
    SmppCommandStatus.ESME_RSYSERR,
    SmppCommandStatus.ESME_RMSGQFUL,
    SmppCommandStatus.ESME_RTHROTTLED,
    SmppCommandStatus.ESME_RX_T_APPN,
}


@attrs.define
class _Awaited:
    """What the receipts of one message belong to; it is delivered when all its parts are."""

    ref: str
    parts: int
    delivered: set[str] = attrs.field(factory=set[str])


@attrs.define(kw_only=True, eq=False)
class SmppSms:
    """Sends over SMPP, as a transceiver: from ``sender``, a name or a number, within ``timeout``.

    ``on_receipt`` hears, in a thread of the adapter's, what became of the messages it has sent
    since it was made; if it raises, the centre is asked to repeat. Safe to use from any thread.
    Close it, or use it in a ``with``. SMPP is in clear: give a ``tls`` context, or use a tunnel.

    Raises:
        ValueError: SMPP has no room for the credentials (15 and 8 characters).
    """

    host: str
    port: int
    system_id: str
    password: str = attrs.field(repr=False)
    sender: str
    clock: Clock = attrs.field(repr=False)
    on_receipt: Callable[[Receipt], object] | None = attrs.field(default=None, repr=False)
    tls: ssl.SSLContext | None = attrs.field(default=None, repr=False)
    timeout: float = 10.0
    idle: float = 30.0
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)
    _session: Session | None = attrs.field(default=None, init=False, repr=False)
    _closed: bool = attrs.field(default=False, init=False, repr=False)
    _numbers: Iterator[int] = attrs.field(
        factory=lambda: itertools.cycle(range(256)), init=False, repr=False
    )
    _awaited: collections.OrderedDict[str, _Awaited] = attrs.field(
        factory=collections.OrderedDict[str, _Awaited], init=False, repr=False
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what no centre could be told."""
        self._sign_in().pdu()
        self._source()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the centre; what is sent after that is refused."""
        with self._lock:
            self._closed, session, self._session = True, self._session, None
        if session:
            session.close()

    def send(self, message: Message) -> SmsOutcome:
        """See ``Sms.send``."""
        deadline = time.monotonic() + self.timeout
        try:
            session = self._bound(deadline)
        except (OSError, NotBoundError) as failure:
            return Rejected(why=f"no session: {failure}", retryable=True)
        travelling = segments(message.text)
        awaited = _Awaited(message.ref, len(travelling.parts))
        outcome: SmsOutcome = Unknown()
        for place, request in enumerate(self._requests(message, travelling)):
            outcome = self._submit(session, request, awaited, deadline)
            if not isinstance(outcome, Accepted):
                surely = place == 0 or not isinstance(outcome, Rejected) or not outcome.retryable
                return outcome if surely else Unknown()  # a part of it is out
        return outcome

    # -- The session -------------------------------------------------------------------------------

    def _bound(self, deadline: float) -> Session:
        with self._lock:
            if self._closed:
                raise NotBoundError("closed")
            if self._session and self._session.alive:
                return self._session
            session = Session(self._connected(), idle=self.idle, on_delivery=self._deliver)
            try:
                session.bind(self._sign_in(), deadline=deadline)
            except NotBoundError:
                session.close()
                raise
            self._session = session
            return session

    def _connected(self) -> socket.socket:
        connection = socket.create_connection((self.host, self.port), self.timeout)
        if self.tls is None:
            return connection
        try:
            return self.tls.wrap_socket(connection, server_hostname=self.host)
        except OSError:
            connection.close()
            raise

    def _sign_in(self) -> BindTransceiver:
        return BindTransceiver(system_id=self.system_id, password=self.password)

    # -- One message -------------------------------------------------------------------------------

    def _requests(self, message: Message, travelling: Segments) -> Iterator[SubmitSm]:
        reference, total = next(self._numbers), len(travelling.parts)
        wide = travelling.encoding is Encoding.UCS2
        for number, part in enumerate(travelling.parts, 1):
            header = bytes([5, 0, 3, reference, total, number]) if total > 1 else b""
            request = SubmitSm(
                short_message=part,
                source=self._source(),
                destination=PhoneNumber(message.to.lstrip("+"), TON.INTERNATIONAL, NPI.ISDN),
                esm_class=_HAS_HEADER if header else 0,
                validity_period=min(message.valid_for, _LONGEST_LIFE),
                registered_delivery=1,
                encoding="ucs2" if wide else None,
            )
            encoded = part.encode("utf-16-be") if wide else GSM7BitCodec().encode(part)[0]
            request.set_encoded_message(header + encoded)
            yield request

    def _source(self) -> PhoneNumber:
        if self.sender.isdecimal():
            return PhoneNumber(self.sender, TON.UNKNOWN, NPI.ISDN)
        return PhoneNumber(self.sender, TON.ALPHANUMERIC, NPI.UNKNOWN)

    def _submit(
        self, session: Session, request: SubmitSm, awaited: _Awaited, deadline: float
    ) -> SmsOutcome:
        def remember(answer: Answer) -> None:
            if answer.status == SmppCommandStatus.ESME_ROK:
                self._await(_provider_id(answer), awaited)

        try:
            answer = session.ask(request, deadline=deadline, on_answer=remember)
        except NotBoundError as failure:
            return Rejected(why=str(failure), retryable=True)
        if answer is None:
            return Unknown()
        if answer.status == SmppCommandStatus.ESME_ROK:
            return Accepted(provider_id=_provider_id(answer))
        return Rejected(
            why=f"SMPP status 0x{answer.status:08X}",
            retryable=answer.status in _FOR_THE_TIME_BEING,
        )

    # -- Receipts, in the reader's thread ----------------------------------------------------------

    def _await(self, provider_id: str, awaited: _Awaited) -> None:
        self._awaited[provider_id] = awaited
        while len(self._awaited) > _REMEMBERED:
            self._awaited.popitem(last=False)

    def _deliver(self, pdu: bytes) -> int:
        found = read_receipt(pdu)
        awaited = self._awaited.get(found[0]) if found else None
        if found is None or awaited is None or self.on_receipt is None:
            return SmppCommandStatus.ESME_ROK
        provider_id, state = found
        if state is DeliveryState.DELIVERED:
            awaited.delivered.add(provider_id)
            if len(awaited.delivered) < awaited.parts:
                return SmppCommandStatus.ESME_ROK
        try:
            self.on_receipt(Receipt(ref=awaited.ref, state=state, at=self.clock.now()))
        except Exception as failure:  # noqa: BLE001 - the session serves others too
            _LOG.warning("a receipt was not recorded: %s", type(failure).__name__)
            return SmppCommandStatus.ESME_RX_T_APPN
        return SmppCommandStatus.ESME_ROK


def _provider_id(answer: Answer) -> str:
    return answer.body.split(b"\0")[0].decode("latin-1")

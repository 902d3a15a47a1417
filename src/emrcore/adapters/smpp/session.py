"""One bound connection: any thread asks, a thread of its own reads and answers."""

import contextlib
import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswerError

import attrs
from aiosmpplib import (
    BindTransceiver,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    SmppCommand,
    SmppCommandStatus,
    SmppMessage,
    Unbind,
    UnbindResp,
)

_HEADER = struct.Struct("!IIII")
_LONGEST = 70_000
_ANSWER = 0x8000_0000
_GOODBYE = 1.0


@attrs.frozen(kw_only=True)
class Answer:
    """What the centre answered: a status, 0 for success, and the bytes after the header."""

    status: int
    body: bytes = attrs.field(repr=False)


class NotBoundError(Exception):
    """There is no session to ask in; nothing was sent."""


class Session:
    """A session with a centre; ``on_delivery`` takes each deliver_sm and says the status for it.

    After *idle* seconds of silence it asks whether the centre is there; after as many more it ends.
    """

    def __init__(
        self, connection: socket.socket, *, idle: float, on_delivery: Callable[[bytes], int]
    ) -> None:
        """Begin to read *connection*, which it now owns."""
        self._connection = connection
        self._on_delivery = on_delivery
        self._numbers = itertools.cycle(range(1, 0x7FFF_FFFF))
        self._asked: dict[int, Future[Answer | None]] = {}
        self._lock = threading.RLock()
        self._ended = False
        self._waits = False
        connection.settimeout(idle)
        self._reader = threading.Thread(target=self._read, name="emrcore-smpp", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether the connection was still there when last heard of."""
        return not self._ended

    def bind(self, request: BindTransceiver, *, deadline: float) -> None:
        """Sign in.

        Raises:
            NotBoundError: the centre refused, or did not answer until *deadline*.
        """
        answer = self.ask(request, deadline=deadline)
        if answer is None or answer.status != SmppCommandStatus.ESME_ROK:
            raise NotBoundError(f"bind: {answer}")

    def ask(
        self,
        request: SmppMessage,
        *,
        deadline: float,
        on_answer: Callable[[Answer], None] | None = None,
    ) -> Answer | None:
        """What the centre answers to *request* before *deadline* (monotonic), or None.

        ``on_answer`` hears it first, in the order of what the centre sends.

        Raises:
            NotBoundError: the session has ended before; nothing was sent.
        """
        future = Future[Answer | None]()
        if on_answer:
            future.add_done_callback(lambda done: _tell(on_answer, done.result()))
        with self._lock:
            if self._ended:
                raise NotBoundError("the session has ended")
            request.sequence_num = next(self._numbers)
            self._asked[request.sequence_num] = future
            try:
                self._connection.sendall(request.pdu())
            except OSError:
                self._drop()
        try:
            return future.result(max(0.0, deadline - time.monotonic()))
        except NoAnswerError:
            return None  # if it comes after all, on_answer hears it

    def close(self) -> None:
        """Say goodbye, for a moment at most, and end."""
        with contextlib.suppress(NotBoundError):
            self.ask(Unbind(), deadline=time.monotonic() + _GOODBYE)
        self._drop()
        if threading.current_thread() is not self._reader:
            self._reader.join()

    # -- The reader's ------------------------------------------------------------------------------

    def _read(self) -> None:
        buffer = bytearray()
        with contextlib.suppress(OSError, ValueError):
            while self._receive(buffer):
                while pdu := _next_pdu(buffer):
                    self._handle(pdu)
        self._drop()
        self._connection.close()

    def _receive(self, buffer: bytearray) -> bool:
        """Whether there may be more; a long silence is broken once."""
        try:
            received = self._connection.recv(65_536)
        except TimeoutError:
            if self._waits:
                return False
            self._waits = True
            self._send(EnquireLink(sequence_num=next(self._numbers)))
            return True
        self._waits = False
        buffer += received
        return bool(received)

    def _handle(self, pdu: bytes) -> None:
        _, command, status, number = _HEADER.unpack_from(pdu)
        if command & _ANSWER:
            future = self._asked.pop(number, None)
            if future:
                future.set_result(Answer(status=status, body=pdu[_HEADER.size :]))
        elif command == SmppCommand.ENQUIRE_LINK:
            self._send(EnquireLinkResp(sequence_num=number))
        elif command == SmppCommand.DELIVER_SM:
            verdict = SmppCommandStatus(self._on_delivery(pdu))
            self._send(DeliverSmResp(sequence_num=number, command_status=verdict))
        elif command == SmppCommand.UNBIND:
            self._send(UnbindResp(sequence_num=number))
            raise ConnectionAbortedError
        else:
            unknown = SmppCommandStatus.ESME_RINVCMDID
            self._send(GenericNack(sequence_num=number, command_status=unknown))

    def _send(self, message: SmppMessage) -> None:
        with self._lock:
            self._connection.sendall(message.pdu())

    def _drop(self) -> None:
        """End, and let go whoever waits: nobody will be answered."""
        with self._lock:
            self._ended = True
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
            while self._asked:
                self._asked.popitem()[1].set_result(None)


def _tell(hear: Callable[[Answer], None], answer: Answer | None) -> None:
    if answer:
        hear(answer)


def _next_pdu(buffer: bytearray) -> bytes:
    """The next whole PDU, taken off the front of *buffer*; empty if there is none yet.

    Raises:
        ValueError: what stands there is none.
    """
    if len(buffer) < _HEADER.size:
        return b""
    length = int.from_bytes(buffer[:4], "big")
    if not _HEADER.size <= length <= _LONGEST:
        raise ValueError("not a PDU")
    if len(buffer) < length:
        return b""
    pdu = bytes(buffer[:length])
    del buffer[:length]
    return pdu

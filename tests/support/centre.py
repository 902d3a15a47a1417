"""A short message centre of the tests' own, on 127.0.0.1: ``smpp34`` behind a line that can break.

The line is a relay that sees every PDU, because the server does not tell the validity period. The
server answers each message by the next of ``answers``, and accepts where there is none.
"""

import asyncio
import collections
import contextlib
import datetime as dt
import enum
import socket
import threading
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

import attrs
import smpp34

from emrcore.testing.contracts import Arrival

T = TypeVar("T")

_THROTTLED, _NO_SUCH_NUMBER = 0x58, 0x0B
_MESSAGE_ID, _MESSAGE_STATE = 0x001E, 0x0427
_HAS_HEADER = 0x40
_UCS2 = 8
_DEADLINE = 5.0
_GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = dict(zip(b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65", "\f^{}\\[~]|€", strict=True))


class Reply(enum.Enum):
    """What the centre does with a message."""

    ACCEPT = "accept"
    THROTTLE = "throttle"
    REFUSE = "refuse"
    KEEP_SILENT = "keep silent"
    CUT_BEFORE = "the line breaks before it comes"
    CUT_AFTER = "the line breaks before the answer comes"


@attrs.define
class Centre:
    """What came, what is to be answered, and how to report."""

    port: int = 0
    answers: collections.deque[Reply] = attrs.field(factory=collections.deque[Reply])
    submitted: list[smpp34.SubmitSm] = attrs.field(factory=list[smpp34.SubmitSm])
    ids: list[str] = attrs.field(factory=list[str])
    silent: list[smpp34.SubmitSmEvent] = attrs.field(factory=list[smpp34.SubmitSmEvent])
    sessions: dict[str, smpp34.Esme] = attrs.field(factory=dict[str, smpp34.Esme])
    _loop: asyncio.AbstractEventLoop = attrs.field(factory=asyncio.new_event_loop)
    _server: smpp34.Server | None = None
    _behind: int = 0
    _listener: socket.socket | None = None
    _lines: list[socket.socket] = attrs.field(factory=list[socket.socket])
    _threads: list[threading.Thread] = attrs.field(factory=list[threading.Thread])
    _serving: asyncio.Task[None] | None = None
    _turning: threading.Thread | None = None

    # -- What a test says and asks -----------------------------------------------------------------

    def arrivals(self) -> list[Arrival]:
        """The messages that came whole, put together from their parts."""
        whole: dict[tuple[str, bytes], list[smpp34.SubmitSm]] = collections.defaultdict(list)
        for number, one in enumerate(self.submitted):
            mark = one.short_message[3:4] if one.esm_class & _HAS_HEADER else str(number).encode()
            whole[one.destination_addr, mark].append(one)
        return [
            Arrival(
                to=to,
                text="".join(map(_text, sorted(parts, key=_place))),
                valid_for=_life(parts[0].validity_period),
            )
            for (to, _), parts in whole.items()
            if len(parts) == _parts(parts[0])
        ]

    def report(self, id_: str, stat: str, *, seconds: str = "", silent: str = "") -> int:
        """Report about *id_* in text or, with a ``silent`` one, in parameters; what is answered."""
        text = (
            f"id:{id_} sub:001 dlvrd:001 submit date:2001141000{seconds} "
            f"done date:2001141001{seconds} stat:{stat} err:000 text:"
        )
        parameters = [
            smpp34.Tlv(_MESSAGE_ID, id_.encode() + b"\0"),
            smpp34.Tlv(_MESSAGE_STATE, bytes([2 if stat == "DELIVRD" else 5])),
        ]
        session = list(self.sessions.values())[-1]

        async def deliver() -> int:
            answer = await session.deliver_sm(
                "EMR",
                silent.encode() if silent else text.encode(),
                source_addr="79161234567",
                esm_class=4,
                tlvs=parameters if silent else [],
            )
            return answer.command_status

        return self._run(deliver())

    def answer_late(self) -> None:
        """Accept what was met with silence."""

        async def accept() -> None:
            for event in self.silent:
                self._accept(event)
            self.silent.clear()

        self._run(accept())

    def cut(self) -> None:
        """Break every line."""
        lines, self._lines = self._lines, []
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def go_away(self) -> None:
        """Stop: the port answers no more."""
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.cut()
        for thread in self._threads:
            thread.join(_DEADLINE)
        self._threads.clear()

    def come_back(self) -> None:
        """Listen again, at the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept_lines, self._listener)

    # -- The server --------------------------------------------------------------------------------

    def open(self) -> None:
        """Start the server and the line to it."""
        self._turning = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._turning.start()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._behind = free.getsockname()[1]
        self._server = smpp34.Server("127.0.0.1", self._behind, system_id="CENTRE")
        self._run(self._server_started(self._server))
        self.come_back()

    def close(self) -> None:
        """End everything that was started."""
        self.go_away()
        if self._server:
            self._run(self._server_stopped(self._server))
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._turning:
            self._turning.join(_DEADLINE)
        self._loop.close()

    async def _server_started(self, server: smpp34.Server) -> None:
        await server.start()
        self._serving = asyncio.create_task(self._serve(server))

    async def _server_stopped(self, server: smpp34.Server) -> None:
        if self._serving:
            self._serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._serving
        await server.stop()

    async def _serve(self, server: smpp34.Server) -> None:
        while True:
            match await server.next():
                case smpp34.Esme() as session:
                    self.sessions[session.session_id] = session
                case smpp34.SubmitSmEvent() as event:
                    self._reply(event)
                case _:
                    pass

    def _reply(self, event: smpp34.SubmitSmEvent) -> None:
        match self.answers.popleft() if self.answers else Reply.ACCEPT:
            case Reply.THROTTLE:
                event.reject(_THROTTLED)
            case Reply.REFUSE:
                event.reject(_NO_SUCH_NUMBER)
            case Reply.KEEP_SILENT:
                self.silent.append(event)
            case _:
                self._accept(event)

    def _accept(self, event: smpp34.SubmitSmEvent) -> None:
        self.ids.append(f"m{len(self.ids) + 1}")
        event.accept(self.ids[-1])

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_DEADLINE)

    # -- The line ----------------------------------------------------------------------------------

    def _start(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept_lines(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._behind))
                self._lines += [near, far]
                self._start(self._to_centre, near, far)
                self._start(self._from_centre, far, near)

    def _to_centre(self, near: socket.socket, far: socket.socket) -> None:
        with near, contextlib.suppress(OSError):
            for pdu in _pdus(near):
                message = smpp34.decode(pdu)
                if isinstance(message, smpp34.SubmitSm):
                    reply = self.answers[0] if self.answers else Reply.ACCEPT
                    if reply is not Reply.CUT_BEFORE:
                        self.submitted.append(message)
                    if reply in {Reply.CUT_BEFORE, Reply.CUT_AFTER}:
                        self.answers.popleft()
                        self.cut()
                        return
                far.sendall(pdu)
        with contextlib.suppress(OSError):
            far.shutdown(socket.SHUT_RDWR)

    def _from_centre(self, far: socket.socket, near: socket.socket) -> None:
        with far, contextlib.suppress(OSError):
            while data := far.recv(65_536):
                near.sendall(data)
        with contextlib.suppress(OSError):
            near.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def running() -> Generator[Centre]:
    """A centre, ended afterwards."""
    centre = Centre()
    centre.open()
    try:
        yield centre
    finally:
        centre.close()


def _pdus(connection: socket.socket) -> Generator[bytes]:
    buffer = b""
    while data := connection.recv(65_536):
        buffer += data
        while len(buffer) >= 4 and len(buffer) >= (size := int.from_bytes(buffer[:4], "big")):
            yield buffer[:size]
            buffer = buffer[size:]


def _parts(part: smpp34.SubmitSm) -> int:
    return part.short_message[4] if part.esm_class & _HAS_HEADER else 1


def _place(part: smpp34.SubmitSm) -> int:
    return part.short_message[5] if part.esm_class & _HAS_HEADER else 0


def _text(part: smpp34.SubmitSm) -> str:
    raw = part.short_message[6:] if part.esm_class & _HAS_HEADER else part.short_message
    if part.data_coding == _UCS2:
        return raw.decode("utf-16-be")
    text, codes = "", iter(raw)
    for code in codes:
        text += _ESCAPED[next(codes)] if code == 0x1B else _GSM[code]
    return text


def _life(period: str) -> dt.timedelta | None:
    """A relative time of SMPP, ``YYMMDDhhmmsstnnR``."""
    if not period.endswith("R"):
        return None
    days, hours, minutes, seconds = (int(period[place : place + 2]) for place in (4, 6, 8, 10))
    return dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

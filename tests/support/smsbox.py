"""Something on 127.0.0.1 that answers as Kannel's smsbox does, and remembers what it was given."""

import collections
import contextlib
import datetime as dt
import enum
import http.server
import threading
from collections.abc import Generator

import attrs

from emrcore.testing.contracts import Arrival

USER, PASSWORD = "emr", "smsbox-secret"


class Reply(enum.Enum):
    """Status and text, as Kannel 1.4.5 gives them; an empty text is no answer at all."""

    ACCEPTED = (202, "0: Accepted for delivery")
    QUEUED = (202, "3: Queued for later delivery")
    WRONG_PASSWORD = (403, "Authorization failed for sendsms")
    NO_RECEIVER = (400, "Missing receiver number, rejected")
    LATER = (503, "Temporal failure, try again later.")
    OUT_OF_ORDER = (500, "Error")
    HANG_UP = (0, "")
    KEEP_SILENT = (0, "wait")


@attrs.define
class Smsbox:
    """What it was given, as address and headers, and what it is to answer next."""

    port: int
    answers: collections.deque[Reply] = attrs.field(factory=collections.deque[Reply])
    asked: list[tuple[str, dict[str, str], bytes]] = attrs.field(
        factory=list[tuple[str, dict[str, str], bytes]]
    )
    released: threading.Event = attrs.field(factory=threading.Event)

    @property
    def url(self) -> str:
        """The address of sendsms."""
        return f"http://127.0.0.1:{self.port}/cgi-bin/sendsms"

    def arrivals(self) -> list[Arrival]:
        """The messages that came."""
        return [
            Arrival(
                to=headers["x-kannel-to"],
                text=body.decode(),
                valid_for=dt.timedelta(minutes=int(headers["x-kannel-validity"])),
            )
            for _, headers, body in self.asked
        ]


@contextlib.contextmanager
def running() -> Generator[Smsbox]:
    """A smsbox, ended afterwards."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            known = headers["x-kannel-username"], headers["x-kannel-password"]
            box.asked.append((self.path, headers, body))
            reply = box.answers.popleft() if box.answers else Reply.ACCEPTED
            if known != (USER, PASSWORD):
                reply = Reply.WRONG_PASSWORD
            status, text = reply.value
            if reply is Reply.KEEP_SILENT:
                box.released.wait(5)
            if status:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        box = Smsbox(port=server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield box
        finally:
            box.released.set()
            server.shutdown()
            thread.join(5)

"""A portal that answers links, on loopback: what a host writes around the office."""

import contextlib
import http.server
import threading
from collections.abc import Generator

import attrs

from emrcore.adapters import fhir
from emrcore.adapters import smart_health_links as shl
from emrcore.errors import Malformed, RuleBroken, Unavailable
from emrcore.office import MadeShare, Office, OpenedShare, WrongPasscode


@attrs.frozen
class Portal:
    """Answers for the shares of *office* at ``base``."""

    office: Office
    base: str

    def link(self, made: MadeShare) -> str:
        """The link of a share that was just made."""
        return shl.write_link(
            shl.Link(
                url=f"{self.base}/{made.address}",
                key=made.key,
                flags=frozenset({shl.Flag.LONG_TERM, shl.Flag.PASSCODE}),
                label="Медицинская карта",
            )
        )

    def _bundle(self, found: OpenedShare) -> bytes:
        """What the share shows, as FHIR R4."""
        facts = self.office.find_facts(found.view.subject)
        return b"".join(fhir.write(found.view, found.documents, facts=facts))

    def post(self, address: str, body: bytes) -> tuple[int, bytes]:
        """The manifest, for whoever names themselves and knows the passcode."""
        try:
            asked = shl.read_request(body)
            found = self.office.open_share(
                address, recipient=asked.recipient, passcode=asked.passcode
            )
        except Malformed:
            return 400, b""
        except RuleBroken:
            return 404, b""
        except Unavailable:
            return 503, b""
        if isinstance(found, WrongPasscode):
            return 401, shl.passcode_refused(found.left)
        manifest = shl.write_manifest(
            self._bundle(found),
            key=found.key,
            location=f"{self.base}/{address}/{found.ticket}",
            at=found.view.at,
            embedded_most=asked.embedded_most,
        )
        return 200, manifest

    def get(self, address: str, ticket: str) -> tuple[int, bytes]:
        """The file of one opening, once."""
        try:
            found = self.office.fetch_share(address, ticket)
        except RuleBroken:
            return 404, b""
        return 200, shl.encrypt(self._bundle(found), key=found.key).encode()


@contextlib.contextmanager
def serving(office: Office) -> Generator[Portal]:
    """A portal that listens, until it is left."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        portal = Portal(office, f"http://127.0.0.1:{server.server_port}/shl")
        _Handler.portal = portal
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield portal
        finally:
            server.shutdown()
            thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    portal: Portal

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        _, _, address = self.path.rpartition("/")
        self._answer("application/json", *self.portal.post(address, self.rfile.read(length)))

    def do_GET(self) -> None:
        address, _, ticket = self.path.removeprefix("/shl/").partition("/")
        self._answer("application/jose", *self.portal.get(address, ticket))

    def _answer(self, content_type: str, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's name
        """Addresses are secrets: nothing is logged."""

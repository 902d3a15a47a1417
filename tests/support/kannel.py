"""A real Kannel: bearerbox, smsbox and its fake centre, ended by their process ids.

It listens on every address of the machine, and nothing can be done about that; so it is only
started where there is no network but the loopback (``make test-kannel``).
"""

import contextlib
import http.server
import pathlib
import socket
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Callable, Generator

import attrs

BEARERBOX, SMSBOX = pathlib.Path("/usr/sbin/bearerbox"), pathlib.Path("/usr/sbin/smsbox")
FAKESMSC = pathlib.Path("/usr/lib/kannel/test/fakesmsc")
USER, PASSWORD = "emr", "smsbox-secret"

_ADMIN, _BOXES, _SENDSMS, _FAKE = 13000, 13001, 13013, 10000
_DEADLINE = 20.0

_BEARERBOX = """
group = core
admin-port = {admin}
admin-interface = "127.0.0.1"
admin-password = "{password}"
admin-deny-ip = "*.*.*.*"
admin-allow-ip = "127.0.0.1"
smsbox-port = {boxes}
smsbox-interface = "127.0.0.1"
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
log-file = "{home}/bearerbox.log"
log-level = 1
access-log = "{home}/access.log"
dlr-storage = internal
store-type = file
store-location = "{home}/store"
sms-resend-freq = 1
sms-resend-retry = 30

group = smsc
smsc = fake
smsc-id = FAKE
port = {fake}
connect-allow-ip = "127.0.0.1"
allowed-smsc-id = "FAKE"

group = smsc
smsc = smpp
smsc-id = SMPP
host = "127.0.0.1"
port = {centre}
transceiver-mode = true
smsc-username = "emr"
smsc-password = "secret"
system-type = ""
interface-version = 34
source-addr-ton = 5
source-addr-npi = 0
dest-addr-ton = 1
dest-addr-npi = 1
reconnect-delay = 1
allowed-smsc-id = "SMPP"

group = smsbox
smsbox-id = "box"
bearerbox-host = "127.0.0.1"
bearerbox-port = {boxes}
sendsms-port = {sendsms}
sendsms-interface = "127.0.0.1"
log-file = "{home}/smsbox.log"
log-level = 1

group = sendsms-user
username = "{user}"
password = "{password}"
concatenation = true
max-messages = 3
user-deny-ip = "*.*.*.*"
user-allow-ip = "127.0.0.1"

group = sms-service
keyword = default
text = "-"
max-messages = 0
"""


@attrs.define
class Kannel:
    """The three processes, and where they write."""

    home: pathlib.Path
    bearerbox: subprocess.Popen[bytes]
    url: str = f"http://127.0.0.1:{_SENDSMS}/cgi-bin/sendsms"

    def printed(self) -> str:
        """What the fake centre has printed: ``Got message 1: <from to text ...>``."""
        return (self.home / "fakesmsc.out").read_text("utf-8", "replace")


def missing() -> str:
    """Why Kannel cannot be run here, or nothing."""
    absent = [str(one) for one in (BEARERBOX, SMSBOX, FAKESMSC) if not one.is_file()]
    if absent:
        return f"not installed: {', '.join(absent)} (apt-get install kannel kannel-extras)"
    devices = pathlib.Path("/proc/net/dev").read_text("ascii").splitlines()[2:]
    if any(line.split(":")[0].strip() != "lo" for line in devices):
        return "Kannel listens on every address: run it in a network of its own, make test-kannel"
    return ""


@contextlib.contextmanager
def running(home: pathlib.Path, *, centre: int) -> Generator[Kannel]:
    """Kannel, with the SMPP centre at the port *centre* beside its fake one."""
    settings = _BEARERBOX.format(
        home=home,
        admin=_ADMIN,
        boxes=_BOXES,
        sendsms=_SENDSMS,
        fake=_FAKE,
        centre=centre,
        user=USER,
        password=PASSWORD,
    )
    (home / "kannel.conf").write_text(settings, "utf-8")
    with contextlib.ExitStack() as stack:

        def start(name: str, *command: str | pathlib.Path) -> subprocess.Popen[bytes]:
            out = stack.enter_context((home / f"{name}.out").open("wb"))
            process = subprocess.Popen(command, stdout=out, stderr=out, cwd=home)
            stack.callback(_end, process)
            return process

        bearerbox = start("bearerbox", BEARERBOX, "-v", "4", "kannel.conf")
        for port in (_ADMIN, _BOXES, _FAKE):
            until(lambda port=port: _listens(port), f"bearerbox at {port}")  # type: ignore[misc]
        start("smsbox", SMSBOX, "-v", "4", "kannel.conf")
        until(lambda: _listens(_SENDSMS), "smsbox")
        start("fakesmsc", FAKESMSC, "-H", "127.0.0.1", "-r", str(_FAKE), "-m", "0", "-i", "1", "x")
        yield Kannel(home, bearerbox)


@contextlib.contextmanager
def reports() -> Generator[tuple[str, list[dict[str, str]]]]:
    """An address for Kannel to report to, and what it has reported."""
    heard = list[dict[str, str]]()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/receipts", heard
        finally:
            server.shutdown()
            thread.join(5)


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something *holds*, for a limited time."""
    deadline = time.monotonic() + _DEADLINE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

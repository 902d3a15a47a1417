"""The command that sends what waits. What is secret comes from the environment, never from argv.

Each setting ``X`` is the environment's ``EMRCORE_X``, or the content of the file that
``EMRCORE_X_FILE`` names, without the line's end.
"""

import argparse
import base64
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

import attrs

from emrcore.adapters.console import ConsoleSms
from emrcore.adapters.kannel import KannelSms
from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.sql import SqlStorage, store_engine
from emrcore.adapters.system import SystemClock, SystemRandomness
from emrcore.calendar import russian_calendar
from emrcore.cli.questions import rulebook
from emrcore.errors import Fault, Malformed
from emrcore.office import Office, Sender
from emrcore.ports import Sms


def run(chosen: argparse.Namespace) -> None:
    """Send round after round until SIGTERM or SIGINT, or one round; a line for each that had work.

    Raises:
        Malformed: with every setting that is missing or cannot be understood.
    """
    settings = Settings(os.environ)
    with contextlib.ExitStack() as stack:
        office = _office(settings, chosen.rulebook, stack)
        sms = _provider(settings, chosen.sms, office, stack)
        settings.check()
        if office is None or sms is None:
            raise TypeError("what is missing has been told")
        sender = Sender(sms=sms, host=chosen.host, language=chosen.lang)
        _rounds(office, sender, once=chosen.once, every=chosen.every)


def _rounds(office: Office, sender: Sender, *, once: bool, every: float) -> None:
    stop = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        while not stop.is_set():
            fates = office.dispatch(sender)
            if fates or once:
                counted = ", ".join(f"{fate} {number}" for fate, number in sorted(fates.items()))
                print(f"{office.now():%Y-%m-%dT%H:%M:%SZ} {counted or 'nothing waits'}", flush=True)
            if once:
                break
            stop.wait(every)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@attrs.frozen
class Settings:
    """What the environment says, and every fault found while asking it."""

    environment: Mapping[str, str] = attrs.field(repr=False)
    faults: list[Fault] = attrs.field(factory=list[Fault])

    def get(self, name: str, default: str | None = None) -> str:
        """The setting of that *name*; a fault, and nothing, if there is none and no *default*."""
        variable = f"EMRCORE_{name}"
        if variable in self.environment:
            return self.environment[variable]
        file = self.environment.get(f"{variable}_FILE")
        if file:
            try:
                return Path(file).read_text("utf-8").strip("\r\n")
            except (OSError, UnicodeDecodeError):
                self.faults.append(Fault(f"{variable}_FILE", "cannot be read"))
                return ""
        if default is None:
            self.faults.append(Fault(variable, "is missing"))
        return default or ""

    def wrong(self, name: str, what: str) -> None:
        """Note a fault of a setting, unless it is missing anyway."""
        if not any(fault.where.startswith(f"EMRCORE_{name}") for fault in self.faults):
            self.faults.append(Fault(f"EMRCORE_{name}", what))

    def check(self) -> None:
        """Raise all faults at once."""
        if self.faults:
            raise Malformed("environment", tuple(self.faults))


def _office(settings: Settings, book: str, stack: contextlib.ExitStack) -> Office | None:
    storage, keys = _storage(settings, stack), _keys(settings)
    if storage is None or keys is None:
        return None
    return Office(
        rulebook=rulebook(book),
        calendars={name: russian_calendar(name) for name in ("standard", "federal", "moscow")},
        storage=storage,
        keys=keys,
        clock=SystemClock(),
        randomness=SystemRandomness(),
    )


def _storage(settings: Settings, stack: contextlib.ExitStack) -> SqlStorage | None:
    url = settings.get("STORE")
    try:
        engine = store_engine(url)
    except ValueError:
        settings.wrong("STORE", "is no URL of a store, or its driver is not installed")
        return None
    stack.callback(engine.dispose)
    return SqlStorage(engine)


def _keys(settings: Settings) -> LocalKeys | None:
    """Master keys as ``id=base64``, one a line or behind commas; the first is the current one."""
    written = settings.get("KEYS").replace(",", "\n").split()
    try:
        pairs = [one.split("=", 1) for one in written]
        masters = {name: base64.b64decode(key, validate=True) for name, key in pairs}
        return LocalKeys(masters=masters, current=pairs[0][0], randomness=SystemRandomness())
    except (ValueError, IndexError):
        settings.wrong("KEYS", "must be id=base64 of 32 bytes, the current one first")
        return None


def _provider(
    settings: Settings, name: str, office: Office | None, stack: contextlib.ExitStack
) -> Sms | None:
    match name:
        case "smpp":
            return _smpp(settings, office, stack)
        case "kannel":
            return _kannel(settings)
        case _:
            return ConsoleSms(sys.stdout)


def _kannel(settings: Settings) -> Sms | None:
    url = settings.get("KANNEL_URL")
    try:
        return KannelSms(
            url=url,
            username=settings.get("KANNEL_USER"),
            password=settings.get("KANNEL_PASSWORD"),
            sender=settings.get("SENDER"),
            receipts=settings.get("KANNEL_RECEIPTS", "") or None,
            smsc=settings.get("KANNEL_SMSC", "") or None,
        )
    except ValueError:
        settings.wrong("KANNEL_URL", "must be an address of HTTP, without credentials or query")
        return None


def _smpp(settings: Settings, office: Office | None, stack: contextlib.ExitStack) -> Sms | None:
    from emrcore.adapters.smpp import SmppSms  # noqa: PLC0415 - an extra of its own

    host, port = settings.get("SMPP_HOST"), settings.get("SMPP_PORT", "2775")
    user, password = settings.get("SMPP_USER"), settings.get("SMPP_PASSWORD")
    try:
        sms = SmppSms(
            host=host,
            port=int(port),
            system_id=user,
            password=password,
            sender=settings.get("SENDER"),
            clock=SystemClock(),
            on_receipt=office.record_receipt if office else None,
        )
    except ValueError:
        settings.wrong(
            "SMPP", "does not fit: user 15, password 8, sender 20 characters, port a number"
        )
        return None
    return stack.enter_context(sms)

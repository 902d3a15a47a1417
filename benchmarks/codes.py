"""Codes, seals and indexes: what each costs, beside the libraries one would use without emrcore.

Run it with ``python benchmarks/codes.py``; it takes the ``bench`` group. That all of them give the
same answers is seen before anything is timed.
"""

import datetime as dt
import hmac
import importlib
import statistics
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyotp.hotp import HOTP
from pyotp.totp import TOTP

from emrcore.adapters.keyring import LocalKeys
from emrcore.adapters.system import SystemRandomness
from emrcore.office import blind_index
from emrcore.office.codes import code_for, totp_codes
from emrcore.office.sealing import Place, new_envelope, open_envelope
from emrcore.people import AccountId, PersonId, parse_mobile
from emrcore.sessions import Challenge, ChallengeId, Purpose
from emrcore.sessions.proving import matching_step

AT = dt.datetime(2020, 1, 21, 9, 0, 12, tzinfo=dt.UTC)
STEP = int(AT.timestamp()) // 30
RAW = b"12345678901234567890"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # noqa: S105 - that of the standard
PYOTP = TOTP(SECRET)
HOTP_OF_IT = HOTP(SECRET)
OATH: Any = importlib.import_module("django_otp.oath")

RANDOMNESS = SystemRandomness()
KEYS = LocalKeys(masters={"k1": bytes(range(32))}, current="k1", randomness=RANDOMNESS)
ACCOUNT = AccountId("0b7f2f3c9d1e4a55")
CHALLENGE = Challenge(
    id=ChallengeId("5d41402abc4b2a76b9719d911017c592"),
    purpose=Purpose.LOGIN,
    nonce=bytes(range(16)),
    key="k1",
    digits=6,
    phone=1,
    issued_at=AT,
    expires_at=AT + dt.timedelta(minutes=5),
    host="7c" * 32,
)
CODE = code_for(KEYS, ACCOUNT, CHALLENGE)
PHONE = parse_mobile("+7 916 123-45-67")
PLAIN = b'{"mobile":"+79161234567","passport":"4504123456","policy":"..."}'
PLACE = Place(field="papers", record="5d41402abc4b2a76b9719d911017c592")
DATA_KEY = open_envelope(KEYS, new_envelope(KEYS, RANDOMNESS, PersonId("person")))
SEALED = DATA_KEY.seal(PLAIN, PLACE, randomness=RANDOMNESS)
GCM = AESGCM(bytes(range(32)))
NONCE = bytes(12)
CIPHER = GCM.encrypt(NONCE, PLAIN, b"")


def check(given: str) -> bool:
    """Derive the running code and compare, as ``Office.verify`` does."""
    return hmac.compare_digest(given.encode(), code_for(KEYS, ACCOUNT, CHALLENGE).encode())


def authenticator(given: str) -> bool:
    """Accept the code of this step, the one before or the next."""
    return matching_step(given, totp_codes(SECRET, AT), after=-1) is not None


def django_otp(given: str) -> bool:
    """The same as a device of django-otp does it, without its database."""
    totp = OATH.TOTP(RAW)
    totp.time = AT.timestamp()
    return bool(totp.verify(int(given), tolerance=1))


def pyotp_totp(given: str) -> bool:
    """The same with pyotp alone."""
    return PYOTP.verify(given, for_time=AT, valid_window=1)


SHOWN = HOTP_OF_IT.at(STEP)
WRONG = f"{(int(SHOWN) + 1) % 10**6:06}"

GROUPS: dict[str, dict[str, Callable[[], object]]] = {
    "a code by SMS: derived and checked": {
        "pyotp: HOTP of a secret that is kept": lambda: HOTP_OF_IT.verify(SHOWN, STEP),
        "emrcore: for this challenge only": lambda: check(CODE),
    },
    "an authenticator's code, one step either way, wrong": {
        "pyotp": lambda: pyotp_totp(WRONG),
        "django-otp": lambda: django_otp(WRONG),
        "emrcore": lambda: authenticator(WRONG),
    },
    "papers: 64 bytes under a data key": {
        "AES-256-GCM alone, seal": lambda: GCM.encrypt(NONCE, PLAIN, b""),
        "emrcore, seal": lambda: DATA_KEY.seal(PLAIN, PLACE, randomness=RANDOMNESS),
        "AES-256-GCM alone, open": lambda: GCM.decrypt(NONCE, CIPHER, b""),
        "emrcore, open": lambda: DATA_KEY.unseal(SEALED, PLACE),
    },
    "a phone by its index": {
        "HMAC-SHA-256 alone": lambda: hmac.digest(RAW, PHONE.canonical.encode(), "sha256"),
        "emrcore: the field's own key first": lambda: blind_index(KEYS, PHONE, key="k1").digest,
    },
}


def differences() -> list[str]:
    """Where two ways do not give one answer."""
    wrong: list[str] = []
    for number in range(STEP - 3, STEP + 4):
        given = HOTP_OF_IT.at(number)
        answers = {pyotp_totp(given), django_otp(given), authenticator(given)}
        if answers != {abs(number - STEP) <= 1}:
            wrong.append(f"the code of step {number}: {answers}")
    if {way(WRONG) for way in (pyotp_totp, django_otp, authenticator)} != {False}:
        wrong.append("a wrong code")
    if not check(CODE) or check(f"{(int(CODE) + 1) % 10**6:06}"):
        wrong.append("a code by SMS")
    if DATA_KEY.unseal(SEALED, PLACE) != PLAIN:
        wrong.append("what was sealed")
    return wrong


def main(rounds: int = 15, calls: int = 1000) -> None:
    """Print the median of each way, and its ratio to the first of its group."""
    if wrong := differences():
        raise SystemExit(f"the answers differ: {', '.join(wrong)}")
    taken: dict[Callable[[], object], list[float]] = {
        way: [] for ways in GROUPS.values() for way in ways.values()
    }
    for _ in range(rounds):
        for way, times in taken.items():
            start = time.perf_counter()
            for _ in range(calls):
                way()
            times.append((time.perf_counter() - start) / calls * 1e6)
    for group, ways in GROUPS.items():
        print(group)
        first = statistics.median(taken[next(iter(ways.values()))])
        for name, way in ways.items():
            median = statistics.median(taken[way])
            print(f"  {name:38} {median:8.2f} us   x{median / first:6.2f}")


if __name__ == "__main__":
    main()

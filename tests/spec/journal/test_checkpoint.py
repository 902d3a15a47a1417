"""Checkpoints: signed notes as C2SP says, that anybody with the public key can check."""

import base64
import datetime as dt

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from emrcore.errors import Corrupt
from emrcore.journal import Checkpoint, Head, Proof, Shard, Tree, head, opened, proven, signed, tree
from emrcore.journal.checkpoint import key_id, note
from world import moscow

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
CHECKPOINT = Checkpoint(
    origin="clinic.example/journal", size=3, root=bytes(range(32)), at=moscow(2020, 1, 14, 10)
)


def check(message: bytes, signature: bytes) -> bool:
    return len(signature) == 64 and KEY.sign(message) == signature


def read(text: str, origin: str = CHECKPOINT.origin) -> Checkpoint:
    return opened(text, origin=origin, public=PUBLIC, check=check)


SIGNED = signed(CHECKPOINT, public=PUBLIC, sign=KEY.sign)


def test_a_checkpoint_is_a_note_of_four_lines() -> None:
    """JRN-7: origin, size, root, moment; an empty line; a line that names the key and signs."""
    text, _, signature = SIGNED.partition("\n\n")
    assert text.split("\n") == [
        "clinic.example/journal",
        "3",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "at 2020-01-14T07:00:00.000000+00:00",
    ]
    dash, name, line = signature.removesuffix("\n").split(" ")
    assert (dash, name, len(base64.b64decode(line))) == ("—", CHECKPOINT.origin, 4 + 64)
    assert read(SIGNED) == attrs.evolve(CHECKPOINT, at=CHECKPOINT.at.astimezone(dt.UTC))


def test_the_published_note() -> None:
    """JRN-7: keys are named and notes signed as the format's first implementation does."""
    seed = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    assert key_id("PeterNeumann", public).hex() == "c74f20a3"
    assert base64.b64encode(b"\x01" + public) == b"ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert note(text, name="PeterNeumann", public=public, sign=key.sign) == (
        text + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
        "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )


def test_not_a_bit_of_a_checkpoint_can_be_changed() -> None:
    """JRN-7: wherever a character is changed, lost or added, it is refused."""
    for place in range(len(SIGNED)):
        for instead in ("", "x", "1", "\n", SIGNED[place] * 2):
            if (bent := SIGNED[:place] + instead + SIGNED[place + 1 :]) != SIGNED:
                with pytest.raises(Corrupt):
                    read(bent)


def test_a_checkpoint_of_another_is_refused() -> None:
    """JRN-7: another origin, another key, or no signature at all."""
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    by_other = signed(CHECKPOINT, public=other.public_key().public_bytes_raw(), sign=other.sign)
    as_ours = signed(CHECKPOINT, public=PUBLIC, sign=other.sign)
    elsewhere = signed(attrs.evolve(CHECKPOINT, origin="b"), public=PUBLIC, sign=KEY.sign)
    lent = note(
        CHECKPOINT.text.replace("clinic", "other"),
        name=CHECKPOINT.origin,
        public=PUBLIC,
        sign=KEY.sign,
    )
    for wrong in (by_other, as_ours, elsewhere, lent, CHECKPOINT.text, "", "\n\n"):
        with pytest.raises(Corrupt):
            read(wrong)


def test_a_witness_may_sign_too() -> None:
    """JRN-7: lines of other keys are passed over, whatever stands in them."""
    witness = "— witness.example AAAA\n— clinic.example/journal AAAAAAAA\n— x ?\nnonsense\n"
    assert read(SIGNED + witness) == read(SIGNED)


@pytest.mark.parametrize(
    "text",
    [
        "o\n1\nAAAA\nat x",
        "o\n1\nAAAA",
        "o\n-1\n{root}\n{at}",
        "o\n01\n{root}\n{at}",
        "o\n1\n{root}\nat 2020-01-14",
        "o\n1\n{root}\n{at}\nmore",
    ],
)
def test_what_is_signed_and_no_checkpoint_is_refused(text: str) -> None:
    """JRN-7: a signature makes nothing of what is not one."""
    _, _, root, at = CHECKPOINT.text.removesuffix("\n").split("\n")
    message = text.format(root=root, at=at) + "\n"
    with pytest.raises(Corrupt):
        read(note(message, name="o", public=PUBLIC, sign=KEY.sign), "o")


@pytest.mark.parametrize("origin", ["", "a b", "a\nb", "a+b"])
def test_an_origin_names_a_key(origin: str) -> None:
    """JRN-7: it has no spaces and no plus sign, which stand between the parts of a note."""
    with pytest.raises(ValueError, match="origin"):
        attrs.evolve(CHECKPOINT, origin=origin)


def test_a_proof_leads_from_one_head_to_what_was_signed() -> None:
    """JRN-6: and only from that head, at its place."""
    heads = [Head(shard=Shard("patient", f"p{n}"), number=n, hash=f"{n:064}") for n in range(1, 8)]
    leaves = [one.leaf for one in heads]
    signs = attrs.evolve(CHECKPOINT, size=7, root=Tree().grown(leaves).root)
    proof = Proof(
        note=signed(signs, public=PUBLIC, sign=KEY.sign),
        index=4,
        head=heads[4],
        path=tree.inclusion(leaves, index=4, size=7),
    )
    assert proven(proof, origin=signs.origin, public=PUBLIC, check=check).size == 7
    for wrong in (
        attrs.evolve(proof, index=3),
        attrs.evolve(proof, head=attrs.evolve(heads[4], number=6)),
        attrs.evolve(proof, head=attrs.evolve(heads[4], shard=Shard("patient", "p6"))),
        attrs.evolve(proof, head=attrs.evolve(heads[4], trimmed=True)),
        attrs.evolve(proof, path=proof.path[:-1]),
        attrs.evolve(proof, note=SIGNED),
    ):
        with pytest.raises(Corrupt):
            proven(wrong, origin=signs.origin, public=PUBLIC, check=check)


def test_heads_are_read_as_they_were_written() -> None:
    """JRN-6: whatever stands in an id; and what is not exactly so is refused."""
    one = Head(shard=Shard("patient", 'Ж"\n'), number=7, hash="0" * 64, trimmed=True)
    assert head(one.text) == one
    assert "\n" not in one.text
    for wrong in (
        f" {one.text}",
        "[]",
        "{",
        "7",
        '["a","b","7","0",0]',
        '["a","b",7,0,0]',
        '["a","b",7,"0",2]',
    ):
        with pytest.raises(Corrupt):
            head(wrong)

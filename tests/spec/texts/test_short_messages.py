"""How many short messages a text takes."""

import pytest
from aiosmpplib import GSM7BitCodec
from hypothesis import given
from hypothesis import strategies as st

from emrcore.office import messages, notices
from emrcore.texts import Encoding, Language, say, segments
from emrcore.texts.short_messages import GSM_ALPHABET, GSM_EXTENSION
from world import entry_rule, moscow

LONGEST_HOST = 30
"""Characters of the host's name in the last line, as docs/how-to/send-messages.md says."""


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("", Encoding.GSM, 1),
        ("a" * 160, Encoding.GSM, 1),
        ("a" * 161, Encoding.GSM, 2),
        ("a" * 306, Encoding.GSM, 2),
        ("a" * 307, Encoding.GSM, 3),
        ("€" * 80, Encoding.GSM, 1),
        ("€" * 80 + "a", Encoding.GSM, 2),
        ("\x1b", Encoding.UCS2, 1),
        ("`", Encoding.UCS2, 1),
        ("Ж" * 70, Encoding.UCS2, 1),
        ("Ж" * 71, Encoding.UCS2, 2),
        ("Ж" * 134, Encoding.UCS2, 2),
        ("Ж" * 135, Encoding.UCS2, 3),
        ("😀" * 35, Encoding.UCS2, 1),
        ("😀" * 36, Encoding.UCS2, 2),
        ("😀" * 66, Encoding.UCS2, 2),
        ("😀" * 67, Encoding.UCS2, 3),
    ],
    ids=lambda value: repr(value[:4]) if isinstance(value, str) else value,
)
def test_limits(text: str, encoding: Encoding, parts: int) -> None:
    """MSG-5: just below, at and just above each limit; an escape or a pair takes two places."""
    found = segments(text)
    assert (found.encoding, len(found.parts)) == (encoding, parts)
    assert "".join(found.parts) == text


def test_a_character_is_not_split() -> None:
    """MSG-5: what takes two places and has one left moves to the next part."""
    assert segments("a" * 152 + "€" * 20).parts[0] == "a" * 152
    assert segments("Ж" * 66 + "😀" * 5).parts[0] == "Ж" * 66


@given(st.text(alphabet=st.sampled_from(GSM_ALPHABET + GSM_EXTENSION + "ЖЯ😀"), max_size=400))
def test_every_part_fits(text: str) -> None:
    """MSG-5: no part is longer than what its message carries."""
    found = segments(text)
    assert "".join(found.parts) == text
    alone = len(found.parts) == 1
    for part in found.parts:
        if found.encoding is Encoding.GSM:
            assert len(GSM7BitCodec().encode(part)[0]) <= (160 if alone else 153)
        else:
            assert len(part.encode("utf-16-be")) <= (140 if alone else 134)


def test_the_alphabet_is_the_one_that_others_know() -> None:
    """MSG-5: character by character as in a library for SMPP."""
    codec = GSM7BitCodec()
    plain = GSM_ALPHABET.replace("\x1b", "")
    assert [codec.encode(one)[0] for one in plain] == [
        bytes([GSM_ALPHABET.index(one)]) for one in plain
    ]
    assert all(codec.encode(one)[0][0] == 0x1B for one in GSM_EXTENSION)
    assert len(GSM_ALPHABET) == 128


@pytest.mark.parametrize("words", [*messages.TEXTS.values(), *notices.TEXTS.values()])
@pytest.mark.parametrize("language", list(Language))
def test_every_text_fits(words: str, language: Language) -> None:
    """MSG-5: with the longest code and host; in English one short message, in Russian two."""
    rule = entry_rule()
    digits = max(rule.first_password.digits.value, rule.one_time_code.digits.value)
    until = moscow(2020, 12, 31, 23, 59)
    body = say(language, words, code="0" * digits, until=until, day=until.date())
    if "{code}" in words:
        body = f"{body}\n@{'h' * LONGEST_HOST} #{'0' * digits}"
    found = segments(body)
    assert len(found.parts) <= (1 if found.encoding is Encoding.GSM else 2)

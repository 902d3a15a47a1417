"""What citizens read is there in both languages."""

import datetime as dt
import pathlib
import string

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from emrcore import rules
from emrcore.texts import Language, say, written

SOURCE = pathlib.Path(__file__).parents[3] / "src" / "emrcore"
TOLD = {"ACC", "APP", "EMG", "NTC", "REC", "SES", "SHR"}
"""Whose rules refuse citizens, who are then told the rule."""

PO = SOURCE / "texts" / "locales" / "ru" / "LC_MESSAGES" / "emrcore.po"


def messages_in_code() -> set[str]:
    keywords = {"say": (2,), "marked": None, "chapter": (1,), "line": (1,)}
    found = extract_from_dir(str(SOURCE), keywords=keywords)
    told = {rule.says for rule in rules.register().values() if rule.id.split("-")[0] in TOLD}
    return told | {message[2] for message in found if isinstance(message[2], str)}


def test_every_message_is_translated() -> None:
    """Each English text in the code stands in the Russian catalogue, and nothing else does."""
    with PO.open("rb") as file:
        translated = {str(one.id): str(one.string) for one in read_po(file) if one.id}
    assert set(translated) == messages_in_code()
    assert all(text.strip() for text in translated.values())
    for english, russian in translated.items():
        assert places(english) == places(russian)


def places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_compiled_catalogue_is_in_use() -> None:
    """Russian is said in Russian: the catalogue was compiled when the package was built."""
    assert say(Language.RU, "The document is not published yet.") == "Документ ещё не опубликован."


def test_days_and_moments() -> None:
    """A day is written in the order of the language, a moment with its hour."""
    at = dt.datetime(2020, 1, 21, 9, 5, tzinfo=dt.UTC)
    assert written(Language.RU, at) == "21.01.2020 09:05"
    assert written(Language.EN, at.date()) == "2020-01-21"

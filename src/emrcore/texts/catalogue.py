"""What citizens read, in their language: gettext catalogues, with English as the key."""

import datetime as dt
import enum
import functools
import gettext
import importlib.resources


class Language(enum.StrEnum):
    """A language citizens are spoken to in."""

    EN = "en"
    RU = "ru"


def marked(message: str) -> str:
    """*message*, marked for translation where it stands and said later."""
    return message


def say(language: Language, message: str, **values: object) -> str:
    """*message*, which is the English text, in *language* with its ``{places}`` filled.

    A message without a translation is said in English; days are written as the language does.
    """
    shown = {
        name: written(language, value) if isinstance(value, dt.date) else value
        for name, value in values.items()
    }
    return _catalogue(language).gettext(message).format(**shown)


def written(language: Language, day: dt.date) -> str:
    """*day*, or the moment, as *language* writes it in a sentence."""
    clock = f" {day:%H:%M}" if isinstance(day, dt.datetime) else ""
    return f"{day:%d.%m.%Y}{clock}" if language is Language.RU else f"{day:%Y-%m-%d}{clock}"


@functools.cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    folder = importlib.resources.files("emrcore.texts") / "locales" / language / "LC_MESSAGES"
    compiled = folder / "emrcore.mo"
    if not compiled.is_file():
        return gettext.NullTranslations()
    with compiled.open("rb") as file:
        return gettext.GNUTranslations(file)

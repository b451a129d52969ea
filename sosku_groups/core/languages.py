"""Finnish, Swedish and English: sentences, days and sums as the reader expects them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from string import Formatter
from typing import Any

from babel import Locale
from babel.dates import get_day_names, get_month_names
from babel.support import Translations

from sosku_groups.core.days import ZONE, Month
from sosku_groups.core.money import Cents, decimal_comma
from sosku_groups.core.text import Sentence

LANGUAGES = {"fi": "Suomi", "sv": "Svenska", "en": "English"}
LOCALES = {"fi": "fi", "sv": "sv_FI", "en": "en_FI"}
DEFAULT = "fi"
FOLDER = Path(__file__).resolve().parents[1] / "translations"
NO_BREAK = "\N{NO-BREAK SPACE}"


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations of one language."""
    return Translations.load(FOLDER, [language])


def say(said: Sentence, language: str) -> str:
    """The sentence in the language, its values written the reader's way."""
    texts = catalogue(language)
    if said.plural is not None:
        text = texts.ngettext(said.text, said.plural, counted(said))
    else:
        text = texts.gettext(said.text)
    values = said.values
    return text.format_map({name: written(values[name], language) for name in names_in(text)})


@cache
def names_in(text: str) -> tuple[str, ...]:
    """The values that a text names: a sentence may know more than it tells."""
    return tuple({name: None for _, name, _, _ in Formatter().parse(text) if name})


def counted(said: Sentence) -> int:
    """The number that chooses between singular and plural."""
    n = said.values["n"]
    return n if isinstance(n, int) else 0


def written(value: Any, language: str) -> str:
    """One value as the reader expects it."""
    write = WRITERS.get(type(value))
    return write(value, language) if write else str(value)


def money(cents: int, language: str) -> str:
    """A sum of euros: `9,00 €`, in English `€9.00`."""
    if language == "en":
        sign = "−" if cents < 0 else ""
        return f"{sign}€{abs(cents) // 100:,}.{abs(cents) % 100:02d}"
    whole = f"{abs(cents) // 100:,}".replace(",", NO_BREAK)
    sign = "−" if cents < 0 else ""
    return f"{sign}{whole},{abs(cents) % 100:02d}{NO_BREAK}€"


def full_day(day: date, language: str) -> str:
    """A date with its year: `25.11.2026`, in English `25 Nov 2026`."""
    if language == "en":
        return f"{day.day} {month_names('en', 'abbreviated')[day.month]} {day.year}"
    return f"{day.day}.{day.month}.{day.year}"


def short_day(day: date, language: str) -> str:
    """A date as people say it: `ke 25.11.`, in English `Wed 25 Nov`."""
    name = weekday_names(language, "abbreviated")[day.weekday()]
    if language == "en":
        return f"{name} {day.day} {month_names('en', 'abbreviated')[day.month]}"
    return f"{name} {day.day}.{day.month}."


def weekday(day: int, language: str) -> str:
    """A weekday's full name, 0 is Monday."""
    return weekday_names(language, "wide")[day]


def clock(at: time, language: str) -> str:
    """A time of day: `9.30`, in English `9:30`."""
    return f"{at.hour}{':' if language == 'en' else '.'}{at.minute:02d}"


def moment(at: datetime, language: str, year: int = 0) -> str:
    """An instant in local time: `25.11.2026 klo 9.30`, in that `year` `ke 25.11. klo 9.30`."""
    local = at.astimezone(ZONE)
    joint = {"fi": " klo ", "sv": " kl. ", "en": ", "}[language]
    day = short_day if local.year == year else full_day
    return f"{day(local.date(), language)}{joint}{clock(local.time(), language)}"


def month(of: Month, language: str) -> str:
    """A month by name: `syyskuu 2026`."""
    return f"{month_names(language, 'wide')[of.number]} {of.year}"


@cache
def weekday_names(language: str, width: str) -> tuple[str, ...]:
    """Names of the days from Monday on, the form that stands alone."""
    names = get_day_names(width, "stand-alone", Locale.parse(LOCALES[language]))  # type: ignore[arg-type]
    return tuple(names[day] for day in range(7))


@cache
def month_names(language: str, width: str) -> dict[int, str]:
    """Names of the months by number, the form that stands alone."""
    return dict(get_month_names(width, "stand-alone", Locale.parse(LOCALES[language])))  # type: ignore[arg-type]


def listed(values: Sequence[Any], language: str) -> str:
    """Several values, divided by commas."""
    return ", ".join(written(value, language) for value in values)


# By the exact type: a sum is also an int, and an instant also a date.
WRITERS: dict[type, Callable[[Any, str], str]] = {
    Sentence: say,
    Cents: money,
    datetime: moment,
    date: full_day,
    time: clock,
    Month: month,
    tuple: listed,
    list: listed,
}


__all__ = ["DEFAULT", "LANGUAGES", "LOCALES", "decimal_comma", "say"]

"""Sums, days and sentences as files and people want them, in three languages."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.core.days import Month
from sosku_groups.core.languages import LANGUAGES, clock, listed, moment, money, say, written
from sosku_groups.core.money import Cents, decimal_comma
from sosku_groups.core.outgoing import DANGEROUS, csv_cell, harmful, harmless, write_csv
from sosku_groups.core.text import Sentence, sentence

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "0,00"), (900, "9,00"), (-900, "-9,00"), (5, "0,05"), (-5, "-0,05"), (123456, "1234,56")],
)
def test_a_sum_in_a_file(cents: int, text: str) -> None:
    assert decimal_comma(cents) == text


@given(st.integers(-(10**9), 10**9))
def test_a_sum_in_a_file_reads_back(cents: int) -> None:
    assert round(float(decimal_comma(cents).replace(",", ".")) * 100) == cents


@pytest.mark.parametrize(
    ("cents", "fi", "en"),
    [
        (900, f"9,00{NBSP}€", "€9.00"),
        (0, f"0,00{NBSP}€", "€0.00"),
        (-4505, f"{MINUS}45,05{NBSP}€", f"{MINUS}€45.05"),
        (123456789, f"1{NBSP}234{NBSP}567,89{NBSP}€", "€1,234,567.89"),
    ],
)
def test_a_sum_for_people(cents: int, fi: str, en: str) -> None:
    assert (money(cents, "fi"), money(cents, "sv"), money(cents, "en")) == (fi, fi, en)


WRITTEN = [
    (date(2026, 11, 25), "25.11.2026", "25.11.2026", "25 Nov 2026"),
    (time(9, 5), "9.05", "9.05", "9:05"),
    (time(0, 30), "0.30", "0.30", "0:30"),
    (Month(2026, 9), "syyskuu 2026", "september 2026", "September 2026"),
    (Cents(900), f"9,00{NBSP}€", f"9,00{NBSP}€", "€9.00"),
    (
        datetime(2026, 11, 25, 7, 30, tzinfo=UTC),
        "25.11.2026 klo 9.30",
        "25.11.2026 kl. 9.30",
        "25 Nov 2026, 9:30",
    ),
    ("teksti", "teksti", "teksti", "teksti"),
    (12, "12", "12", "12"),
    (("a", Cents(1)), f"a, 0,01{NBSP}€", f"a, 0,01{NBSP}€", "a, €0.01"),
]


@pytest.mark.parametrize(("value", "fi", "sv", "en"), WRITTEN)
def test_a_value_for_people(value: object, fi: str, sv: str, en: str) -> None:
    assert [written(value, language) for language in ("fi", "sv", "en")] == [fi, sv, en]


def test_an_instant_is_written_in_local_time_summer_and_winter() -> None:
    assert moment(datetime(2026, 6, 30, 21, 30, tzinfo=UTC), "fi") == "1.7.2026 klo 0.30"
    assert moment(datetime(2026, 12, 31, 22, 30, tzinfo=UTC), "fi") == "1.1.2027 klo 0.30"


def test_an_instant_of_the_year_at_hand_is_written_as_people_say_it() -> None:
    at = datetime(2026, 11, 25, 7, 30, tzinfo=UTC)
    assert [moment(at, language, 2026) for language in ("fi", "sv", "en")] == [
        "ke 25.11. klo 9.30",
        "ons 25.11. kl. 9.30",
        "Wed 25 Nov, 9:30",
    ]
    # The year in which it is there, not by UTC.
    new_year = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
    assert moment(new_year, "fi", 2026) == "1.1.2027 klo 0.30"
    assert moment(new_year, "fi", 2027) == "pe 1.1. klo 0.30"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_says_its_values_the_readers_way_however_deep(language: str) -> None:
    inner = Sentence("inner {day}", {"day": date(2026, 11, 1)})
    said = say(
        Sentence("{sum}: {inner}; {all}", {"sum": Cents(900), "inner": inner, "all": (inner, "x")}),
        language,
    )
    day = "1 Nov 2026" if language == "en" else "1.11.2026"
    assert said == f"{money(900, language)}: inner {day}; inner {day}, x"
    assert listed((time(9), time(10)), language) == ", ".join(
        clock(time(n), language) for n in (9, 10)
    )


def test_braces_in_a_value_are_no_placeholders() -> None:
    assert say(Sentence("{name}", {"name": "{sum} {0} %(x)s"}), "fi") == "{sum} {0} %(x)s"


def test_a_sentence_with_a_plural_counts_by_n() -> None:
    texts = ("{n} thing nobody translated", "{n} things nobody translated")
    assert [say(sentence(texts, n=n), "en") for n in (1, 2)] == [
        "1 thing nobody translated",
        "2 things nobody translated",
    ]


def test_equal_sentences_hash_alike_and_unlike_ones_differ() -> None:
    one, same = (sentence("{day}", day=date(2026, 9, 1)) for _ in range(2))
    assert (one, hash(one)) == (same, hash(same))
    assert sentence("{day}", day=date(2026, 9, 2)) != one


# ------------------------------------------------------------------------------------ files out


@pytest.mark.parametrize("start", DANGEROUS)
def test_a_text_that_a_spreadsheet_takes_for_a_formula_is_made_harmless(start: str) -> None:
    assert csv_cell(f"{start}1+1") == f"'{start}1+1"
    assert harmful(harmless(f"{start}1+1")) == f"{start}1+1"


def test_sums_and_days_are_not_touched() -> None:
    assert csv_cell(Cents(-900)) == "-9,00"
    assert csv_cell(date(2026, 9, 1)) == "1.9.2026"
    assert (csv_cell(None), csv_cell(7), csv_cell("O'Neill")) == ("", "7", "O'Neill")


@given(st.text(max_size=20))
def test_what_was_made_harmless_reads_back(text: str) -> None:
    assert not harmless(text).startswith(DANGEROUS)
    assert harmful(harmless(text)) == text


@pytest.mark.parametrize("text", ["'-1", "''=1", "'", "''", "'x"])
def test_what_only_looks_made_harmless_reads_back(text: str) -> None:
    assert harmful(harmless(text)) == text


def test_a_file_has_a_bom_semicolons_and_crlf() -> None:
    assert write_csv(("a", "ä"), [("x;y", Cents(5))]) == (
        b"\xef\xbb\xbfa;\xc3\xa4\r\n" + b'"x;y";0,05\r\n'
    )

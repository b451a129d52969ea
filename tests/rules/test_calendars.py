"""What a client's calendar tells, and what it does not (C1, C2)."""

from datetime import UTC, date, datetime, time

import pytest

from sosku_groups.calendars.rules import (
    Occasion,
    Program,
    Wishes,
    feed_address,
    feed_events,
    hash_of,
    program_of,
    street_address,
    subscribing_address,
)

TODAY = date(2026, 9, 16)
ONE = Occasion(
    uid="a",
    sequence=0,
    changed_at=datetime(2026, 9, 1, tzinfo=UTC),
    day=TODAY,
    starts_at=time(10),
    ends_at=time(12),
    kind="group",
    remote=False,
    place="Kokkikoulu, Vaasantie 6",
    cancelled=False,
)


def titles(*occasions: Occasion, language: str = "fi") -> list[str]:
    """The titles of the events."""
    events = feed_events(occasions, today=TODAY, wishes=Wishes(language))
    return [event.title for event in events]


@pytest.mark.parametrize(
    ("language", "title", "cancelled"),
    [
        ("fi", "Tapaaminen", "PERUTTU: Tapaaminen"),
        ("sv", "Möte", "INSTÄLLT: Möte"),
        ("en", "Meeting", "CANCELLED: Meeting"),
    ],
)
def test_the_title_is_neutral_in_the_clients_language(
    language: str, title: str, cancelled: str
) -> None:
    found = titles(ONE, ONE._replace(cancelled=True), language=language)
    assert found == [title, cancelled]


@pytest.mark.parametrize(("day", "seen"), [(15, 0), (16, 1), (17, 1)])
def test_a_cancelled_meeting_is_seen_until_its_day_has_passed(day: int, seen: int) -> None:
    gone = ONE._replace(day=date(2026, 9, day), cancelled=True)
    assert len(titles(gone)) == seen
    assert titles(gone._replace(cancelled=False)) == ["Tapaaminen"]


@pytest.mark.parametrize(
    ("kind", "remote", "told"),
    [
        ("group", False, True),
        ("group", True, False),
        ("office", False, True),
        ("out", False, True),
        ("home", False, False),
        ("remote", False, False),
        ("phone", False, False),
    ],
)
@pytest.mark.parametrize("addresses", [True, False])
def test_only_a_place_that_is_gone_to_is_told(
    kind: str, remote: bool, told: bool, addresses: bool
) -> None:
    one = ONE._replace(kind=kind, remote=remote)
    [event] = feed_events([one], today=TODAY, wishes=Wishes("fi", addresses=addresses))
    assert event.location == ("Vaasantie 6" if told and addresses else "")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("Kokkikoulu, Vaasantie 6", "Vaasantie 6"),
        ("Vaasantie 6 B 12", "Vaasantie 6 B 12"),
        ("Sosiaaliasema Iso Roobertinkatu 20-22, 00120 Helsinki, 2. krs", None),
        ("Eino Leinon katu 5", "Eino Leinon katu 5"),
        ("Mielenterveystalo (Åsgatan 3 A)", "Åsgatan 3 A"),
        ("Toinen linja 4", "Toinen linja 4"),
        ("Uimahalli", ""),
        ("Asukastalo", ""),
        ("Ryhmähuone 2", ""),
        ("Sosiaalitoimisto 3. kerros", ""),
        ("https://video.example/huone/12345", ""),
        ("", ""),
    ],
)
def test_of_a_place_the_street_address_alone_is_told(place: str, told: str | None) -> None:
    expected = "Iso Roobertinkatu 20-22, 00120 Helsinki" if told is None else told
    assert street_address(place) == expected


def test_a_meeting_past_midnight_ends_on_the_next_day() -> None:
    late = ONE._replace(starts_at=time(22, 30), ends_at=time(0, 30))
    [event] = feed_events([late], today=TODAY, wishes=Wishes("fi"))
    assert event.starts == datetime.combine(TODAY, time(22, 30))
    assert event.ends == datetime.combine(date(2026, 9, 17), time(0, 30))


def test_an_event_carries_nothing_else_of_a_meeting() -> None:
    [event] = feed_events([ONE], today=TODAY, wishes=Wishes("fi"))
    told = event._asdict() | {}
    # What the staff's calendars tell besides, and a client's never does.
    assert (told.pop("note"), told.pop("whole")) == ("", False)
    assert set(told) == {
        "uid",
        "sequence",
        "changed_at",
        "starts",
        "ends",
        "title",
        "location",
    }


def test_addresses() -> None:
    assert feed_address("https://x.fi", "s") == "https://x.fi/calendars/s.ics"
    assert subscribing_address("https://x.fi", "s") == "webcal://x.fi/calendars/s.ics"
    assert subscribing_address("http://x.fi", "s") == "webcal://x.fi/calendars/s.ics"
    assert hash_of("s") != "s"
    assert len(hash_of("s")) == 64


@pytest.mark.parametrize(
    ("says", "program"),
    [
        ("Google-Calendar-Importer", Program.GOOGLE),
        ("Mozilla/5.0 (compatible; Google-Calendar-Importer; +http://x)", Program.GOOGLE),
        ("iOS/17.5.1 (21F90) dataaccessd/1.0", Program.APPLE),
        ("macOS/14.5 (23F79) dataaccessd/1.0", Program.APPLE),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)", Program.OUTLOOK),
        ("Dalvik/2.1.0 (Linux; U; Android 14; SM-S911B Build/UP1A)", Program.SAMSUNG),
        ("ICSx5/2.2 (ical4j; okhttp) Android/13", Program.ANDROID),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Thunderbird/115.0", Program.THUNDERBIRD),
        ("Mozilla/5.0 (Linux; Android 13; SM-A536B) Chrome/120 Safari/537.36", Program.BROWSER),
        ("curl/8.5", Program.OTHER),
        ("", Program.OTHER),
    ],
)
def test_the_kind_of_program_is_told_by_what_it_says_of_itself(says: str, program: Program) -> None:
    assert program_of(says) == program

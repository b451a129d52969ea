"""When a meeting clashes with what is booked, and which addresses may be asked."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.bookings.rules import (
    Booking,
    Clash,
    Planned,
    booked,
    clash_seal,
    clashes,
    clean_address,
    closed,
    may_be_asked,
    same_place,
    shortened,
    when,
)
from sosku_groups.core.languages import say
from sosku_groups.core.text import Refused, sentence

DAY = date(2026, 10, 24)
NEXT = date(2026, 10, 25)  # the clocks go back at four
TOLD = sentence("taken")


def booking(starts: datetime | None, ends: datetime | None, *, last: date = DAY) -> Booking:
    return Booking(DAY, last, starts, ends, "Kokous", "Sali", "uid")


def at(hour: int, minute: int = 0, day: int = 24) -> datetime:
    """An instant of October in UTC: three hours behind Finland, from the 25th on two."""
    return datetime(2026, 10, day, hour, minute, tzinfo=UTC)


WHOLE = booking(None, None)


@pytest.mark.parametrize(
    ("taken", "day", "starts", "ends", "clashing"),
    [
        (WHOLE, DAY, time(10), time(12), True),
        (WHOLE, NEXT, time(10), time(12), False),
        (WHOLE, date(2026, 10, 23), time(22), time(1), True),
        (WHOLE, date(2026, 10, 23), time(22), time(0), False),
        (booking(at(7), at(9)), DAY, time(10), time(12), True),
        (booking(at(7), at(9)), DAY, time(12), time(13), False),
        (booking(at(7), at(9)), DAY, time(9), time(10), False),
        (booking(at(7), at(9)), DAY, time(11, 59), time(13), True),
        # A night with the change of the clocks inside.
        (booking(at(22), at(2, 0, 25), last=NEXT), NEXT, time(3, 30), time(5), True),
        (booking(at(22), at(2, 0, 25), last=NEXT), NEXT, time(4), time(5), False),
        (booking(at(22), at(2, 0, 25), last=NEXT), DAY, time(23), time(2), True),
        (booking(at(8), at(8)), DAY, time(10), time(12), True),
    ],
)
def test_a_meeting_clashes_when_the_two_share_a_minute_or_a_whole_day(
    taken: Booking, day: date, starts: time, ends: time, clashing: bool
) -> None:
    assert taken.meets(day, starts, ends) == clashing
    found = clashes([Planned(day, starts, ends)], [(taken, TOLD)])
    assert found == ([Clash(day, TOLD)] if clashing else [])


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 23), st.integers(1, 23)), max_size=8),
    st.lists(st.tuples(st.integers(-3, 33), st.integers(0, 5), st.booleans()), max_size=8),
)
def test_all_that_meets_is_told_once_and_nothing_else(
    meetings: list[tuple[int, int, int]], taken: list[tuple[int, int, bool]]
) -> None:
    first = date(2026, 10, 5).toordinal()
    planned = [
        Planned(date.fromordinal(first + day), time(hour), time((hour + length) % 24))
        for day, hour, length in meetings
    ]
    told = []
    for number, (day, days, whole) in enumerate(taken):
        start, end = date.fromordinal(first + day), date.fromordinal(first + day + days)
        instants: tuple[datetime | None, datetime | None] = None, None
        if not whole:
            instants = (
                datetime(start.year, start.month, start.day, 6, tzinfo=UTC),
                datetime(end.year, end.month, end.day, 9, tzinfo=UTC),
            )
        found = Booking(start, end, *instants, "", "", str(number))
        told.append((found, sentence("{n}", n=number)))
    wanted = {
        Clash(one.day, words)
        for one in planned
        for taken_by, words in told
        if taken_by.meets(one.day, one.starts_at, one.ends_at)
    }
    found_clashes = clashes(planned, told)
    assert set(found_clashes) == wanted
    assert len(found_clashes) == len(wanted)
    assert [one.day for one in found_clashes] == sorted(one.day for one in found_clashes)


def test_a_place_is_the_same_whatever_the_case_and_the_spaces() -> None:
    assert same_place("Kokkikoulu, Vaasantie 6", " kokkikoulu,  VAASANTIE 6")
    assert not same_place("Kokkikoulu, Vaasantie 6", "Kokkikoulu, Vaasantie 8")
    assert not same_place("", "")
    assert not same_place(" ", "\t")


def test_a_seal_tells_what_was_seen() -> None:
    one, other = Clash(DAY, closed(WHOLE)), Clash(NEXT, closed(WHOLE))
    seals = {
        clash_seal(found) for found in ([one], [other], [one, other], [Clash(DAY, booked(WHOLE))])
    }
    assert len(seals) == 4
    assert clash_seal([one]) == clash_seal([Clash(DAY, closed(WHOLE))])
    assert clash_seal([]) == ""


def test_what_and_when_are_said_in_words() -> None:
    days = Booking(DAY, NEXT, None, None, "", "", "")
    assert say(closed(WHOLE), "en") == "the unit is closed: Kokous, all day"
    assert say(closed(days), "en").endswith(
        "without a name, all days from 24 Oct 2026 to 25 Oct 2026"
    )
    assert say(booked(booking(at(7), at(9))), "en") == "Sali is booked: Kokous, 10:00–12:00"
    night = Booking(DAY, NEXT, at(20), at(2, 0, 25), "", "", "")
    assert say(when(night), "en") == "from 24 Oct 2026 23:00 to 25 Oct 2026 4:00"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" https://kalenteri.example/a.ics ", "https://kalenteri.example/a.ics"),
        ("webcal://kalenteri.example/a.ics", "https://kalenteri.example/a.ics"),
        ("https://kalenteri.example:8443/a?b=c#d", "https://kalenteri.example:8443/a?b=c"),
    ],
)
def test_an_address_is_taken_as_it_can_be_fetched(text: str, address: str) -> None:
    assert clean_address(text, loopback=False) == address


@pytest.mark.parametrize(
    "text",
    ["", "kalenteri.example", "http://kalenteri.example/", "ftp://a.example/", "file:///etc/passwd",
     "https://", "https://:443/", "https://a.example:99999/", "https://a.example:0/",
     "https://[::1/", "https://a b.example/", "https://käyttäjä.example/", "https://u:p@a.example/",
     "https://u@a.example/", "https://a.example/" + "x" * 1000],
)  # fmt: skip
def test_any_other_address_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        clean_address(text, loopback=False)
    assert refused.value.field == "address"


def test_of_an_address_only_the_server_is_shown() -> None:
    assert shortened("https://kalenteri.example:8443/secret/a.ics?key=1") == "kalenteri.example/…"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
     "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1", "198.18.0.1",
     "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1",
     "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:db8::1",
     "2001::1"],
)  # fmt: skip
def test_no_machine_of_the_house_is_asked(address: str) -> None:
    assert not may_be_asked(address, loopback=False)


def test_a_public_machine_is_asked_and_this_one_when_told_so() -> None:
    assert may_be_asked("193.166.3.2", loopback=False)
    assert may_be_asked("2001:708:10::1", loopback=False)
    assert may_be_asked("127.0.0.1", loopback=True)
    assert may_be_asked("::1", loopback=True)
    assert not may_be_asked("10.0.0.1", loopback=True)

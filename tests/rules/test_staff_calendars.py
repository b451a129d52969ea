"""What a colleague's calendar tells, and until when."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from sosku_groups.calendars.rules import FAR, StaffOccasion, staff_content, with_names

TODAY = date(2026, 9, 16)
ONE = StaffOccasion(
    "uid", 2, datetime(2026, 9, 1, tzinfo=UTC), TODAY, TODAY, time(9), time(10), "Tiimi", "Sali",
    cancelled=False,
)  # fmt: skip


def days(occasion: StaffOccasion, today: date) -> int:
    """How many events there are on that day."""
    return len(staff_content([occasion], today=today, language="fi", name="").events)


def test_what_has_been_is_told_for_thirty_days_and_what_is_cancelled_for_its_day() -> None:
    assert [days(ONE, TODAY + timedelta(days=n)) for n in (0, 30, 31)] == [1, 1, 0]
    gone = replace(ONE, cancelled=True, last_day=TODAY + timedelta(days=1), starts_at=None,
                   ends_at=None)  # fmt: skip
    assert [days(gone, TODAY + timedelta(days=n)) for n in (0, 1, 2)] == [1, 1, 0]


def test_the_feed_is_good_until_something_goes_from_it() -> None:
    def good(*occasions: StaffOccasion) -> date:
        return staff_content(occasions, today=TODAY, language="fi", name="").good_until

    assert good() == FAR + timedelta(days=1)
    assert good(ONE) == TODAY + timedelta(days=31)
    assert good(ONE, replace(ONE, cancelled=True)) == TODAY + timedelta(days=1)


def test_whole_days_and_nights_end_on_the_next_day() -> None:
    whole = replace(ONE, starts_at=None, ends_at=None, last_day=TODAY + timedelta(days=2))
    [event] = staff_content([whole], today=TODAY, language="fi", name="").events
    assert event.whole
    assert event.ends == datetime.combine(TODAY + timedelta(days=3), time())
    night = replace(ONE, starts_at=time(22), ends_at=time(1))
    [event] = staff_content([night], today=TODAY, language="fi", name="").events
    assert (event.whole, event.ends) == (
        False,
        datetime.combine(TODAY + timedelta(days=1), time(1)),
    )


def test_cancelled_is_said_in_the_readers_language_and_names_stand_last() -> None:
    gone = replace(ONE, cancelled=True)
    for language, word in (("fi", "PERUTTU"), ("sv", "INSTÄLLT"), ("en", "CANCELLED")):
        [event] = staff_content([gone], today=TODAY, language=language, name="").events
        assert event.title == f"{word}: Tiimi"
    assert with_names("Tiimi", []) == "Tiimi"
    assert with_names("Tiimi", ["Aino", "Bo"]) == "Tiimi – Aino, Bo"

"""A tablet whose clock is wrong, or is set right meanwhile: nothing changes by it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Impatient
from tests.browser.device import change, kept
from tests.browser.outbox import bar, key, marked, ready, row
from tests.factories.rosters import Rosters

# What happens on the device alone is the same whatever lies below the service.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 60 * 60 * 1000


@dataclass
class Told:
    """How far from the device's time the service's answers tell theirs, and how much of it."""

    off: timedelta = timedelta()
    letters: int | None = None


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """A service whose answers tell a time that a test sets."""
    found = Told()

    def header(_: Impatient) -> str:
        return format_datetime(datetime.now(UTC) + found.off, usegmt=True)[: found.letters]

    monkeypatch.setattr(Impatient, "date_time_string", header)
    return found


def clock_set(page: Page, hours: int) -> None:
    """As if the device's clock had been put forward by so many hours since all that it keeps."""
    for store, field in (("copies", "at"), ("waiting", "at"), ("sent", "answeredAt")):
        change(page, store, f"row.{field} -= {hours * HOUR}")
    change(page, "facts", f'if (row.name === "time") row.value.latest -= {hours * HOUR}')


def test_a_clock_of_1970_that_is_set_right_raises_no_alarm(made: Rosters, tablet: Page) -> None:
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    tablet.clock.set_fixed_time(LONG_AGO)
    tablet.context.set_offline(True)
    key(tablet, made, 1, "present").tap()
    marked(tablet, made, 1, "present")
    expect(bar(tablet)).to_contain_text("1 merkintä odottaa lähetystä")
    # Set right there and then: it is the same day.
    tablet.clock.set_fixed_time(datetime.now(UTC))
    key(tablet, made, 2, "present").tap()
    expect(bar(tablet)).to_contain_text("2 merkintää odottaa lähetystä")
    expect(bar(tablet)).not_to_contain_text("yli vuorokauden")
    tablet.clock.set_fixed_time(datetime.now(UTC) + timedelta(hours=25))
    key(tablet, made, 3, "present").tap()
    expect(bar(tablet)).to_contain_text("yli vuorokauden")
    tablet.context.set_offline(False)
    expect(bar(tablet)).to_be_hidden()


def test_what_was_answered_in_1970_is_remembered_for_three_days_all_the_same(
    made: Rosters, tablet: Page
) -> None:
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    tablet.clock.set_fixed_time(LONG_AGO)
    key(tablet, made, 0, "present").tap()
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    tablet.clock.set_fixed_time(datetime.now(UTC))
    for hours, left in ((0, 1), (71, 1), (2, 0)):
        change(tablet, "sent", f"row.answeredAt -= {hours * HOUR}")
        with tablet.expect_response("**/entries/unknown"):
            tablet.goto("/today")
        tablet.wait_for_load_state("networkidle")
        assert len(kept(tablet, "sent")) == left, f"after {hours} more hours"


def test_a_date_that_was_cut_off_on_its_way_is_no_time(
    made: Rosters, told: Told, tablet: Page
) -> None:
    """Of "Mon, 23 Nov 2026 …" a browser takes "Mon, 23 Nov 2" for the year 2002."""
    ready(tablet)
    tablet.goto(f"/meetings/{made.meeting.key}")
    told.letters = len("Mon, 23 Nov 2")
    key(tablet, made, 0, "present").tap()
    expect(row(tablet, made, 0)).to_contain_text("9,00")
    told.letters = None
    # Else it would be forgotten as if it had been sent years ago.
    with tablet.expect_response("**/entries/unknown"):
        tablet.goto("/today")
    tablet.wait_for_load_state("networkidle")
    assert len(kept(tablet, "sent")) == 1


def test_on_a_tablet_that_is_a_day_ahead_rosters_open_and_nothing_is_old(
    made: Rosters, told: Told, tablet: Page
) -> None:
    told.off = timedelta(hours=-25)
    ready(tablet)
    tablet.context.set_offline(True)
    tablet.goto(f"/meetings/{made.meeting.key}")
    key(tablet, made, 0, "present").tap()
    marked(tablet, made, 0, "present")
    expect(bar(tablet)).to_contain_text("1 merkintä odottaa lähetystä")
    # Set right without network: back by the 25 hours.
    clock_set(tablet, -25)
    tablet.goto(f"/meetings/{made.meeting.key}")
    marked(tablet, made, 0, "present")
    expect(bar(tablet)).to_contain_text("1 merkintä odottaa lähetystä")
    expect(bar(tablet)).not_to_contain_text("yli vuorokauden")


def test_a_clock_put_back_or_ahead_closes_no_roster(
    made: Rosters, told: Told, tablet: Page
) -> None:
    ready(tablet)
    path = f"/meetings/{made.meeting.key}"
    tablet.context.set_offline(True)
    clock_set(tablet, -400 * 24)
    tablet.goto(path)
    expect(row(tablet, made, 0)).to_be_visible()
    clock_set(tablet, 400 * 24)
    tablet.context.set_offline(False)
    # Put ahead by more than a day; any answer of the service shows it.
    told.off = timedelta(hours=-25)
    clock_set(tablet, 25)
    tablet.goto("/profile")
    tablet.wait_for_load_state("networkidle")
    tablet.context.set_offline(True)
    tablet.goto(path)
    expect(row(tablet, made, 0)).to_be_visible()
    # That a day has passed is seen all the same.
    change(tablet, "copies", f"row.at -= {25 * HOUR}")
    tablet.goto(path)
    expect(tablet.get_by_role("heading", name="Ei yhteyttä")).to_be_visible()

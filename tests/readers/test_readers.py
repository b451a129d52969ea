"""A year's feed as the programs read it: the same events, at the same moments, under the same ids.

It goes over three changes of the clocks, past midnight, through titles with whatever a person may
type, and through a move and a cancelling.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.calendars.actions import make_address
from sosku_groups.core.database import writing
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.factory import create_app
from sosku_groups.groups.actions import cancel_meeting, move_meeting
from sosku_groups.groups.models import Meeting
from tests.conftest import let_go, plain_settings
from tests.engines import Databases
from tests.factories.groups import NOW as MADE
from tests.factories.groups import Organisation, organisation
from tests.faults.served import Served
from tests.libical import Seen
from tests.readers.programs import (
    HELSINKI,
    Desk,
    by_ical_js,
    by_icalendar,
    by_libical,
    by_radicale,
    radicale,
)

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
FIRST, LAST = date(2026, 3, 23), date(2027, 4, 5)
# The Sundays on which the clocks change.
CHANGES = (date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28))
TITLE = 'Äiti; "tee", öljy\\ 🧡🧡🧡🧡🧡🧡🧡🧡🧡🧡🧡🧡!'


@dataclass
class Subscribed:
    """A client's feed at its address, and what stands behind it."""

    address: str
    url: str
    own: Organisation

    def fetch(self) -> bytes:
        """The feed as it is served."""
        with urlopen(self.address, timeout=30) as answer:
            return bytes(answer.read())

    def change(self, day: date, what: Callable[[Session, Meeting], object]) -> str:
        """Change the meeting of a day; its UID."""
        app = create_app(replace(plain_settings(self.url), clock=lambda: NOW))
        with app.app_context(), writing() as session:
            session.expire_on_commit = False
            meeting = session.scalars(select(Meeting).where(Meeting.day == day)).one()
            what(session, meeting)
        let_go(app)
        return meeting.uid


def a_year(session: Session) -> tuple[Organisation, str]:
    """Mondays at ten, and Saturday evenings until past midnight, for a year; the feed's secret."""
    own = organisation(session)
    for old in session.scalars(select(Meeting)):
        session.delete(old)
    client = own.client(session)
    client.calendar_title = TITLE
    decision = ServiceDecision(
        organiser_id=own.organiser_id, client_id=client.id, number="P1", unit_id=own.east,
        decided_on=FIRST, valid_from=FIRST, valid_to=LAST, made_at=MADE,
    )  # fmt: skip
    enrolment = Enrolment(
        group_id=own.forest.id, client_id=client.id, first_day=FIRST, made_at=MADE
    )
    session.add_all([decision, enrolment])
    day = FIRST
    while day <= LAST:
        for weekday, starts, ends in ((0, time(10), time(12, 30)), (5, time(22, 30), time(0, 30))):
            if day.weekday() == weekday:
                session.add(
                    Meeting(
                        organiser_id=own.organiser_id, group_id=own.forest.id, unit_id=own.east,
                        kind="group", day=day, starts_at=starts, ends_at=ends,
                        place="Pitkäniemen Äijälänranta 123 B 45, 00100 Helsinki",
                        uid=f"{day}@made-for-the-test", made_at=MADE, changed_at=MADE,
                    )
                )  # fmt: skip
        day += timedelta(1)
    session.flush()
    return own, make_address(session, own.coordinator, client=client, label="")


@pytest.fixture
def subscribed(databases: Callable[[str], Databases]) -> Iterator[Subscribed]:
    """The feed, served over HTTP."""
    url = databases("sqlite").fresh()
    app = create_app(replace(plain_settings(url), clock=lambda: NOW))
    with app.app_context(), writing() as session:
        session.expire_on_commit = False
        own, secret = a_year(session)
    let_go(app)
    served = Served(url, NOW)
    served.start()
    yield Subscribed(f"{served.address}/calendars/{secret}.ics", url, own)
    served.kill()
    databases("sqlite").drop(url)


def by_all(subscribed: Subscribed, desk: Desk, browser: Browser, dav: str) -> list[Seen]:
    """What every program sees, once it is the same."""
    feed = subscribed.fetch()
    assert max(map(len, feed.split(b"\r\n"))) <= 75
    assert b"\r\n " in feed, "nothing was folded"
    desk.sync()
    seen = by_icalendar(feed)
    assert seen == by_libical(feed)
    assert seen == by_ical_js(feed, browser)
    assert seen == by_radicale(feed, dav)
    assert sorted(replace(each, uid="") for each in seen) == desk.seen()
    return seen


def test_all_programs_see_the_same_year_before_and_after_a_move_and_a_cancelling(
    subscribed: Subscribed,
    tmp_path: Path,
    chromium: Browser,
) -> None:
    desk = Desk(tmp_path, subscribed.address)
    with radicale(tmp_path) as dav:
        before = by_all(subscribed, desk, chromium, dav)
        assert len(before) == 109
        assert {each.title for each in before} == {TITLE}
        for each in before:
            starts, ends = (at.astimezone(HELSINKI) for at in (each.starts, each.ends))
            assert (starts.time(), ends.time()) in (
                (time(10), time(12, 30)),
                (time(22, 30), time(0, 30)),
            )
        for change in CHANGES:
            day_before, day_after = change - timedelta(6), change + timedelta(1)
            hours = [
                one.starts.hour for one in before if one.starts.date() in (day_before, day_after)
            ]
            assert sorted(hours) == [7, 8], f"ten o'clock stays ten around {change}"

        def move(session: Session, meeting: Meeting) -> None:
            assert move_meeting(
                session, subscribed.own.coordinator, meeting=meeting, day=date(2026, 10, 28),
                starts_at=time(9, 15), ends_at=time(11), place=meeting.place,
            )  # fmt: skip

        def cancel(session: Session, meeting: Meeting) -> None:
            assert cancel_meeting(
                session, subscribed.own.coordinator, meeting=meeting, reason="sairaus", pays=False
            )

        moved = subscribed.change(date(2026, 10, 26), move)
        cancelled = subscribed.change(date(2027, 3, 29), cancel)
        after = {each.uid: each for each in by_all(subscribed, desk, chromium, dav)}
    assert after.keys() == {each.uid for each in before}
    assert after[moved].starts == datetime(2026, 10, 28, 7, 15, tzinfo=UTC)
    assert after[cancelled].title == f"PERUTTU: {TITLE}"
    unchanged = {each for each in before if each.uid not in (moved, cancelled)}
    assert {each for uid, each in after.items() if uid not in (moved, cancelled)} == unchanged

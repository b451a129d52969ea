"""Sequences that once went wrong somewhere, by name: the service, the model and the sums agree."""

from collections.abc import Iterator
from datetime import date, time
from typing import Protocol

import pytest

from sosku_groups.core.database import begin_write
from tests.model.books import DAY, Meeting, MonthList
from tests.model.play import Play
from tests.model.worlds import FOOD, FOREST, NIGHT


class Begin(Protocol):
    """Begins a run on one of the days."""

    def __call__(self, start: date, *, accounts: bool = True) -> Play:
        """The run; `accounts`: everybody has one."""


AUGUST = date(2026, 8, 1)


@pytest.fixture
def at(worlds: dict[date, Play]) -> Iterator[Begin]:
    """Runs that begin on one of the days, and agree to their end."""
    begun: list[Play] = []

    def begin(start: date, *, accounts: bool = True) -> Play:
        world = worlds[start]
        begin_write(world.session)
        begun.append(world.again(world.session, every=10))
        if accounts:
            begun[-1].give_account("005")
        return begun[-1]

    yield begin
    for play in begun:
        if play.sound:
            play.finish()
        play.session.rollback()


def lines(made: MonthList | None, client: str) -> list[tuple[date, int, bool]]:
    """What a list tells of a client: day, cents, and whether the line is ordinary."""
    assert made, "no list was made"
    return [(line.day, line.cents, line.ordinary) for line in made.lines if line.client == client]


def to_pay(made: MonthList | None, client: str) -> tuple[int, int, int]:
    """What was carried in, is paid, and is carried on."""
    assert made, "no list was made"
    payee = made.payees[client]
    return payee.carried_in, payee.to_pay, payee.carried_out


def one(play: Play, day: date, group: str) -> Meeting:
    """The group's one meeting of the day."""
    [found] = play.days_meetings(day, group)
    return found


def test_present_then_closed_then_absent_then_present(at: Begin) -> None:
    play = at(AUGUST)
    assert to_pay(play.settle(AUGUST), "003") == (0, 5 * 900, 0)
    day = date(2026, 8, 10)
    assert not play.tap("003", one(play, day, FOREST), "absent", reason=False)
    assert play.tap("003", one(play, day, FOREST), "absent")
    taken = play.close(AUGUST)
    assert lines(taken, "003") == [(day, -900, False)]
    assert to_pay(taken, "003") == (0, 0, -900)
    assert play.tap("003", one(play, day, FOREST), "present")
    given = play.close(AUGUST)
    assert lines(given, "003") == [(day, 900, False)]
    assert to_pay(given, "003") == (-900, 0, 0)
    assert play.close(AUGUST) is None


def test_present_then_closed_then_absent_then_present_before_the_next_close(at: Begin) -> None:
    play = at(AUGUST)
    play.settle(AUGUST)
    meeting = one(play, date(2026, 8, 10), FOREST)
    assert play.tap("003", meeting, "absent")
    assert play.undo("003", meeting)
    assert play.close(AUGUST) is None


def test_a_list_told_and_returned_is_told_again(at: Begin) -> None:
    play = at(AUGUST)
    first = play.settle(AUGUST)
    assert first
    assert play.return_(first)
    assert play.tap("003", one(play, date(2026, 8, 10), FOREST), "absent")
    again = play.close(AUGUST)
    assert again
    assert again.name == "L2026-08-2"
    assert to_pay(again, "003") == (0, 4 * 900, 0)
    assert not play.return_(first)
    assert play.approve(again)
    assert not play.return_(again)


def test_a_renewal_that_overlaps_by_a_day_is_refused(at: Begin) -> None:
    play = at(AUGUST)
    end = play.books.decisions["P001"].end
    assert not play.decide("Q1", "001", end, end + 30 * DAY)
    assert play.decide("Q1", "001", end + DAY, end + 30 * DAY)
    assert play.end("P001", end - DAY)
    assert play.decide("Q2", "001", end, end)
    assert not play.end("P001", None)


def test_a_gap_of_a_day_is_later_filled_by_a_backdated_decision(at: Begin) -> None:
    play = at(AUGUST)
    gap = date(2026, 8, 15)
    assert play.end("P003", gap - DAY)
    assert play.decide("Q1", "003", gap + DAY, gap + 40 * DAY)
    assert play.add_meeting(FOREST, gap, time(10), time(12))
    play.wait_until(gap + DAY)
    assert not play.tap("003", one(play, gap, FOREST), "present")
    told = play.settle(AUGUST)
    assert gap not in [day for day, _, _ in lines(told, "003")]
    assert play.decide("Q2", "003", gap, gap)
    assert play.close(AUGUST) is None, "who has come onto the roster is not marked yet"
    assert play.tap("003", one(play, gap, FOREST), "present")
    filled = play.close(AUGUST)
    assert lines(filled, "003") == [(gap, 900, True)]
    assert [line.decision for line in filled.lines] == ["Q2"] if filled else False


def test_two_groups_on_one_date_and_one_mark_withdrawn_after_closing(at: Begin) -> None:
    play = at(AUGUST)
    day = date(2026, 8, 10)
    told = play.settle(AUGUST)
    assert lines(told, "002").count((day, 900, True)) == 1
    assert play.tap("002", one(play, day, FOREST), None)
    assert play.close(AUGUST) is None, "the withdrawn mark is missing"
    assert play.tap("002", one(play, day, FOREST), "absent")
    assert play.close(AUGUST) is None, "another group, the same sum: no line"
    assert play.tap("002", one(play, day, FOOD), "absent")
    assert lines(play.close(AUGUST), "002") == [(day, -900, False)]


def test_a_meeting_over_midnight_on_the_last_of_a_month_is_that_months(at: Begin) -> None:
    play = at(AUGUST)
    last = date(2026, 8, 31)
    night = one(play, last, NIGHT)
    play.wait_until(last, time(23, 55))
    play.register(last - DAY, [])
    assert play.tap("004", night, "present", leads=True)
    play.register(last, [])
    assert play.close(AUGUST) is None, "August still runs"
    play.wait_until(last + DAY, time(0, 5))
    told = play.close(AUGUST)
    assert (last, 900, True) in lines(told, "004")
    # The same in the days after: it stays a day of August.
    assert play.tap("004", night, "absent")
    assert play.tap("004", one(play, last, FOREST), "absent")
    assert lines(play.close(date(2026, 8, 1)), "004") == [(last, -900, False)]


def test_a_meeting_cancelled_after_marks_before_closing(at: Begin) -> None:
    play = at(AUGUST)
    play.wait_until(date(2026, 8, 20))
    play.register(play.books.today, [])
    lost, paid = date(2026, 8, 10), date(2026, 8, 17)
    assert play.cancel(one(play, lost, FOREST))
    assert play.cancel(one(play, paid, FOREST), pays=True)
    told = [day for day, _, _ in lines(play.settle(AUGUST), "003")]
    assert lost not in told
    assert paid in told


def test_a_cancelled_meeting_that_pays_pays_whoever_was_expected(at: Begin) -> None:
    play = at(AUGUST)
    day = date(2026, 8, 10)
    assert play.cancel(one(play, day, FOREST), pays=True)
    assert (day, 900, True) in lines(play.settle(AUGUST), "003")


def test_a_meeting_cancelled_after_marks_and_after_closing(at: Begin) -> None:
    play = at(AUGUST)
    play.settle(AUGUST)
    day = date(2026, 8, 10)
    meeting = one(play, day, FOREST)
    assert play.cancel(meeting)
    taken = play.close(AUGUST)
    assert lines(taken, "003") == [(day, -900, False)]
    # Whoever was in another group that day keeps the day.
    assert taken
    assert "002" not in taken.payees
    assert play.cancel(meeting, pays=True)
    assert lines(play.close(AUGUST), "003") == [(day, 900, False)]
    assert play.restore(meeting)
    assert play.close(AUGUST) is None


def test_a_rate_changed_in_the_middle_of_a_month(at: Begin) -> None:
    play = at(AUGUST)
    assert play.set_policy("rate", date(2026, 8, 17), 1050)
    told = play.settle(AUGUST)
    assert [cents for _, cents, _ in lines(told, "003")] == [900, 900, 1050, 1050, 1050]


def test_a_rate_changed_backwards_over_a_closed_month(at: Begin) -> None:
    play = at(AUGUST)
    play.settle(AUGUST)
    assert play.set_policy("rate", date(2026, 8, 10), 1050)
    assert play.set_policy("rate", date(2026, 8, 31), 800)
    told = lines(play.close(AUGUST), "003")
    assert told == [
        (date(2026, 8, 10), 150, False),
        (date(2026, 8, 17), 150, False),
        (date(2026, 8, 24), 150, False),
        (date(2026, 8, 31), -100, False),
    ]
    # A second row from the same day takes the place of the first.
    assert play.set_policy("rate", date(2026, 8, 10), 900)
    assert lines(play.close(AUGUST), "003") == [
        (date(2026, 8, day), -150, False) for day in (10, 17, 24)
    ]


def test_the_leap_day_of_2028(at: Begin) -> None:
    play = at(date(2028, 2, 1))
    leap = date(2028, 2, 29)
    play.books.accounts["006"] = True
    assert not play.decide("Q1", "006", date(2027, 11, 30), leap + DAY)
    assert play.decide("Q1", "006", date(2027, 11, 30), leap)
    assert play.enrol("006", NIGHT, leap)
    assert not play.decide("Q2", "006", leap, leap)
    assert play.decide("Q2", "006", leap + DAY, date(2028, 5, 31))
    assert not play.decide("Q3", "006", date(2028, 6, 1), date(2028, 9, 1))
    told = play.settle(date(2028, 2, 1))
    assert lines(told, "006") == [(leap, 900, True)]
    assert lines(told, "004")[-1] == (leap, 900, True)


@pytest.mark.parametrize(
    ("start", "month", "change"),
    [
        (date(2027, 2, 1), date(2027, 3, 1), date(2027, 3, 28)),
        (date(2027, 9, 1), date(2027, 10, 1), date(2027, 10, 31)),
    ],
)
def test_a_day_on_which_the_clock_changes(
    at: Begin, start: date, month: date, change: date
) -> None:
    play = at(start)
    assert play.settle(start)
    # Two hours by the clock on the wall, one or three by any other: what is scheduled counts.
    assert play.set_policy("minutes-a-day", start, 120)
    assert play.add_meeting(FOREST, change, time(2, 30), time(4, 30))
    if not play.days_meetings(change, NIGHT):
        # 28.3.2027 is Easter Sunday, on which the pattern has no meeting.
        assert play.add_meeting(NIGHT, change, time(22, 30), time(0, 30))
    told = play.settle(month)
    assert (change, 900, True) in lines(told, "003")
    # 22.30 to 00.30 of the same day.
    assert play.tap("001", one(play, change, FOREST), "absent")
    assert play.close(month) is None, "the night group's two hours are enough"
    assert play.tap("001", one(play, change, NIGHT), "absent")
    assert lines(play.close(month), "001") == [(change, -900, False)]


def test_a_month_ends_at_midnight_also_when_the_clock_has_changed_that_day(at: Begin) -> None:
    play = at(date(2027, 9, 1))
    october, last = date(2027, 10, 1), date(2027, 10, 31)
    assert play.settle(date(2027, 9, 1))
    play.wait_until(last, time(23, 55))
    play.register(last, [])
    assert play.close(october) is None, "23.55 on the wall, 21.55 in UTC: October still runs"
    play.wait_until(last + DAY, time(0, 5))
    play.register(last, [])
    assert (last, 900, True) in lines(play.close(october), "004")


def test_a_client_merged_with_one_month_closed(at: Begin) -> None:
    play = at(AUGUST)
    play.settle(AUGUST)
    before = [day for day, _, _ in lines(play.books.lists[-1], "003")]
    # Every day of 003 was told of 002 too: each is taken back, once.
    assert play.merge("002", "003")
    assert not play.merge("002", "003")
    september = play.settle(date(2026, 9, 1))
    assert [line for line in lines(september, "002") if not line[2]] == [
        (day, -900, False) for day in before
    ]
    assert september
    assert "003" not in september.payees
    assert play.close(date(2026, 9, 1)) is None
    # Taken back: each has the own days of both months.
    assert play.part("003")
    parted = play.close(date(2026, 9, 1))
    assert [line for line in lines(parted, "002") if not line[2]] == [
        (day, 900, False) for day in before
    ]
    assert {cents for _, cents, ordinary in lines(parted, "003") if ordinary} == {900}


def test_a_meeting_of_two_merged_records_lasts_once(at: Begin) -> None:
    play = at(AUGUST)
    assert play.set_policy("minutes-a-day", AUGUST, 180)
    assert play.merge("004", "005")
    told = play.settle(AUGUST)
    # Both records were at two hours of the forest, and 004 at two of the night on the last day.
    days = [day for day, _, _ in lines(told, "004")]
    assert days == [date(2026, 8, day) for day in (3, 10, 17, 24, 31)]
    assert play.tap("004", one(play, date(2026, 8, 3), NIGHT), "absent")
    assert lines(play.close(AUGUST), "004") == [(date(2026, 8, 3), -900, False)]


def test_a_rejected_payment_is_paid_once_more(at: Begin) -> None:
    play = at(AUGUST)
    august = play.settle(AUGUST)
    assert august
    assert play.approve(august)
    assert not play.tell(august, {"003": "rejected"})
    assert play.export(august)
    assert not play.tell(august, {"003": "rejected"}, too_much=100)
    assert play.tell(august, {"003": "rejected"})
    assert not play.tell(august, {"003": "paid"})
    assert play.pay_again(august, "003")
    assert not play.pay_again(august, "003")
    assert not play.pay_again(august, "002")
    # Nothing else has changed: the payment alone is a list.
    anew = play.close(AUGUST)
    assert to_pay(anew, "003") == (0, 0, 0)
    assert anew
    assert anew.payees["003"].payment == 5 * 900
    assert not play.take_back_again(august, "003")
    assert play.return_(anew)
    assert play.close(AUGUST), "it waits for the next list"
    assert play.close(AUGUST) is None


def test_a_file_of_results_without_a_row_tells_nothing(at: Begin) -> None:
    play = at(AUGUST)
    august = play.settle(AUGUST)
    assert august
    # Neither of a list whose payments nobody has fetched, nor of one that waits for results.
    assert play.tell(august, {})
    assert play.approve(august)
    assert play.tell(august, {})
    assert play.export(august)
    assert play.tell(august, {})
    assert august.state == "exported"


def test_an_instructor_of_groups_has_no_say_in_a_meeting_of_one_client(at: Begin) -> None:
    play = at(AUGUST)
    assert play.meet_alone("002", "remote", AUGUST, time(10), time(12))
    alone = play.books.meetings[-1]
    assert not play.tap("002", alone, "present", leads=True)
    assert play.tap("002", alone, "present")
    assert not play.tap("002", alone, "absent", leads=True)
    # Nor is a stranger told that the mark stands already.
    assert not play.tap("002", alone, "present", leads=True)


def test_a_list_of_an_earlier_month_opens_no_later_one(at: Begin) -> None:
    play = at(AUGUST)
    play.settle(AUGUST)
    assert play.settle(date(2026, 9, 1))
    assert play.tap("003", one(play, date(2026, 8, 10), FOREST), "absent")
    assert play.close(AUGUST)
    september = one(play, date(2026, 9, 14), FOREST)
    assert not play.tap("003", september, "absent", reason=False)
    assert play.tap("003", september, "absent")


def test_another_organiser_of_the_same_days_changes_nothing(at: Begin) -> None:
    play = at(AUGUST)
    # The neighbour's August is closed, its September unmarked.
    assert play.settle(AUGUST)
    september = play.settle(date(2026, 9, 1))
    assert september
    assert sorted(september.payees) == ["001", "002", "003", "004", "005"]
    assert play.close(date(2026, 9, 1)) is None


def test_one_who_is_unmarked_stops_the_list_until_left_out(at: Begin) -> None:
    play = at(AUGUST)
    last = date(2026, 8, 31)
    play.wait_until(last + DAY)
    play.register(last - DAY, [])
    forest = one(play, last, FOREST)
    for client in ("001", "002", "004", "005"):
        assert play.tap(client, forest, "present")
    for group in (FOOD, NIGHT):
        assert play.mark_all(one(play, last, group))
    assert play.close(AUGUST) is None
    assert play.leave_out(AUGUST, "003")
    made = play.close(AUGUST)
    assert made
    assert sorted(made.payees) == ["001", "002", "004", "005"]
    # The client comes along when the last day is marked, with all of August.
    assert play.tap("003", forest, "present")
    assert len(lines(play.close(AUGUST), "003")) == 5


def test_a_conflict_stops_the_list_until_somebody_chooses_or_it_is_left_out(at: Begin) -> None:
    play = at(AUGUST)
    last = date(2026, 8, 31)
    play.wait_until(last + DAY)
    play.register(last, [])
    forest = one(play, last, FOREST)
    for client in ("001", "002"):
        assert play.tap(client, forest, "absent", sight=0)
    assert play.close(AUGUST) is None
    # Again without having seen it: nothing is chosen.
    assert play.tap("001", forest, "remote", sight=0)
    assert play.choose("001", forest, "remote")
    assert play.close(AUGUST) is None
    assert play.leave_out(AUGUST, "002")
    assert play.leave_out(AUGUST, "005")
    made = play.close(AUGUST)
    assert made
    assert "002" not in made.payees
    # It stops the next list too, and is chosen by a correction: the day is no longer open.
    assert play.close(AUGUST) is None
    assert not play.tap("002", forest, "present", reason=False)
    assert play.choose("002", forest, "absent")
    again = play.close(AUGUST)
    assert again
    assert "002" in again.payees


def test_who_was_left_out_is_left_out_again_when_the_list_is_returned(at: Begin) -> None:
    play = at(AUGUST)
    assert play.leave_out(AUGUST, "003")
    first = play.settle(AUGUST)
    assert first
    assert play.return_(first)
    again = play.close(AUGUST)
    assert again
    assert sorted(again.payees) == ["001", "002", "004", "005"]
    assert play.return_(again)
    assert play.take_back_in(AUGUST, "003")
    assert len(lines(play.close(AUGUST), "003")) == 5


def test_each_of_two_who_were_left_out_as_one_is_left_out_again(at: Begin) -> None:
    play = at(AUGUST)
    assert play.merge("002", "003")
    assert play.leave_out(AUGUST, "003")
    first = play.settle(AUGUST)
    assert first
    assert play.part("003")
    assert play.return_(first)
    again = play.close(AUGUST)
    assert again
    assert sorted(again.payees) == ["001", "004", "005"]


def test_one_without_an_account_stops_the_list_until_it_is_known(at: Begin) -> None:
    play = at(AUGUST, accounts=False)
    assert play.settle(AUGUST) is None
    assert play.give_account("005")
    assert to_pay(play.close(AUGUST), "005") == (0, 5 * 900, 0)

"""The weekly pattern, and what a change of it does to meetings (G1–G3)."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sosku_groups.core.days import public_holidays, week_start
from sosku_groups.core.incoming import read_table
from sosku_groups.core.text import Refused
from sosku_groups.groups.files import COLUMNS, read_groups
from sosku_groups.groups.rules import (
    LONGEST_PATTERN,
    Channel,
    GroupFacts,
    Occasion,
    Pattern,
    Plan,
    Theme,
    check_capacity,
    check_movable,
    check_pattern,
    differing,
    filled_on,
    fullest_day,
    meeting_minutes,
    pattern_days,
    plan_change,
    skipped_holidays,
    times_overlap,
)

SATURDAYS = Pattern(5, time(10), time(13), date(2026, 10, 1), date(2026, 11, 14))
FACTS = GroupFacts("Metsäpolku", Theme.NATURE, 1, "Opastupa", Channel.ON_SITE, 12, SATURDAYS)
TODAY = date(2026, 10, 7)  # a Wednesday


class Stay:
    """Somebody's days in a group."""

    def __init__(self, first: date, last: date | None) -> None:
        self.first = first
        self.last = last


# ---------------------------------------------------------------------------------- the pattern


def test_a_group_meets_every_week_but_not_on_all_saints_day() -> None:
    assert pattern_days(SATURDAYS) == [
        date(2026, 10, 3),
        date(2026, 10, 10),
        date(2026, 10, 17),
        date(2026, 10, 24),
        date(2026, 11, 7),
        date(2026, 11, 14),
    ]
    assert skipped_holidays(SATURDAYS) == [date(2026, 10, 31)]


def test_told_so_it_meets_on_all_saints_day_too() -> None:
    told = replace(SATURDAYS, meets_on_holidays=True)
    assert date(2026, 10, 31) in pattern_days(told)
    assert skipped_holidays(told) == []


@pytest.mark.parametrize(
    ("weekday", "day", "what"),
    [
        (3, date(2026, 12, 24), "Christmas eve"),
        (4, date(2026, 6, 19), "midsummer eve"),
        (5, date(2026, 6, 20), "midsummer"),
        (3, date(2026, 5, 14), "Ascension day"),
        (2, date(2027, 1, 6), "Epiphany, in the second year of a pattern"),
    ],
)
def test_it_does_not_meet_on(weekday: int, day: date, what: str) -> None:
    week = timedelta(weeks=1)
    around = replace(SATURDAYS, weekday=weekday, first_day=day - week, last_day=day + week)
    assert pattern_days(around) == [day - week, day + week], what


def test_first_and_last_day_are_included() -> None:
    one = replace(SATURDAYS, first_day=date(2026, 10, 3), last_day=date(2026, 10, 3))
    assert pattern_days(one) == [date(2026, 10, 3)]


def test_a_span_without_the_weekday_has_no_meeting() -> None:
    none = replace(SATURDAYS, first_day=date(2026, 10, 4), last_day=date(2026, 10, 9))
    assert pattern_days(none) == []


patterns = st.builds(
    lambda weekday, first, length, holidays: Pattern(
        weekday, time(10), time(12), first, first + timedelta(days=length), holidays
    ),
    st.integers(0, 6),
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.integers(0, 400),
    st.booleans(),
)


@settings(deadline=None)
@given(patterns)
def test_all_days_are_of_the_weekday_within_the_span_and_a_week_apart(pattern: Pattern) -> None:
    days = pattern_days(pattern)
    assert days == sorted(set(days))
    assert {day.weekday() for day in days} <= {pattern.weekday}
    assert all(pattern.first_day <= day <= pattern.last_day for day in days)
    missing = [
        day
        for offset in range((pattern.last_day - pattern.first_day).days + 1)
        if (day := pattern.first_day + timedelta(days=offset)).weekday() == pattern.weekday
        and day not in days
    ]
    assert all(day in public_holidays(day.year) for day in missing)
    assert missing == skipped_holidays(pattern)


# --------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("starts", "ends", "minutes"),
    [
        (time(10), time(12, 30), 150),
        (time(22), time(1), 180),
        (time(23, 59), time(0, 0), 1),
        (time(0, 0), time(23, 59), 1439),
    ],
)
def test_minutes_also_past_midnight(starts: time, ends: time, minutes: int) -> None:
    assert meeting_minutes(starts, ends) == minutes


def test_a_meeting_past_midnight_meets_the_next_morning() -> None:
    evening, morning = date(2026, 10, 24), date(2026, 10, 25)
    late, early = (time(22), time(1)), (time(0, 30), time(2))
    assert times_overlap(evening, late, morning, early)
    assert not times_overlap(evening, late, morning, (time(1), time(2)))
    assert not times_overlap(evening, late, evening, early)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ends_at": time(10)}, "ends_at"),
        ({"last_day": date(2026, 9, 30)}, "last_day"),
        ({"last_day": SATURDAYS.first_day + LONGEST_PATTERN + timedelta(days=1)}, "last_day"),
    ],
)
def test_no_pattern_without_length_backwards_or_for_ever(
    change: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        check_pattern(replace(SATURDAYS, **change))  # type: ignore[arg-type]
    assert refused.value.field == field
    check_pattern(SATURDAYS)


# ------------------------------------------------------------------------------------- capacity


def test_the_fullest_day_is_sought_from_today_on() -> None:
    stays = [
        Stay(date(2026, 8, 1), date(2026, 8, 31)),
        Stay(date(2026, 8, 1), date(2026, 8, 31)),
        Stay(date(2026, 9, 1), None),
        Stay(date(2026, 11, 1), date(2026, 11, 1)),
    ]
    assert fullest_day(stays, date(2026, 8, 31)) == (2, date(2026, 8, 31))
    assert fullest_day(stays, date(2026, 9, 1)) == (2, date(2026, 11, 1))
    assert fullest_day(stays, date(2026, 11, 2)) == (1, date(2026, 11, 2))
    assert filled_on(stays, date(2026, 9, 1)) == 1


def test_promised_places_are_not_taken_away() -> None:
    stays = [Stay(date(2026, 9, 1), None), Stay(date(2026, 11, 1), date(2026, 11, 1))]
    with pytest.raises(Refused) as refused:
        check_capacity(1, stays, TODAY)
    assert refused.value.field == "capacity"
    assert refused.value.why.values["day"] == date(2026, 11, 1)
    check_capacity(2, stays, TODAY)
    check_capacity(1, stays, date(2026, 11, 2))


@pytest.mark.parametrize("capacity", [0, -1, 501])
def test_a_group_has_some_places_but_not_any_number(capacity: int) -> None:
    with pytest.raises(Refused):
        check_capacity(capacity, [], TODAY)


# ------------------------------------------------------------------------- a change of pattern


def meetings(facts: GroupFacts = FACTS) -> list[Occasion]:
    """The meetings that the facts have given, as if made long ago."""
    days = pattern_days(facts.pattern)
    return [made(number, day, facts.pattern) for number, day in enumerate(days, 1)]


def changed(**pattern: object) -> GroupFacts:
    """The group with another pattern."""
    return replace(FACTS, pattern=replace(SATURDAYS, **pattern))  # type: ignore[arg-type]


def test_the_same_pattern_changes_nothing() -> None:
    plan = plan_change(meetings(), FACTS, TODAY)
    assert plan == Plan(kept=(2, 3, 4, 5, 6))
    assert not plan.changes
    assert plan.sentences == []


def test_another_time_changes_the_future_meetings_in_place() -> None:
    plan = plan_change(meetings(), changed(starts_at=time(9)), TODAY)
    assert [number for number, _ in plan.moved] == [2, 3, 4, 5, 6]
    assert not plan.cancelled
    assert not plan.added


def test_another_place_is_a_change_of_the_meetings_too() -> None:
    plan = plan_change(meetings(), replace(FACTS, place="Haltia"), TODAY)
    assert len(plan.moved) == 5


def test_another_name_leaves_the_meetings_alone() -> None:
    assert not plan_change(meetings(), replace(FACTS, name="Uusi nimi"), TODAY).changes


def test_another_weekday_moves_each_meeting_within_its_week() -> None:
    plan = plan_change(meetings(), changed(weekday=4), TODAY)
    assert plan.moved == (
        (2, date(2026, 10, 9)),
        (3, date(2026, 10, 16)),
        (4, date(2026, 10, 23)),
        (5, date(2026, 11, 6)),
        (6, date(2026, 11, 13)),
    )
    # The Saturday of that week was a holiday, its Friday is none.
    assert plan.added == (date(2026, 10, 30),)
    assert plan.cancelled == ()


def test_where_this_weeks_new_day_has_passed_this_weeks_meeting_stays() -> None:
    plan = plan_change(meetings(), changed(weekday=0), TODAY)
    assert 2 in plan.kept
    assert dict(plan.moved)[3] == date(2026, 10, 12)
    assert date(2026, 10, 5) not in plan.added


def test_a_meeting_of_today_stays() -> None:
    plan = plan_change(meetings(), changed(starts_at=time(9)), date(2026, 10, 10))
    assert [number for number, _ in plan.moved] == [3, 4, 5, 6]


def test_a_week_whose_new_day_is_a_holiday_loses_its_meeting() -> None:
    december = changed(first_day=date(2026, 12, 1), last_day=date(2026, 12, 13))
    sundays = replace(december, pattern=replace(december.pattern, weekday=6))
    plan = plan_change(meetings(december), sundays, TODAY)
    assert plan.cancelled == (1,)  # 6.12. is Independence day
    assert plan.moved == ((2, date(2026, 12, 13)),)


def test_a_shorter_pattern_cancels_and_a_longer_one_adds() -> None:
    shorter = plan_change(meetings(), changed(last_day=date(2026, 10, 20)), TODAY)
    assert shorter.cancelled == (4, 5, 6)
    longer = plan_change(meetings(), changed(last_day=date(2026, 11, 28)), TODAY)
    assert longer.added == (date(2026, 11, 21), date(2026, 11, 28))
    assert [len(plan.sentences) for plan in (shorter, longer)] == [1, 1]


def test_an_earlier_beginning_adds_nothing_in_the_past() -> None:
    plan = plan_change(meetings(), changed(first_day=date(2026, 9, 1)), TODAY)
    assert not plan.changes


def test_what_was_dropped_comes_back_when_the_pattern_wants_it_again() -> None:
    dropped = [
        replace(one, cancelled=True, dropped=True) if one.id >= 4 else one for one in meetings()
    ]
    plan = plan_change(dropped, FACTS, TODAY)
    assert [number for number, _ in plan.moved] == [4, 5, 6]
    assert plan.added == ()
    still = plan_change(dropped, changed(last_day=date(2026, 10, 20)), TODAY)
    assert still == Plan(kept=(2, 3))


def test_a_day_of_this_week_dropped_before_it_came_leaves_the_week_free() -> None:
    mondays = [with_flag(made(1, date(2026, 10, 5), SATURDAYS), "dropped")]
    plan = plan_change(mondays, changed(last_day=date(2026, 10, 11)), TODAY)
    assert plan.added == (date(2026, 10, 10),)


@pytest.mark.parametrize("touched", ["marked", "moved", "cancelled"])
def test_what_has_marks_or_was_changed_by_itself_stays(touched: str) -> None:
    mine = [with_flag(one, touched) if one.id == 4 else one for one in meetings()]
    for facts in (changed(weekday=4), changed(last_day=date(2026, 10, 10)), changed(weekday=6)):
        plan = plan_change(mine, facts, TODAY)
        assert 4 not in {*plan.cancelled, *dict(plan.moved)}
        assert not any(week_start(day) == date(2026, 10, 19) for day in plan.added)


def test_a_meeting_moved_into_another_week_keeps_its_own_week_free_of_a_second() -> None:
    mine = [
        replace(one, moved=True, day=date(2026, 10, 28)) if one.id == 4 else one
        for one in meetings()
    ]
    plan = plan_change(mine, changed(weekday=4), TODAY)
    assert plan.added == (date(2026, 10, 30),)


# The first look at a year's holidays takes long, so there is no deadline.
@settings(deadline=None)
@given(patterns, patterns, st.dates(date(2020, 1, 1), date(2036, 1, 1)), st.data())
def test_no_change_touches_the_past_or_gives_a_week_two_meetings(
    old: Pattern, new: Pattern, today: date, data: st.DataObject
) -> None:
    # Both patterns of the same time, or they would seldom meet.
    new = replace(new, first_day=old.first_day, last_day=max(old.first_day, new.last_day))
    new = replace(new, last_day=min(new.last_day, old.first_day + timedelta(days=500)))
    before = meetings(replace(FACTS, pattern=old))
    flags = st.sampled_from(["", "", "", "marked", "moved", "cancelled", "dropped"])
    mine = [with_flag(one, data.draw(flags)) for one in before]
    plan = plan_change(mine, replace(FACTS, pattern=new), today)
    touched = {*plan.cancelled, *dict(plan.moved)}
    by_id = {one.id: one for one in mine}
    assert all(by_id[number].changes_with_pattern(today) for number in touched)
    assert all(day > today for day in [*plan.added, *dict(plan.moved).values()])
    days = {one.id: one.pattern_day for one in mine} | dict(plan.moved)
    standing = [
        days[one.id]
        for one in mine
        if one.id not in plan.cancelled and (not one.dropped or one.id in dict(plan.moved))
    ]
    weeks = [week_start(day) for day in [*standing, *plan.added]]
    assert len(weeks) == len(set(weeks))
    again = plan_change(after(mine, plan, new), replace(FACTS, pattern=new), today)
    assert not again.changes


def with_flag(one: Occasion, flag: str) -> Occasion:
    """The meeting with what was done to it."""
    return replace(
        one,
        marked=flag == "marked",
        moved=flag == "moved",
        cancelled=flag in ("cancelled", "dropped"),
        dropped=flag == "dropped",
    )


def after(before: list[Occasion], plan: Plan, pattern: Pattern) -> list[Occasion]:
    """The meetings once the plan is carried out."""
    moved, found = dict(plan.moved), []
    for one in before:
        if one.id in plan.cancelled:
            found.append(with_flag(one, "dropped"))
        elif one.id in moved:
            found.append(made(one.id, moved[one.id], pattern))
        else:
            found.append(one)
    return found + [made(1000 + number, day, pattern) for number, day in enumerate(plan.added)]


def made(number: int, day: date, pattern: Pattern) -> Occasion:
    """A meeting as the pattern makes it."""
    return Occasion(
        number, day, day, pattern.starts_at, pattern.ends_at, FACTS.place, FACTS.unit_id
    )


# ------------------------------------------------------------------------------- moving by hand


def test_a_marked_meeting_stays_on_its_day() -> None:
    day = date(2026, 9, 19)
    with pytest.raises(Refused) as refused:
        check_movable(marked=True, cancelled=False, day=day, new_day=date(2026, 9, 20))
    assert refused.value.field == "day"
    check_movable(marked=True, cancelled=False, day=day, new_day=day)
    check_movable(marked=False, cancelled=False, day=day, new_day=date(2026, 9, 20))


def test_a_cancelled_meeting_is_restored_before_it_is_moved() -> None:
    day = date(2026, 9, 19)
    with pytest.raises(Refused):
        check_movable(marked=False, cancelled=True, day=day, new_day=day)


def test_the_trail_names_what_differs() -> None:
    other = replace(changed(weekday=4), capacity=14)
    assert differing(FACTS, other) == ["capacity", "weekday"]
    assert differing(FACTS, FACTS) == []


# ------------------------------------------------------------------------------------- the file

HEADER = (
    "Ryhmä;Teema;Toimipiste;Paikka;Viikonpäivä;Alkaa_klo;Päättyy_klo;Ensimmäinen;Viimeinen;"
    "Paikkoja;Muoto"
)
ROW = "Metsäpolku;luonto;Itäinen;Opastupa;la;10:00;13:00;1.10.2026;14.11.2026;12;lähi"


def test_a_line_of_the_file_becomes_a_group() -> None:
    table = read_table(f"{HEADER}\n{ROW}\n".encode("cp1252"), COLUMNS)
    (row,) = read_groups(table)
    assert table.faults == []
    assert (row.name, row.theme, row.weekday, row.capacity) == ("Metsäpolku", "nature", 5, 12)
    assert (row.starts_at, row.ends_at) == (time(10), time(13))
    assert row.instructors is None


@pytest.mark.parametrize(
    ("words", "theme", "weekday", "channel"),
    [
        (("ELOKUVA", "Keskiviikko", "etä"), "film", 2, "remote"),
        (("motion", "tors", "på plats"), "exercise", 3, "on-site"),
        (("Services", "sun", "on site"), "services", 6, "on-site"),
        (("muu", "to", "distans"), "other", 3, "remote"),
    ],
)
def test_words_may_be_finnish_swedish_or_english(
    words: tuple[str, str, str], theme: str, weekday: int, channel: str
) -> None:
    row = ROW.replace("luonto", words[0]).replace(";la;", f";{words[1]};")
    row = row.replace("lähi", words[2])
    table = read_table(f"{HEADER}\n{row}\n".encode(), COLUMNS)
    (read,) = read_groups(table)
    assert (read.theme, read.weekday, read.channel) == (theme, weekday, channel)


def test_instructors_are_told_by_email() -> None:
    text = f"{HEADER};Ohjaajat\n{ROW};Ilona@Example.fi  eero@example.fi ilona@example.fi\n"
    (row,) = read_groups(read_table(text.encode(), COLUMNS))
    assert row.instructors == ("ilona@example.fi", "eero@example.fi")


def test_every_fault_is_named_by_line_and_column() -> None:
    rows = [
        ROW.replace("luonto", "metsä").replace("10:00", "25:00"),
        ROW.replace(";la;", ";x;").replace(";12;", ";0;"),
        ROW.replace("Metsäpolku", ""),
        ROW.replace("Metsäpolku", "Toinen"),
        ROW.replace("Metsäpolku", "TOINEN"),
    ]
    table = read_table("\n".join([HEADER, *rows]).encode(), COLUMNS)
    read = read_groups(table)
    assert [row.name for row in read] == ["Toinen"]
    assert sorted((fault.line, fault.column) for fault in table.faults) == [
        (2, "Alkaa_klo"),
        (2, "Teema"),
        (3, "Paikkoja"),
        (3, "Ryhmä"),
        (3, "Viikonpäivä"),
        (4, "Ryhmä"),
        (6, "Ryhmä"),
    ]

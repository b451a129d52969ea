"""What a day is worth and why: an example for each reason, and what always holds (M1–M6)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosku_groups.core.days import Month, week_start
from sosku_groups.core.languages import LANGUAGES, say
from sosku_groups.ledger.rules import (
    Day,
    Grant,
    Reason,
    effect,
    fold,
    minutes,
)
from sosku_groups.policies.rules import MARKS, MEETING_KINDS, Kind, Policies
from tests.rules.builders import At, daily, grant, policies, total, year

MONDAY = date(2026, 9, 14)
DEFAULT = policies()


def worth(
    *rows: At,
    money: Sequence[Grant] | None = None,
    excluded: dict[date, str] | None = None,
    rules: Policies = DEFAULT,
) -> Day:
    """The one day that the rows make."""
    [day] = fold(rows, year() if money is None else money, excluded or {}, rules)
    return day


# ---------------------------------------------------------------------- an example of each reason

EXAMPLES: dict[Reason, Day] = {
    Reason.EARNED: worth(At(MONDAY)),
    Reason.PAID_CANCELLATION: worth(At(MONDAY, None, cancelled=True, pays=True, expected=True)),
    Reason.NO_MEETING: Day(MONDAY, 0, Reason.NO_MEETING),
    Reason.UNMARKED: worth(At(MONDAY, None)),
    Reason.MARK_DOES_NOT_EARN: worth(At(MONDAY, "excused")),
    Reason.CANCELLED: worth(At(MONDAY, cancelled=True)),
    Reason.NO_MONEY_GRANT: worth(At(MONDAY), money=[]),
    Reason.EXCLUDED: worth(At(MONDAY), excluded={MONDAY: "kulukorvaus"}),
    Reason.NO_RATE: worth(At(date(2023, 12, 31)), money=year(2023)),
    Reason.TOO_SHORT: worth(At(MONDAY), rules=policies((Kind.MINUTES_A_DAY, 121))),
    Reason.WEEK_FULL: fold(daily(MONDAY, 2), year(), {}, policies((Kind.DAYS_A_WEEK, 1)))[1],
    Reason.MONTH_FULL: fold(daily(MONDAY, 2), year(), {}, policies((Kind.DAYS_A_MONTH, 1)))[1],
}


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_an_example_that_reads_in_every_language(
    reason: Reason, language: str
) -> None:
    day = EXAMPLES[reason]
    assert day.reason == reason
    assert day.earned == (reason in {Reason.EARNED, Reason.PAID_CANCELLATION})
    text = say(day.why, language)
    assert text
    assert "{" not in text
    assert "None" not in text


def test_the_sentence_of_an_earned_day_names_meeting_decision_and_rate() -> None:
    text = say(EXAMPLES[Reason.EARNED].why, "en")
    for part in ("€9.00", "present", "group meeting", "10:00–12:00", "P1", "1 Jan 2024"):
        assert part in text
    finnish = say(EXAMPLES[Reason.EARNED].why, "fi")
    for part in ("9,00\N{NO-BREAK SPACE}€", "10.00–12.00", "P1", "1.1.2024"):
        assert part in finnish


def test_the_sentence_names_no_group_for_finance_reads_it_too() -> None:
    for day in EXAMPLES.values():
        assert "Arjen ruoka" not in say(day.why, "fi")


# --------------------------------------------------------------------------- the matrix, row by row

EARNS = {
    ("present", "group"), ("remote", "group"),
    ("present", "office"), ("remote", "office"),
    ("present", "out"), ("remote", "out"),
    ("present", "remote"), ("remote", "remote"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MEETING_KINDS)
@pytest.mark.parametrize("mark", MARKS)
def test_m2_each_mark_at_each_kind_of_meeting(mark: str, kind: str) -> None:
    day = worth(At(MONDAY, mark, kind))
    expected = 900 if (mark, kind) in EARNS else 0
    assert day.cents == expected
    assert (day.reason == Reason.EARNED) == bool(expected)


def test_m2_is_a_dated_policy() -> None:
    from sosku_groups.policies.rules import DEFAULTS, PolicyRow

    rules = Policies(
        [row for row, _ in DEFAULTS] + [PolicyRow(Kind.EARNS, "present/home", MONDAY, 1)]
    )
    assert worth(At(MONDAY, "present", "home"), rules=rules).cents == 900
    assert worth(At(MONDAY - timedelta(days=1), "present", "home"), rules=rules).cents == 0


# ------------------------------------------------------------------------------- M1: once a day


def test_m1_two_meetings_of_a_day_pay_once_and_the_earlier_is_named() -> None:
    early = At(MONDAY, starts_at=time(9), ends_at=time(10), group_name="A", meeting_id=1)
    late = At(MONDAY, starts_at=time(14), ends_at=time(15), group_name="B", meeting_id=2)
    day = worth(early, late)
    assert (day.cents, day.at) == (900, early)
    second = effect(day, late, DEFAULT)
    assert (second.cents, second.second) == (0, True)
    assert effect(day, early, DEFAULT).cents == 900


def test_m1_a_mark_that_does_not_earn_takes_nothing_from_one_that_does() -> None:
    absent = At(MONDAY, "absent", starts_at=time(8), ends_at=time(9), meeting_id=1)
    present = At(MONDAY, meeting_id=2)
    day = worth(absent, present)
    assert (day.cents, day.at) == (900, present)
    assert effect(day, absent, DEFAULT).cents == 0
    assert not effect(day, absent, DEFAULT).second


def test_m1_no_grant_on_the_day_before_and_after_the_grant() -> None:
    money = [grant(MONDAY, MONDAY + timedelta(days=2))]
    days = fold(daily(MONDAY - timedelta(days=1), 5), money, {}, DEFAULT)
    assert [day.cents for day in days] == [0, 900, 900, 900, 0]
    assert days[0].reason == days[-1].reason == Reason.NO_MONEY_GRANT


def test_m1_the_decision_of_the_day_is_named_where_a_renewal_begins() -> None:
    next_day = MONDAY + timedelta(days=1)
    money = [grant(MONDAY, MONDAY, "A", 1), grant(next_day, next_day, "B", 2)]
    days = fold(daily(MONDAY, 2), money, {}, DEFAULT)
    assert [day.grant.decision_number for day in days if day.grant] == ["A", "B"]


# --------------------------------------------------------------------------- G2, G3: the meeting


def test_g2_past_midnight_the_day_is_the_first_and_the_minutes_count_through() -> None:
    at = At(MONDAY, starts_at=time(22, 30), ends_at=time(0, 30))
    assert minutes(at) == 120
    day = worth(at, rules=policies((Kind.MINUTES_A_DAY, 120)))
    assert (day.day, day.cents) == (MONDAY, 900)
    assert "22.30–0.30" in say(day.why, "fi")


def test_g3_a_cancelled_meeting_that_does_not_pay_earns_nothing_whatever_the_mark() -> None:
    for mark in ("present", "remote", "absent", None):
        day = worth(At(MONDAY, mark, cancelled=True))
        assert (day.cents, day.reason) == (0, Reason.CANCELLED)


def test_g3_a_paid_cancellation_earns_for_the_roster_marked_or_not() -> None:
    for mark in ("absent", "excused", None):
        at = At(MONDAY, mark, cancelled=True, pays=True, expected=True)
        assert worth(at).reason == Reason.PAID_CANCELLATION


def test_g3_off_the_roster_a_paid_cancellation_earns_by_the_mark_alone() -> None:
    gone = At(MONDAY, "present", cancelled=True, pays=True)
    assert worth(gone).cents == 900
    assert worth(replace(gone, mark="absent")).cents == 0


def test_g3_another_meeting_of_the_day_still_earns() -> None:
    off = At(MONDAY, None, starts_at=time(9), cancelled=True)
    assert worth(off, At(MONDAY, meeting_id=2)).cents == 900


# ------------------------------------------------------------------------- M3: rate, caps, minutes


def test_m3_nothing_before_the_first_rate_and_the_new_rate_from_its_day() -> None:
    eve = fold(
        daily(date(2023, 12, 30), 4), [grant(date(2023, 1, 1), date(2024, 6, 1))], {}, DEFAULT
    )
    assert [day.cents for day in eve] == [0, 0, 900, 900]
    change = policies((Kind.RATE, 1050, date(2026, 9, 16)))
    days = fold(daily(MONDAY, 4), year(), {}, change)
    assert [day.cents for day in days] == [900, 900, 1050, 1050]
    assert [day.since for day in days] == [date(2024, 1, 1)] * 2 + [date(2026, 9, 16)] * 2


def test_m3_a_rate_of_nothing_ends_the_money() -> None:
    for none in (0, None):
        assert worth(At(MONDAY), rules=policies((Kind.RATE, none, MONDAY))).reason == Reason.NO_RATE


def test_m3_the_week_runs_from_monday_to_sunday_also_across_the_end_of_a_month() -> None:
    days = fold(daily(date(2026, 9, 28), 8), year(), {}, policies((Kind.DAYS_A_WEEK, 2)))
    assert [day.cents for day in days] == [900, 900, 0, 0, 0, 0, 0, 900]
    assert {day.reason for day in days[2:7]} == {Reason.WEEK_FULL}
    assert days[3].day.month == 10


def test_m3_the_month_counts_its_earliest_dates() -> None:
    days = fold(daily(date(2026, 9, 28), 6), year(), {}, policies((Kind.DAYS_A_MONTH, 2)))
    assert [day.cents for day in days] == [900, 900, 0, 900, 900, 0]
    assert days[2].reason == days[5].reason == Reason.MONTH_FULL


def test_m3_only_paid_days_fill_a_cap() -> None:
    rows = [At(MONDAY, "absent"), *daily(MONDAY + timedelta(days=1), 3)]
    days = fold(rows, year(), {MONDAY + timedelta(days=1): "x"}, policies((Kind.DAYS_A_WEEK, 1)))
    assert [day.cents for day in days] == [0, 0, 900, 0]


def test_m3_a_day_that_the_week_refuses_does_not_fill_the_month() -> None:
    rules = policies((Kind.DAYS_A_WEEK, 1), (Kind.DAYS_A_MONTH, 2))
    days = fold(daily(MONDAY, 15), year(), {}, rules)
    assert [day.day for day in days if day.earned] == [MONDAY, MONDAY + timedelta(days=7)]
    assert days[14].reason == Reason.MONTH_FULL


def test_m3_least_minutes_are_added_up_over_the_meetings_that_earn() -> None:
    rules = policies((Kind.MINUTES_A_DAY, 90))
    short = At(MONDAY, starts_at=time(9), ends_at=time(9, 45))
    second = At(MONDAY, starts_at=time(13), ends_at=time(13, 45), meeting_id=2)
    assert worth(short, rules=rules).reason == Reason.TOO_SHORT
    assert worth(short, second, rules=rules).cents == 900
    not_there = replace(second, mark="absent")
    refused = worth(short, not_there, rules=rules)
    assert (refused.reason, refused.number, refused.limit) == (Reason.TOO_SHORT, 45, 90)


def test_m4_an_excluded_date_earns_nothing_and_the_next_one_does() -> None:
    days = fold(daily(MONDAY, 2), year(), {MONDAY: "kulukorvaus"}, DEFAULT)
    assert [day.cents for day in days] == [0, 900]
    assert days[0].reason == Reason.EXCLUDED


# ------------------------------------------------------------------------------- what always holds

DAYS = st.dates(date(2026, 8, 24), date(2026, 10, 11))
RULES = st.sampled_from(
    [
        policies(),
        policies((Kind.RATE, 1050, date(2026, 9, 16))),
        policies((Kind.DAYS_A_WEEK, 2)),
        policies((Kind.DAYS_A_MONTH, 3)),
        policies((Kind.MINUTES_A_DAY, 100), (Kind.DAYS_A_WEEK, 1)),
    ]
)
HOURS = st.integers(6, 20)


@st.composite
def meetings(draw: st.DrawFn) -> At:
    start = draw(HOURS)
    cancelled = draw(st.booleans()) and draw(st.booleans())
    pays = draw(st.booleans())
    return At(
        draw(DAYS),
        draw(st.sampled_from([*MARKS, None])),
        draw(st.sampled_from(MEETING_KINDS)),
        time(start),
        time(start + draw(st.integers(1, 3)), draw(st.sampled_from([0, 30]))),
        cancelled=cancelled,
        pays=pays,
        expected=cancelled and pays and draw(st.booleans()),
        meeting_id=draw(st.integers(1, 10**6)),
    )


ROWS = st.lists(meetings(), max_size=30)
EXCLUDED = st.dictionaries(DAYS, st.just("kulukorvaus"), max_size=4)
MONEY = [
    grant(date(2026, 8, 20), date(2026, 9, 8), "A"),
    grant(date(2026, 9, 10), date(2026, 10, 5), "B"),
]


def in_order(rows: Sequence[At]) -> list[At]:
    return sorted(rows, key=lambda at: (at.day, at.starts_at, at.meeting_id))


@given(ROWS, EXCLUDED, RULES)
def test_at_most_one_paid_day_for_each_date_at_that_dates_rate(
    rows: list[At], excluded: dict[date, str], rules: Policies
) -> None:
    days = fold(in_order(rows), MONEY, excluded, rules)
    assert len({day.day for day in days}) == len(days)
    for day in days:
        assert day.cents in (0, rules.rate(day.day))
        assert day.cents == 0 or (day.day not in excluded and day.grant and day.at)
    assert total(days) == sum(rules.rate(day.day) for day in days if day.earned)


@given(ROWS, EXCLUDED, RULES)
def test_caps_hold_in_every_week_and_month(
    rows: list[At], excluded: dict[date, str], rules: Policies
) -> None:
    paid = [day.day for day in fold(in_order(rows), MONEY, excluded, rules) if day.earned]
    for day in paid:
        week = [other for other in paid if week_start(other) == week_start(day)]
        month = [other for other in paid if Month.of(other) == Month.of(day)]
        assert len(week) <= (rules.value(Kind.DAYS_A_WEEK, day) or 7)
        assert len(month) <= (rules.value(Kind.DAYS_A_MONTH, day) or 31)


@given(ROWS, EXCLUDED, RULES, st.randoms(use_true_random=False))
def test_the_order_of_a_days_marks_changes_no_money(
    rows: list[At], excluded: dict[date, str], rules: Policies, chance: st.DataObject
) -> None:
    ordered = in_order(rows)
    mixed = ordered.copy()
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    mixed.sort(key=lambda at: at.day)
    before, after = (fold(each, MONEY, excluded, rules) for each in (ordered, mixed))
    assert [(day.day, day.cents) for day in before] == [(day.day, day.cents) for day in after]


@given(ROWS, EXCLUDED, RULES, meetings())
def test_a_mark_that_does_not_earn_never_changes_money(
    rows: list[At], excluded: dict[date, str], rules: Policies, extra: At
) -> None:
    extra = replace(extra, mark="absent", expected=False)
    before = fold(in_order(rows), MONEY, excluded, rules)
    after = fold(in_order([*rows, extra]), MONEY, excluded, rules)
    assert {d.day: d.cents for d in before if d.cents} == {d.day: d.cents for d in after if d.cents}


@given(ROWS, EXCLUDED)
def test_folding_month_by_month_equals_folding_whole_where_nothing_is_capped(
    rows: list[At], excluded: dict[date, str]
) -> None:
    ordered = in_order(rows)
    parts = [
        day
        for month in (8, 9, 10)
        for day in fold([at for at in ordered if at.day.month == month], MONEY, excluded, DEFAULT)
    ]
    assert parts == fold(ordered, MONEY, excluded, DEFAULT)


@given(ROWS, EXCLUDED, RULES)
def test_the_marks_effects_of_a_day_add_up_to_the_day(
    rows: list[At], excluded: dict[date, str], rules: Policies
) -> None:
    ordered = in_order({at.meeting_id: at for at in rows}.values())  # type: ignore[arg-type]
    for day in fold(ordered, MONEY, excluded, rules):
        own = [at for at in ordered if at.day == day.day]
        assert sum(effect(day, at, rules).cents for at in own) == day.cents


@given(ROWS, EXCLUDED, RULES, st.sampled_from(sorted(LANGUAGES)))
def test_every_day_can_say_why(
    rows: list[At], excluded: dict[date, str], rules: Policies, language: str
) -> None:
    for day in fold(in_order(rows), MONEY, excluded, rules):
        assert say(day.why, language)

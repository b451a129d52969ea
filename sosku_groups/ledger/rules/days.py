"""What a day is worth and why (M1–M6). Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, Protocol

from sosku_groups.core.days import ONE_DAY, Span, week_start
from sosku_groups.core.money import Cents
from sosku_groups.core.text import N_, Sentence, sentence
from sosku_groups.policies.rules import InForce, Policies


class AtMeeting(Protocol):
    """A client at one meeting, as the marks tell it."""

    @property
    def client_id(self) -> int:
        """The client's record that was marked: one of several where records were merged."""

    @property
    def meeting_id(self) -> int:
        """The meeting."""

    @property
    def day(self) -> date:
        """Its local start date (G2)."""

    @property
    def starts_at(self) -> time:
        """Local start."""

    @property
    def ends_at(self) -> time:
        """Local end, past midnight when before the start."""

    @property
    def kind(self) -> str:
        """`group`, or one of the five kinds of place of an individual meeting."""

    @property
    def group_name(self) -> str:
        """Empty for an individual meeting."""

    @property
    def mark(self) -> str | None:
        """The standing mark."""

    @property
    def cancelled(self) -> bool:
        """Whether the meeting was cancelled."""

    @property
    def pays(self) -> bool:
        """Whether a cancelled meeting's day still pays (G3)."""

    @property
    def expected(self) -> bool:
        """Whether the client is on the roster of a cancelled meeting that pays."""


class Grant(NamedTuple):
    """Days on which a benefit decision grants money, or travel, as far as its decision holds."""

    span: Span
    decision_id: int
    decision_number: str
    benefit_number: str


class Reason(StrEnum):
    """Why a day is worth what it is (M5)."""

    EARNED = "earned"
    PAID_CANCELLATION = "paid-cancellation"
    NO_MEETING = "no-meeting"
    UNMARKED = "unmarked"
    MARK_DOES_NOT_EARN = "mark-does-not-earn"
    CANCELLED = "cancelled"
    NO_MONEY_GRANT = "no-money-grant"
    EXCLUDED = "excluded"
    NO_RATE = "no-rate"
    TOO_SHORT = "too-short"
    WEEK_FULL = "week-full"
    MONTH_FULL = "month-full"


# The same sentence stands on the instructor's, the client's and finance's pages, so it names a
# meeting by its time: a group's name would tell finance its theme.
SENTENCES: Mapping[Reason, str] = {
    Reason.EARNED: N_(
        "{sum}: {mark} {at_meeting} {starts}–{ends}, decision {decision}, "
        "rate {rate} a day from {since}"
    ),
    Reason.PAID_CANCELLATION: N_(
        "{sum}: {meeting} {starts}–{ends} was cancelled but the day is paid, "
        "decision {decision}, rate {rate} a day from {since}"
    ),
    Reason.NO_MEETING: N_("No meeting"),
    Reason.UNMARKED: N_("{sum}: {meeting} {starts}–{ends}, no mark yet"),
    Reason.MARK_DOES_NOT_EARN: N_(
        "{sum}: the mark “{mark}” {at_meeting} {starts}–{ends} does not earn activity money"
    ),
    Reason.CANCELLED: N_("{sum}: {meeting} {starts}–{ends} was cancelled"),
    Reason.NO_MONEY_GRANT: N_(
        "{sum}: {meeting} {starts}–{ends}, but no benefit decision grants activity money that day"
    ),
    Reason.EXCLUDED: N_("{sum}: expense compensation for rehabilitative work is paid for the day"),
    Reason.NO_RATE: N_("{sum}: no rate is in force that day"),
    Reason.TOO_SHORT: N_("{sum}: {minutes} minutes of meetings, at least {least} are needed"),
    Reason.WEEK_FULL: N_("{sum}: the week's most paid days ({most}) are full"),
    Reason.MONTH_FULL: N_("{sum}: the month's most paid days ({most}) are full"),
}
# Where an organiser lets an absence earn.
EARNED_AWAY = N_(
    "{sum}: the mark “{mark}” {at_meeting} {starts}–{ends}, decision {decision}, "
    "rate {rate} a day from {since}"
)
# A meeting as the subject of a sentence, and as where something was: two forms, because languages
# with cases have two.
MEETINGS = {
    "group": N_("the group meeting"),
    "office": N_("the meeting at the office"),
    "home": N_("the meeting at home"),
    "out": N_("the meeting out and about"),
    "remote": N_("the remote meeting"),
    "phone": N_("the phone meeting"),
}
AT_MEETINGS = {
    "group": N_("at the group meeting"),
    "office": N_("at the meeting at the office"),
    "home": N_("at the meeting at home"),
    "out": N_("at the meeting out and about"),
    "remote": N_("at the remote meeting"),
    "phone": N_("at the phone meeting"),
}
WAS = {
    "present": N_("present"),
    "remote": N_("remote"),
    "excused": N_("excused"),
    "justified": N_("justified"),
    "absent": N_("absent"),
    None: N_("unmarked"),
}
TOOK_PART = ("present", "remote")
DAY_OF = attrgetter("day")
SECOND_MEETING = N_("Second meeting that day, no extra")


class Day(NamedTuple):
    """One client's one date: the sum, and everything that the sentence names."""

    day: date
    cents: int
    reason: Reason
    at: AtMeeting | None = None
    grant: Grant | None = None
    rate: int = 0
    since: date | None = None
    number: int = 0
    limit: int = 0
    policy_id: int | None = None

    @property
    def earned(self) -> bool:
        """Whether the day is an activity day that pays (M1)."""
        return self.cents > 0

    @property
    def why(self) -> Sentence:
        """The one sentence of this day (M5)."""
        values: dict[str, object] = {"sum": Cents(self.cents)}
        if self.at is not None:
            values |= {
                "meeting": sentence(MEETINGS[self.at.kind]),
                "at_meeting": sentence(AT_MEETINGS[self.at.kind]),
                "starts": self.at.starts_at,
                "ends": self.at.ends_at,
                "mark": sentence(WAS[self.at.mark]),
            }
        if self.grant is not None:
            values |= {
                "decision": self.grant.decision_number,
                "rate": Cents(self.rate),
                "since": self.since,
            }
        values |= {"minutes": self.number, "least": self.limit, "most": self.limit}
        away = self.at is not None and self.at.mark not in TOOK_PART
        text = EARNED_AWAY if self.reason is Reason.EARNED and away else SENTENCES[self.reason]
        return sentence(text, **values)


def minutes(at: AtMeeting) -> int:
    """Scheduled minutes, also past midnight (G2)."""
    start = at.starts_at.hour * 60 + at.starts_at.minute
    end = at.ends_at.hour * 60 + at.ends_at.minute
    return end - start if end > start else end - start + 24 * 60


def mark_earns(at: AtMeeting, policies: Policies) -> bool:
    """M2: whether the standing mark earns; none does of a cancelled meeting that does not pay."""
    return counts(at, policies.on(at.day))


def counts(at: AtMeeting, in_force: InForce) -> bool:
    """M2, by what is in force on the meeting's day."""
    return (at.mark, at.kind) in in_force.earning and (at.pays or not at.cancelled)


def earns(at: AtMeeting, policies: Policies) -> bool:
    """M2, G3: by the mark, or by being on the roster of a cancelled meeting that pays."""
    return at.expected or mark_earns(at, policies)


def grant_on(grants: Iterable[Grant], day: date) -> Grant | None:
    """The grant that covers the day; there is at most one (D3)."""
    for grant in grants:
        span = grant.span
        if span.first <= day <= span.last:
            return grant
    return None


def fold(
    attendances: Iterable[AtMeeting],
    money: Sequence[Grant],
    excluded: Mapping[date, str] | frozenset[date],
    policies: Policies,
) -> list[Day]:
    """Each date on which the client was at, or marked at, a meeting, with its sum and reason.

    `attendances` of one client by day and start. At most one paid day a date (M1); caps count
    the earliest dates first (M3), so the attendances must reach back to the start of the week
    and month of the first day asked about.
    """
    days: list[Day] = []
    weeks: Counter[date] = Counter()
    months: Counter[tuple[int, int]] = Counter()
    caps = policies.caps
    for day, rows in groupby(attendances, key=DAY_OF):
        worth = worth_of(day, list(rows), money, excluded, policies)
        if caps and worth.earned:
            week, month = week_start(day), (day.year, day.month)
            worth = capped(worth, weeks[week], months[month], policies)
            if worth.earned:
                weeks[week] += 1
                months[month] += 1
        days.append(worth)
    return days


def worth_of(
    day: date,
    rows: list[AtMeeting],
    money: Sequence[Grant],
    excluded: Mapping[date, str] | frozenset[date],
    policies: Policies,
) -> Day:
    """The date's worth before caps (M1–M4)."""
    in_force = policies.on(day)
    for at in rows:
        if at.expected or counts(at, in_force):
            break
    else:
        return unearned(day, rows)
    grant = grant_on(money, day)
    if grant is None:
        return Day(day, 0, Reason.NO_MONEY_GRANT, at)
    if day in excluded:
        return Day(day, 0, Reason.EXCLUDED, at)
    row = in_force.rate
    if row is None or not row.value:
        return Day(day, 0, Reason.NO_RATE, at)
    least = in_force.minutes_a_day
    if least is not None and (total := earning_minutes(rows, in_force)) < least:
        return Day(day, 0, Reason.TOO_SHORT, at, number=total, limit=least)
    reason = Reason.PAID_CANCELLATION if at.cancelled else Reason.EARNED
    cents = row.value
    return Day(day, cents, reason, at, grant, cents, row.first_day, 0, 0, row.row_id)


EVERY_DAY = Grant(Span(date.min, date.max), 0, "", "")


def worth_alone(at: AtMeeting, policies: Policies) -> int:
    """The cents of a date with this meeting alone, if a grant covers it and nothing excludes it."""
    return worth_of(at.day, [at], [EVERY_DAY], frozenset(), policies).cents


def covered(grants: Sequence[Grant], first: date, last: date) -> bool:
    """Whether the grants, by first day, cover every day from the first to the last."""
    day = first
    for grant in grants:
        if grant.span.first <= day <= grant.span.last:
            if grant.span.last >= last:
                return True
            day = grant.span.last + ONE_DAY
    return False


def earning_minutes(rows: Iterable[AtMeeting], in_force: InForce) -> int:
    """M3: the scheduled minutes of the day's earning meetings.

    Two merged records may both be marked at one meeting, which lasts once.
    """
    earning = {at.meeting_id: at for at in rows if at.expected or counts(at, in_force)}
    return sum(minutes(at) for at in earning.values())


def unearned(day: date, rows: list[AtMeeting]) -> Day:
    """A date on which nothing earns: say why of the meeting that comes closest."""
    held = [at for at in rows if not at.cancelled]
    marked = [at for at in held if at.mark is not None]
    if marked:
        return Day(day, 0, Reason.MARK_DOES_NOT_EARN, marked[0])
    if held:
        return Day(day, 0, Reason.UNMARKED, held[0])
    return Day(day, 0, Reason.CANCELLED, rows[0])


def capped(worth: Day, in_week: int, in_month: int, policies: Policies) -> Day:
    """M3: nothing above the caps of paid days in a week and a month."""
    in_force = policies.on(worth.day)
    for most, taken, reason in (
        (in_force.days_a_week, in_week, Reason.WEEK_FULL),
        (in_force.days_a_month, in_month, Reason.MONTH_FULL),
    ):
        if most is not None and taken >= most:
            return Day(worth.day, 0, reason, worth.at, limit=most)
    return worth


@dataclass(frozen=True)
class Effect:
    """What one mark does to its day, as the roster prints it beside the mark."""

    cents: int
    why: Sentence
    second: bool = False


def effect(day: Day, at: AtMeeting, policies: Policies) -> Effect:
    """The mark's own part in its day: the sum, nothing, or no extra for a second meeting."""
    if day.at == at:
        return Effect(day.cents, day.why)
    if earns(at, policies):
        # No second sum on a paid day; where another meeting's day is not paid, this one's is not.
        return Effect(0, sentence(SECOND_MEETING), True) if day.earned else Effect(0, day.why)
    return Effect(0, unearned(day.day, [at]).why)

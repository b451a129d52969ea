"""A plain reading of DOMAIN.md, rules D to L, that does what the service does, in dicts and loops.

It knows nothing of the service's code. Each method does what its action does, or raises No and
changes nothing; what is earned, told and paid is worked out anew whenever it is asked.
"""

from dataclasses import dataclass, field
from datetime import date, time, timedelta

import holidays

DAY = timedelta(days=1)
FINNISH = holidays.country_holidays("FI", years=range(2026, 2030))
# M2, G4: present and remote in groups and at these kinds of individual meetings.
EARNING_KINDS = {"group", "office", "out", "remote"}
TAKES_PART = {"present", "remote"}
PATTERN_MONTHS = 3
ROW_MONTHS = 12


class No(Exception):
    """A rule says no."""


def refuse_if(broken: bool, rule: str) -> None:
    """Say no where the rule is broken."""
    if broken:
        raise No(rule)


@dataclass
class Decision:
    """A service decision and the days on which its benefit decision grants money."""

    number: str
    client: str
    first: date
    last: date
    ended: date | None = None
    money: tuple[date, date] | None = None

    @property
    def end(self) -> date:
        """D1: the last day that it holds."""
        return self.ended or self.last

    def covers(self, day: date) -> bool:
        """D1: both ends included."""
        return self.first <= day <= self.end

    def grants(self, day: date) -> bool:
        """D4: money, as long as the decision holds."""
        return self.money is not None and self.money[0] <= day <= self.money[1] and self.covers(day)


@dataclass
class Enrolment:
    """A client's days in a group; the last may be open."""

    client: str
    group: str
    first: date
    last: date | None

    def covers(self, day: date) -> bool:
        """Whether the day lies in it."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass
class Meeting:
    """A meeting of a group or of one client."""

    number: int
    day: date
    starts: time
    ends: time
    group: str = ""
    client: str = ""
    kind: str = "group"
    cancelled: bool = False
    pays: bool = False

    @property
    def minutes(self) -> int:
        """G2: the scheduled minutes, past midnight too."""
        begin = self.starts.hour * 60 + self.starts.minute
        end = self.ends.hour * 60 + self.ends.minute
        return end - begin if end > begin else end - begin + 24 * 60

    @property
    def place_in_time(self) -> tuple[int, int]:
        """Its first minute and the one after its last, counted from the beginning of dates."""
        first = self.day.toordinal() * 1440 + self.starts.hour * 60 + self.starts.minute
        return first, first + self.minutes


@dataclass(frozen=True)
class Line:
    """One line of a list."""

    client: str
    day: date
    ordinary: bool
    cents: int
    group: str
    decision: str
    benefit: str


@dataclass
class Payee:
    """A client's sums on a list, and what was afterwards decided of the rest."""

    days: int
    day_cents: int
    corrections: int
    carried_in: int
    to_pay: int
    carried_out: int
    let_go: int = 0
    set_off: int = 0
    # Earlier payments that did not reach the client, paid anew beside the sums.
    again: int = 0

    @property
    def payment(self) -> int:
        """All that the list pays to the client."""
        return self.to_pay + self.again

    @property
    def sums(self) -> tuple[int, ...]:
        """The six sums as a list shows them."""
        return (
            self.days,
            self.day_cents,
            self.corrections,
            self.carried_in,
            self.to_pay,
            self.carried_out,
        )


@dataclass
class MonthList:
    """A list as it was closed, and how far it has come."""

    name: str
    month: date
    lines: list[Line]
    payees: dict[str, Payee]
    closer: str
    state: str = "closed"
    # What became of each payment: paid or rejected.
    results: dict[str, str] = field(default_factory=dict)
    # The records without which it was closed, by wish.
    out: set[str] = field(default_factory=set)


@dataclass
class Wish:
    """A rejected payment that is to be paid anew, and on which list it is."""

    each: MonthList
    client: str
    cents: int
    on: MonthList | None = None


@dataclass(frozen=True)
class Worth:
    """What a date earns."""

    cents: int
    meeting: Meeting
    decision: Decision


@dataclass
class Books:
    """Everything that is known of an organiser."""

    today: date
    accounts: dict[str, bool] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    enrolments: list[Enrolment] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    # What has stood of a client at a meeting, the oldest first.
    stood: dict[tuple[str, int], list[str | None]] = field(default_factory=dict)
    # Every change of it, and where two who did not know of each other marked differently.
    changed: dict[tuple[str, int], list[str | None]] = field(default_factory=dict)
    conflicts: set[tuple[str, int]] = field(default_factory=set)
    # After how many changes of a mark its conflict was there to be seen.
    split: dict[tuple[str, int], int] = field(default_factory=dict)
    exclusions: set[tuple[str, date]] = field(default_factory=set)
    # Dated values by kind, in the order in which they were made.
    policies: dict[str, list[tuple[date, int | None]]] = field(default_factory=dict)
    lists: list[MonthList] = field(default_factory=list)
    out: set[tuple[date, str]] = field(default_factory=set)
    asked: dict[str, int] = field(default_factory=dict)
    wishes: list[Wish] = field(default_factory=list)

    # -------------------------------------------------------------------------------- asking

    def mark_of(self, client: str, meeting: Meeting) -> str | None:
        """A1: the standing mark."""
        return self.stood.get((client, meeting.number), [None])[-1]

    def value(self, kind: str, day: date) -> int | None:
        """The dated value in force: of those begun, the newest; the later made of one day."""
        best: tuple[date, int | None] | None = None
        for first, value in self.policies.get(kind, []):
            if first <= day and (best is None or first >= best[0]):
                best = (first, value)
        return best[1] if best else None

    @property
    def force(self) -> list[MonthList]:
        """L1: lists that count; returned ones do not."""
        return [each for each in self.lists if each.state != "returned"]

    @property
    def closed(self) -> date | None:
        """The last day of which a list in force tells."""
        return max((end_of(each.month) for each in self.force), default=None)

    def is_closed(self, day: date) -> bool:
        """Whether a list in force tells of the day."""
        return self.closed is not None and day <= self.closed

    def decided(self, client: str, day: date) -> Decision | None:
        """D3: the one decision that covers the day."""
        for decision in self.decisions.values():
            if decision.client == client and decision.covers(day):
                return decision
        return None

    def on_roster(self, client: str, meeting: Meeting) -> bool:
        """E1, G4: enrolled that day, or the meeting's own client, and under a decision."""
        if meeting.client:
            there = meeting.client == client
        else:
            there = any(
                e.client == client and e.group == meeting.group and e.covers(meeting.day)
                for e in self.enrolments
            )
        return there and self.decided(client, meeting.day) is not None

    def unmarked(self, first: date, last: date) -> list[tuple[str, Meeting]]:
        """A1: who has no mark at a meeting that was held."""
        return [
            (client, meeting)
            for meeting in self.meetings
            if first <= meeting.day <= last and not meeting.cancelled
            for client in sorted(self.accounts)
            if self.on_roster(client, meeting) and self.mark_of(client, meeting) is None
        ]

    # ----------------------------------------------------------------------------- decisions

    def others(self, client: str, but: str) -> list[Decision]:
        """The client's decisions but one."""
        return [d for d in self.decisions.values() if d.client == client and d.number != but]

    def check_span(self, client: str, number: str, first: date, end: date) -> None:
        """D3, D2: no overlap, at most twelve months in an unbroken row."""
        others = self.others(client, number)
        for other in others:
            refuse_if(other.first <= end and first <= other.end, "D3")
        begun, until = first, end
        grows = True
        while grows:
            grows = False
            for other in others:
                if other.end == begun - DAY:
                    begun, grows = other.first, True
                if other.first == until + DAY:
                    until, grows = other.end, True
        refuse_if(until > months_on(begun, ROW_MONTHS), "D2 row")

    def decide(self, number: str, client: str, first: date, last: date, *, money: bool) -> None:
        """A new decision, renewing, after a gap, or backdated."""
        refuse_if(last < first, "backwards")
        refuse_if(last > months_on(first, PATTERN_MONTHS), "D2")
        self.check_span(client, number, first, last)
        granted = (first, last) if money else None
        self.decisions[number] = Decision(number, client, first, last, None, granted)

    def end(self, number: str, on: date | None) -> None:
        """D1: an early end, or none any more."""
        decision = self.decisions[number]
        refuse_if(on is not None and not decision.first <= on <= decision.last, "D1")
        if (on or decision.last) > decision.end:
            self.check_span(decision.client, number, decision.first, on or decision.last)
        decision.ended = on

    def grant(self, number: str, money: tuple[date, date] | None) -> None:
        """D4: money on other days, inside the decision."""
        decision = self.decisions[number]
        if money:
            inside = decision.first <= money[0] <= money[1] <= decision.last
            refuse_if(not inside, "D4")
        decision.money = money

    def exclude(self, client: str, day: date, *, reason: bool) -> None:
        """M4: a date with expense compensation."""
        refuse_if((client, day) in self.exclusions, "recorded already")
        refuse_if(self.is_closed(day) and not reason, "reason")
        self.exclusions.add((client, day))

    def include(self, client: str, day: date) -> None:
        """M4 taken back."""
        self.exclusions.discard((client, day))

    def set_policy(self, kind: str, first: date, value: int | None) -> None:
        """A new dated value."""
        self.policies.setdefault(kind, []).append((first, value))

    # ----------------------------------------------------------------------------- enrolment

    def check_place(self, place: Enrolment, besides: Enrolment | None = None) -> None:
        """E1, E2: covered by a decision somewhere, once at a time, and room on each day."""
        last = place.last or date.max
        refuse_if(last < place.first, "backwards")
        own = [d for d in self.decisions.values() if d.client == place.client]
        refuse_if(not any(d.first <= last and place.first <= d.end for d in own), "E1")
        group = [e for e in self.enrolments if e.group == place.group and e is not besides]
        overlapping = [e for e in group if e.first <= last and place.first <= (e.last or date.max)]
        refuse_if(any(e.client == place.client for e in overlapping), "once")
        for day in {place.first, *(e.first for e in overlapping if e.first > place.first)}:
            there = 1 + sum(e.covers(day) for e in overlapping)
            refuse_if(there > self.places[place.group], "E2")

    def enrol(self, place: Enrolment) -> None:
        """E1: a client gets a place."""
        self.check_place(place)
        self.enrolments.append(place)

    def end_enrolment(self, place: Enrolment, last: date | None) -> None:
        """E1: another last day."""
        if place.last != last:
            self.check_place(Enrolment(place.client, place.group, place.first, last), place)
            place.last = last

    # ------------------------------------------------------------------------------ meetings

    def check_free(self, wanted: Meeting) -> None:
        """A group meets at one place at a time."""
        for other in self.meetings:
            if other.group and other.group == wanted.group and other.number != wanted.number:
                one, two = other.place_in_time, wanted.place_in_time
                overlap = one[0] < two[1] and two[0] < one[1]
                refuse_if(overlap and not other.cancelled, "the group meets then")

    def add_meeting(self, meeting: Meeting) -> None:
        """G3, G4: an extra meeting of a group, or one of a client."""
        refuse_if(meeting.starts == meeting.ends, "no time at all")
        self.check_free(meeting)
        self.meetings.append(meeting)

    def move(self, meeting: Meeting, day: date, starts: time, ends: time) -> None:
        """A meeting at another time; one with marks stays on its day, for money would move."""
        if (meeting.day, meeting.starts, meeting.ends) == (day, starts, ends):
            return
        refuse_if(meeting.cancelled, "cancelled")
        marked = any(self.mark_of(client, meeting) for client in self.accounts)
        refuse_if(marked and day != meeting.day, "marked")
        refuse_if(starts == ends, "no time at all")
        self.check_free(Meeting(meeting.number, day, starts, ends, meeting.group))
        meeting.day, meeting.starts, meeting.ends = day, starts, ends

    def cancel(self, meeting: Meeting, *, pays: bool) -> None:
        """G3: it stays on record, and its day may still pay."""
        meeting.cancelled, meeting.pays = True, pays

    def restore(self, meeting: Meeting) -> None:
        """G3 taken back."""
        if meeting.cancelled:
            self.check_free(meeting)
            meeting.cancelled = meeting.pays = False

    # --------------------------------------------------------------------------------- marks

    def mark(
        self, client: str, meeting: Meeting, mark: str | None, *, leads: bool, reason: bool,
        sight: int | None = None,
    ) -> None:  # fmt: skip
        """A1–A4; `leads`: by the groups' instructor, else by a coordinator.

        `sight`: after how many changes the mark was seen last; None: now. A mark made in sight
        of a conflict settles it, another one than was seen makes one.
        """
        refuse_if(leads and not meeting.group, "A4 own groups")
        before, pair = self.mark_of(client, meeting), (client, meeting.number)
        changed = self.changed.get(pair, [])
        blind = sight is not None and bool(changed) and ([None, *changed][sight] != before)
        saw_it = not blind and (sight is None or sight >= self.split.get(pair, 0))
        if before == mark:
            late = leads and self.today > meeting.day + DAY
            shut = self.is_closed(meeting.day) and (leads or not reason)
            if saw_it and not (late or shut):
                self.conflicts.discard(pair)
            return
        refuse_if(meeting.cancelled, "cancelled")
        if not self.on_roster(client, meeting):
            refuse_if(before is None or leads or not reason, "A3")
        refuse_if(meeting.day > self.today and mark not in ("excused", None), "A3 future")
        if leads:
            late = self.today > meeting.day + DAY
            refuse_if(late or self.is_closed(meeting.day), "A4")
        refuse_if(self.is_closed(meeting.day) and not reason, "A4 reason")
        self.changed.setdefault(pair, []).append(mark)
        if blind and pair not in self.conflicts:
            self.conflicts.add(pair)
            self.split[pair] = len(self.changed[pair])
        elif saw_it:
            self.conflicts.discard(pair)
        stood = self.stood.setdefault(pair, [None])
        # What stood before the last change is brought back: that is an undo.
        if len(stood) > 1 and stood[-2] == mark:
            stood.pop()
        else:
            stood.append(mark)

    def before_last(self, client: str, meeting: Meeting) -> str | None:
        """What an undo brings back."""
        stood = self.stood.get((client, meeting.number), [None])
        return stood[-2] if len(stood) > 1 else None


def end_of(month: date) -> date:
    """The month's last day."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY


def months_on(first: date, months: int) -> date:
    """D2: the day before the same day so many months on; that month's last where it lacks it."""
    month = first.replace(day=1)
    for _ in range(months):
        month = end_of(month) + DAY
    if first.day > end_of(month).day:
        return end_of(month)
    return month.replace(day=first.day) - DAY


def weekly(first: date, last: date, weekday: int) -> list[date]:
    """G1: the days of a weekly pattern, public holidays left out."""
    found = []
    day = first
    while day <= last:
        if day.weekday() == weekday and day not in FINNISH:
            found.append(day)
        day += DAY
    return found

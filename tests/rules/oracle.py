"""A second, slow and plain reading of DOMAIN.md: what each month list must say.

It knows nothing of the service's code. Every answer is worked out anew from rows as they stand,
date by date, without any short cut; files are compared with it cell by cell.
"""

from dataclasses import dataclass, field
from datetime import date, time, timedelta

import holidays

DAY = timedelta(days=1)
TAKES_PART = {"paikalla", "etänä"}
FINNISH = holidays.country_holidays("FI", years=range(2025, 2030))


@dataclass(frozen=True)
class Person:
    """A client as the decisions file tells."""

    number: str
    last_name: str
    first_names: str
    iban: str


@dataclass(frozen=True)
class Decision:
    """A service decision with the two grants of its benefit decision."""

    number: str
    client: str
    first: date
    last: date
    ended: date | None
    money: bool
    travel: bool

    @property
    def benefit(self) -> str:
        """The benefit decision's number, empty when nothing is granted."""
        return f"E{self.number}" if self.money or self.travel else ""

    def in_force(self, day: date) -> bool:
        """D1: both ends included, cut short by an early end."""
        return self.first <= day <= (self.ended or self.last)


@dataclass(frozen=True)
class Group:
    """A themed group that meets once a week."""

    name: str
    weekday: int
    starts: time
    ends: time
    first: date
    last: date
    remote: bool

    def meets(self, day: date) -> bool:
        """G1: on its weekday, not on a Finnish holiday."""
        return (
            self.first <= day <= self.last
            and day.weekday() == self.weekday
            and (day not in FINNISH)
        )

    @property
    def minutes(self) -> int:
        """The scheduled minutes, past midnight too."""
        begin = self.starts.hour * 60 + self.starts.minute
        end = self.ends.hour * 60 + self.ends.minute
        return end - begin if end > begin else end - begin + 24 * 60


@dataclass(frozen=True)
class Enrolment:
    """A span of days in a group."""

    client: str
    group: str
    first: date
    last: date | None

    def covers(self, day: date) -> bool:
        """The last day may be open."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Line:
    """One line of a closed list."""

    client: str
    day: date
    ordinary: bool
    cents: int
    group: str
    decision: str
    benefit: str


@dataclass
class Payee:
    """One client's row of a closed list."""

    carried_in: int
    to_pay: int
    carried_out: int


@dataclass
class ClosedList:
    """A list as it was closed."""

    name: str
    month: date
    lines: list[Line]
    payees: dict[str, Payee]
    payments: list[list[str]]
    days: list[list[str]]
    travel: list[list[str]]
    returned: bool = False


@dataclass(frozen=True)
class Worth:
    """What one date earns."""

    cents: int
    group: str
    decision: str
    benefit: str


@dataclass
class Rules:
    """The organiser's policies, each as (first day, value) in the order they were made."""

    rate: list[tuple[date, int]] = field(default_factory=lambda: [(date(2024, 1, 1), 900)])
    week_cap: int | None = None
    month_cap: int | None = None
    least_minutes: int = 0
    first_days: int = 30
    quiet_days: int = 30


@dataclass
class Books:
    """Everything that is known, and the lists closed so far."""

    people: dict[str, Person] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    enrolments: list[Enrolment] = field(default_factory=list)
    marks: dict[tuple[str, str, date], str] = field(default_factory=dict)
    exclusions: set[tuple[str, date]] = field(default_factory=set)
    cancelled: dict[tuple[str, date], bool] = field(default_factory=dict)
    lists: list[ClosedList] = field(default_factory=list)
    rules: Rules = field(default_factory=Rules)

    # ------------------------------------------------------------------------------ the roster

    def on_roster(self, client: str, group: str, day: date) -> bool:
        """E1: enrolled that day, and under a service decision that day."""
        enrolled = any(
            e.client == client and e.group == group and e.covers(day) for e in self.enrolments
        )
        decided = any(d.client == client and d.in_force(day) for d in self.decisions.values())
        return enrolled and decided

    def unmarked(self, last: date) -> list[tuple[str, str, date]]:
        """A1: who has no mark at a meeting up to that day which took place."""
        found = []
        for group in self.groups.values():
            day = group.first
            while day <= min(group.last, last):
                if group.meets(day) and (group.name, day) not in self.cancelled:
                    found += [
                        (client, group.name, day)
                        for client in self.people
                        if self.on_roster(client, group.name, day)
                        and (client, group.name, day) not in self.marks
                    ]
                day += DAY
        return found

    # ---------------------------------------------------------------------------- what is earned

    def earning_groups(self, client: str, day: date) -> list[Group]:
        """M2, G3: the meetings that earn on the date, earliest first."""
        found = []
        for group in self.groups.values():
            if not group.meets(day):
                continue
            earns = self.marks.get((client, group.name, day)) in TAKES_PART
            if (group.name, day) in self.cancelled:
                there = earns or self.on_roster(client, group.name, day)
                earns = there and self.cancelled[group.name, day]
            if earns:
                found.append(group)
        return sorted(found, key=lambda group: (group.starts, group.name))

    def money_decision(self, client: str, day: date) -> Decision | None:
        """D4: the decision whose benefit decision grants money on the date."""
        for decision in self.decisions.values():
            if decision.client == client and decision.money and decision.in_force(day):
                return decision
        return None

    def rate(self, day: date) -> int:
        """M3: the rate in force on the date."""
        rows = [value for first, value in sorted(self.rules.rate) if first <= day]
        return rows[-1] if rows else 0

    def would_earn(self, client: str, day: date) -> Worth | None:
        """M1, M3, M4: what the date earns before the caps."""
        groups = self.earning_groups(client, day)
        decision = self.money_decision(client, day)
        rate = self.rate(day)
        if not groups or decision is None or rate <= 0 or (client, day) in self.exclusions:
            return None
        if sum(group.minutes for group in groups) < self.rules.least_minutes:
            return None
        return Worth(rate, groups[0].name, decision.number, decision.benefit)

    def earned(self, client: str, last: date) -> dict[date, Worth]:
        """M1–M4: the client's paid dates up to a day."""
        every = sorted(
            {day for who, _, day in self.marks if who == client}
            | {day for _, day in self.cancelled}
        )
        paid: dict[date, Worth] = {}
        for day in every:
            worth = self.would_earn(client, day) if day <= last else None
            if worth is None:
                continue
            monday = day - timedelta(days=day.weekday())
            in_week = sum(1 for other in paid if monday <= other < day)
            in_month = sum(
                1 for other in paid if (other.year, other.month) == (day.year, day.month)
            )
            if self.rules.week_cap is not None and in_week >= self.rules.week_cap:
                continue
            if self.rules.month_cap is not None and in_month >= self.rules.month_cap:
                continue
            paid[day] = worth
        return paid

    # -------------------------------------------------------------------------------- the lists

    def told(self, client: str, day: date) -> list[Line]:
        """What the lists in force have told of a date, in the order they were closed."""
        return [
            line
            for each in self.lists
            if not each.returned
            for line in each.lines
            if (line.client, line.day) == (client, day)
        ]

    def rest(self, client: str) -> int:
        """L4: what the list closed before this one carried over."""
        rest = 0
        for each in self.lists:
            if not each.returned and client in each.payees:
                rest = each.payees[client].carried_out
        return rest

    def lines(self, client: str, month: date) -> list[Line]:
        """L1: what has changed of the client's dates up to the month's end."""
        last = end_of(month)
        now = self.earned(client, last)
        known = {
            line.day
            for each in self.lists
            if not each.returned
            for line in each.lines
            if line.client == client
        }
        found = []
        for day in sorted(set(now) | {day for day in known if day <= last}):
            told = self.told(client, day)
            worth = now.get(day)
            cents = (worth.cents if worth else 0) - sum(line.cents for line in told)
            if cents == 0:
                continue
            ordinary = not told and month <= day <= last
            if worth:
                found.append(
                    Line(client, day, ordinary, cents, worth.group, worth.decision, worth.benefit)
                )
            else:
                before = [line for line in told if line.group][-1]
                found.append(
                    Line(client, day, ordinary, cents, "", before.decision, before.benefit)
                )
        return found

    def close(self, month: date, left_out: set[str]) -> ClosedList | None:
        """L1–L4: the list, or nothing when nothing has changed since."""
        lines: list[Line] = []
        payees: dict[str, Payee] = {}
        number = 1 + sum(1 for each in self.lists if each.month == month)
        name = f"L{month:%Y-%m}-{number}"
        payments = []
        for client in sorted(self.people):
            if client in left_out:
                continue
            own = self.lines(client, month)
            rest = self.rest(client)
            if not own and not rest:
                continue
            ordinary = [line for line in own if line.ordinary]
            corrections = sum(line.cents for line in own if not line.ordinary)
            money = sum(line.cents for line in ordinary)
            total = money + corrections + rest
            payees[client] = Payee(rest, max(total, 0), min(total, 0))
            person = self.people[client]
            payments.append(
                [
                    name,
                    f"{month:%Y-%m}",
                    client,
                    person.last_name,
                    person.first_names,
                    " ".join(dict.fromkeys(line.decision for line in own)),
                    " ".join(dict.fromkeys(line.benefit for line in own)),
                    str(len(ordinary)),
                    euros(money),
                    euros(corrections),
                    euros(rest),
                    euros(max(total, 0)),
                    euros(min(total, 0)),
                    person.iban,
                ]
            )
            lines += own
        if not lines:
            return None
        closed = ClosedList(
            name,
            month,
            lines,
            payees,
            payments,
            [
                [
                    name,
                    f"{month:%Y-%m}",
                    line.client,
                    written(line.day),
                    "toimintapäivä" if line.ordinary else "oikaisu",
                    euros(line.cents),
                    line.group,
                    line.decision,
                ]
                for line in lines
            ],
            self.travel_rows(month),
        )
        self.lists.append(closed)
        return closed

    # ----------------------------------------------------------------------------------- travel

    def travel_granted(self, client: str, day: date) -> bool:
        """D4: whether some benefit decision grants travel on the date."""
        return any(
            d.client == client and d.travel and d.in_force(day) for d in self.decisions.values()
        )

    def takes_part(self, client: str, day: date) -> bool:
        """T1: whether the client takes part, as the organiser's two numbers of days say."""
        if self.rules.quiet_days == 0:
            return True
        begin = day
        while self.travel_granted(client, begin - DAY):
            begin -= DAY
        if (day - begin).days < self.rules.first_days:
            return True
        return any(
            self.earns_by_mark(client, day - timedelta(days=back))
            for back in range(self.rules.quiet_days + 1)
        )

    def earns_by_mark(self, client: str, day: date) -> bool:
        """M2: whether some mark of the date is one that earns."""
        return any(
            self.marks.get((client, group.name, day)) in TAKES_PART
            and self.cancelled.get((group.name, day), True)
            for group in self.groups.values()
        )

    def travel_rows(self, month: date) -> list[list[str]]:
        """Section 6: one row per client with a travel grant that touches the month."""
        days = [month + timedelta(days=n) for n in range((end_of(month) - month).days + 1)]
        rows = []
        for client in sorted(self.people):
            granted = [day for day in days if self.travel_granted(client, day)]
            if not granted:
                continue
            eligible = [day for day in granted if self.takes_part(client, day)]
            decisions = sorted(
                {
                    decision
                    for decision in self.decisions.values()
                    for day in granted
                    if decision.client == client and decision.travel and decision.in_force(day)
                },
                key=lambda decision: decision.first,
            )
            person = self.people[client]
            rows.append(
                [
                    f"{month:%Y-%m}",
                    client,
                    person.last_name,
                    person.first_names,
                    " ".join(decision.number for decision in decisions),
                    " ".join(decision.benefit for decision in decisions),
                    str(len(eligible)),
                    written(eligible[0]) if eligible else "",
                    written(eligible[-1]) if eligible else "",
                    "voimassa" if granted[-1] in eligible else "rauennut",
                ]
            )
        return rows


def end_of(month: date) -> date:
    """The month's last day."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY


def euros(cents: int) -> str:
    """As files write a sum."""
    whole, part = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole},{part:02d}"


def written(day: date) -> str:
    """As files write a date."""
    return f"{day.day}.{day.month}.{day.year}"

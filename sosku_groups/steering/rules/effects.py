"""What is in force when, and what a new row would change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sosku_groups.core.days import ONE_DAY, Month, Span, end_after_months, week_start
from sosku_groups.corrections.rules import sealed
from sosku_groups.decisions.rules import Term, row_of
from sosku_groups.ledger.rules import Day, TravelMonth
from sosku_groups.policies.rules import ALWAYS, Kind, Policies, PolicyRow

# What a row of the kind can change: sums of days, travel support, what a list pays, or no sum.
MONEY = frozenset({Kind.RATE, Kind.EARNS, Kind.DAYS_A_WEEK, Kind.DAYS_A_MONTH, Kind.MINUTES_A_DAY})
TRAVEL = frozenset({Kind.EARNS, Kind.TRAVEL_START, Kind.TRAVEL_KEEP})


@dataclass(frozen=True)
class Held:
    """One row of a policy among the others of its kind and key."""

    row: PolicyRow
    # The day before the next one's first; none of a row that holds on.
    last_day: date | None
    # Another row took its place from its very first day.
    replaced: bool

    def state(self, today: date) -> str:
        """`past`, `now` or `coming`; `replaced` where it was never in force."""
        if self.replaced:
            return "replaced"
        if self.row.first_day > today:
            return "coming"
        return "past" if self.last_day is not None and self.last_day < today else "now"


def held(rows: Iterable[PolicyRow]) -> list[Held]:
    """Rows of one policy, by first day and edition, each with the days that it holds."""
    every = list(rows)
    found = []
    for place, row in enumerate(every):
        following = every[place + 1] if place + 1 < len(every) else None
        replaced = following is not None and following.first_day == row.first_day
        last = following.first_day - ONE_DAY if following and not replaced else None
        found.append(Held(row, last, replaced))
    return found


def following(policies: Policies, row: PolicyRow) -> PolicyRow | None:
    """The row that takes the given one's place later."""
    same = (row.kind, row.key)
    later = [each for each in policies.rows if (each.kind, each.key) == same]
    later = [each for each in later if each.first_day > row.first_day]
    if not later:
        return None
    return policies.row(row.kind, min(each.first_day for each in later), row.key)


@dataclass(frozen=True)
class Change:
    """What a client's days would be worth otherwise: how many days, from when to when, how much."""

    client_id: int
    days: int
    first: date
    last: date
    before: int
    after: int

    @property
    def cents(self) -> int:
        """More, or less, than now."""
        return self.after - self.before


@dataclass(frozen=True)
class TravelChange:
    """How many clients' travel support would stand otherwise in a month."""

    clients: int = 0
    lapsed: int = 0
    regained: int = 0


@dataclass(frozen=True)
class Effect:
    """What a row would have changed in the last closed month, and what it corrects in closed ones.

    `month` is None before the first close. Sums are those of all clients.
    """

    month: Month | None
    clients: int = 0
    days: int = 0
    before: int = 0
    after: int = 0
    travel: TravelChange | None = None
    # None where the row does not reach into closed days.
    corrections: list[Change] | None = None

    @property
    def seal(self) -> str:
        """What the form sends back to say that exactly this has been seen."""
        told = (self.month, self.clients, self.days, self.before, self.after, self.travel)
        return sealed([*told, *(self.corrections or ())])

    @property
    def correction_cents(self) -> int:
        """What the next list would be corrected by, in all."""
        return sum(each.cents for each in self.corrections or ())

    @property
    def correction_lines(self) -> int:
        """On how many lines."""
        return sum(each.days for each in self.corrections or ())


def change_between(
    client_id: int, now: Sequence[Day], then: Sequence[Day], span: Span
) -> Change | None:
    """What differs of one client's days in the span; None where nothing does.

    Both were folded from the same attendances, so they tell of the same dates.
    """
    both = [
        (a, b) for a, b in zip(now, then, strict=True) if span.covers(a.day) and a.cents != b.cents
    ]
    if not both:
        return None
    return Change(
        client_id,
        len(both),
        both[0][0].day,
        both[-1][0].day,
        sum(a.cents for a, _ in both),
        sum(b.cents for _, b in both),
    )


def sum_in(days: Iterable[Day], span: Span) -> int:
    """What the days of the span are worth."""
    return sum(day.cents for day in days if span.covers(day.day))


def travel_between(pairs: Iterable[tuple[TravelMonth | None, TravelMonth | None]]) -> TravelChange:
    """T1: whose month differs, and whose ticket would have lapsed or been kept at its end."""
    differ = [(now, then) for now, then in pairs if now and then and now != then]
    return TravelChange(
        clients=len(differ),
        lapsed=sum(now.in_force and not then.in_force for now, then in differ),
        regained=sum(then.in_force and not now.in_force for now, then in differ),
    )


def set_off_between(rows: Iterable[tuple[int, int, int]], *, set_off: bool) -> Effect:
    """L4: what lists would have paid, had rests been set off or held.

    Rows are (new money, carried in, paid); the month is filled in by whoever asks.
    """
    clients = before = after = 0
    for fresh, carried_in, paid in rows:
        then = max(fresh + (carried_in if set_off else 0), 0)
        clients += then != paid
        before, after = before + paid, after + then
    return Effect(None, clients=clients, before=before, after=after)


def reach_back(every: Iterable[Policies], first: date, last: date) -> date:
    """From which day attendances are needed to know the worth of the days from first to last.

    Caps count from the start of the week and of the month (M3), and where there are both from the
    beginning, for then each week that two months share hangs on the month before.
    """
    known = list(every)
    by_week = any(policies.ever(Kind.DAYS_A_WEEK, last) for policies in known)
    by_month = any(policies.ever(Kind.DAYS_A_MONTH, last) for policies in known)
    if by_week and by_month:
        return ALWAYS
    if by_week:
        return week_start(first)
    return Month.of(first).first if by_month else first


def too_long(terms: Mapping[int, Sequence[Term]], policies: Policies) -> list[tuple[int, Term]]:
    """D2: decisions, by client, that are longer than the policies of their first day allow."""
    found = []
    for client_id, own in terms.items():
        for term in own:
            alone = policies.number(Kind.DECISION_MONTHS, term.valid_from)
            in_row = policies.number(Kind.ROW_MONTHS, term.valid_from)
            begun = row_of(term, [other for other in own if other != term])[0].valid_from
            if term.valid_to > end_after_months(term.valid_from, alone) or (
                term.last_day > end_after_months(begun, in_row)
            ):
                found.append((client_id, term))
    return found

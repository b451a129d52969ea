"""On which days travel is supported (T1). Pure."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sosku_groups.core.days import ONE_DAY, Month, Span
from sosku_groups.core.text import N_, Sentence, sentence
from sosku_groups.ledger.rules.days import Grant, grant_on
from sosku_groups.policies.rules import Kind, Policies


class Travel(StrEnum):
    """Whether travel is supported on a date (T1)."""

    ELIGIBLE = "eligible"
    LAPSED = "lapsed"
    NOT_GRANTED = "not-granted"


TRAVEL_NAMES = {
    Travel.ELIGIBLE: N_("in force"),
    Travel.LAPSED: N_("lapsed"),
    Travel.NOT_GRANTED: N_("not granted"),
}
TRAVEL_SENTENCES = {
    Travel.ELIGIBLE: N_("Travel support is in force"),
    Travel.LAPSED: N_("Travel support has lapsed: no earning mark in the last {days} days"),
    Travel.NOT_GRANTED: N_("No decision grants travel that day"),
}


class Journey:
    """A client's standing for travel support, asked by date (T1)."""

    def __init__(
        self, grants: Iterable[Grant], earning: Iterable[date], policies: Policies
    ) -> None:
        """`earning` are the days on which some mark of the client earns by M2."""
        self.grants = sorted(grants, key=lambda grant: grant.span)
        self._earning = sorted(set(earning))
        self._policies = policies
        self._starts: dict[date, date] = {}
        before: Grant | None = None
        for grant in self.grants:
            follows = before is not None and before.span.last + ONE_DAY >= grant.span.first
            self._starts[grant.span.first] = (
                self._starts[before.span.first] if before and follows else grant.span.first
            )
            # Those of merged records may overlap: the row goes on from the one that lasts longest.
            if before is None or grant.span.last > before.span.last:
                before = grant

    def standing(self, day: date) -> Travel:
        """Eligible, lapsed or not granted on the date."""
        grant = grant_on(self.grants, day)
        return self.granted(grant, day) if grant else Travel.NOT_GRANTED

    def granted(self, grant: Grant, day: date) -> Travel:
        """Eligible or lapsed on a date of the first grant that covers it."""
        in_force = self._policies.on(day)
        keep, start = in_force.travel_keep, in_force.travel_start
        if keep == 0 or (day - self._starts[grant.span.first]).days < start:
            return Travel.ELIGIBLE
        place = bisect_right(self._earning, day)
        if place and (day - self._earning[place - 1]).days <= keep:
            return Travel.ELIGIBLE
        return Travel.LAPSED

    def why(self, day: date) -> Sentence:
        """The standing in words."""
        days = self._policies.number(Kind.TRAVEL_KEEP, day)
        return sentence(TRAVEL_SENTENCES[self.standing(day)], days=days)


@dataclass(frozen=True, slots=True)
class TravelMonth:
    """One client's row of the travel file (section 6)."""

    decision_numbers: tuple[str, ...]
    benefit_numbers: tuple[str, ...]
    days: int
    first: date | None
    last: date | None
    in_force: bool


def travel_month(journey: Journey, month: Month) -> TravelMonth | None:
    """The month of a client whom a travel grant touches in it; None otherwise."""
    grants = [g for g in journey.grants if g.span.overlaps(Span(month.first, month.last))]
    if not grants:
        return None
    granted = [(grant, day) for day in month.days if (grant := grant_on(grants, day))]
    eligible = [day for grant, day in granted if journey.granted(grant, day) is Travel.ELIGIBLE]
    return TravelMonth(
        decision_numbers=tuple(dict.fromkeys(grant.decision_number for grant in grants)),
        benefit_numbers=tuple(dict.fromkeys(grant.benefit_number for grant in grants)),
        days=len(eligible),
        first=eligible[0] if eligible else None,
        last=eligible[-1] if eligible else None,
        in_force=journey.granted(*granted[-1]) is Travel.ELIGIBLE,
    )

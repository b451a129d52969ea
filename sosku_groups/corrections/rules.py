"""What a change does to sums that lists have told already, and on which list it comes. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from sosku_groups.core.days import ONE_DAY, Month
from sosku_groups.core.money import Cents
from sosku_groups.core.text import N_, ReasonNeeded, Sentence, sentence

# Sums by client and day: what no list has told yet of the days that are closed.
Untold = Mapping[int, Mapping[date, int]]

# Each month by itself: languages with cases write it their way.
ON_LIST = {
    1: N_("on the list of January"),
    2: N_("on the list of February"),
    3: N_("on the list of March"),
    4: N_("on the list of April"),
    5: N_("on the list of May"),
    6: N_("on the list of June"),
    7: N_("on the list of July"),
    8: N_("on the list of August"),
    9: N_("on the list of September"),
    10: N_("on the list of October"),
    11: N_("on the list of November"),
    12: N_("on the list of December"),
}
CORRECTED = N_("{day}: {sign}{sum} {on_list}")
# Where more of the day is untold already: an earlier change, or a client who was left out.
WITH_MORE = N_("{day}: {sign}{sum}, which makes {left_sign}{left} of the day {on_list}")
NOTHING_LEFT = N_("{day}: {sign}{sum}, which leaves nothing of the day to correct")
SEE_FIRST = N_("See first what this changes on closed days, and then confirm it.")


@dataclass(frozen=True)
class NextList:
    """The list on which corrections come: of the month that is closed next.

    `supplements` is the last closed month where no past month waits to be closed: a supplementary
    list of it may come before.
    """

    month: Month
    supplements: Month | None = None

    @property
    def words(self) -> Sentence:
        """On which list, within a sentence."""
        return sentence(ON_LIST[self.month.number])


def next_list(closed: date, today: date) -> NextList:
    """The list closed next, from the last closed day; the month after that day may still run."""
    month = Month.of(closed + ONE_DAY)
    return NextList(month, Month.of(closed) if month.last >= today else None)


@dataclass(frozen=True)
class Correction:
    """What a change does to one closed day of a client.

    `cents` is the change's own part, `left` what the next list will tell of the day with it.
    """

    client_id: int
    day: date
    cents: int
    left: int

    def on(self, coming: NextList) -> Sentence:
        """The correction in a sentence."""
        text = CORRECTED if self.left == self.cents else WITH_MORE if self.left else NOTHING_LEFT
        return sentence(
            text,
            day=self.day,
            sign=plus(self.cents),
            sum=Cents(self.cents),
            left_sign=plus(self.left),
            left=Cents(self.left),
            on_list=coming.words,
        )


def plus(cents: int) -> str:
    """The sign of a sum that is added; the other sign comes with the sum."""
    return "+" if cents > 0 else ""


@dataclass(frozen=True)
class Effect:
    """All that a change does to closed days, by client and day."""

    rows: tuple[Correction, ...]
    coming: NextList

    @property
    def by_client(self) -> dict[int, list[Correction]]:
        """The corrections of each client, by day."""
        found: dict[int, list[Correction]] = {}
        for row in self.rows:
            found.setdefault(row.client_id, []).append(row)
        return found

    @property
    def cents(self) -> int:
        """The change's whole sum."""
        return sum(row.cents for row in self.rows)

    @property
    def sign(self) -> str:
        """The sign of a whole sum that is added."""
        return plus(self.cents)

    @property
    def seal(self) -> str:
        """What a form sends back to say that exactly this has been seen."""
        return sealed(f"{row.client_id} {row.day} {row.cents} {row.left}" for row in self.rows)


def sealed(told: Iterable[object]) -> str:
    """The seal of what a page tells, fact by fact."""
    return sha256(";".join(map(str, told)).encode()).hexdigest()[:32]


def effect(before: Untold, after: Untold, coming: NextList) -> Effect:
    """What has come between two states of the untold sums."""
    rows = [
        Correction(client_id, day, now - then, now)
        for client_id in sorted(before.keys() | after.keys())
        for day in sorted({*before.get(client_id, {}), *after.get(client_id, {})})
        if (now := after.get(client_id, {}).get(day, 0))
        != (then := before.get(client_id, {}).get(day, 0))
    ]
    return Effect(tuple(rows), coming)


def earliest(days: Iterable[tuple[int, date]], closed: date) -> dict[int, date]:
    """Of each client the first of these days that is closed."""
    found: dict[int, date] = {}
    for client_id, day in days:
        if day <= closed:
            found[client_id] = min(day, found.get(client_id, day))
    return found


def effect_besides(before: Untold, after: Untold, told: Untold, coming: NextList) -> Effect:
    """The same from two states of what is earned, and what has been told of it."""
    rows = []
    for client_id in sorted(before.keys() | after.keys()):
        then, now = before.get(client_id, {}), after.get(client_id, {})
        if then == now:
            continue
        known = told.get(client_id, {})
        for day in sorted(then.keys() | now.keys()):
            cents = now.get(day, 0)
            if change := cents - then.get(day, 0):
                rows.append(Correction(client_id, day, change, cents - known.get(day, 0)))
    return Effect(tuple(rows), coming)


class NotSeen(ReasonNeeded):
    """The change touches closed days, and nobody has seen yet what it does to them."""

    def __init__(self, found: Effect, why: Sentence | None = None, field: str | None = None):
        super().__init__(why or sentence(SEE_FIRST), field)
        self.effect = found


def effect_of(error: Exception | None) -> Effect | None:
    """The effect that a refusal carries, if it does."""
    return error.effect if isinstance(error, NotSeen) else None

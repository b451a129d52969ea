"""Tickets, and who stands on which list of the travel desk (T1, T2). Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sosku_groups.core.days import ONE_DAY, Span
from sosku_groups.core.text import N_, Refused, Sentence, sentence
from sosku_groups.ledger.rules import Grant, Journey, Travel

# A grant that begins within so many days needs its ticket already.
BEGINS_WITHIN = 5
RUNS_OUT_WITHIN = 7
# What is proposed when a ticket is given: as long as a season ticket commonly is.
PROPOSED_DAYS = 30
LONGEST_ZONES = 20
LONGEST_CODE = 300
LONGEST_NOTE = 400


class TicketKind(StrEnum):
    """How a client travels on the organiser's account."""

    SEASON = "season"
    CODE = "code"
    QR = "qr"
    APP = "app"
    RECEIPT = "receipt"


KIND_NAMES = {
    TicketKind.SEASON: N_("season ticket on the client's own card"),
    TicketKind.CODE: N_("ticket code"),
    TicketKind.QR: N_("QR ticket"),
    TicketKind.APP: N_("budget in an app"),
    TicketKind.RECEIPT: N_("refund against a receipt"),
}
WITH_SUM = (TicketKind.APP, TicketKind.RECEIPT)
WITH_CODE = (TicketKind.CODE, TicketKind.QR)


class TicketState(StrEnum):
    """Out with the client, or settled for good."""

    GIVEN = "given"
    RETURNED = "returned"
    LOST = "lost"


STATE_NAMES = {
    TicketState.GIVEN: N_("with the client"),
    TicketState.RETURNED: N_("given back"),
    TicketState.LOST: N_("lost"),
}


@dataclass(frozen=True)
class TicketRow:
    """A ticket as lists and pages need it; the code is not among it."""

    key: str
    client_id: int
    kind: TicketKind
    zones: str
    span: Span
    cents: int | None
    has_code: bool
    code_shown_at: datetime | None
    code_shown_by: int | None
    given_at: datetime
    given_by: int
    state: TicketState
    ended_on: date | None
    ended_by: int | None
    note: str

    @property
    def kind_name(self) -> str:
        """What its kind is called, to be translated."""
        return KIND_NAMES[self.kind]

    @property
    def state_name(self) -> str:
        """What its state is called, to be translated."""
        return STATE_NAMES[self.state]

    @property
    def out(self) -> bool:
        """Whether the client has it."""
        return self.state is TicketState.GIVEN

    @property
    def shows_code(self) -> bool:
        """Whether its code can be shown: once, while the ticket is out."""
        return self.out and self.has_code and self.code_shown_at is None


# ------------------------------------------------------------------------------ giving a ticket


@dataclass(frozen=True)
class TicketFacts:
    """What is given out. The code is a bearer secret, kept out of every representation."""

    kind: TicketKind
    zones: str
    first_day: date
    last_day: date
    cents: int | None = None
    code: str = field(default="", repr=False)

    @property
    def span(self) -> Span:
        """The ticket's days."""
        return Span(self.first_day, self.last_day)


def granted_through(grants: Iterable[Grant], day: date) -> date | None:
    """The last day of the unbroken row of granted days that holds the day; None outside."""
    last: date | None = None
    for span in sorted(grant.span for grant in grants):
        if span.covers(day) or (last is not None and span.first <= last + ONE_DAY):
            last = max(last or span.last, span.last)
    return last


def check_kind(facts: TicketFacts) -> None:
    """A sum belongs to what is worth one, a code to what is travelled with by one."""
    if facts.kind in WITH_SUM and not facts.cents:
        raise Refused(sentence(N_("Write a sum above zero, such as 45,00.")), "cents")
    if facts.kind not in WITH_SUM and facts.cents is not None:
        raise Refused(sentence(N_("This kind of ticket has no sum: leave it empty.")), "cents")
    if facts.kind is TicketKind.CODE and not facts.code:
        raise Refused(sentence(N_("Write or paste the ticket code.")), "code")
    if facts.kind not in WITH_CODE and facts.code:
        raise Refused(sentence(N_("This kind of ticket has no code: leave it empty.")), "code")


def check_span(span: Span, grants: Sequence[Grant]) -> None:
    """T2: a ticket never reaches past the grant, nor begins before it."""
    if span.last < span.first:
        raise Refused(sentence(N_("The last day is before the first.")), "last_day")
    through = granted_through(grants, span.first)
    if through is None:
        coming = [grant.span.first for grant in grants if grant.span.first > span.first]
        told = N_("No decision grants travel on {day}.")
        if coming:
            told = N_("No decision grants travel on {day}. The next grant begins on {next}.")
        why = sentence(told, day=span.first, next=min(coming, default=span.first))
        raise Refused(why, "first_day")
    if span.last > through:
        told = N_("The grant ends on {day}: a ticket never reaches past it.")
        raise Refused(sentence(told, day=through), "last_day")


def check_free(span: Span, tickets: Iterable[TicketRow]) -> None:
    """One ticket at a time; one that is lost or returned makes room for another."""
    for ticket in tickets:
        if ticket.out and ticket.span.overlaps(span):
            told = N_(
                "The client has a ticket for {first}–{last} already. "
                "Note that one as given back or lost first, or choose other days."
            )
            why = sentence(told, first=ticket.span.first, last=ticket.span.last)
            raise Refused(why, "first_day")


def proposed(grants: Sequence[Grant], tickets: Iterable[TicketRow], today: date) -> Span | None:
    """The next days without a ticket, thirty at most; None when no grant has any left."""
    held = sorted(ticket.span for ticket in tickets if ticket.out)
    first: date | None = today
    while first is not None:
        covering = [span.last for span in held if span.covers(first)]
        through = granted_through(grants, first)
        if covering:
            first = max(covering) + ONE_DAY
        elif through is None:
            coming = [grant.span.first for grant in grants if grant.span.first > first]
            first = min(coming, default=None)
        else:
            later = [span.first - ONE_DAY for span in held if span.first > first]
            return Span(first, min([first + timedelta(PROPOSED_DAYS - 1), through, *later]))
    return None


# ----------------------------------------------------------------------------- taking it back


def check_settling(ticket: TicketRow, day: date, given_on: date, today: date) -> None:
    """A ticket is settled once, on a day between its beginning and today."""
    if not ticket.out:
        told = N_("The ticket has been noted already: {state} {day}.")
        state = sentence(STATE_NAMES[ticket.state])
        raise Refused(sentence(told, state=state, day=ticket.ended_on))
    if day > today:
        raise Refused(sentence(N_("The day is in the future.")), "day")
    if day < (begin := min(given_on, ticket.span.first)):
        told = N_("The ticket was not out before {day}.")
        raise Refused(sentence(told, day=begin), "day")


# ----------------------------------------------------------------------------- the desk's lists


class Desk(StrEnum):
    """The four lists."""

    NEEDS = "needs-ticket"
    RUNS_OUT = "runs-out"
    LAPSED = "lapsed"
    STILL_OUT = "still-out"


@dataclass(frozen=True)
class Matter:
    """A client's place on a list: why, the day it hangs on, and the ticket that it is about."""

    desk: Desk
    client_id: int
    day: date
    why: Sentence
    ticket: TicketRow | None = None


def matters(
    client_id: int, journey: Journey, tickets: Sequence[TicketRow], today: date
) -> Iterator[Matter]:
    """Everything of one client that a person of the desk should see today."""
    held = [ticket for ticket in tickets if ticket.out]
    standing = journey.standing(today)
    if standing is Travel.LAPSED:
        now = next((ticket for ticket in held if ticket.span.covers(today)), None)
        yield Matter(Desk.LAPSED, client_id, today, journey.why(today), now)
    elif standing is Travel.ELIGIBLE:
        yield from uncovered_today(client_id, journey, held, today)
        yield from running_out(client_id, journey, held, today)
    yield from beginning(client_id, journey, held, today)
    for ticket in held:
        if found := still_out(ticket, journey.grants, today):
            yield found


def uncovered_today(
    client_id: int, journey: Journey, held: Sequence[TicketRow], today: date
) -> Iterator[Matter]:
    """Eligible, and no ticket covers the day."""
    if not covered(held, today):
        until = granted_through(journey.grants, today)
        why = sentence(N_("No ticket covers today. The grant goes on until {last}."), last=until)
        yield Matter(Desk.NEEDS, client_id, today, why)


def beginning(
    client_id: int, journey: Journey, held: Sequence[TicketRow], today: date
) -> Iterator[Matter]:
    """A grant begins within a few days, and no ticket covers its first day."""
    for grant in journey.grants:
        first = grant.span.first
        soon = today < first <= today + timedelta(BEGINS_WITHIN)
        goes_on = granted_through(journey.grants, first - ONE_DAY) is not None
        if (
            soon
            and not goes_on
            and journey.standing(first) is Travel.ELIGIBLE
            and not covered(held, first)
        ):
            why = sentence(N_("The grant begins on {first} and no ticket is out."), first=first)
            yield Matter(Desk.NEEDS, client_id, first, why)
            return


def running_out(
    client_id: int, journey: Journey, held: Sequence[TicketRow], today: date
) -> Iterator[Matter]:
    """A ticket ends within seven days, the grant goes on, and no other ticket follows."""
    for ticket in held:
        last = ticket.span.last
        until = granted_through(journey.grants, last + ONE_DAY)
        if (
            today <= last <= today + timedelta(RUNS_OUT_WITHIN)
            and until is not None
            and not covered(held, last + ONE_DAY)
        ):
            told = N_("The ticket ends on {last}. The grant goes on until {until}.")
            why = sentence(told, last=last, until=until)
            yield Matter(Desk.RUNS_OUT, client_id, last, why, ticket)


def still_out(ticket: TicketRow, grants: Sequence[Grant], today: date) -> Matter | None:
    """A ticket that was running when its grant ended, or that reaches past the grant's end.

    One that ran out while the grant went on is used up: there is nothing to ask back. Nor is
    there of a refund that reaches no further than the grant.
    """
    through = granted_through(grants, ticket.span.first)
    ended = through or ticket.span.first - ONE_DAY
    last = ticket.span.last
    over = ended < today and granted_through(grants, today) is None
    asked_back = over and ticket.kind is not TicketKind.RECEIPT
    if not ticket.out or last < ended or (last == ended and not asked_back):
        return None
    if through is None:
        told = N_("No grant covers the ticket any longer; it is valid until {last}.")
    elif last == ended:
        told = N_("The grant and the ticket ended on {ended}.")
    elif ended < today:
        told = N_("The grant ended on {ended}, but the ticket reaches to {last}.")
    else:
        told = N_("The grant ends on {ended}, but the ticket reaches to {last}.")
    why = sentence(told, ended=ended, last=last)
    return Matter(Desk.STILL_OUT, ticket.client_id, ended, why, ticket)


def covered(held: Iterable[TicketRow], day: date) -> bool:
    """Whether a ticket that is out covers the day."""
    return any(ticket.span.covers(day) for ticket in held)


def lapsed_since(journey: Journey, day: date) -> date:
    """The first day of the unbroken lapsed days up to this one."""
    while journey.standing(day - ONE_DAY) is Travel.LAPSED:
        day -= ONE_DAY
    return day

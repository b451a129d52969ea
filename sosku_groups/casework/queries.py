"""What the list of clients and the page of one client show, gathered from the features below."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import user_names
from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances.models import MonthList, Payee
from sosku_groups.allowances.queries import corrections_to_come, holds_rests, payments_to, rests
from sosku_groups.allowances.rules import Rest
from sosku_groups.allowances.rules.lines import Line
from sosku_groups.calendars.queries import last_fetch
from sosku_groups.casework.rules import SOON_DAYS, TimeLine, time_line
from sosku_groups.clients.models import Client
from sosku_groups.closings.queries import closed_through
from sosku_groups.core.days import Month
from sosku_groups.core.text import Sentence
from sosku_groups.corrections.rules import NextList, next_list
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.queries import (
    decisions_of,
    decisions_of_clients,
    terms_of,
    visible_clients,
)
from sosku_groups.decisions.rules import Room, months_used, room_left
from sosku_groups.enrolment.models import Enrolment
from sosku_groups.enrolment.queries import enrolments_of_client, meetings_of_client, rosters
from sosku_groups.groups.models import Group, Meeting
from sosku_groups.groups.queries import groups_by_id
from sosku_groups.ledger.models import Exclusion
from sosku_groups.ledger.queries import MonthView, exclusions_of, month_of_client
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind
from sosku_groups.travel.queries import tickets_of
from sosku_groups.travel.rules import TicketRow

PAGE = 50
AHEAD = timedelta(days=60)


@dataclass(frozen=True)
class Coming:
    """A client's next meeting, as a list tells it."""

    day: date
    starts_at: time
    group_name: str


@dataclass(frozen=True)
class ClientRow:
    """A client on the list: the decision in force, else the coming, else the last one."""

    client: Client
    decision: ServiceDecision | None
    worker: str
    used: int
    total: int
    next_meeting: Coming | None
    days_left: int | None

    @property
    def ends_soon(self) -> bool:
        """Whether the last decision runs out within so many days that a person must act."""
        return self.days_left is not None and 0 <= self.days_left <= SOON_DAYS


@dataclass(frozen=True)
class ClientList:
    """One page of the list."""

    rows: list[ClientRow]
    total: int
    page: int
    pages: int
    ending: int


def client_list(
    session: Session, actor: Actor, *, search: str, mine: bool, ending: bool, page: int
) -> ClientList:
    """The clients that the person may see, fifty at a time, by name."""
    soon = actor.today + timedelta(days=SOON_DAYS)
    query = visible_clients(actor, search=search, mine=mine, ending_by=soon if ending else None)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    few = visible_clients(actor, mine=mine, ending_by=soon).order_by(None).subquery()
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    clients = list(session.scalars(query.offset((page - 1) * PAGE).limit(PAGE)))
    count = session.scalar(select(func.count()).select_from(few)) or 0
    return ClientList(client_rows(session, actor, clients), total, page, pages, count)


def client_rows(session: Session, actor: Actor, clients: Sequence[Client]) -> list[ClientRow]:
    """What the list tells of each of the clients."""
    ids = [client.id for client in clients]
    decisions = decisions_of_clients(session, ids)
    newest = [d.named_worker_id for own in decisions.values() for d in own]
    names, coming = user_names(session, newest), coming_meetings(session, actor, ids)
    total = policies_of(session, actor.organiser_id).number(Kind.ROW_MONTHS, actor.today)
    rows = []
    for client in clients:
        own = decisions[client.id]
        shown, room = decision_now(own, actor.today), room_left(terms_of(own), actor.today, total)
        ends = own[-1].last_day if own else None
        rows.append(
            ClientRow(
                client=client,
                decision=shown,
                worker=names.get(shown.named_worker_id or 0, "") if shown else "",
                used=months_used(room) if room else 0,
                total=total,
                next_meeting=coming.get(client.id),
                days_left=(ends - actor.today).days if ends else None,
            )
        )
    return rows


def decision_now(decisions: Sequence[ServiceDecision], today: date) -> ServiceDecision | None:
    """The decision in force, else the first to come, else the last that was."""
    ahead = [decision for decision in decisions if decision.last_day >= today]
    return ahead[0] if ahead else decisions[-1] if decisions else None


def coming_meetings(session: Session, actor: Actor, client_ids: Sequence[int]) -> dict[int, Coming]:
    """The next meeting of each client that takes place, today's included."""
    last = actor.today + AHEAD
    pairs = rosters(actor.organiser_id, actor.today, last, client_ids=client_ids).subquery()
    query = (
        select(pairs.c.client_id, Meeting.day, Meeting.starts_at, func.coalesce(Group.name, ""))
        .select_from(pairs)
        .join(Meeting, Meeting.id == pairs.c.meeting_id)
        .outerjoin(Group, Group.id == Meeting.group_id)
        .where(Meeting.cancelled_at.is_(None))
        .order_by(Meeting.day, Meeting.starts_at, Meeting.id)
    )
    found: dict[int, Coming] = {}
    for client_id, day, starts_at, name in session.execute(query):
        found.setdefault(client_id, Coming(day, starts_at, name))
    return found


@dataclass(frozen=True)
class ClientView:
    """Everything that one client's page shows."""

    client: Client
    # The record that this one counts as, where it was merged.
    kept: Client | None
    decisions: list[ServiceDecision]
    now: ServiceDecision | None
    room: Room | None
    used: int
    total: int
    line: TimeLine
    month: MonthView
    enrolments: list[Enrolment]
    groups: dict[int, Group]
    meetings: list[Meeting]
    exclusions: list[Exclusion]
    payments: list[tuple[MonthList, Payee]]
    rest: Rest | None
    holds_rests: bool
    corrections: list[Line]
    coming: NextList | None
    tickets: list[TicketRow]
    workers: dict[int, str]
    # When a calendar of the client fetched last, in words; None when none ever has.
    calendar: Sentence | None


def client_view(session: Session, actor: Actor, client: Client) -> ClientView:
    """One client as of today; the caller has asked who may see."""
    today, organiser = actor.today, actor.organiser_id
    decisions = decisions_of(session, client.id)
    total = policies_of(session, organiser).number(Kind.ROW_MONTHS, today)
    terms = terms_of(decisions)
    room = room_left(terms, today, total)
    enrolments = enrolments_of_client(session, client.id)
    meetings = meetings_of_client(session, client.id, today, today + AHEAD)
    corrections = corrections_to_come(session, organiser, [client.id]).get(client.id, [])
    return ClientView(
        client=client,
        kept=session.get(Client, client.merged_into_id) if client.merged_into_id else None,
        decisions=decisions,
        now=decision_now(decisions, today),
        room=room,
        used=months_used(room) if room else 0,
        total=total,
        line=time_line(terms, today, room.latest if room else None),
        month=month_of_client(session, organiser, client.id, Month.of(today)),
        enrolments=enrolments,
        groups=groups_by_id(session, [enrolment.group_id for enrolment in enrolments]),
        meetings=meetings,
        exclusions=exclusions_of(session, client.id),
        payments=payments_to(session, organiser, client.id),
        rest=rests(session, organiser, client.id).get(client.id),
        holds_rests=holds_rests(session, organiser),
        corrections=corrections,
        coming=next_list(closed_through(session, organiser), today) if corrections else None,
        tickets=[each for each in tickets_of(session, organiser, client.id) if each.out],
        workers=user_names(session, [d.named_worker_id for d in decisions]),
        calendar=last_fetch(session, client.id, actor.at),
    )

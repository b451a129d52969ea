"""A whole register from a file; a row that differs from the standing mark is a change (A2, A4)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.attendance.files import AttendanceRow, read_attendance
from sosku_groups.attendance.models import MarkChange, StandingMark
from sosku_groups.attendance.rules import (
    MARK_NAMES,
    Mark,
    Way,
    Window,
    check_concerned,
    check_time,
    check_window,
)
from sosku_groups.audit.actions import record_many
from sosku_groups.clients.queries import client_ids_by_number
from sosku_groups.closings.queries import hold_open
from sosku_groups.core.incoming import Change, Outcome, Progress, Row, Table, rows_told
from sosku_groups.core.tables import WITH_NULLS
from sosku_groups.core.text import N_, NotAllowed, ReasonNeeded, Refused, sentence
from sosku_groups.corrections.actions import tried_whole
from sosku_groups.corrections.rules import earliest
from sosku_groups.enrolment.queries import rosters
from sosku_groups.groups.models import Group, GroupInstructor, Meeting
from sosku_groups.policies.queries import policies_of
from sosku_groups.policies.rules import Kind, Policies

Pair = tuple[int, int]


@dataclass
class Register:
    """What the database holds of the days that a file tells of."""

    clients: dict[str, int]
    groups: dict[str, int]
    meetings: dict[tuple[int, date], list[Meeting]]
    expected: set[Pair]
    standing: dict[Pair, tuple[int, str | None]]
    own_groups: frozenset[int]
    policies: Policies
    closed: date


@dataclass(frozen=True)
class Wish:
    """One mark to set: the pair, what stands, what is wanted."""

    pair: Pair
    before: str | None
    mark: Mark
    meeting: Meeting


def import_attendance(
    session: Session,
    actor: Actor,
    table: Table,
    *,
    reason: str = "",
    progress: Progress | None = None,
    keep: bool = True,
) -> Outcome:
    """Take in an attendance file; the caller rolls back when the outcome is refused."""
    check_role(actor, Role.COORDINATOR, Role.INSTRUCTOR)
    outcome = Outcome(rows=len(table.rows))
    read = [
        (row, data)
        for row in rows_told(table, progress)
        if (data := read_attendance(row)) is not None
    ]
    register = open_register(session, actor, [data.day for _, data in read])
    seen: dict[Pair, Mark] = {}
    wishes: dict[Pair, Wish] = {}
    for row, data in read:
        meeting = find_meeting(row, data, register)
        client_id = register.clients.get(data.client_number)
        if client_id is None:
            row.fault("client_number", sentence(N_("the number of a known client")))
        if meeting is None or client_id is None:
            continue
        window = window_at(actor, meeting, register)
        try:
            # First of all: whose meeting it is not gets to know nothing of it.
            check_concerned(window)
        except NotAllowed as error:
            row.fault(error.field, error.why)
            continue
        pair = (meeting.id, client_id)
        if seen.get(pair, data.mark) != data.mark:
            row.fault("mark", sentence(N_("one mark for a client and meeting in a file")))
            continue
        before = register.standing.get(pair, (0, None))[1]
        # The same line again tells nothing new: it is counted with what stands already.
        if before == data.mark or pair in wishes:
            seen[pair] = data.mark
            outcome.unchanged += 1
            continue
        wish = Wish(pair, before, data.mark, meeting)
        if accept(row, data, wish, window, register, outcome, reason):
            seen[pair] = data.mark
            wishes[pair] = wish
    outcome.faults = sorted(table.faults, key=lambda fault: fault.line or 0)
    outcome.needs_reason = bool(outcome.touches_closed) and not reason.strip()
    days = ((wish.pair[1], wish.meeting.day) for wish in wishes.values())
    since = earliest(days, register.closed)

    def act(everything: bool) -> None:
        some = [wish for wish in wishes.values() if everything or wish.pair[1] in since]
        write(session, actor, some, register, reason.strip())

    tried_whole(session, actor, outcome, since, act, keep=keep)
    return outcome


def open_register(session: Session, actor: Actor, days: list[date]) -> Register:
    """Everything that the rules ask about these days, in a few queries."""
    closed = hold_open(session, actor.organiser_id)
    first, last = (min(days), max(days)) if days else (date.max, date.min)
    meetings: dict[tuple[int, date], list[Meeting]] = {}
    query = (
        select(Meeting)
        .where(
            Meeting.organiser_id == actor.organiser_id,
            Meeting.group_id.is_not(None),
            Meeting.day.between(first, last),
        )
        .order_by(Meeting.day, Meeting.starts_at, Meeting.id)
    )
    for meeting in session.scalars(query).unique():
        meetings.setdefault((meeting.group_id or 0, meeting.day), []).append(meeting)
    marks = (
        select(StandingMark.meeting_id, StandingMark.client_id, StandingMark.id, StandingMark.mark)
        .join(Meeting, Meeting.id == StandingMark.meeting_id)
        .where(Meeting.organiser_id == actor.organiser_id, Meeting.day.between(first, last))
        .order_by(StandingMark.id)
        .with_for_update(of=StandingMark)
    )
    own = select(GroupInstructor.group_id).where(GroupInstructor.user_id == actor.user_id)
    groups = select(Group.name, Group.id).where(Group.organiser_id == actor.organiser_id)
    return Register(
        clients=client_ids_by_number(session, actor.organiser_id),
        groups={
            name.casefold(): group_id
            for name, group_id in session.execute(groups.order_by(Group.id))
        },
        meetings=meetings,
        expected={
            (meeting_id, client_id)
            for meeting_id, client_id in session.execute(rosters(actor.organiser_id, first, last))
        },
        standing={
            (meeting_id, client_id): (mark_id, mark)
            for meeting_id, client_id, mark_id, mark in session.execute(marks)
        },
        own_groups=frozenset(session.scalars(own.order_by(GroupInstructor.group_id))),
        policies=policies_of(session, actor.organiser_id),
        closed=closed,
    )


def find_meeting(row: Row, data: AttendanceRow, register: Register) -> Meeting | None:
    """The one meeting of the group on the day; None with a fault."""
    group_id = register.groups.get(data.group.casefold())
    if group_id is None:
        row.fault("group", sentence(N_("the name of a known group")))
        return None
    meetings = register.meetings.get((group_id, data.day), [])
    held = [meeting for meeting in meetings if not meeting.cancelled]
    if len(held) == 1:
        return held[0]
    if held:
        row.fault("day", sentence(N_("a day with one meeting; mark this day on the roster")))
    elif len(meetings) == 1 and standing_same(data, meetings[0], register):
        return meetings[0]
    elif meetings:
        row.fault("day", sentence(N_("a meeting that was not cancelled")))
    else:
        row.fault("day", sentence(N_("a day on which the group meets")))
    return None


def standing_same(data: AttendanceRow, meeting: Meeting, register: Register) -> bool:
    """Whether the row says of a cancelled meeting only what stands already."""
    client_id = register.clients.get(data.client_number, 0)
    return register.standing.get((meeting.id, client_id), (0, None))[1] == data.mark


def window_at(actor: Actor, meeting: Meeting, register: Register) -> Window:
    """When, and as what, the person may mark the meeting."""
    return Window(
        day=meeting.day,
        today=actor.today,
        closed_through=register.closed,
        mark_days=register.policies.number(Kind.MARK_DAYS, meeting.day),
        excuse_ahead=register.policies.says(Kind.EXCUSE_AHEAD, meeting.day),
        leads=meeting.group_id in register.own_groups,
        coordinates=meeting.unit_id in actor.reach(Role.COORDINATOR),
    )


def accept(
    row: Row,
    data: AttendanceRow,
    wish: Wish,
    window: Window,
    register: Register,
    outcome: Outcome,
    reason: str,
) -> bool:
    """Ask the rules for one mark; note its fault, its change, and whether it is closed."""
    meeting = wish.meeting
    on_roster = wish.pair in register.expected
    if not on_roster and (wish.before is None or not window.coordinates):
        row.fault("client_number", sentence(N_("a client on the group's roster of that day")))
        return False
    try:
        check_time(wish.mark, window)
        check_window(window, reason)
    except ReasonNeeded:
        pass  # told below, for all such rows at once
    except Refused as error:
        row.fault(error.field or "day", error.why)
        return False
    if window.closed or not on_roster:
        outcome.touches_closed.append(
            sentence(
                N_("Client {number}, {day}: the month is closed, or the client has left."),
                number=data.client_number,
                day=meeting.day,
            )
        )
    if wish.before is None:
        outcome.added += 1
    else:
        outcome.changed += 1
        outcome.changes.append(
            Change(
                row.line,
                f"{data.client_number} · {data.group}",
                sentence(
                    N_("{day}: {before} becomes {mark}"),
                    day=meeting.day,
                    before=sentence(MARK_NAMES[Mark(wish.before)]),
                    mark=sentence(MARK_NAMES[wish.mark]),
                ),
            )
        )
    return True


def write(
    session: Session, actor: Actor, wishes: list[Wish], register: Register, reason: str
) -> None:
    """Write marks, history and log in bulk."""
    known = [w for w in wishes if w.pair in register.standing]
    new = [w for w in wishes if w.pair not in register.standing]
    stamp = {"changed_at": actor.at, "changed_by": actor.user_id}
    if new:
        session.execute(
            insert(StandingMark),
            [
                {"meeting_id": w.pair[0], "client_id": w.pair[1], "mark": w.mark, **stamp}
                for w in new
            ],
        )
    if known:
        session.connection().execute(
            update(StandingMark)
            .where(StandingMark.id == bindparam("row_id"))
            .values(mark=bindparam("new_mark"), **stamp),
            [{"row_id": register.standing[w.pair][0], "new_mark": w.mark} for w in known],
        )
    if wishes:
        session.execute(
            insert(MarkChange),
            [
                {
                    "meeting_id": w.pair[0],
                    "client_id": w.pair[1],
                    "before": w.before,
                    "mark": w.mark,
                    "at": actor.at,
                    "user_id": actor.user_id,
                    "device": actor.device,
                    "reason": reason,
                    "way": Way.FILE,
                }
                for w in wishes
            ],
            execution_options=WITH_NULLS,
        )
    record_many(
        session,
        actor,
        "attendance.marked",
        [(w.pair[1], w.meeting.key, {"before": w.before, "mark": w.mark}) for w in wishes],
        reason=reason,
    )
    session.expire_all()

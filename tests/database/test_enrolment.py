"""Places in groups: enrolling, other days, waiting, by hand and by file (E1, E2)."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from threading import Barrier, Thread

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.database import reading, writing
from sosku_groups.core.incoming import Outcome, read_table
from sosku_groups.core.text import NotFound, ReasonNeeded, Refused
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.enrolment import actions
from sosku_groups.enrolment.files import COLUMNS
from sosku_groups.enrolment.models import Enrolment, Waiting
from sosku_groups.enrolment.queries import Membership, membership, places, waiting_list
from sosku_groups.enrolment.rules import AlreadyIn, GroupFull, NotCovered
from sosku_groups.groups.actions import change_group
from sosku_groups.groups.models import Group
from sosku_groups.groups.queries import facts_of
from tests.factories.decisions import decided
from tests.factories.groups import Organisation, organisation, worlds

FIRST = date(2026, 9, 1)
PEOPLE = 6


@pytest.fixture
def made(session: Session) -> Organisation:
    """An organisation and its noise; six clients with decisions, a group of two places."""
    found = worlds(session)
    people(session, found)
    return found


def people(session: Session, made: Organisation) -> None:
    """Clients 001 to 006 with decisions from September to November; the forest has two places."""
    for number in range(1, PEOPLE + 1):
        decided(session, made.coordinator, f"P{number}", f"00{number}")
    made.forest.capacity = 2
    session.flush()


def client(session: Session, made: Organisation, number: int) -> Client:
    """One of them."""
    query = select(Client).where(
        Client.organiser_id == made.organiser_id, Client.number == f"00{number}"
    )
    return session.scalars(query).one()


def enrol(
    session: Session,
    made: Organisation,
    number: int,
    first: date = FIRST,
    last: date | None = None,
    who: Actor | None = None,
) -> Enrolment:
    """Enrol one of them in the forest."""
    return actions.enrol(
        session,
        who or made.coordinator,
        group=made.forest,
        client=client(session, made, number),
        first_day=first,
        last_day=last,
    )


def bring(session: Session, who: Actor, *lines: str, reason: str = "") -> Outcome:
    """Take in a file of enrolments."""
    text = "\n".join(["asiakasnumero;ryhmä;alkaa;päättyy", *lines])
    table = read_table(text.encode(), COLUMNS)
    return actions.import_enrolments(session, who, table, reason=reason)


def faults(outcome: Outcome) -> list[tuple[int | None, str | None]]:
    """Line and column of each fault."""
    return [(fault.line, fault.column) for fault in outcome.faults]


def fullest(session: Session, group: Group) -> int:
    """The most places that are taken on any day of the autumn."""
    taken = places(session, [group.id])[group.id]
    days = [FIRST + timedelta(days=step) for step in range(150)]
    return max(sum(one.span.covers(day) for one in taken) for day in days)


def count(session: Session, model: type) -> int:
    """How many rows a table has."""
    return session.scalar(select(func.count()).select_from(model)) or 0


# ------------------------------------------------------------------------------------- by hand


def test_a_place_needs_room_on_each_of_its_days(session: Session, made: Organisation) -> None:
    enrol(session, made, 1)
    enrol(session, made, 2, date(2026, 10, 1), date(2026, 10, 31))
    with pytest.raises(GroupFull):
        enrol(session, made, 3, date(2026, 9, 20), date(2026, 10, 1))
    enrol(session, made, 3, date(2026, 9, 20), date(2026, 9, 30))
    enrol(session, made, 4, date(2026, 11, 1))
    assert fullest(session, made.forest) == 2


def test_a_place_rests_on_a_decision(session: Session, made: Organisation) -> None:
    with pytest.raises(NotCovered):
        enrol(session, made, 1, date(2026, 12, 1))
    enrol(session, made, 1, date(2026, 8, 1), date(2026, 9, 1))
    with pytest.raises(AlreadyIn):
        enrol(session, made, 1, date(2026, 9, 1))


def test_a_group_of_another_unit_or_organiser_is_not_there(
    session: Session, made: Organisation
) -> None:
    with pytest.raises(NotFound):
        enrol(session, made, 1, who=made.west_coordinator)
    with pytest.raises(Refused, match="another role"):
        enrol(session, made, 1, who=made.instructor)
    outcome = bring(session, made.west_coordinator, "001;Metsäpolku;1.9.2026;")
    assert faults(outcome) == [(2, "asiakasnumero"), (2, "ryhmä")]
    assert enrol(session, made, 1, who=made.worker).first_day == FIRST


def test_closed_days_change_with_a_reason_only(session: Session, made: Organisation) -> None:
    place = enrol(session, made, 1)
    set_closed_through(session, made.organiser_id, date(2026, 9, 30))

    def change(last: date | None, reason: str = "") -> bool:
        return actions.change_enrolment(
            session,
            made.coordinator,
            enrolment=place,
            group=made.forest,
            first_day=FIRST,
            last_day=last,
            reason=reason,
        )

    assert change(date(2026, 10, 1))
    assert not change(date(2026, 10, 1))
    with pytest.raises(ReasonNeeded):
        change(date(2026, 9, 29))
    assert change(date(2026, 9, 29), "muutti")
    assert place.last_day == date(2026, 9, 29)
    entry = session.scalars(select(Entry).where(Entry.event == "enrolment.changed")).all()[-1]
    assert entry.reason == "muutti"


# -------------------------------------------------------------------------------- waiting list


def wait(session: Session, made: Organisation, number: int) -> Waiting:
    """Put one of them on the forest's waiting list."""
    return actions.put_on_waiting_list(
        session,
        made.coordinator,
        group=made.forest,
        client=client(session, made, number),
        wanted_from=FIRST,
    )


def queue(session: Session, made: Organisation) -> list[str]:
    """The numbers of those who wait, in their order."""
    return [row.client.number for row in waiting_list(session, made.forest.id)]


def test_the_staff_order_the_waiting_list_and_nobody_moves_up_alone(
    session: Session, made: Organisation
) -> None:
    first, second = enrol(session, made, 1), enrol(session, made, 2)
    rows = [wait(session, made, number) for number in (3, 4, 5)]
    move = actions.move_on_waiting_list
    who = made.coordinator
    assert move(session, who, group=made.forest, waiting=rows[2], up=True)
    assert queue(session, made) == ["003", "005", "004"]
    assert move(session, who, group=made.forest, waiting=rows[0], up=False)
    assert queue(session, made) == ["005", "003", "004"]
    assert not move(session, who, group=made.forest, waiting=rows[2], up=True)
    for place in (first, second):
        actions.change_enrolment(
            session,
            who,
            enrolment=place,
            group=made.forest,
            first_day=FIRST,
            last_day=date(2026, 9, 10),
        )
    assert queue(session, made) == ["005", "003", "004"]
    enrol(session, made, 3, date(2026, 9, 11))
    assert queue(session, made) == ["005", "004"]
    actions.take_off_waiting_list(session, who, group=made.forest, waiting=rows[1])
    assert queue(session, made) == ["005"]
    with pytest.raises(NotFound):
        actions.take_off_waiting_list(session, who, group=made.forest, waiting=rows[1])


def test_nobody_waits_twice_or_for_a_place_already_held(
    session: Session, made: Organisation
) -> None:
    enrol(session, made, 1)
    wait(session, made, 2)
    with pytest.raises(Refused):
        wait(session, made, 2)
    with pytest.raises(AlreadyIn):
        wait(session, made, 1)


def names_known(known: Membership) -> list[bool]:
    """Whether the names of those in the group, and of those who wait, are told."""
    return [one.client is not None for one in known.now] + [
        one.client is not None for one in known.waiting
    ]


def test_each_reader_knows_the_names_that_are_theirs(session: Session, made: Organisation) -> None:
    enrol(session, made, 1)
    wait(session, made, 2)
    known = membership(session, made.coordinator, made.forest)
    assert names_known(known) == [True, True]
    known = membership(session, made.instructor, made.forest)
    assert names_known(known) == [True, False]
    changed = select(ServiceDecision).where(ServiceDecision.number == "P2")
    for decision in session.scalars(changed):
        decision.named_worker_id = made.coordinator.user_id
    session.flush()
    known = membership(session, made.worker, made.forest)
    assert names_known(known) == [True, False]
    assert membership(session, made.west_coordinator, made.forest).client_ids == []


# --------------------------------------------------------------------------------------- by file


def test_a_row_above_capacity_is_a_fault_and_nothing_is_taken_in(
    session: Session, made: Organisation
) -> None:
    enrol(session, made, 1)
    before = count(session, Enrolment), count(session, Entry)
    outcome = bring(
        session,
        made.coordinator,
        "002;Metsäpolku;1.9.2026;30.9.2026",
        "003;Metsäpolku;30.9.2026;",
        "004;metsäpolku;1.10.2026;",
        "005;Metsäpolku;1.12.2026;",
        "9;Toinen;1.9.2026;1.8.2026",
        "006;Metsäpolku;2.9.2026;1.9.2026",
    )
    assert faults(outcome) == [
        (3, "ryhmä"),
        (5, "alkaa"),
        (6, "asiakasnumero"),
        (6, "ryhmä"),
        (7, "päättyy"),
    ]
    assert (count(session, Enrolment), count(session, Entry)) == before


def test_a_file_is_taken_in_changed_and_known_again(session: Session, made: Organisation) -> None:
    lines = ["001;Metsäpolku;1.9.2026;", "002;Metsäpolku;1.9.2026;30.9.2026"]
    outcome = bring(session, made.coordinator, *lines)
    assert (outcome.added, outcome.changed, outcome.unchanged) == (2, 0, 0)
    lines[0] += "30.9.2026"
    outcome = bring(session, made.coordinator, *lines, "003;Metsäpolku;1.10.2026;")
    assert (outcome.added, outcome.changed, outcome.unchanged) == (1, 1, 1)
    entries = count(session, Entry)
    outcome = bring(session, made.coordinator, *lines, "003;Metsäpolku;1.10.2026;")
    assert (outcome.added, outcome.changed, outcome.unchanged) == (0, 0, 3)
    assert count(session, Entry) == entries


def test_a_faulty_line_is_not_held_against_a_later_one(
    session: Session, made: Organisation
) -> None:
    outcome = bring(
        session,
        made.coordinator,
        "001;Metsäpolku;1.9.2026;1.8.2026",
        "001;Metsäpolku;1.9.2026;30.9.2026",
        "001;Metsäpolku;1.9.2026;29.9.2026",
    )
    assert faults(outcome) == [(2, "päättyy"), (4, "alkaa")]


def test_a_place_that_the_file_frees_is_free_wherever_its_line_stands(
    session: Session, made: Organisation
) -> None:
    enrol(session, made, 1)
    enrol(session, made, 2)
    outcome = bring(
        session,
        made.coordinator,
        "003;Metsäpolku;1.10.2026;",
        "001;Metsäpolku;1.9.2026;30.9.2026",
        "002;Metsäpolku;1.9.2026;",
    )
    assert (outcome.faults, outcome.added, outcome.changed, outcome.unchanged) == ([], 1, 1, 1)
    assert fullest(session, made.forest) == 2


def test_a_client_may_come_back_in_a_line_before_the_one_that_ends_the_first_place(
    session: Session, made: Organisation
) -> None:
    enrol(session, made, 1)
    lines = ["001;Metsäpolku;1.10.2026;", "001;Metsäpolku;1.9.2026;15.9.2026"]
    outcome = bring(session, made.coordinator, *lines)
    assert (outcome.faults, outcome.added, outcome.changed) == ([], 1, 1)


def test_the_blame_for_a_full_group_falls_on_the_new_line(
    session: Session, made: Organisation
) -> None:
    enrol(session, made, 1, last=date(2026, 9, 30))
    enrol(session, made, 2)
    outcome = bring(
        session,
        made.coordinator,
        "003;Metsäpolku;1.10.2026;",
        "001;Metsäpolku;1.9.2026;",
        "004;Metsäpolku;1.11.2026;",
    )
    assert faults(outcome) == [(2, "ryhmä"), (4, "ryhmä")]
    outcome = bring(
        session, made.coordinator, "003;Metsäpolku;1.10.2026;", "004;Metsäpolku;1.11.2026;"
    )
    assert faults(outcome) == [(3, "ryhmä")]


def test_who_stays_longer_is_blamed_and_not_who_leaves_earlier(
    session: Session, made: Organisation
) -> None:
    made.forest.capacity = 1
    enrol(session, made, 1, last=date(2026, 9, 10))
    enrol(session, made, 2, date(2026, 9, 15), date(2026, 9, 30))
    outcome = bring(
        session,
        made.coordinator,
        "001;Metsäpolku;1.9.2026;30.9.2026",
        "002;Metsäpolku;15.9.2026;20.9.2026",
    )
    assert faults(outcome) == [(2, "ryhmä")]


# Two have places from the first day of the autumn on; a file changes these and brings others.
length = st.sampled_from([None, 4, 9, 30])
changes = st.tuples(st.sampled_from([1, 2]), st.just(0), length)
arrivals = st.tuples(st.sampled_from([2, 3, 4]), st.sampled_from([5, 10]), length)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    standing=st.tuples(length, length),
    changed=st.lists(changes, min_size=1, max_size=2),
    arriving=st.lists(arrivals, min_size=1, max_size=2),
    order=st.randoms(use_true_random=False),
)
def test_a_file_is_accepted_or_refused_whatever_the_order_of_its_lines(
    session: Session,
    made: Organisation,
    standing: tuple[int | None, int | None],
    changed: list[tuple[int, int, int | None]],
    arriving: list[tuple[int, int, int | None]],
    order: Random,
) -> None:
    def written(number: int, start: int, length: int | None) -> str:
        first = FIRST + timedelta(days=start)
        last = "" if length is None else first + timedelta(days=length)
        return f"00{number};Metsäpolku;{first};{last}"

    savepoint = session.begin_nested()
    for number, days in enumerate(standing, 1):
        assert not bring(session, made.coordinator, written(number, 0, days)).refused
    file = [written(*one) for one in changed + arriving]
    shuffled = order.sample(file, len(file))
    outcomes = []
    for rows in (file, shuffled):
        tried = session.begin_nested()
        outcome = bring(session, made.coordinator, *rows)
        outcomes.append(
            "refused"
            if outcome.refused
            else (outcome.added, outcome.changed, outcome.unchanged, taken_by(session, made.forest))
        )
        assert fullest(session, made.forest) <= made.forest.capacity
        tried.rollback()
    savepoint.rollback()
    assert outcomes[0] == outcomes[1]


def taken_by(session: Session, group: Group) -> list[tuple[int, date, date]]:
    """Who has a place from when to when, in one order."""
    rows = places(session, [group.id])[group.id]
    return sorted((one.client_id, one.first, one.last or date.max) for one in rows)


# ----------------------------------------------------------------------------- whatever is tried


step = st.one_of(
    st.tuples(
        st.just("enrol"), st.integers(1, 6), st.integers(0, 60), st.none() | st.integers(0, 30)
    ),
    st.tuples(
        st.just("bring"), st.integers(1, 6), st.integers(0, 60), st.none() | st.integers(0, 30)
    ),
    st.tuples(
        st.just("change"), st.integers(0, 9), st.integers(0, 60), st.none() | st.integers(0, 30)
    ),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(step, min_size=10, max_size=25))
def test_on_no_date_more_than_capacity_whatever_is_tried(
    session: Session, made: Organisation, steps: list[tuple[str, int, int, int | None]]
) -> None:
    tries: dict[str, Callable[[int, date, date | None], object]] = {
        "enrol": lambda number, first, last: enrol(session, made, number, first, last),
        "bring": lambda number, first, last: bring(
            session,
            made.coordinator,
            f"00{number};Metsäpolku;{first};{last or ''}",
        ),
        "change": lambda index, first, last: change_some(session, made, index, first, last),
    }
    savepoint = session.begin_nested()
    for name, number, start, length in steps:
        first = FIRST + timedelta(days=start)
        last = None if length is None else first + timedelta(days=length)
        try:
            tries[name](number, first, last)
        except Refused:
            continue
        assert fullest(session, made.forest) <= 2
    savepoint.rollback()


def change_some(
    session: Session, made: Organisation, index: int, first: date, last: date | None
) -> None:
    """Give one of the standing enrolments other days."""
    query = select(Enrolment).where(Enrolment.group_id == made.forest.id).order_by(Enrolment.id)
    standing = list(session.scalars(query))
    if standing:
        actions.change_enrolment(
            session,
            made.coordinator,
            enrolment=standing[index % len(standing)],
            group=made.forest,
            first_day=first,
            last_day=last,
        )


# ------------------------------------------------------------------------------------- at once


def at_once(app: Flask, *jobs: Callable[[Session], object]) -> list[str]:
    """Run jobs at the same moment, each in its own transaction; what became of each."""
    said = ["?"] * len(jobs)
    start = Barrier(len(jobs))

    def run(number: int, job: Callable[[Session], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                with writing() as session:
                    job(session)
                said[number] = "done"
            except Refused as error:
                said[number] = type(error).__name__

    threads = [Thread(target=run, args=each) for each in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


@pytest.fixture
def kept(app: Flask) -> Organisation:
    """The organisation with its clients, committed."""
    with app.app_context(), writing() as session:
        session.expire_on_commit = False
        found = organisation(session)
        people(session, found)
        enrol(session, found, 6)
        return found


def racing(made: Organisation, number: int) -> Callable[[Session], object]:
    """One of them tries to get the last place."""

    def job(session: Session) -> None:
        group = session.get_one(Group, made.forest.id)
        who = client(session, made, number)
        actions.enrol(session, made.coordinator, group=group, client=who, first_day=FIRST)

    return job


def test_the_last_place_goes_to_exactly_one(app: Flask, kept: Organisation) -> None:
    said = at_once(app, *(racing(kept, number) for number in range(1, 6)))
    assert sorted(said) == ["GroupFull"] * 4 + ["done"]
    with app.app_context(), reading() as session:
        assert fullest(session, session.get_one(Group, kept.forest.id)) == 2


def test_a_file_and_a_hand_do_not_fill_the_last_place_twice(app: Flask, kept: Organisation) -> None:
    def file(session: Session) -> None:
        outcome = bring(session, kept.coordinator, "002;Metsäpolku;1.9.2026;")
        if outcome.refused:
            raise GroupFull(outcome.faults[0].expected)

    said = at_once(app, racing(kept, 1), file)
    assert sorted(said) == ["GroupFull", "done"]


def test_a_group_does_not_shrink_under_the_one_who_enters_it(
    app: Flask, kept: Organisation
) -> None:
    def shrink(session: Session) -> None:
        group = session.get_one(Group, kept.forest.id)
        facts = facts_of(group)
        change_group(
            session,
            kept.coordinator,
            group=group,
            facts=type(facts)(**{**vars(facts), "capacity": 1}),
            reason="",
        )

    said = at_once(app, racing(kept, 1), shrink)
    assert said.count("done") == 1
    with app.app_context(), reading() as session:
        group = session.get_one(Group, kept.forest.id)
        assert fullest(session, group) <= group.capacity

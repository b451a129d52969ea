"""Policies proposed, weighed and confirmed, on both engines; closed months stay as they are."""

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances import queries as allowances
from sosku_groups.allowances.models import ListFile, ListLine
from sosku_groups.audit.models import Entry
from sosku_groups.closings.queries import closed_through, hold_open
from sosku_groups.core.database import reading, writing
from sosku_groups.core.text import NotAllowed, NotFound, ReasonNeeded, Refused
from sosku_groups.decisions.actions import take_in_one
from sosku_groups.imports.rules import Kind as FileKind
from sosku_groups.invariants.queries import breaches
from sosku_groups.policies.models import Policy, PolicyProposal
from sosku_groups.policies.queries import get_proposal, policies_of, proposals
from sosku_groups.policies.rules import Kind, PolicyRow, ProposalState
from sosku_groups.steering import actions
from sosku_groups.steering.queries import effect_of, in_the_way, stored
from tests.beginnings import Beginning
from tests.factories.decisions import decision_data
from tests.factories.months import (
    GROUP,
    GROUP_HEAD,
    bring,
    client,
    give_account,
    mark,
    october,
    small_september,
)
from tests.factories.policies import put_in_force
from tests.factories.season import OCTOBER, SEPTEMBER, Season, staff

FIRST = date(2027, 1, 1)
SOURCE = "Aluehallitus 88 §"


def closed_september(session: Session) -> Season:
    """September closed, October marked; a stranger has the same."""
    for season in (staff(session, "2"), staff(session)):
        small_september(session, season)
        give_account(session, season)
        season.close(session, SEPTEMBER)
        october(session, season)
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return closed_september


@pytest.fixture
def season(begun: Season) -> Season:
    """September closed, October marked; a stranger has the same."""
    return begun


def row(
    value: int | None, first_day: date = FIRST, kind: Kind = Kind.RATE, key: str = ""
) -> PolicyRow:
    """A row to propose."""
    return PolicyRow(kind, key, first_day, value)


def propose(
    session: Session, season: Season, wanted: PolicyRow, why: str = "", who: Actor | None = None
) -> PolicyProposal:
    """The coordinator proposes a row."""
    who = who or season.coordinator
    return actions.propose_policy(session, who, row=wanted, source=SOURCE, why=why)


def confirmed(session: Session, season: Season, wanted: PolicyRow, why: str = "") -> Policy:
    """A row that two people have put in force."""
    asked = propose(session, season, wanted, why)
    actions.confirm_policy(session, season.approver, proposal=asked)
    assert asked.policy_id is not None
    return session.get_one(Policy, asked.policy_id)


def events(session: Session) -> list[tuple[str, str]]:
    """What the use log tells of policies, in order."""
    query = (
        select(Entry.event, Entry.reason).where(Entry.event.like("policies.%")).order_by(Entry.id)
    )
    return [(event, reason) for event, reason in session.execute(query)]


# ---------------------------------------------------------------------------------------- the way


def test_a_proposal_changes_nothing_until_another_person_confirms_it(
    session: Session, season: Season
) -> None:
    asked = propose(session, season, row(950))
    assert policies_of(session, season.organiser_id).rate(FIRST) == 900
    actions.confirm_policy(session, season.approver, proposal=asked)
    known = policies_of(session, season.organiser_id)
    assert (known.rate(FIRST - timedelta(days=1)), known.rate(FIRST)) == (900, 950)
    made = session.get_one(Policy, asked.policy_id)
    assert (made.made_by, made.confirmed_by) == (
        season.coordinator.user_id,
        season.approver.user_id,
    )
    assert (made.edition, made.source, made.made_at) == (1, SOURCE, season.approver.at)
    assert (asked.state, asked.decided_by) == ("confirmed", season.approver.user_id)
    assert events(session) == [("policies.proposed", ""), ("policies.confirmed", "")]
    # The neighbour's stays.
    assert policies_of(session, season.organiser_id - 1).rate(FIRST) == 900


def test_a_row_of_the_same_day_is_the_next_edition(session: Session, season: Season) -> None:
    first, second = (confirmed(session, season, row(cents)) for cents in (950, 975))
    assert (first.edition, second.edition) == (1, 2)
    other = confirmed(session, season, row(1, kind=Kind.EARNS, key="excused/group"))
    assert other.edition == 1
    assert policies_of(session, season.organiser_id).rate(FIRST) == 975
    states = [each.held.state(FIRST) for each in stored(session, season.organiser_id, Kind.RATE)]
    assert states == ["now", "replaced", "past"]


def test_the_proposer_cannot_confirm_not_even_in_the_database(
    session: Session, season: Season
) -> None:
    asked = propose(session, season, row(950))
    both = replace(season.coordinator, grants=season.coordinator.grants | {(Role.APPROVER, None)})
    with pytest.raises(NotAllowed, match="somebody else"):
        actions.confirm_policy(session, both, proposal=asked)
    assert asked.state == ProposalState.WAITING
    alone = (
        "UPDATE policy_proposal SET state = 'confirmed', decided_at = asked_at,"
        " decided_by = asked_by, policy_id = (SELECT min(id) FROM policy)"
    )
    with pytest.raises(DBAPIError, match="two_people"), session.begin_nested():
        session.execute(text(alone))
    inserted = (
        "INSERT INTO policy (organiser_id, kind, key, first_day, value, source, made_at, edition,"
        " made_by, confirmed_by) SELECT organiser_id, kind, policy_key, first_day, value, source,"
        " asked_at, 9, asked_by, {second} FROM policy_proposal"
    )
    for second, said in (("asked_by", "two_people"), ("NULL", "ck_policy_confirmed")):
        with pytest.raises(DBAPIError, match=said), session.begin_nested():
            session.execute(text(inserted.format(second=second)))
    session.execute(text(inserted.format(second=season.approver.user_id)))


def test_a_row_and_what_was_proposed_are_never_changed_or_deleted(
    session: Session, season: Season
) -> None:
    asked = propose(session, season, row(950, date(2026, 9, 1)), "päätös viipyi")
    for change in ("value = 1", "why = ''", "asked_by = asked_by + 1", "policy_id = 1"):
        said = "settled|became|FOREIGN|foreign"
        with pytest.raises(DBAPIError, match=said), session.begin_nested():
            session.execute(text(f"UPDATE policy_proposal SET {change}"))
    actions.confirm_policy(session, season.approver, proposal=asked)
    with pytest.raises(DBAPIError, match="settled"), session.begin_nested():
        session.execute(text("UPDATE policy_proposal SET reason = 'x'"))
    with pytest.raises(DBAPIError, match="kept"), session.begin_nested():
        session.execute(text("DELETE FROM policy_proposal"))
    for statement in ("UPDATE policy SET value = 1", "DELETE FROM policy WHERE edition = 1"):
        with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
            session.execute(text(statement))


def test_a_proposal_is_refused_with_a_reason_or_withdrawn_by_its_maker(
    session: Session, season: Season
) -> None:
    asked = propose(session, season, row(950))
    for reason in ("", "  ", "x" * 1001):
        with pytest.raises(Refused) as refused:
            actions.refuse_policy(session, season.approver, proposal=asked, reason=reason)
        assert refused.value.field == "reason"
    actions.refuse_policy(session, season.approver, proposal=asked, reason="Ei varoja")
    assert (asked.state, asked.reason, asked.policy_id) == ("refused", "Ei varoja", None)
    asked = propose(session, season, row(950))
    other = replace(season.coordinator, user_id=season.finance.user_id)
    with pytest.raises(NotAllowed, match="Only the person"):
        actions.withdraw_proposal(session, other, proposal=asked)
    actions.withdraw_proposal(session, season.coordinator, proposal=asked)
    assert asked.state == "withdrawn"
    for again in (actions.confirm_policy, actions.withdraw_proposal):
        who = season.approver if again is actions.confirm_policy else season.coordinator
        with pytest.raises(Refused, match="already been decided"):
            again(session, who, proposal=asked)
    assert policies_of(session, season.organiser_id).rate(FIRST) == 900
    assert events(session) == [
        ("policies.proposed", ""),
        ("policies.refused", "Ei varoja"),
        ("policies.proposed", ""),
        ("policies.withdrawn", ""),
    ]


def test_what_was_decided_meanwhile_is_not_decided_again(session: Session, season: Season) -> None:
    asked = propose(session, season, row(950))
    # Another process, after this one has read the proposal.
    session.execute(
        text(
            "UPDATE policy_proposal SET state = 'withdrawn', decided_at = asked_at,"
            " decided_by = asked_by"
        )
    )
    assert asked.state == ProposalState.WAITING
    with pytest.raises(Refused, match="already been decided"):
        actions.confirm_policy(session, season.approver, proposal=asked)
    assert policies_of(session, season.organiser_id).rate(FIRST) == 900


def test_roles_must_reach_the_whole_organiser(session: Session, season: Season) -> None:
    for who in (season.finance, season.approver):
        with pytest.raises(NotAllowed, match="another role"):
            propose(session, season, row(950), who=who)
    of_a_unit = replace(season.coordinator, grants=frozenset({(Role.COORDINATOR, 1)}))
    with pytest.raises(NotAllowed, match="all units"):
        propose(session, season, row(950), who=of_a_unit)
    asked = propose(session, season, row(950))
    in_a_unit = replace(season.approver, grants=frozenset({(Role.APPROVER, 1)}))
    for who in (in_a_unit, season.finance, season.coordinator):
        with pytest.raises(NotAllowed):
            actions.confirm_policy(session, who, proposal=asked)
        with pytest.raises(NotAllowed):
            actions.refuse_policy(session, who, proposal=asked, reason="x")
    stranger = replace(season.approver, organiser_id=season.organiser_id - 1)
    with pytest.raises(NotFound):
        actions.confirm_policy(session, stranger, proposal=asked)
    with pytest.raises(NotFound):
        get_proposal(session, stranger.organiser_id, asked.key)
    assert proposals(session, stranger.organiser_id) == []


def test_what_cannot_be_proposed(session: Session, season: Season) -> None:
    with pytest.raises(Refused, match="legal source"):
        actions.propose_policy(session, season.coordinator, row=row(950), source=" ")
    with pytest.raises(Refused) as refused:
        propose(session, season, row(100_001))
    assert refused.value.field == "value"
    with pytest.raises(ReasonNeeded):
        propose(session, season, row(950, date(2026, 9, 30)))
    assert propose(session, season, row(950, date(2026, 10, 1)), "turha perustelu").why == ""
    propose(session, season, row(0))
    with pytest.raises(Refused, match="already waiting"):
        propose(session, season, row(950))
    propose(session, season, row(None, kind=Kind.DAYS_A_WEEK))


def test_confirming_keeps_changes_of_days_waiting(
    app: Flask, season: Season, session: Session
) -> None:
    """A mark made meanwhile is made under the new row, or was made before it."""
    key = propose(session, season, row(950)).key
    session.commit()
    order: list[str] = []

    def holding() -> None:
        with app.app_context(), writing() as other:
            hold_open(other, season.organiser_id)
            order.append("change")

    with app.app_context(), writing() as own:
        found = get_proposal(own, season.organiser_id, key)
        actions.confirm_policy(own, season.approver, proposal=found)
        thread = threading.Thread(target=holding)
        thread.start()
        thread.join(0.5)
        order.append("confirmed")
    thread.join(20)
    assert order == ["confirmed", "change"]


# ---------------------------------------------------------------------------- what it would change


def frozen(session: Session) -> list[tuple[object, ...]]:
    """Every line and file of every closed list."""
    lines = select(ListLine.id, ListLine.cents, ListLine.reason, ListLine.policy_id)
    files = select(ListFile.id, ListFile.sha256)
    return [
        tuple(each)
        for query in (lines.order_by(ListLine.id), files.order_by(ListFile.id))
        for each in session.execute(query)
    ]


def corrections(session: Session, season: Season) -> dict[int, tuple[int, int]]:
    """Lines and sum of corrections by client on the list that October's close makes."""
    made = season.close(session, OCTOBER)
    found: dict[int, tuple[int, int]] = {}
    for line in allowances.lines_of_list(session, made):
        if line.correction:
            lines, cents = found.get(line.client_id, (0, 0))
            found[line.client_id] = (lines + 1, cents + line.cents)
    return found


@pytest.mark.parametrize(
    "wanted",
    [
        row(1000, date(2026, 9, 1)),
        row(800, date(2026, 9, 14)),
        row(0, date(2026, 9, 20)),
        row(0, date(2026, 9, 8), Kind.EARNS, "present/group"),
        row(2, date(2026, 9, 1), Kind.DAYS_A_MONTH),
        row(0, date(2026, 9, 21), Kind.DAYS_A_WEEK),
        row(121, date(2026, 9, 8), Kind.MINUTES_A_DAY),
        row(120, date(2026, 9, 8), Kind.MINUTES_A_DAY),
    ],
)
def test_a_closed_month_never_changes_and_the_next_list_corrects_what_was_foretold(
    session: Session, season: Season, wanted: PolicyRow
) -> None:
    before = frozen(session)
    asked = propose(session, season, wanted, "päätös viipyi")
    effect = effect_of(session, season.organiser_id, wanted)
    assert effect.corrections is not None
    foretold = {each.client_id: (each.days, each.cents) for each in effect.corrections}
    actions.confirm_policy(session, season.approver, proposal=asked)
    assert frozen(session) == before
    told = allowances.told(session, season.organiser_id)
    session.expire_all()
    assert breaches(session, season.finance.today) == []
    assert corrections(session, season) == foretold
    assert set(before) <= set(frozen(session))
    assert sum(row.cents for days in told.values() for row in days.values()) == 3 * 4 * 900
    session.expire_all()
    assert breaches(session, season.finance.today) == []


@pytest.mark.parametrize(
    "wanted", [row(1000, date(2026, 9, 14)), row(1, date(2026, 9, 30), Kind.DAYS_A_WEEK)]
)
def test_several_closed_months_are_corrected_as_foretold(
    session: Session, season: Season, wanted: PolicyRow
) -> None:
    # A week with Monday in September and Thursday in October.
    group = GROUP.replace("Metsäpolku", "Ruoka").replace(";ma;", ";to;").replace("7.9.", "1.10.")
    bring(session, season.coordinator, FileKind.GROUPS, [GROUP_HEAD, group])
    enrolled = ["asiakasnumero;ryhmä;alkaa;päättyy", "001;Ruoka;1.10.2026;"]
    bring(session, season.coordinator, FileKind.ENROLMENTS, enrolled)
    present = [f"001;Ruoka;{day}.10.2026;paikalla" for day in (1, 8, 15, 22, 29)]
    head = "asiakasnumero;ryhmä;päivä;tila"
    bring(session, season.coordinator, FileKind.ATTENDANCE, [head, *present])
    season.close(session, OCTOBER)
    effect = effect_of(session, season.organiser_id, wanted)
    assert effect.corrections
    foretold = {each.client_id: (each.days, each.cents) for each in effect.corrections}
    confirmed(session, season, wanted, "päätös viipyi")
    assert corrections(session, season) == foretold
    assert sum(lines for lines, _ in foretold.values()) == (5 if wanted.value == 1 else 26)


def test_a_rate_to_come_changes_no_closed_day_and_no_correction_comes(
    session: Session, season: Season
) -> None:
    effect = effect_of(session, season.organiser_id, row(950))
    assert effect.corrections is None
    assert (effect.month, effect.clients, effect.days) == (SEPTEMBER, 3, 12)
    assert (effect.before, effect.after) == (10_800, 11_400)
    confirmed(session, season, row(950))
    assert corrections(session, season) == {}


def test_what_each_policy_would_have_changed_in_the_last_closed_month(
    session: Session, season: Season
) -> None:
    mark(session, season, {("001", date(2026, 9, 7)): "ilmoitti"})
    whole = 3 * 4 * 900
    for wanted, clients, days, before, after in (
        (row(0), 3, 11, whole - 900, 0),
        (row(1, kind=Kind.EARNS, key="excused/group"), 1, 1, whole - 900, whole),
        (row(1, kind=Kind.EARNS, key="excused/office"), 0, 0, whole - 900, whole - 900),
        (row(1, kind=Kind.DAYS_A_MONTH), 3, 8, whole - 900, 2700),
        (row(None, kind=Kind.DAYS_A_MONTH), 0, 0, whole - 900, whole - 900),
        (row(1, kind=Kind.DAYS_A_WEEK), 0, 0, whole - 900, whole - 900),
        (row(121, kind=Kind.MINUTES_A_DAY), 3, 11, whole - 900, 0),
    ):
        effect = effect_of(session, season.organiser_id, wanted)
        found = (effect.clients, effect.days, effect.before, effect.after)
        assert found == (clients, days, before, after), wanted
    assert not session.new
    assert not session.dirty


def test_travel_is_weighed_by_client(session: Session, season: Season) -> None:
    gone = {("001", date(2026, 9, day)): "poissa" for day in (14, 21, 28)}
    mark(session, season, gone)
    both = [row(0, kind=Kind.TRAVEL_START), row(10, kind=Kind.TRAVEL_KEEP)]
    found = [effect_of(session, season.organiser_id, wanted).travel for wanted in both]
    # Without days of grace 1.–6.9. lapse for all; ten days from a mark change nothing in the grace.
    assert found[0] is not None
    assert (found[0].clients, found[0].lapsed, found[0].regained) == (3, 0, 0)
    assert found[1] is not None
    assert (found[1].clients, found[1].lapsed) == (0, 0)
    put_in_force(session, season.organiser_id, Kind.TRAVEL_START, 0)
    short = effect_of(session, season.organiser_id, row(10, kind=Kind.TRAVEL_KEEP))
    assert short.travel is not None
    assert (short.travel.clients, short.travel.lapsed) == (1, 1)
    assert (short.clients, short.corrections) == (0, None)
    alone = effect_of(session, season.organiser_id, row(0, kind=Kind.TRAVEL_KEEP))
    assert alone.travel is not None
    assert (alone.travel.clients, alone.travel.lapsed) == (3, 0)
    # A mark that earns no longer keeps no ticket either.
    nothing = effect_of(session, season.organiser_id, row(0, kind=Kind.EARNS, key="present/group"))
    assert nothing.travel is not None
    assert (nothing.travel.lapsed, nothing.clients) == (3, 3)


def test_marks_before_the_month_keep_the_ticket_in_it(session: Session, season: Season) -> None:
    october(session, season, "poissa")
    mark(session, season, {("002", date(2026, 9, 7)): "poissa"})
    season.close(session, OCTOBER)
    effect = effect_of(session, season.organiser_id, row(10, kind=Kind.TRAVEL_KEEP))
    # From 28.9. on thirty days are in force, of ten the last is 8.10.
    assert effect.travel is not None
    assert (effect.month, effect.travel.clients, effect.travel.lapsed) == (OCTOBER, 3, 0)


def test_holding_rests_is_weighed_by_what_lists_would_have_paid(
    session: Session, season: Season
) -> None:
    mark(session, season, {("001", date(2026, 9, 7)): "poissa"})
    season.close(session, SEPTEMBER)
    season.close(session, OCTOBER)
    effect = effect_of(session, season.organiser_id, row(0, kind=Kind.SET_OFF))
    assert (effect.month, effect.clients) == (OCTOBER, 1)
    assert (effect.before, effect.after) == (3 * 4 * 900 - 900, 3 * 4 * 900)
    assert effect_of(session, season.organiser_id, row(1, kind=Kind.SET_OFF)).clients == 0


def test_before_the_first_close_there_is_nothing_to_compare_with(session: Session) -> None:
    season = staff(session)
    small_september(session, season)
    assert closed_through(session, season.organiser_id) == date.min
    assert effect_of(session, season.organiser_id, row(950)).month is None


def test_a_month_closed_after_the_proposal_asks_for_a_reason(
    session: Session, season: Season
) -> None:
    asked = propose(session, season, row(950, date(2026, 10, 1)))
    season.close(session, OCTOBER)
    with pytest.raises(Refused, match="closed since"):
        actions.confirm_policy(session, season.approver, proposal=asked)
    actions.refuse_policy(session, season.approver, proposal=asked, reason="perustelu puuttuu")
    asked = propose(session, season, row(950, date(2026, 10, 1)), "päätös viipyi")
    actions.confirm_policy(session, season.approver, proposal=asked)
    assert events(session)[-1] == ("policies.confirmed", "päätös viipyi")


@pytest.mark.parametrize("kind", [Kind.DECISION_MONTHS, Kind.ROW_MONTHS])
def test_decisions_that_have_been_made_are_never_made_too_long(
    session: Session, season: Season, kind: Kind
) -> None:
    early = row(2, date(2026, 9, 1), kind)
    assert in_the_way(session, season.organiser_id, early) == (3, date(2026, 9, 2))
    with pytest.raises(Refused) as refused:
        propose(session, season, early, "päätös")
    assert refused.value.field == "first_day"
    confirmed(session, season, row(2, date(2026, 9, 2), kind), "päätös")
    assert in_the_way(session, season.organiser_id, row(4, date(2026, 9, 1), kind)) is None
    session.expire_all()
    assert breaches(session, season.finance.today) == []


def test_a_decision_made_after_the_proposal_is_in_the_way_of_confirming(
    session: Session, season: Season
) -> None:
    asked = propose(session, season, row(2, date(2026, 12, 1), Kind.DECISION_MONTHS))
    data = decision_data("P9", "001", valid_from=date(2026, 12, 1), valid_to=date(2027, 2, 28))
    take_in_one(session, season.coordinator, data, client=client(session, season, "001"))
    with pytest.raises(Refused, match="longer than that"):
        actions.confirm_policy(session, season.approver, proposal=asked)


def test_no_reading_leaves_a_row(app: Flask, season: Season, session: Session) -> None:
    session.commit()
    with app.app_context(), reading() as own:
        before = own.scalar(select(func.count()).select_from(Entry))
        effect_of(own, season.organiser_id, row(950, date(2026, 9, 1)))
        assert not own.new
        assert own.scalar(select(func.count()).select_from(Entry)) == before

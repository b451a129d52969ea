"""Taking in a file of groups (D5, section 5)."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_unit
from sosku_groups.accounts.queries import units_by_name, users_by_email
from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.audit.actions import record_many
from sosku_groups.core.incoming import Change, Outcome, Progress, Table
from sosku_groups.core.text import N_, Nn_, Refused, Sentence, sentence
from sosku_groups.groups.actions.timetables import (
    insert_meetings,
    new_group,
    told_of,
    write_facts,
    write_plans,
)
from sosku_groups.groups.files import GroupRow, read_groups
from sosku_groups.groups.models import Group
from sosku_groups.groups.queries import (
    enrolled_in,
    facts_of,
    groups_by_name,
    occasions_of,
    possible_instructors,
)
from sosku_groups.groups.rules import (
    FACT_NAMES,
    GroupFacts,
    Pattern,
    Plan,
    check_capacity,
    check_pattern,
    differing,
    pattern_days,
    plan_change,
)

# A unit that is yet to be made: within the reach of those alone who reach everywhere.
NEW_UNIT = 0


@dataclass(frozen=True)
class Known:
    """What the rows are held against."""

    units: dict[str, int]
    groups: dict[str, Group]
    instructors: dict[str, int]


@dataclass(frozen=True)
class Wanted:
    """What a sound row wants: a new group where `group` is None."""

    line: int
    unit: str
    facts: GroupFacts
    group: Group | None


def import_groups(
    session: Session,
    actor: Actor,
    table: Table,
    *,
    reason: str = "",
    progress: Progress | None = None,
    keep: bool = True,
) -> Outcome:
    """Take in a file of groups: new ones with their meetings, known ones changed as by hand (G3).

    No closed day changes by it: a new group has no members yet, a known one's past stays.
    """
    check_role(actor, Role.COORDINATOR)
    known = what_is_known(session, actor)
    sound = [found for row in read_groups(table) if (found := weigh(actor, known, row))]
    changed = [one for one in sound if one.group and facts_of(one.group) != one.facts]
    check_places(session, actor, table, changed)
    added = [one for one in sound if one.group is None]
    plans = plans_for(session, actor, changed)
    outcome = Outcome(
        rows=len(table.rows),
        added=len(added),
        changed=len(changed),
        unchanged=len(sound) - len(added) - len(changed),
        faults=sorted(table.faults, key=lambda fault: fault.line or 0),
        changes=[Change(one.line, one.facts.name, told(one, plans)) for one in added + changed],
    )
    if keep and not outcome.refused:
        write(
            session,
            actor,
            known=known,
            added=added,
            changed=changed,
            plans=plans,
            reason=reason.strip(),
        )
    if progress:
        progress(len(table.rows), len(table.rows))
    return outcome


def what_is_known(session: Session, actor: Actor) -> Known:
    """The organiser's units, groups and possible instructors."""
    able = possible_instructors(session, actor.organiser_id)
    users = users_by_email(session, actor.organiser_id)
    return Known(
        units={name: unit.id for name, unit in units_by_name(session, actor.organiser_id).items()},
        groups=groups_by_name(session, actor.organiser_id),
        instructors={email: user.id for email, user in users.items() if user.id in able},
    )


def weigh(actor: Actor, known: Known, row: GroupRow) -> Wanted | None:
    """What the row wants, or None with its faults noted."""
    reach = actor.reach(Role.COORDINATOR)
    unit_id = known.units.get(row.unit.casefold(), NEW_UNIT)
    group = known.groups.get(row.name.casefold())
    if unit_id not in reach:
        row.row.fault("unit", sentence(N_("a unit that you coordinate")))
    if group is not None and group.unit_id not in reach:
        row.row.fault("group", sentence(N_("a group of a unit that you coordinate")))
    strangers = [email for email in row.instructors or () if email not in known.instructors]
    if strangers:
        row.row.fault(
            "instructors",
            sentence(N_("emails of instructors who use the service")),
            found=" ".join(strangers),
        )
    facts = facts_wanted(row, unit_id, group, known)
    try:
        check_pattern(facts.pattern)
    except Refused as error:
        row.row.fault(error.field, error.why)
    return Wanted(row.row.line, row.unit, facts, group) if row.row.sound else None


def facts_wanted(row: GroupRow, unit_id: int, group: Group | None, known: Known) -> GroupFacts:
    """The facts of the row; what the file does not tell stays as it is."""
    before = facts_of(group) if group else None
    instructors = frozenset(known.instructors.get(email, 0) for email in row.instructors or ())
    return GroupFacts(
        name=before.name if before else row.name,
        theme=row.theme,
        unit_id=unit_id,
        place=row.place,
        channel=row.channel,
        capacity=row.capacity,
        pattern=Pattern(
            row.weekday,
            row.starts_at,
            row.ends_at,
            row.first_day,
            row.last_day,
            before.pattern.meets_on_holidays if before else False,
        ),
        instructor_ids=before.instructor_ids if before and not row.instructors else instructors,
    )


def check_places(session: Session, actor: Actor, table: Table, changed: list[Wanted]) -> None:
    """Fault rows that leave fewer places than are promised (E2)."""
    groups = {one.line: one.group for one in changed if one.group}
    for group in groups.values():
        session.refresh(group, ["capacity"], with_for_update={"of": Group})
    enrolled = enrolled_in(session, [group.id for group in groups.values()])
    rows = {row.line: row for row in table.rows}
    for one in changed:
        try:
            check_capacity(one.facts.capacity, enrolled[groups[one.line].id], actor.today)
        except Refused as error:
            rows[one.line].fault(error.field, error.why)


def plans_for(session: Session, actor: Actor, changed: list[Wanted]) -> dict[int, Plan]:
    """What becomes of the meetings of each changed group, by line."""
    groups = {one.line: one.group.id for one in changed if one.group}
    occasions = occasions_of(session, list(groups.values()), lock=True)
    return {
        one.line: plan_change(occasions[groups[one.line]], one.facts, actor.today)
        for one in changed
    }


def told(one: Wanted, plans: dict[int, Plan]) -> Sentence:
    """The row's effect, for the preview."""
    if one.group is None:
        return sentence(
            Nn_("new group, {n} meeting", "new group, {n} meetings"),
            n=len(pattern_days(one.facts.pattern)),
        )
    names = tuple(sentence(FACT_NAMES[name]) for name in differing(facts_of(one.group), one.facts))
    plan = plans[one.line]
    if not plan.changes:
        return sentence(N_("changes: {names}"), names=names)
    return sentence(
        N_(
            "changes: {names}; of the coming meetings {moved} change,"
            " {dropped} are cancelled, {added} are new"
        ),
        names=names,
        moved=len(plan.moved),
        dropped=len(plan.cancelled),
        added=len(plan.added),
    )


def write(
    session: Session,
    actor: Actor,
    *,
    known: Known,
    added: list[Wanted],
    changed: list[Wanted],
    plans: dict[int, Plan],
    reason: str,
) -> None:
    """Write everything, units first."""
    units = dict(known.units)
    for one in added + changed:
        if one.unit.casefold() not in units:
            units[one.unit.casefold()] = add_unit(session, actor, name=one.unit).id
    final = {
        one.line: replace(one.facts, unit_id=units[one.unit.casefold()]) for one in added + changed
    }
    made = [(new_group(actor, final[one.line]), final[one.line]) for one in added]
    session.add_all(group for group, _ in made)
    trail = []
    moves = []
    for one in changed:
        if one.group:
            detail = told_of(facts_of(one.group), final[one.line], plans[one.line])
            trail.append((None, one.group.key, detail))
            write_facts(one.group, final[one.line])
            moves.append((one.group.id, final[one.line], plans[one.line]))
    session.flush()
    meetings = [
        (group.id, facts, day) for group, facts in made for day in pattern_days(facts.pattern)
    ]
    insert_meetings(session, actor, meetings)
    write_plans(session, actor, moves, reason=reason)
    record_many(session, actor, "groups.group_changed", trail, reason=reason)
    record_many(
        session,
        actor,
        "groups.group_added",
        [(None, group.key, {"first_day": facts.pattern.first_day}) for group, facts in made],
        reason=reason,
    )

"""Merging two records of one client, and taking it back."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.allowances.queries import left_out_anywhere, rests
from sosku_groups.allowances.rules import Line, reason_given
from sosku_groups.clients.actions import join_records, part_records
from sosku_groups.clients.models import Client, ClientMerge
from sosku_groups.clients.queries import kept_records, standing_merge
from sosku_groups.closings.queries import hold_alone
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.merging.queries import to_tell


def merge(
    session: Session, actor: Actor, *, kept: Client, merged: Client, reason: str
) -> ClientMerge:
    """Let the records `kept` and `merged` be one person's from now on, under the kept number.

    Paid days become the union of both; of a date that was paid to both the next list takes one
    sum back. The caller has checked that the person may see both.
    """
    check_role(actor, Role.COORDINATOR)
    hold_alone(session, actor.organiser_id)
    check_records(session, actor, kept, merged)
    reason = reason_given(reason, N_("Write why the two records are of the same client."))
    return join_records(session, actor, kept=kept, merged=merged, reason=reason)


def check_records(session: Session, actor: Actor, kept: Client, merged: Client) -> None:
    """Refuse records that cannot be merged, with the sentence that says why."""
    if {kept.organiser_id, merged.organiser_id} != {actor.organiser_id}:
        raise NotFound
    if kept.id == merged.id:
        raise Refused(sentence(N_("That is this client's own number.")), "number")
    known = kept_records(session, actor.organiser_id)
    for one in (kept, merged):
        if one.id in known:
            told = N_("Client {number} has been merged into another record already.")
            raise Refused(sentence(told, number=one.number), "number")
    if merged.id in known.values():
        told = N_("Another record has been merged into {number}. Keep that one instead.")
        raise Refused(sentence(told, number=merged.number), "number")
    if merged.id in rests(session, actor.organiser_id):
        told = N_("Client {number} carries a rest to the next list. Keep that one instead.")
        raise Refused(sentence(told, number=merged.number), "number")
    check_listed(session, actor, merged, "number")


def check_listed(session: Session, actor: Actor, client: Client, field: str) -> None:
    """Refuse while finance leaves the client out: the wish would concern another person then."""
    if client.id in left_out_anywhere(session, actor.organiser_id):
        told = N_("Client {number} is left out of the coming list. Finance takes it back in first.")
        raise Refused(sentence(told, number=client.number), field)


def take_back(session: Session, actor: Actor, *, merged: Client, reason: str) -> ClientMerge:
    """Let a merged record count for itself again; what lists told comes right on the next one."""
    check_role(actor, Role.COORDINATOR)
    hold_alone(session, actor.organiser_id)
    found = standing_merge(session, merged.id)
    if found is None or found.organiser_id != actor.organiser_id:
        raise NotFound
    check_listed(session, actor, session.get_one(Client, found.kept_id), "reason")
    reason = reason_given(reason, N_("Write why the merge is taken back."))
    part_records(session, actor, merge=found, merged=merged, reason=reason)
    return found


def effect_of_merge(session: Session, actor: Actor, *, kept: Client, merged: Client) -> list[Line]:
    """What the merge changes on the next list, by day; nothing of it is kept.

    What is to be told of a day anyhow is no doing of the merge.
    """
    check_records(session, actor, kept, merged)
    before = to_tell(session, actor, [kept.id, merged.id])
    with session.begin_nested() as trial:
        merged.merged_into_id = kept.id
        session.flush()
        after = to_tell(session, actor, [kept.id])
        trial.rollback()
    session.refresh(merged)
    then, now = sums_by_day(before), sums_by_day(after)
    known = {line.day: line for line in (*before, *after)}
    return [
        known[day]._replace(cents=now[day] - then[day])
        for day in sorted(known)
        if now[day] != then[day]
    ]


def sums_by_day(lines: Iterable[Line]) -> Counter[date]:
    """What the lines tell of each day in all."""
    sums: Counter[date] = Counter()
    for line in lines:
        sums[line.day] += line.cents
    return sums

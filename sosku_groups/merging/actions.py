"""Merging two records of one client, and taking it back."""

from collections import Counter
from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.allowances.queries import left_out_anywhere, rests
from sosku_groups.allowances.rules import reason_given
from sosku_groups.clients.actions import join_records, part_records
from sosku_groups.clients.models import Client, ClientMerge
from sosku_groups.clients.queries import kept_records, standing_merge
from sosku_groups.closings.queries import closed_through, hold_alone
from sosku_groups.core.text import N_, NotFound, Refused, sentence
from sosku_groups.corrections.queries import untold
from sosku_groups.corrections.rules import Effect, NextList, NotSeen, Untold, effect, next_list
from sosku_groups.merging.queries import Preview, side


def merge(
    session: Session,
    actor: Actor,
    *,
    kept: Client,
    merged: Client,
    reason: str,
    seen: str | None = None,
) -> ClientMerge:
    """Let the records `kept` and `merged` be one person's from now on, under the kept number.

    Paid days become the union of both; of a date that was paid to both the next list takes one
    sum back. The caller has checked that the person may see both. `seen` is the seal of the
    preview that was confirmed, where there was one.
    """
    check_role(actor, Role.COORDINATOR)
    hold_alone(session, actor.organiser_id)
    check_records(session, actor, kept, merged)
    reason = reason_given(reason, N_("Write why the two records are of the same client."))
    if seen is not None:
        check_unchanged(preview_of_merge(session, actor, kept=kept, merged=merged), seen)
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


def take_back(
    session: Session, actor: Actor, *, merged: Client, reason: str, seen: str | None = None
) -> ClientMerge:
    """Let a merged record count for itself again; what lists told comes right on the next one."""
    check_role(actor, Role.COORDINATOR)
    hold_alone(session, actor.organiser_id)
    parted(session, actor, merged)
    reason = reason_given(reason, N_("Write why the merge is taken back."))
    if seen is not None:
        check_unchanged(preview_of_parting(session, actor, merged=merged), seen)
    found = standing_merge(session, merged.id)
    if found is None:
        raise NotFound
    part_records(session, actor, merge=found, merged=merged, reason=reason)
    return found


def check_unchanged(found: Preview, seen: str | None) -> None:
    """Refuse what would do something else than the page told; None where no page was shown."""
    if seen is not None and seen != found.seal:
        told = N_("What this does has changed since you looked at it. Look at it again.")
        raise NotSeen(found.effect, sentence(told))


def effect_of_merge(session: Session, actor: Actor, *, kept: Client, merged: Client) -> Effect:
    """What the merge changes on the next list, by day; nothing of it is kept.

    What is to be told of a day anyhow is no doing of the merge.
    """
    check_records(session, actor, kept, merged)
    before = together(kept.id, untold(session, actor.organiser_id, [kept.id, merged.id]))
    with session.begin_nested() as trial:
        merged.merged_into_id = kept.id
        session.flush()
        after = untold(session, actor.organiser_id, [kept.id])
        trial.rollback()
    session.refresh(merged)
    return effect(before, after, coming(session, actor))


def together(kept_id: int, each: Untold) -> Untold:
    """The sums of two records as one person's."""
    sums: Counter[date] = Counter()
    for days in each.values():
        sums.update(days)
    return {kept_id: sums}


def coming(session: Session, actor: Actor) -> NextList:
    """The list on which it comes."""
    return next_list(closed_through(session, actor.organiser_id), actor.today)


def preview_of_merge(session: Session, actor: Actor, *, kept: Client, merged: Client) -> Preview:
    """Both records, and what their merge changes on the next list."""
    found = effect_of_merge(session, actor, kept=kept, merged=merged)
    return Preview([side(session, actor, one) for one in (kept, merged)], found)


def preview_of_parting(session: Session, actor: Actor, *, merged: Client) -> Preview:
    """What goes to which record when the merge is taken back, and what the next list then tells."""
    kept = parted(session, actor, merged)
    ids = [kept.id, merged.id]
    before = untold(session, actor.organiser_id, [kept.id])
    with session.begin_nested() as trial:
        merged.merged_into_id = None
        session.flush()
        after = untold(session, actor.organiser_id, ids)
        sides = [side(session, actor, one) for one in (kept, merged)]
        trial.rollback()
    session.refresh(merged)
    return Preview(sides, effect(before, after, coming(session, actor)))


def parted(session: Session, actor: Actor, merged: Client) -> Client:
    """The record that the merged one counts as; refused where they cannot be parted now."""
    found = standing_merge(session, merged.id)
    if found is None or found.organiser_id != actor.organiser_id:
        raise NotFound
    kept = session.get_one(Client, found.kept_id)
    check_listed(session, actor, kept, "reason")
    return kept

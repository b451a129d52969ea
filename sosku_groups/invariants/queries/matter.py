"""Decisions and grants: whose, how long, one at a time (D1–D4)."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import select

from sosku_groups.core.days import ONE_DAY, end_after_months
from sosku_groups.decisions.models import BenefitDecision, ServiceDecision
from sosku_groups.invariants.queries.books import Books, Where
from sosku_groups.policies.rules import Kind


def decisions(books: Books) -> list[list[ServiceDecision]]:
    """Each client's decisions by first day."""
    query = select(ServiceDecision).where(ServiceDecision.organiser_id == books.organiser_id)
    found: dict[int, list[ServiceDecision]] = defaultdict(list)
    for each in books.session.scalars(
        query.order_by(ServiceDecision.client_id, ServiceDecision.valid_from, ServiceDecision.id)
    ):
        found[each.client_id].append(each)
    return list(found.values())


def overlaps(books: Books) -> Iterator[Where]:
    """D3."""
    for own in decisions(books):
        latest = own[0]
        for each in own[1:]:
            if each.valid_from <= latest.last_day:
                yield books.number(each.client_id), latest.number, each.number
            latest = max(latest, each, key=lambda decision: decision.last_day)


def lengths(books: Books) -> Iterator[Where]:
    """D2: by the written last day, as the policy of the first day says."""
    for own in decisions(books):
        for each in own:
            months = books.policies.number(Kind.DECISION_MONTHS, each.valid_from)
            if each.valid_to > end_after_months(each.valid_from, months):
                yield books.number(each.client_id), each.number, each.valid_from, each.valid_to


def rows(books: Books) -> Iterator[Where]:
    """D2: by actual last days, a row begins anew after a gap of a day."""
    for own in decisions(books):
        begun, before = own[0].valid_from, own[0].last_day
        for each in own:
            begun = begun if each.valid_from <= before + ONE_DAY else each.valid_from
            before = each.last_day
            months = books.policies.number(Kind.ROW_MONTHS, each.valid_from)
            if each.last_day > end_after_months(begun, months):
                yield books.number(each.client_id), each.number, begun, each.last_day


def ends(books: Books) -> Iterator[Where]:
    """D1."""
    for own in decisions(books):
        for each in own:
            if not each.valid_from <= each.last_day <= each.valid_to:
                yield books.number(each.client_id), each.number, each.last_day


def grants(books: Books) -> Iterator[Where]:
    """D4."""
    for each in (one for own in decisions(books) for one in own):
        benefit: BenefitDecision | None = each.benefit
        if benefit is None:
            continue
        spans = [(benefit.money_from, benefit.money_to), (benefit.travel_from, benefit.travel_to)]
        inside = all(
            each.valid_from <= first <= last <= each.valid_to
            for first, last in spans
            if first and last
        )
        halves = any((first is None) != (last is None) for first, last in spans)
        if halves or not inside or (any(first for first, _ in spans) and not benefit.number):
            yield books.number(each.client_id), each.number, benefit.number

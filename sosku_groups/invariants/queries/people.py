"""What people decided beside the lists: merged records, and dated policies by two of them."""

from collections.abc import Iterator

from sqlalchemy import select

from sosku_groups.clients.models import Client, ClientMerge
from sosku_groups.invariants.queries.books import Books, Where
from sosku_groups.policies.models import Policy, PolicyProposal


def merges(books: Books) -> Iterator[Where]:
    """A record counts as the one that its one open merge names, and as itself without any."""
    open_ones = select(ClientMerge.merged_id, ClientMerge.kept_id).where(
        ClientMerge.organiser_id == books.organiser_id, ClientMerge.back_at.is_(None)
    )
    named: dict[int, set[int]] = {}
    for merged_id, kept_id in books.session.execute(open_ones.order_by(ClientMerge.id)):
        named.setdefault(merged_id, set()).add(kept_id)
    into = select(Client.id, Client.merged_into_id).where(
        Client.organiser_id == books.organiser_id, Client.merged_into_id.is_not(None)
    )
    counted = {row[0]: {row[1]} for row in books.session.execute(into.order_by(Client.id))}
    for client_id in sorted(named.keys() | counted.keys()):
        if named.get(client_id) != counted.get(client_id):
            yield (books.number(client_id),)


def policies(books: Books) -> Iterator[Where]:
    """A policy row that people made is one confirmed proposal's, word for word, by two people."""
    query = select(PolicyProposal).where(PolicyProposal.organiser_id == books.organiser_id)
    became = {}
    for each in books.session.scalars(query.order_by(PolicyProposal.id)):
        if each.state == "confirmed":
            became[each.policy_id] = each
        elif each.policy_id is not None:
            yield each.kind, each.first_day
    rows = select(Policy).where(Policy.organiser_id == books.organiser_id).order_by(Policy.id)
    for row in books.session.scalars(rows):
        asked = became.pop(row.id, None)
        by_people = row.made_by is not None or row.confirmed_by is not None
        if by_people is (asked is None) or (asked and not agree(row, asked)):
            yield row.kind, row.first_day
    for left in became.values():
        yield left.kind, left.first_day


def agree(row: Policy, asked: PolicyProposal) -> bool:
    """Whether the row says what was proposed, by whoever proposed it and another who confirmed."""
    two = asked.asked_by != asked.decided_by
    return two and (row.made_by, row.confirmed_by, row.kind, row.key, row.first_day, row.value) == (
        asked.asked_by,
        asked.decided_by,
        asked.kind,
        asked.policy_key,
        asked.first_day,
        asked.value,
    )

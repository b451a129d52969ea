"""What became of payments, and what is paid anew (L6): nothing more, nothing twice."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import undefer

from sosku_groups.allowances.models import ListFile, MonthList, Payee, Reissue
from sosku_groups.clients.models import ClientMerge
from sosku_groups.core.money import decimal_comma
from sosku_groups.invariants.queries.books import Books, Where
from sosku_groups.invariants.queries.lists import table
from sosku_groups.payments.models import PaymentResult

# Where the payments file says whose row it is, and what is paid anew.
NUMBER, ANEW = 2, 14
GONE_OUT = ("exported", "paid")


def anew_cells(books: Books, each: MonthList) -> dict[str, str]:
    """What the list's stored payments file says is paid anew, by client number."""
    query = (
        select(ListFile)
        .options(undefer(ListFile.content))
        .where(ListFile.list_id == each.id, ListFile.kind == "payments", ListFile.format == "csv")
    )
    file = books.session.scalars(query).one_or_none()
    rows = table(file.content) if file else []
    if file:
        books.session.expire(file, ["content"])
    return {row[NUMBER]: row[ANEW] for row in rows if len(row) > ANEW}


def told(books: Books) -> dict[int, tuple[MonthList, Payee, PaymentResult]]:
    """Every result with its list and payee, by its own id."""
    query = (
        select(MonthList, Payee, PaymentResult)
        .join(Payee, Payee.list_id == MonthList.id)
        .join(PaymentResult, PaymentResult.payee_id == Payee.id)
        .where(MonthList.organiser_id == books.organiser_id)
        .order_by(PaymentResult.id)
    )
    return {row[2].id: (row[0], row[1], row[2]) for row in books.session.execute(query)}


def wishes(books: Books) -> list[Reissue]:
    """Every wish to pay anew."""
    query = select(Reissue).where(Reissue.organiser_id == books.organiser_id)
    return list(books.session.scalars(query.order_by(Reissue.id)))


def results(books: Books) -> Iterator[Where]:
    """A result is of a list that has gone out, of the sum that it paid, a rejection reasoned."""
    anew = anew_by_payee(books)
    for each, payee, result in told(books).values():
        paid = payee.to_pay_cents + anew[each.id, payee.client_id]
        held = result.outcome == "rejected" and each.state == "approved"
        reasoned = result.outcome == "paid" or result.reason
        if result.cents != paid or not reasoned or not (held or each.state in GONE_OUT):
            yield each.name, payee.client_number, decimal_comma(result.cents)


def anew_by_payee(books: Books) -> Counter[tuple[int, int]]:
    """What is paid anew, by list and the record that the list paid it to."""
    merges = select(ClientMerge.merged_id, ClientMerge.kept_id)
    query = merges.where(ClientMerge.organiser_id == books.organiser_id).order_by(ClientMerge.id)
    pairs = [(row[0], row[1]) for row in books.session.execute(query)]
    sums: Counter[tuple[int, int]] = Counter()
    for wish in wishes(books):
        if wish.list_id is not None:
            paid = {payee.client_id for payee in books.payees[wish.list_id]}
            into = (kept for merged, kept in pairs if merged == wish.client_id and kept in paid)
            whose = wish.client_id if wish.client_id in paid else next(into, wish.client_id)
            sums[wish.list_id, whose] += wish.cents
    return sums


def anew_by_person(books: Books) -> Counter[tuple[int, int]]:
    """What is paid anew, by list and person."""
    sums: Counter[tuple[int, int]] = Counter()
    for wish in wishes(books):
        if wish.list_id is not None:
            sums[wish.list_id, books.person(wish.client_id)] += wish.cents
    return sums


def reissues(books: Books) -> Iterator[Where]:
    """A payment is paid anew once, on a later list in force, by the cents that were rejected."""
    known = told(books)
    order = {each.id: each.order for each in books.force}
    seen: Counter[int] = Counter()
    for wish in wishes(books):
        seen[wish.result_id] += 1
        found = known.get(wish.result_id)
        right = found is not None and (
            found[2].outcome == "rejected"
            and found[2].cents == wish.cents
            and books.person(found[1].client_id) == books.person(wish.client_id)
            and (wish.list_id is None or order.get(wish.list_id, 0) > found[0].order)
        )
        if not right or seen[wish.result_id] > 1:
            yield books.number(wish.client_id), decimal_comma(wish.cents)


def anew(books: Books) -> Iterator[Where]:
    """L6: what a list in force pays anew is what its payments file says, client by client."""
    sums = anew_by_person(books)
    for each in books.force:
        said: Counter[int] = Counter()
        cells = anew_cells(books, each)
        people = {payee.client_number: payee.client_id for payee in books.payees[each.id]}
        for number, cell in cells.items():
            said[books.person(people.get(number, 0))] += int(cell.replace(",", "") or "0")
        wanted = {person: cents for (list_id, person), cents in sums.items() if list_id == each.id}
        if {person: cents for person, cents in said.items() if cents} != wanted:
            yield each.name, "payments"

"""What became of payments, and what is paid anew (L6): nothing more, nothing twice."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import undefer

from sosku_groups.allowances.models import ListFile, MonthList, Payee, Reissue
from sosku_groups.clients.models import ClientMerge
from sosku_groups.core.banking import in_payment_area
from sosku_groups.core.money import decimal_comma
from sosku_groups.invariants.queries.books import Books, Where
from sosku_groups.invariants.queries.lists import table
from sosku_groups.payments.models import PaymentResult

# Where the payments file says whose row it is, and what is paid anew.
NUMBER, ANEW = 2, 14
GONE_OUT = ("exported", "paid")

# Whose or which payment, to which account, of how many cents.
Payment = tuple[str, str, int]


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


# ------------------------------------------------------------------------------- the payment file


def payment_files(books: Books) -> Iterator[Where]:
    """L6: it pays each payee once, the frozen sum to the frozen account, and adds up.

    Nobody is missing who has an account that such a file could pay to.
    """
    sums = anew_by_payee(books)
    for each in books.lists:
        content = payment_file_of(books, each)
        if content is not None:
            try:
                transfers, totals = read_payment_file(content)
            except (etree.XMLSyntaxError, ArithmeticError, ValueError):
                transfers, totals = [], []
            yield from astray(each, wanted_payments(books, each, sums), transfers)
            if set(totals) != {(len(transfers), sum(cents for _, _, cents in transfers))}:
                yield each.name, "payments", "xml"


def wanted_payments(
    books: Books, each: MonthList, sums: Counter[tuple[int, int]]
) -> dict[str, Payment]:
    """Number, account and cents of all whom the list pays, by what a payment is called."""
    wanted: dict[str, Payment] = {}
    payees = sorted(books.payees[each.id], key=lambda payee: payee.client_number)
    for place, payee in enumerate(payees, 1):
        paid = (
            payee.client_number,
            payee.iban,
            payee.to_pay_cents + sums[each.id, payee.client_id],
        )
        if paid[2] > 0:
            # Where a number fits no identifier of a bank, the row's place stands for it.
            wanted |= {f"{each.name}-{payee.client_number}": paid, f"{each.name}/{place}": paid}
    return wanted


def astray(
    each: MonthList, wanted: dict[str, Payment], transfers: list[Payment]
) -> Iterator[Where]:
    """Transfers that are none of the list's payments, and payments that are missing."""
    seen: Counter[str] = Counter()
    for name, iban, cents in transfers:
        number, *known = wanted.get(name, ("", "", 0))
        seen[number] += 1
        if known != [iban, cents] or seen[number] > 1:
            yield each.name, number or name, decimal_comma(cents)
    for number, iban, cents in dict.fromkeys(wanted.values()):
        if not seen[number] and in_payment_area(iban):
            yield each.name, number, decimal_comma(cents)


def payment_file_of(books: Books, each: MonthList) -> bytes | None:
    """The list's stored payment file."""
    return books.session.scalar(
        select(ListFile.content).where(
            ListFile.list_id == each.id, ListFile.kind == "payments", ListFile.format == "xml"
        )
    )


def read_payment_file(content: bytes) -> tuple[list[Payment], list[tuple[int, int]]]:
    """Each transfer's identifier, account and cents; each count and sum that the file tells."""
    tree = etree.fromstring(content, etree.XMLParser(resolve_entities=False))
    transfers = [
        (
            str(each.findtext(".//{*}EndToEndId")),
            str(each.findtext("{*}CdtrAcct/{*}Id/{*}IBAN")),
            cents_of(each.findtext("{*}Amt/{*}InstdAmt")),
        )
        for each in tree.iter("{*}CdtTrfTxInf")
    ]
    totals = [
        (int(str(each.findtext("{*}NbOfTxs"))), cents_of(each.findtext("{*}CtrlSum")))
        for each in tree.iter("{*}GrpHdr", "{*}PmtInf")
    ]
    return transfers, totals


def cents_of(euros: str | None) -> int:
    """Whole cents of `9.00`."""
    return int(Decimal(str(euros)) * 100)

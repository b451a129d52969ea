"""Closed lists: what they tell, their sums, rests, files and states (L1–L6)."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from io import StringIO

from sqlalchemy import select
from sqlalchemy.orm import undefer

from sosku_groups.allowances.models import (
    LeftOut,
    ListFile,
    ListLine,
    MonthList,
    Payee,
    RestDecision,
)
from sosku_groups.clients.models import Client
from sosku_groups.closings.models import Closing
from sosku_groups.core.days import Month
from sosku_groups.core.money import decimal_comma
from sosku_groups.core.outgoing import csv_cell
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.groups.models import Meeting
from sosku_groups.invariants.queries.books import Books, Where
from sosku_groups.policies.models import Policy
from sosku_groups.policies.rules import Kind

FILES = {(kind, form) for kind in ("days", "payments", "travel") for form in ("csv", "xlsx")}
ACCOUNTED = ("days", "day_cents", "correction_cents", "carried_in", "to_pay", "carried_out")


# ------------------------------------------------------------------------------ what lists tell


def told(books: Books) -> Iterator[Where]:
    """M1, L1: what lists in force tell of a date is never below nothing, never above one rate."""
    query = (
        select(Policy.first_day, Policy.value)
        .where(Policy.organiser_id == books.organiser_id, Policy.kind == Kind.RATE)
        .order_by(Policy.first_day)
    )
    rates = [(row[0], row[1] or 0) for row in books.session.execute(query)]
    sums: Counter[tuple[int, date]] = Counter()
    for each in books.force:
        for line in books.lines[each.id]:
            sums[books.person(line.client_id), line.day] += line.cents
    records = Counter(books.persons.values())
    for (client_id, day), cents in sorted(sums.items()):
        # A rate that was lowered afterwards has told more until the next close, and so have
        # merged records that were each told of the day.
        most = max((value for first, value in rates if first <= day), default=0)
        if not 0 <= cents <= most * max(records[client_id], 1):
            yield books.number(client_id), day, decimal_comma(cents)


def ordinary(books: Books) -> Iterator[Where]:
    """L1: ordinary lines lie in the month and are the first of their date; none lies beyond it."""
    known: set[tuple[int, date]] = set()
    for each in books.force:
        month = Month.of(each.month)
        for line in books.lines[each.id]:
            pair = (line.client_id, line.day)
            first = pair not in known and Month.of(line.day) == month
            # Of merged records what is first changes with merging and parting.
            mixed = line.correction is first and line.client_id not in books.persons
            if line.day > month.last or mixed or line.cents == 0:
                yield each.name, books.number(line.client_id), line.day
        known |= {(line.client_id, line.day) for line in books.lines[each.id]}


def grounds(books: Books) -> Iterator[Where]:
    """L1: a line's client, meeting and decision are the organiser's, its decision the client's."""
    session, mine = books.session, books.organiser_id
    meetings = select(Meeting.id).where(Meeting.organiser_id == mine).order_by(Meeting.id)
    held = set(session.scalars(meetings))
    owners = select(ServiceDecision.id, ServiceDecision.client_id).where(
        ServiceDecision.organiser_id == mine
    )
    own = {row[0]: row[1] for row in session.execute(owners.order_by(ServiceDecision.id))}
    for each in books.lists:
        for line in books.lines[each.id]:
            if (
                line.client_id not in books.numbers
                or (line.meeting_id is not None and line.meeting_id not in held)
                or books.person(own.get(line.decision_id or 0, 0)) != books.person(line.client_id)
            ):
                yield each.name, books.number(line.client_id), line.day


# ------------------------------------------------------------------------------------------- sums


def payee_sums(books: Books) -> Iterator[Where]:
    """L6: each payee's sums are those of the payee's lines, and nobody else has lines."""
    for each in books.lists:
        lines: dict[int, list[ListLine]] = defaultdict(list)
        for line in books.lines[each.id]:
            lines[line.client_id].append(line)
        paid = {payee.client_id: payee for payee in books.payees[each.id]}
        for client_id in sorted(paid.keys() | lines.keys()):
            own = lines[client_id]
            payee = paid.get(client_id)
            days = [line.cents for line in own if not line.correction]
            corrections = sum(line.cents for line in own if line.correction)
            if payee is None or (len(days), sum(days), corrections) != (
                payee.days,
                payee.day_cents,
                payee.correction_cents,
            ):
                yield each.name, books.number(client_id)


def to_pay(books: Books) -> Iterator[Where]:
    """L4: nothing negative is paid, the rest is carried below nothing, and it adds up."""
    for each in books.lists:
        for payee in books.payees[each.id]:
            fresh = payee.day_cents + payee.correction_cents
            adds = fresh + payee.carried_in_cents == payee.to_pay_cents + payee.carried_out_cents
            below = payee.carried_in_cents <= 0 and payee.carried_out_cents <= 0
            # The rest is set off (default) or held; either way no more is paid than is new.
            bounds = max(fresh + payee.carried_in_cents, 0) <= payee.to_pay_cents <= max(fresh, 0)
            if not (adds and below and bounds):
                yield each.name, books.number(payee.client_id)


def list_sums(books: Books) -> Iterator[Where]:
    """L6: a list's sums are those of its payees."""
    for each in books.lists:
        payees = books.payees[each.id]
        if len(payees) != each.clients or any(
            sum(getattr(payee, name) for payee in payees) != getattr(each, name)
            for name in (name if name in ACCOUNTED[:3] else f"{name}_cents" for name in ACCOUNTED)
        ):
            yield (each.name,)


def let_go(books: Books) -> Counter[tuple[int | None, int]]:
    """What two people have let go of the rest of a list, by list and client."""
    found: Counter[tuple[int | None, int]] = Counter()
    for each in decided(books):
        if each.kind == "let-go" and each.confirmed_at is not None:
            found[each.list_id, each.client_id] += each.cents
    return found


def decided(books: Books) -> list[RestDecision]:
    """What was asked and decided of rests."""
    query = select(RestDecision).where(RestDecision.organiser_id == books.organiser_id)
    return list(books.session.scalars(query.order_by(RestDecision.id)))


def rest_decisions(books: Books) -> Iterator[Where]:
    """L4: letting go has a reason and two people, and no more is decided than the rest."""
    carried = {
        (each.id, payee.client_id): -payee.carried_out_cents
        for each in books.lists
        for payee in books.payees[each.id]
    }
    for each in decided(books):
        alone = each.kind == "let-go" and each.confirmed_by == each.asked_by
        unsaid = not each.reason or (each.confirmed_at is None) is not (each.list_id is None)
        if alone or unsaid or each.client_id not in books.numbers:
            yield books.number(each.client_id), decimal_comma(each.cents)
    for (list_id, client_id), cents in sorted(let_go(books).items()):
        if cents > carried.get((list_id or 0, client_id), 0):
            yield books.number(client_id), decimal_comma(cents)


def rests(books: Books) -> Iterator[Where]:
    """L4: what a list carries over, less what was let go of it, is how the client's next begins."""
    query = select(LeftOut.list_id, LeftOut.client_id).where(
        LeftOut.organiser_id == books.organiser_id
    )
    out = {(row[0], row[1]) for row in books.session.execute(query.order_by(LeftOut.id))}
    gone = let_go(books)
    carried: dict[int, int] = {}
    for each in books.force:
        begins = {payee.client_id: payee.carried_in_cents for payee in books.payees[each.id]}
        for client_id in sorted(begins.keys() | {c for c, rest in carried.items() if rest}):
            waits = (each.id, client_id) in out and client_id not in begins
            if not waits and begins.get(client_id, 0) != carried.get(client_id, 0):
                yield each.name, books.number(client_id)
        for payee in books.payees[each.id]:
            rest = payee.carried_out_cents + gone[each.id, payee.client_id]
            carried[payee.client_id] = rest


def balances(books: Books) -> Iterator[Where]:
    """L4: over all lists in force, what was told or let go less what was paid is the rest."""
    gone = let_go(books)
    balance: Counter[int] = Counter()
    rest: dict[int, int] = {}
    for each in books.force:
        for line in books.lines[each.id]:
            balance[line.client_id] += line.cents
        for payee in books.payees[each.id]:
            decided_of = gone[each.id, payee.client_id]
            balance[payee.client_id] += decided_of - payee.to_pay_cents
            rest[payee.client_id] = payee.carried_out_cents + decided_of
    for client_id, cents in sorted(balance.items()):
        if cents != rest.get(client_id, 0):
            yield books.number(client_id), decimal_comma(cents)


def left_out(books: Books) -> Iterator[Where]:
    """L5: who was left out of a list is not on it."""
    query = (
        select(LeftOut.client_id, LeftOut.list_id)
        .where(LeftOut.organiser_id == books.organiser_id, LeftOut.list_id.is_not(None))
        .order_by(LeftOut.id)
    )
    names = {each.id: each.name for each in books.lists}
    for client_id, list_id in books.session.execute(query):
        on_it = {payee.client_id for payee in books.payees[list_id or 0]}
        if client_id in on_it or list_id not in names:
            yield names.get(list_id or 0, ""), books.number(client_id)


# ------------------------------------------------------------------------------------------ files


def files(books: Books) -> dict[int, dict[tuple[str, str], ListFile]]:
    """The stored files of each list, without their bytes."""
    ids = [each.id for each in books.lists]
    found: dict[int, dict[tuple[str, str], ListFile]] = defaultdict(dict)
    query = select(ListFile).where(ListFile.list_id.in_(ids)).order_by(ListFile.id)
    for file in books.session.scalars(query):
        found[file.list_id][file.kind, file.format] = file
    return found


def contents(books: Books, each: MonthList) -> Iterator[tuple[ListFile, bytes]]:
    """The files of one list with their bytes, a list at a time to spare memory."""
    query = select(ListFile).options(undefer(ListFile.content)).where(ListFile.list_id == each.id)
    for file in books.session.scalars(query.order_by(ListFile.id)):
        yield file, file.content
        books.session.expire(file, ["content"])


def checksums(books: Books) -> Iterator[Where]:
    """L2: every list has its six files, byte for byte as they were written."""
    stored = files(books)
    for each in books.lists:
        for kind, form in sorted(FILES - stored[each.id].keys()):
            yield each.name, kind, form
        for file, content in contents(books, each):
            if sha256(content).hexdigest() != file.sha256:
                yield each.name, file.kind, file.format


def file_rows(books: Books) -> Iterator[Where]:
    """L6: the stored CSV files say what the payees and the lines say, cell by cell."""
    for each in books.lists:
        wanted = {"payments": payment_cells(books, each), "days": day_cells(books, each)}
        for file, content in contents(books, each):
            if file.format == "csv" and file.kind in wanted:
                said = table(content)
                cells = wanted[file.kind]
                width = len(cells[0]) if cells else 0
                if [row[:width] for row in said] != cells:
                    yield each.name, file.kind


def table(content: bytes) -> list[list[str]]:
    """The rows of a stored CSV file; none where it cannot be read."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return []
    return list(csv.reader(StringIO(text, newline=""), delimiter=";"))[1:]


def payment_cells(books: Books, each: MonthList) -> list[list[str]]:
    """The payments file as the payees would write it."""
    return [
        [
            each.name,
            str(Month.of(each.month)),
            csv_cell(payee.client_number),
            csv_cell(payee.last_name),
            csv_cell(payee.first_names),
            csv_cell(payee.decision_numbers),
            csv_cell(payee.benefit_numbers),
            str(payee.days),
            *(decimal_comma(cents) for cents in sums(payee)),
            payee.iban,
        ]
        for payee in sorted(books.payees[each.id], key=lambda payee: payee.client_number)
    ]


def sums(payee: Payee) -> tuple[int, ...]:
    """The payee's sums in the file's order."""
    return (
        payee.day_cents,
        payee.correction_cents,
        payee.carried_in_cents,
        payee.to_pay_cents,
        payee.carried_out_cents,
    )


def day_cells(books: Books, each: MonthList) -> list[list[str]]:
    """The days file as the lines would write it."""
    numbers = {payee.client_id: payee.client_number for payee in books.payees[each.id]}
    lines = [(numbers.get(line.client_id, ""), line) for line in books.lines[each.id]]
    return [
        [
            each.name,
            str(Month.of(each.month)),
            csv_cell(number),
            csv_cell(line.day),
            "oikaisu" if line.correction else "toimintapäivä",
            decimal_comma(line.cents),
            csv_cell(line.group_name),
            csv_cell(line.decision_number),
        ]
        for number, line in sorted(lines, key=lambda pair: (pair[0], pair[1].day))
    ]


# ----------------------------------------------------------------------------------------- states


def two_people(books: Books) -> Iterator[Where]:
    """L3: whoever closed does not approve, and nothing goes on unapproved."""
    for each in books.lists:
        goes_on = each.state in {"approved", "exported", "paid"}
        if (each.approved_by == each.closed_by) or goes_on is (each.approved_by is None):
            yield (each.name,)


def running_numbers(books: Books) -> Iterator[Where]:
    """L3: lists of a month are numbered without gaps, returned ones too, and so is their order."""
    counted: Counter[date] = Counter()
    for place, each in enumerate(books.lists, 1):
        counted[each.month] += 1
        number = counted[each.month]
        name = f"L{Month.of(each.month)}-{number}"
        if (each.order, each.number, each.name) != (place, number, name):
            yield (each.name,)


def border(books: Books) -> Iterator[Where]:
    """L1: the last closed day is that of the last month with a list in force."""
    query = select(Closing.closed_through).where(Closing.organiser_id == books.organiser_id)
    rows = list(books.session.scalars(query.order_by(Closing.organiser_id)))
    last = max((Month.of(each.month).last for each in books.force), default=None)
    if rows != [last]:
        yield (str(rows[0]) if rows else "", str(last))


def strays(books: Books) -> Iterator[Where]:
    """L1: each line belongs to a list; one of a list that is not there is on no page."""
    query = (
        select(ListLine.client_id, ListLine.day)
        .join(Client, Client.id == ListLine.client_id)
        .outerjoin(MonthList, MonthList.id == ListLine.list_id)
        .where(MonthList.id.is_(None), Client.organiser_id == books.organiser_id)
    )
    for client_id, day in books.session.execute(query.order_by(ListLine.id)):
        yield books.number(client_id), day


def payees_known(books: Books) -> Iterator[Where]:
    """L2: the frozen client number is that of the organiser's client, once a list."""
    query = select(Client.id, Client.number).where(Client.organiser_id == books.organiser_id)
    known = {row[0]: row[1] for row in books.session.execute(query.order_by(Client.id))}
    for each in books.lists:
        seen = Counter(payee.client_id for payee in books.payees[each.id])
        for payee in books.payees[each.id]:
            if known.get(payee.client_id) != payee.client_number or seen[payee.client_id] > 1:
                yield each.name, payee.client_number

"""What a list's page tells of its payments: held back, paid, rejected, paid anew."""

from collections.abc import Collection
from typing import Any

from sosku_groups.accounts.access import log_reading
from sosku_groups.allowances.queries import find_file, get_file
from sosku_groups.allowances.rules import Rights, State
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.clients.queries import clients_by_id
from sosku_groups.core.web import database
from sosku_groups.payments.files import Payment, payment_sums, payments_of
from sosku_groups.payments.queries import payee_ids, reissues_of_list, results_of_list
from sosku_groups.payments.rules import Paid


def payment_facts(found: Any, rights: Rights, read: list[int]) -> dict[str, Any]:
    """Sums and peculiar payments of the list; reading the clients of `read` is logged already."""
    if not rights.reads_clients or found.state == State.RETURNED:
        return {"payments": None}
    payments, results = list_payments(found), results_of_list(database(), found.id)
    refused = rejected(found, payments, results)
    held = [each for each in payments if each.held_back and each.client_number not in results]
    anew = [each for each in payments if each.again]
    shown = [*(row[0] for row in refused), *held, *anew]
    return {
        "payments": payment_sums(payments),
        "told": told(payments, results),
        "rejected": refused,
        "held": held,
        "anew": anew,
        "by_file": stored_xml(found) is not None,
        "payment_keys": note_shown(found, shown, read),
    }


def rejected(
    found: Any, payments: list[Payment], results: dict[str, Any]
) -> list[tuple[Payment, Any, Any]]:
    """The payments that were rejected, with the result, and on which list they are paid anew."""
    later = reissues_of_list(database(), found.id)
    pairs = ((each, results.get(each.client_number)) for each in payments)
    return [
        (each, result, later.get(result.id))
        for each, result in pairs
        if result is not None and result.outcome == Paid.REJECTED
    ]


def list_payments(found: Any) -> list[Payment]:
    """The list's payments, as its stored file says them."""
    file = get_file(database(), found, FileKind.PAYMENTS, FileFormat.CSV)
    return payments_of(file.content)


def stored_xml(found: Any) -> Any:
    """The list's payment file, None as long as it has not been made."""
    return find_file(database(), found, FileKind.PAYMENTS, FileFormat.XML)


def told(payments: list[Payment], results: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """How many payments were paid, were rejected, have no result yet; and their sums."""
    counts: dict[str, tuple[int, int]] = {}
    for each in payments:
        result = results.get(each.client_number)
        what = result.outcome if result else "open"
        number, cents = counts.get(what, (0, 0))
        counts[what] = (number + 1, cents + each.cents)
    return counts


def note_shown(found: Any, shown: list[Payment], read: Collection[int] = ()) -> dict[str, str]:
    """Log whose payments are shown besides; the clients' keys by number."""
    if not shown:
        return {}
    ids = payee_ids(database(), found.id)
    wanted = {each.client_number: ids[each.client_number][1] for each in shown}
    clients = clients_by_id(database(), wanted.values())
    log_reading("allowances.list_read", sorted(set(wanted.values()) - set(read)), found.name)
    return {number: clients[client_id].key for number, client_id in wanted.items()}

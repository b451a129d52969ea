"""What must hold of the data at any moment, each rule by name, asked of the live database.

Rules refuse what is wrong when it is written; here what has been written is looked at anew, from
the tables alone. What is found is named by client numbers and list names, never by people's.
"""

from collections.abc import Callable, Iterator
from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.accounts.queries import organisers
from sosku_groups.core.text import N_, Sentence, sentence
from sosku_groups.invariants.queries import (
    chain,
    lists,
    log,
    matter,
    payments,
    people,
    places,
    tablets,
    tickets,
)
from sosku_groups.invariants.queries.books import Books, Where, open_books

INVARIANTS: dict[str, Callable[[Books], Iterator[Where]]] = {
    N_("Decisions of a client never overlap"): matter.overlaps,
    N_("A decision is no longer than the policy allows"): matter.lengths,
    N_("An unbroken row of decisions is no longer than the policy allows"): matter.rows,
    N_("An early end lies inside its decision"): matter.ends,
    N_("Grants lie inside their decision and have a number"): matter.grants,
    N_("From today on no group has more enrolled than places"): places.capacity,
    N_("A client is in a group once at a time"): places.twice_enrolled,
    N_("No two wait on the same place of a waiting list"): places.waiting,
    N_("Nothing of a client belongs to another organiser"): places.strangers,
    N_("A client has one standing mark at a meeting"): places.standing_twice,
    N_("A standing mark is the last of its unbroken history"): places.histories,
    N_("Only apologies are marked ahead"): places.ahead,
    N_("What lists in force tell of a date is from nothing to one rate"): lists.told,
    N_("Ordinary lines are the first of their date and lie in the month"): lists.ordinary,
    N_("A line's meeting and decision are the organiser's and the client's own"): lists.grounds,
    N_("A line that pays points to the tap that made its mark"): chain.taps,
    N_("A line that pays points to the rate of its day"): chain.rates,
    N_("Each line belongs to a list"): lists.strays,
    N_("A payee's sums are those of the payee's lines"): lists.payee_sums,
    N_("Nothing negative is paid, and each payee's row adds up"): lists.to_pay,
    N_("A list's sums are those of its payees"): lists.list_sums,
    N_("A rest goes whole from list to list"): lists.rests,
    N_("What was told less what was paid is the rest"): lists.balances,
    N_("A rest is let go by two people, with a reason, and never more than it"): (
        lists.rest_decisions
    ),
    N_("Who was left out of a list is not on it"): lists.left_out,
    N_("Each list has its files, byte for byte as written"): lists.checksums,
    N_("The stored files say what payees and lines say"): lists.file_rows,
    N_("The chain of closed lists is whole: each seal covers its list and the one before"): (
        chain.seals
    ),
    N_("A payment's result is of the sum that its list paid"): payments.results,
    N_("A payment is paid again once, after it was rejected, by the same sum"): payments.reissues,
    N_("What a list pays again is what its payments file says"): payments.anew,
    N_("A payment file pays each of its payees once, and its sums are those of its payments"): (
        payments.payment_files
    ),
    N_("Whoever closed a list has not approved it"): lists.two_people,
    N_("Lists are numbered without gaps"): lists.running_numbers,
    N_("The last closed day is that of the last list in force"): lists.border,
    N_("Each payee is a client of the organiser, once a list"): lists.payees_known,
    N_("A record counts as the one into which its open merge says it was merged"): people.merges,
    N_("A policy row made by people was proposed by one and confirmed by another"): (
        people.policies
    ),
    N_("A ticket, and who gave and settled it, are of its client's organiser"): tickets.own,
    N_("A client has one ticket for a day"): tickets.one_at_a_time,
    N_("A ticket that is no longer out says since when and by whom"): tickets.settled,
    N_("Ticket codes are sealed, and codes and sums belong to their kinds"): tickets.secrets,
    N_("Both marks of a conflict are changes of its client's mark at its meeting"): (
        tablets.conflicts
    ),
    N_("No list was closed over an open conflict of anybody on it"): tablets.closed_over,
    N_("What was kept for review has one, and nothing else has"): tablets.reviews,
    N_("The use log names nobody"): log.named,
}


def breaches(session: Session, today: date, *, organiser_id: int | None = None) -> list[Sentence]:
    """Every breach of every invariant, of one organiser or of all; empty when all hold."""
    found = []
    for organiser in organisers(session):
        if organiser_id in (None, organiser.id):
            books = open_books(session, organiser.id, today)
            found += [
                sentence(
                    N_("{organiser}: broken: {invariant} ({where})"),
                    organiser=organiser.name,
                    invariant=sentence(text),
                    where=where,
                )
                for text, check in INVARIANTS.items()
                for where in check(books)
            ]
    return found

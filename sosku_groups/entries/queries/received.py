"""What tablets have sent: known again by its id, and what it was based on."""

from collections.abc import Collection

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from sosku_groups.entries.models import MarkEntry
from sosku_groups.entries.rules import ENTRY_ID, Answer

# An entry and the one that the tablet sent before it.
RECEIVED = select(
    MarkEntry.entry,
    MarkEntry.digest,
    MarkEntry.organiser_id,
    MarkEntry.answer,
    MarkEntry.cause,
    MarkEntry.change_id,
).where(MarkEntry.entry.in_((bindparam("entry"), bindparam("previous"))))
BY_ENTRY = select(
    MarkEntry.organiser_id, MarkEntry.answer, MarkEntry.change_id, MarkEntry.based_on
).where(MarkEntry.entry == bindparam("entry"))
# A tablet's own entries follow one another; nobody taps one person more often before the network
# is back.
LONGEST_CHAIN = 200


def seen_change(session: Session, organiser_id: int, based_on: str) -> int | None:
    """The change that a tablet had before its eyes: 0 for none at all.

    An entry of its own stands for what it became; one that waits for review changed nothing, so
    that what it was itself based on counts. None: it says nothing that is known here.
    """
    for _ in range(LONGEST_CHAIN):
        if based_on == "":
            return 0
        if based_on.isdecimal():
            return int(based_on) if len(based_on) < 19 else -1
        if not ENTRY_ID.fullmatch(based_on):
            return -1
        row = session.execute(BY_ENTRY, {"entry": based_on}).first()
        if row is None or row.organiser_id != organiser_id:
            return -1
        if row.answer == Answer.ACCEPTED:
            return int(row.change_id or 0)  # 0: nothing had ever been marked, and nothing was
        based_on = row.based_on
    return -1


def unknown_entries(session: Session, organiser_id: int, entries: Collection[str]) -> list[str]:
    """Those of the ids under which nothing was ever received, in their order."""
    wanted = [entry for entry in dict.fromkeys(entries) if ENTRY_ID.fullmatch(entry)]
    query = (
        select(MarkEntry.entry)
        .where(MarkEntry.organiser_id == organiser_id, MarkEntry.entry.in_(wanted))
        .order_by(MarkEntry.id)
    )
    known = set(session.scalars(query))
    return [entry for entry in wanted if entry not in known]

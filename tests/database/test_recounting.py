"""What `check` finds in payment files, merged records and policies that were changed by hand."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import ListFile
from sosku_groups.allowances.queries import all_lists
from sosku_groups.invariants.queries import breaches
from sosku_groups.merging import actions as merging
from sosku_groups.policies.rules import Kind, PolicyRow
from sosku_groups.steering import actions as steering
from tests.beginnings import Beginning
from tests.database.test_invariants import named, take_guards_away
from tests.factories.months import client, give_account, small_september
from tests.factories.payments import give_payer, payment_file
from tests.factories.season import NOW, SEPTEMBER, Season, staff

FILE = "A payment file pays each of its payees once, and its sums are those of its payments"
MERGE = "A record counts as the one into which its open merge says it was merged"
POLICY = "A policy row made by people was proposed by one and confirmed by another"

NUMBERED = "(SELECT id FROM client WHERE number = '{}')"

Change = Callable[[str], str]


def cut(content: str) -> str:
    """The first transfer left out; sums and count told anew."""
    first = content.index("<CdtTrfTxInf>")
    end = content.index("</CdtTrfTxInf>\n") + len("</CdtTrfTxInf>\n")
    return (content[:first] + content[end:]).replace(">3<", ">2<").replace(">108.00<", ">72.00<")


def doubled(content: str) -> str:
    """The first transfer twice; sums and count told anew."""
    first = content.index("<CdtTrfTxInf>")
    end = content.index("</CdtTrfTxInf>\n") + len("</CdtTrfTxInf>\n")
    twice = content[:end] + content[first:end] + content[end:]
    return twice.replace(">3<", ">4<").replace(">108.00<", ">144.00<")


# Each leaves a file that its schema knows, and that its checksum fits.
CHANGES: dict[str, Change] = {
    "another control sum": lambda content: content.replace(">108.00<", ">108.01<", 1),
    "another count": lambda content: content.replace("<NbOfTxs>3<", "<NbOfTxs>4<", 1),
    "sums of the second head alone": lambda content: content[::-1].replace(
        "<00.801>", "<10.801>", 1
    )[::-1],
    "a larger sum": lambda content: content.replace(">36.00<", ">37.00<", 1).replace(
        ">108.00<", ">109.00<"
    ),
    "two sums that even out": lambda content: content.replace(">36.00<", ">37.00<", 1).replace(
        ">36.00<", ">35.00<", 1
    ),
    "another account": lambda content: content.replace("FI21", "FI58", 1),
    "another client's payment": lambda content: content.replace("-001<", "-002<", 1),
    "a stranger": lambda content: content.replace("-001<", "-999<", 1),
    "one left out": cut,
    "one paid twice": doubled,
    "no file at all": lambda content: content[:200],
}


def fetched_september(session: Session) -> Season:
    """A September of which the payment file has been fetched."""
    season = staff(session)
    small_september(session, season)
    give_account(session, season)
    give_payer(session, season)
    payment_file(session, season, season.settle(session, SEPTEMBER))
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the season has been through."""
    return fetched_september


@pytest.fixture
def season(begun: Season) -> Season:
    """A September of which the payment file has been fetched."""
    return begun


def broken(session: Session, season: Season) -> set[str]:
    """The invariants that do not hold."""
    session.flush()
    session.expire_all()
    return named(breaches(session, NOW.date(), organiser_id=season.organiser_id))


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_payment_file_is_found(session: Session, season: Season, what: str) -> None:
    assert broken(session, season) == set()
    take_guards_away(session)
    [month_list] = all_lists(session, season.organiser_id)
    wanted = (ListFile.list_id == month_list.id, ListFile.format == "xml")
    before = session.scalars(select(ListFile.content).where(*wanted)).one().decode()
    after = CHANGES[what](before)
    assert after != before
    session.execute(
        text("UPDATE list_file SET content = :content, sha256 = :sha256 WHERE format = 'xml'"),
        {"content": after.encode(), "sha256": sha256(after.encode()).hexdigest()},
    )
    assert broken(session, season) == {FILE}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE client SET merged_into_id = NULL",
        f"UPDATE client SET merged_into_id = {NUMBERED.format('003')} WHERE number = '002'",
        f"UPDATE client SET merged_into_id = {NUMBERED.format('001')} WHERE number = '003'",
        "UPDATE client_merge SET back_at = at, back_by = by_user_id, back_reason = 'x'",
        "DELETE FROM client_merge",
    ],
)
def test_a_merge_of_which_only_one_row_tells_is_found(
    session: Session, season: Season, change: str
) -> None:
    kept, merged = (client(session, season, number) for number in ("001", "002"))
    merging.merge(session, season.coordinator, kept=kept, merged=merged, reason="same person")
    assert broken(session, season) == set()
    take_guards_away(session)
    session.execute(text(change))
    assert broken(session, season) == {MERGE}


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM policy_proposal",
        "UPDATE policy_proposal SET asked_by = decided_by",
        "UPDATE policy_proposal SET value = value + 1",
        "UPDATE policy_proposal SET state = 'refused'",
        "UPDATE policy SET made_by = confirmed_by WHERE made_by IS NOT NULL",
        "UPDATE policy SET made_by = NULL, confirmed_by = NULL WHERE made_by IS NOT NULL",
        "UPDATE policy SET value = value + 1 WHERE made_by IS NOT NULL",
        "DELETE FROM policy WHERE made_by IS NOT NULL",
    ],
)
def test_a_policy_without_its_proposal_is_found(
    session: Session, season: Season, change: str
) -> None:
    asked = steering.propose_policy(
        session,
        season.coordinator,
        row=PolicyRow(Kind.DAYS_A_WEEK, "", NOW.date(), 4),
        source="§ 8",
    )
    steering.confirm_policy(session, season.approver, proposal=asked)
    assert broken(session, season) == set()
    take_guards_away(session)
    session.execute(text(change))
    assert broken(session, season) == {POLICY}

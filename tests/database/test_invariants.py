"""Each invariant holds of a season that was played, and names its breach when data are broken.

The guards are taken away first: what is broken here is what no path of the service lets through.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from sosku_groups.allowances.models import ListLine
from sosku_groups.core.text import Sentence
from sosku_groups.invariants.queries import INVARIANTS, breaches
from tests.database.plays import Player
from tests.database.tablet_breaks import (
    closed_over_a_conflict,
    conflict_of_others,
    entry_without_review,
)
from tests.rules.seasons import Season, make_season

# With lists returned, a rest that is carried on, clients left out, decisions ended early.
SEED = 242
TODAY = date(2029, 6, 1)
FAR = date(2035, 1, 1)
NEW = (f"new-{n}" for n in count(1))

Break = Callable[["Broken"], None]


class Broken:
    """The database with its guards taken away, and short ways to break it."""

    def __init__(self, session: Session, organiser_id: int, other_id: int) -> None:
        self.session = session
        self.mine, self.other = organiser_id, other_id

    def run(self, statement: str, **values: object) -> None:
        """Change something that is there."""
        done = self.session.execute(text(statement), values)
        assert done.rowcount > 0, f"nothing was broken: {statement}"  # type: ignore[attr-defined]

    def one(self, statement: str, **values: object) -> int:
        """One id or number."""
        found = self.session.execute(text(statement), {"mine": self.mine, **values}).first()
        assert found, f"nothing to break: {statement}"
        return int(found[0])

    def line(self) -> int:
        """A line in force whose date no other line tells of."""
        return self.one(
            "SELECT id FROM list_line WHERE list_id IN"
            " (SELECT id FROM month_list WHERE organiser_id = :mine AND state <> 'returned')"
            " AND NOT EXISTS (SELECT 1 FROM list_line AS other WHERE other.id <> list_line.id AND"
            " other.client_id = list_line.client_id AND other.day = list_line.day) ORDER BY id"
        )

    def payee(self) -> int:
        """A payee of the list in force that was closed last."""
        return self.one(
            "SELECT payee.id FROM payee JOIN month_list ON month_list.id = list_id"
            " WHERE organiser_id = :mine AND state <> 'returned' ORDER BY closing_order DESC"
        )

    def decision(self, first: date, last: date, ended: date | None = None) -> None:
        """Another decision of a client, written past every rule."""
        self.run(
            "INSERT INTO service_decision (key, organiser_id, client_id, number, decided_on,"
            " valid_from, valid_to, ended_on, unit_id, plan, goals, made_at) SELECT :key,"
            " organiser_id, client_id, :key, decided_on, :first, :last, :ended, unit_id, plan,"
            " goals, made_at FROM service_decision WHERE id ="
            " (SELECT min(id) FROM service_decision WHERE organiser_id = :mine)",
            key=next(NEW),
            mine=self.mine,
            first=first.isoformat(),
            last=last.isoformat(),
            ended=ended.isoformat() if ended else None,
        )


def overlap(broken: Broken) -> None:
    for _ in range(2):
        broken.decision(FAR, FAR)


def long_decision(broken: Broken) -> None:
    broken.decision(FAR, FAR + timedelta(days=90))


def long_row(broken: Broken) -> None:
    for n in range(5):
        first = FAR + timedelta(days=80 * n)
        broken.decision(first, first + timedelta(days=79))


def late_end(broken: Broken) -> None:
    broken.decision(FAR, FAR, FAR + timedelta(days=1))


def long_grant(broken: Broken) -> None:
    broken.run(
        "UPDATE benefit_decision SET money_to = '2099-01-01' WHERE id ="
        " (SELECT min(id) FROM benefit_decision WHERE money_to IS NOT NULL)"
    )


def few_places(broken: Broken) -> None:
    broken.run("UPDATE themed_group SET capacity = 1 WHERE organiser_id = :mine", mine=broken.mine)


def enrolled_twice(broken: Broken) -> None:
    broken.run(
        "INSERT INTO enrolment (key, group_id, client_id, first_day, last_day, made_at)"
        " SELECT :key, group_id, client_id, last_day, last_day, made_at FROM enrolment"
        " WHERE last_day IS NOT NULL ORDER BY id LIMIT 1",
        key=next(NEW),
    )


def waiting_twice(broken: Broken) -> None:
    for order in ("ASC", "DESC"):
        broken.run(
            "INSERT INTO waiting (key, group_id, client_id, position, wanted_from, note, added_at)"
            " SELECT :key, themed_group.id, client.id, 1, '2026-01-01', '', client.made_at"
            " FROM themed_group JOIN client ON client.organiser_id = themed_group.organiser_id"
            " WHERE themed_group.organiser_id = :mine"
            f" ORDER BY themed_group.id, client.id {order} LIMIT 1",
            key=next(NEW),
            mine=broken.mine,
        )


def anothers_group(broken: Broken) -> None:
    group = broken.one("SELECT min(id) FROM themed_group WHERE organiser_id = :o", o=broken.other)
    broken.run(
        "UPDATE enrolment SET group_id = :group, last_day = first_day WHERE id ="
        " (SELECT max(id) FROM enrolment)",
        group=group,
    )


def marked_twice(broken: Broken) -> None:
    broken.run(
        "INSERT INTO standing_mark"
        " (id, meeting_id, client_id, mark, note, changed_at, changed_by)"
        " SELECT 999999, meeting_id, client_id, mark, note, changed_at, changed_by"
        " FROM standing_mark ORDER BY id LIMIT 1"
    )


def mark_without_history(broken: Broken) -> None:
    broken.run(
        "UPDATE standing_mark SET mark = 'justified' WHERE id ="
        " (SELECT min(id) FROM standing_mark WHERE mark <> 'justified')"
    )


def mark_ahead(broken: Broken) -> None:
    broken.run(
        "UPDATE meeting SET day = '2035-01-01' WHERE id ="
        " (SELECT min(meeting_id) FROM standing_mark WHERE mark = 'present')"
    )


def low_rate(broken: Broken) -> None:
    broken.run("UPDATE policy SET value = 800 WHERE kind = 'rate'")


def other_day(broken: Broken) -> None:
    broken.run("UPDATE list_line SET day = '2025-01-01' WHERE id = :id", id=broken.line())


def anothers_decision(broken: Broken) -> None:
    broken.run(
        "UPDATE list_line SET decision_id = (SELECT max(id) FROM service_decision) WHERE id = :id",
        id=broken.line(),
    )


def payee_days(broken: Broken) -> None:
    broken.run("UPDATE payee SET days = days + 1 WHERE id = :id", id=broken.payee())


def paid_more(broken: Broken) -> None:
    broken.run("UPDATE payee SET to_pay_cents = to_pay_cents + 1 WHERE id = :i", i=broken.payee())


def list_total(broken: Broken) -> None:
    broken.run("UPDATE month_list SET to_pay_cents = to_pay_cents + 1")


def lost_rest(broken: Broken) -> None:
    broken.run(
        "UPDATE payee SET carried_in_cents = carried_in_cents - 1,"
        " carried_out_cents = carried_out_cents - 1 WHERE id = :id",
        id=broken.payee(),
    )


def lost_line(broken: Broken) -> None:
    broken.run("DELETE FROM list_line WHERE id = :id", id=broken.line())


def let_go_alone(broken: Broken) -> None:
    broken.run(
        "INSERT INTO rest_decision (key, organiser_id, client_id, kind, cents, reason, asked_at,"
        " asked_by, confirmed_at, confirmed_by, list_id)"
        " SELECT :key, organiser_id, client_id, 'let-go', 1, 'x', closed_at, closed_by, closed_at,"
        " closed_by, list_id FROM payee JOIN month_list ON month_list.id = list_id"
        " WHERE payee.id = :id",
        key=next(NEW),
        id=broken.payee(),
    )


def left_out_but_paid(broken: Broken) -> None:
    broken.run(
        "INSERT INTO left_out"
        " (key, organiser_id, month, client_id, reason, at, by_user_id, list_id)"
        " SELECT :key, organiser_id, month, client_id, 'x', closed_at, closed_by, list_id"
        " FROM payee JOIN month_list ON month_list.id = list_id WHERE payee.id = :id",
        key=next(NEW),
        id=broken.payee(),
    )


def other_bytes(broken: Broken) -> None:
    broken.run("UPDATE list_file SET sha256 = 'x' WHERE kind = 'travel' AND format = 'xlsx'")


def other_name(broken: Broken) -> None:
    broken.run("UPDATE payee SET last_name = 'Muu' WHERE id = :id", id=broken.payee())


def one_person(broken: Broken) -> None:
    broken.run("UPDATE month_list SET approved_by = closed_by WHERE approved_by IS NOT NULL")


def number_left_out(broken: Broken) -> None:
    broken.run(
        "UPDATE month_list SET number = 9 WHERE id = (SELECT max(id) FROM month_list)",
    )


def other_border(broken: Broken) -> None:
    broken.run("UPDATE closing SET closed_through = '2025-01-31'")


def other_number(broken: Broken) -> None:
    broken.run(
        "UPDATE client SET number = 'x' WHERE id = (SELECT client_id FROM payee WHERE id = :id)",
        id=broken.payee(),
    )


def line_of_no_list(broken: Broken) -> None:
    columns = ", ".join(column.name for column in ListLine.__table__.c if column.name != "id")
    values = columns.replace("list_id", "list_id + 777")
    broken.run(
        f"INSERT INTO list_line ({columns}) SELECT {values} FROM list_line WHERE id = :id",
        id=broken.line(),
    )


def name_in_log(broken: Broken) -> None:
    broken.run(
        """UPDATE audit_entry SET detail = '{"changed": {"last_name": "X"}}' WHERE id ="""
        " (SELECT min(id) FROM audit_entry WHERE organiser_id = :mine)",
        mine=broken.mine,
    )


def other_tap(broken: Broken) -> None:
    broken.run(
        "UPDATE list_line SET mark_change_id = (SELECT max(id) FROM mark_change) WHERE id = :id",
        id=broken.line(),
    )


def other_rate(broken: Broken) -> None:
    broken.run(
        "UPDATE list_line SET policy_id = (SELECT max(id) FROM policy) WHERE id = :id",
        id=broken.line(),
    )


def other_reason(broken: Broken) -> None:
    """One byte of a line's sentence, which no other invariant looks at."""
    broken.run("UPDATE list_line SET reason = reason || '.' WHERE id = :id", id=broken.line())


def a_ticket(broken: Broken, **changes: str) -> None:
    """A ticket of a client, written past every rule; `changes` are SQL by column."""
    values = {
        "key": ":key",
        "organiser_id": "client.organiser_id",
        "client_id": "client.id",
        "kind": "'season'",
        "zones": "''",
        "first_day": "'2026-09-01'",
        "last_day": "'2026-09-30'",
        "cents": "NULL",
        "given_at": "made_at",
        "given_by": "(SELECT min(id) FROM staff_user WHERE organiser_id = :mine)",
        "state": "'given'",
        "ended_on": "NULL",
        "note": "''",
    } | changes
    broken.run(
        f"INSERT INTO ticket ({', '.join(values)}) SELECT {', '.join(values.values())}"
        " FROM client WHERE organiser_id = :mine ORDER BY id LIMIT 1",
        key=next(NEW),
        mine=broken.mine,
    )


def anothers_ticket(broken: Broken) -> None:
    giver = f"(SELECT min(id) FROM staff_user WHERE organiser_id = {broken.other})"
    a_ticket(broken, given_by=giver)


def two_tickets(broken: Broken) -> None:
    a_ticket(broken)
    a_ticket(broken, first_day="'2026-09-30'", last_day="'2026-10-30'")


def half_settled_ticket(broken: Broken) -> None:
    a_ticket(broken, state="'lost'", ended_on="'2026-09-10'")


def plain_code(broken: Broken) -> None:
    sqlite = broken.session.get_bind().dialect.name == "sqlite"
    plain = "x'4b414e41524941'" if sqlite else "'\\x4b414e41524941'::bytea"
    a_ticket(broken, kind="'code'", code=plain)


def told_result(broken: Broken, outcome: str, more: int = 0) -> int:
    """What the bank told of a payment of the list that went out first: the result's id."""
    payee = broken.one(
        "SELECT payee.id FROM payee JOIN month_list ON month_list.id = list_id"
        " WHERE organiser_id = :mine AND state = 'approved' AND payee.to_pay_cents > 0"
        " ORDER BY closing_order, payee.id"
    )
    broken.run(
        "UPDATE month_list SET state = 'exported' WHERE id ="
        " (SELECT list_id FROM payee WHERE id = :payee)",
        payee=payee,
    )
    key = next(NEW)
    broken.run(
        "INSERT INTO payment_result (key, payee_id, outcome, cents, reason, at, by_user_id)"
        " SELECT :key, payee.id, :outcome, payee.to_pay_cents + :more, 'Tili suljettu', closed_at,"
        " closed_by FROM payee JOIN month_list ON month_list.id = list_id WHERE payee.id = :payee",
        key=key,
        payee=payee,
        outcome=outcome,
        more=more,
    )
    return broken.one("SELECT id FROM payment_result WHERE key = :key", key=key)


def a_reissue(broken: Broken, result: int, list_id: str = "NULL") -> None:
    """The payment of the result is paid anew, on that list."""
    broken.run(
        "INSERT INTO reissue (key, organiser_id, result_id, client_id, cents, asked_at, asked_by,"
        f" list_id) SELECT :key, :mine, payment_result.id, client_id, cents, at, by_user_id,"
        f" {list_id} FROM payment_result JOIN payee ON payee.id = payee_id"
        " WHERE payment_result.id = :result",
        key=next(NEW),
        mine=broken.mine,
        result=result,
    )


def larger_result(broken: Broken) -> None:
    told_result(broken, "rejected", more=1)


def paid_again_though_paid(broken: Broken) -> None:
    a_reissue(broken, told_result(broken, "paid"))


def paid_again_unsaid(broken: Broken) -> None:
    result = told_result(broken, "rejected")
    latest = "(SELECT id FROM month_list WHERE organiser_id = :mine AND state <> 'returned'"
    a_reissue(broken, result, f"{latest} ORDER BY closing_order DESC LIMIT 1)")


def empty_payment_file(broken: Broken) -> None:
    """A payment file in which nobody is paid."""
    content = (
        b"<Document><CstmrCdtTrfInitn><GrpHdr><NbOfTxs>0</NbOfTxs><CtrlSum>0.00</CtrlSum></GrpHdr>"
        b"</CstmrCdtTrfInitn></Document>"
    )
    broken.run(
        "INSERT INTO list_file (list_id, kind, format, sha256, content)"
        " SELECT list_id, 'payments', 'xml', :sha256, :content FROM payee WHERE id ="
        " (SELECT max(payee.id) FROM payee JOIN month_list ON month_list.id = list_id"
        " WHERE organiser_id = :mine AND payee.to_pay_cents > 0)",
        mine=broken.mine,
        content=content,
        sha256=sha256(content).hexdigest(),
    )


def merged_unsaid(broken: Broken) -> None:
    broken.run(
        "UPDATE client SET merged_into_id = (SELECT min(id) FROM client WHERE organiser_id = :mine)"
        " WHERE id = (SELECT max(id) FROM client WHERE organiser_id = :mine)",
        mine=broken.mine,
    )


def rate_by_one(broken: Broken) -> None:
    """A rate that one person made, of which no proposal tells."""
    broken.run(
        "INSERT INTO policy (organiser_id, kind, key, first_day, value, source, made_by, made_at,"
        " confirmed_by, edition) SELECT organiser_id, kind, key, '2035-01-01', value, source,"
        " (SELECT min(id) FROM staff_user WHERE organiser_id = :mine), made_at,"
        " (SELECT max(id) FROM staff_user WHERE organiser_id = :mine), 1"
        " FROM policy WHERE organiser_id = :mine AND kind = 'rate' ORDER BY id LIMIT 1",
        mine=broken.mine,
    )


CHAIN = "The chain of closed lists is whole: each seal covers its list and the one before"
# Breaks of what a seal covers: the chain falls with each of them.
SEALED = (
    other_day, anothers_decision, other_tap, other_rate, payee_days, paid_more, list_total,
    lost_rest, lost_line, other_bytes, other_name, number_left_out,
)  # fmt: skip

# What breaks each invariant, and which others fall with it, for sums stand on each other.
BREAKS: dict[str, tuple[Break, set[str]]] = {
    "Decisions of a client never overlap": (overlap, set()),
    "A decision is no longer than the policy allows": (long_decision, set()),
    "An unbroken row of decisions is no longer than the policy allows": (long_row, set()),
    "An early end lies inside its decision": (late_end, set()),
    "Grants lie inside their decision and have a number": (long_grant, set()),
    "From today on no group has more enrolled than places": (few_places, set()),
    "A client is in a group once at a time": (enrolled_twice, set()),
    "No two wait on the same place of a waiting list": (waiting_twice, set()),
    "Nothing of a client belongs to another organiser": (anothers_group, set()),
    "A client has one standing mark at a meeting": (marked_twice, set()),
    "A standing mark is the last of its unbroken history": (mark_without_history, set()),
    "Only apologies are marked ahead": (mark_ahead, set()),
    "What lists in force tell of a date is from nothing to one rate": (low_rate, set()),
    "Ordinary lines are the first of their date and lie in the month": (
        other_day,
        {"The stored files say what payees and lines say"},
    ),
    "A line's meeting and decision are the organiser's and the client's own": (
        anothers_decision,
        set(),
    ),
    "A line that pays points to the tap that made its mark": (other_tap, set()),
    "A line that pays points to the rate of its day": (other_rate, set()),
    "A payee's sums are those of the payee's lines": (
        payee_days,
        {
            "A list's sums are those of its payees",
            "The stored files say what payees and lines say",
        },
    ),
    "Nothing negative is paid, and each payee's row adds up": (
        paid_more,
        {
            "A list's sums are those of its payees",
            "What was told less what was paid is the rest",
            "The stored files say what payees and lines say",
        },
    ),
    "A list's sums are those of its payees": (list_total, set()),
    "A rest goes whole from list to list": (
        lost_rest,
        {
            "A list's sums are those of its payees",
            "What was told less what was paid is the rest",
            "The stored files say what payees and lines say",
        },
    ),
    "What was told less what was paid is the rest": (
        lost_line,
        {
            "A payee's sums are those of the payee's lines",
            "The stored files say what payees and lines say",
        },
    ),
    "Each line belongs to a list": (line_of_no_list, set()),
    "A rest is let go by two people, with a reason, and never more than it": (
        let_go_alone,
        set(),
    ),
    "Who was left out of a list is not on it": (left_out_but_paid, set()),
    "Each list has its files, byte for byte as written": (other_bytes, set()),
    "The stored files say what payees and lines say": (other_name, set()),
    CHAIN: (other_reason, set()),
    "A payment's result is of the sum that its list paid": (larger_result, set()),
    "A payment is paid again once, after it was rejected, by the same sum": (
        paid_again_though_paid,
        set(),
    ),
    "What a list pays again is what its payments file says": (paid_again_unsaid, set()),
    "A payment file pays each of its payees once, and its sums are those of its payments": (
        empty_payment_file,
        set(),
    ),
    "Whoever closed a list has not approved it": (one_person, set()),
    "Lists are numbered without gaps": (number_left_out, set()),
    "The last closed day is that of the last list in force": (other_border, set()),
    "Each payee is a client of the organiser, once a list": (other_number, set()),
    "A record counts as the one into which its open merge says it was merged": (
        merged_unsaid,
        set(),
    ),
    "A policy row made by people was proposed by one and confirmed by another": (
        rate_by_one,
        set(),
    ),
    "A ticket, and who gave and settled it, are of its client's organiser": (
        anothers_ticket,
        set(),
    ),
    "A client has one ticket for a day": (two_tickets, set()),
    "A ticket that is no longer out says since when and by whom": (half_settled_ticket, set()),
    "Ticket codes are sealed, and codes and sums belong to their kinds": (plain_code, set()),
    "Both marks of a conflict are changes of its client's mark at its meeting": (
        conflict_of_others,
        set(),
    ),
    "No list was closed over an open conflict of anybody on it": (
        closed_over_a_conflict,
        {"Both marks of a conflict are changes of its client's mark at its meeting"},
    ),
    "What was kept for review has one, and nothing else has": (entry_without_review, set()),
    "The use log names nobody": (name_in_log, set()),
}


def take_guards_away(session: Session) -> None:
    """No trigger, no constraint but primary keys; until the transaction is rolled back."""
    if session.get_bind().dialect.name == "sqlite":
        for name in list(
            session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        ):
            session.execute(text(f'DROP TRIGGER "{name}"'))
        session.execute(text("PRAGMA ignore_check_constraints = ON"))
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table in ("standing_mark", "waiting"):
            session.execute(text(f"CREATE TABLE bare AS SELECT * FROM {table}"))
            session.execute(text(f"DROP TABLE {table}"))
            session.execute(text(f"ALTER TABLE bare RENAME TO {table}"))
        return
    rows = session.execute(
        text(
            "SELECT conrelid::regclass, conname FROM pg_constraint"
            " WHERE contype IN ('f', 'c', 'u', 'x') AND connamespace = 'public'::regnamespace"
            " ORDER BY contype <> 'f'"
        )
    )
    for table, name in list(rows):
        session.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
    triggers = session.execute(
        text("SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal")
    )
    for table, name in list(triggers):
        session.execute(text(f"DROP TRIGGER {name} ON {table}"))


def named(found: list[Sentence]) -> set[str]:
    """The invariants that are broken."""
    return {breach.values["invariant"].text for breach in found}  # type: ignore[union-attr]


def test_every_invariant_has_a_break() -> None:
    assert BREAKS.keys() == INVARIANTS.keys()


def test_each_invariant_holds_and_is_named_when_its_data_are_broken(session: Session) -> None:
    other = Player(session, "Another")
    other.play(Season(make_season(1).steps[:4]))
    player = Player(session)
    player.play(make_season(SEED))
    assert breaches(session, TODAY) == []

    take_guards_away(session)
    mistakes = []
    for invariant, (break_it, others) in BREAKS.items():
        with suppress(Undone), session.begin_nested():
            break_it(Broken(session, player.organiser_id, other.organiser_id))
            session.expire_all()
            found = named(breaches(session, TODAY))
            chained = {CHAIN} if break_it in SEALED else set()
            if found != {invariant} | others | chained:
                mistakes.append(f"{break_it.__name__}: {sorted(found)}")
            raise Undone
        session.expire_all()
    assert not mistakes, "\n".join(mistakes)
    assert breaches(session, TODAY) == [], "a break was left behind"


def test_one_organiser_is_looked_at_alone(session: Session) -> None:
    other = Player(session, "Another")
    player = Player(session)
    session.execute(text("UPDATE closing SET closed_through = '2025-01-31'"))
    assert len(breaches(session, TODAY)) == 2
    assert len(breaches(session, TODAY, organiser_id=other.organiser_id)) == 1
    [breach] = breaches(session, TODAY, organiser_id=player.organiser_id)
    assert breach.values["organiser"] == "Hyvinvointialue"


class Undone(Exception):
    """Rolls a break back."""


def test_the_command_tells_what_is_broken_and_how_it_leaves(
    engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_app: object
) -> None:
    from sosku_groups.cli import main

    monkeypatch.setattr("sosku_groups.cli.speaking.create_app", make_app)

    runner = CliRunner(
        env={
            "DATABASE_URL": engine_url,
            "INSTANCE_PATH": str(tmp_path),
            "SECRET_KEY": "of the tests",
        }
    )
    founded = runner.invoke(
        main,
        ["user", "add", "a@x.fi", "--name", "A", "--role", "finance", "--password-stdin"],
        input="a long password\n",
    )
    assert founded.exit_code == 0, founded.output
    whole = runner.invoke(main, ["check"])
    assert (whole.exit_code, str(len(INVARIANTS)) in whole.output) == (0, True), whole.output

    engine = create_engine(engine_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE closing SET closed_through = '2025-01-31'"))
    engine.dispose()
    broken = runner.invoke(main, ["check"])
    assert broken.exit_code == 1
    assert "2025-01-31" in broken.output
    for command in (["check"], ["month", "checklist", "2026-09"]):
        stranger = runner.invoke(main, [*command, "--organiser", "Nobody"])
        assert (stranger.exit_code, "Nobody" in stranger.output) == (1, True)

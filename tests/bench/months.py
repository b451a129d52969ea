"""A month of a large organiser: its days, its list, one unit of it, its workbook, its payments.

Each is measured in a process of its own beside what it is to be compared with, in turn, so that
whatever else the machine does falls on both.
"""

import csv
import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from sosku_groups.allowances.actions import close_month
from sosku_groups.core.database import db, writing
from sosku_groups.core.money import Cents
from sosku_groups.core.outgoing import Cell, write_xlsx
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.decisions.queries import LAST_DAY
from sosku_groups.ledger.queries import ledgers
from sosku_groups.policies.queries import policies_of
from tests.bench.aggregate import DAYS, SUMS
from tests.bench.year import CLIENTS, MONTH, UNITS, Year, make_year, open_year

ROUNDS = 3
OF_A_DATABASE = ("days", "unit", "list")
MIB = 1024
NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)


def report(wanted: list[str], scale: float, keep: Path | None) -> None:
    """Make the year once on each engine, measure, print."""
    from tests.engines import NoPostgreSQL, PostgresqlDatabases

    clients = max(int(CLIENTS * scale), 400)
    for name in wanted:
        if name not in OF_A_DATABASE:
            child(name, "-", clients)
    measured = [name for name in OF_A_DATABASE if name in wanted]
    if not measured:
        return
    with tempfile.TemporaryDirectory() as folder:
        place = keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        on_engine(f"sqlite:///{place / f'year-{clients}.sqlite'}", place, measured, clients)
        try:
            databases = PostgresqlDatabases(lambda _: None)
        except NoPostgreSQL as missing:
            print(f"postgresql: not measured, {missing}")
            return
        try:
            on_engine(databases.empty(), place, measured, clients)
        finally:
            databases.stop()


def on_engine(url: str, folder: Path, wanted: list[str], clients: int) -> None:
    """The measurements that need a database; one kept from an earlier run is used again."""
    engine = url.partition(":")[0]
    if not (engine == "sqlite" and Path(url.removeprefix("sqlite:///")).exists()):
        start = time.perf_counter()
        make_year(url, folder, clients)
        took = time.perf_counter() - start
        print(f"{engine}: a year of {clients} clients made in {took:.0f} s", flush=True)
    for name in wanted:
        child(name, url, clients)


def child(name: str, url: str, clients: int) -> None:
    """One measurement in a process of its own: its memory is then its own as well."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "month-here", name, url, str(clients)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    print(done.stdout.strip(), flush=True)


def here(name: str, url: str, clients: int) -> None:
    """The child's side."""
    if url == "-":
        {"xlsx": workbook, "pain": payments}[name](clients)
        return
    year = open_year(url, Path(tempfile.gettempdir()))
    with year.app.app_context():
        {"days": days, "unit": unit, "list": month_list}[name](year, url.partition(":")[0])


def peak() -> int:
    """The most memory that this process has had since `forget_peak`, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) // MIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MIB


def forget_peak() -> None:
    """From now on the peak is what is held now, where the system can forget it (Linux)."""
    forget = Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5")


def timed(call: Callable[[], Any]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def in_turn(ours: Callable[[], Any], bare: Callable[[], Any]) -> tuple[float, float, float]:
    """The median of each, and of their ratio, round by round."""
    rounds = [(timed(ours), timed(bare)) for _ in range(ROUNDS)]
    return (
        median(each[0] for each in rounds),
        median(each[1] for each in rounds),
        median(each[0] / each[1] for each in rounds),
    )


def values_of(year: Year, session: Session) -> dict[str, Any]:
    """What the statements to compare with ask for, as the engine's driver takes it."""
    lite = session.get_bind().dialect.name == "sqlite"
    first, last = MONTH.first, MONTH.last
    span = (first.isoformat(), last.isoformat()) if lite else (first, last)
    return {"organiser": year.organiser_id, "first": span[0], "last": span[1]}


def plan_well(session: Session) -> None:
    """Let PostgreSQL hash: by itself it expects one row at each step, and goes round in loops."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL enable_nestloop = off"))


def aggregate(year: Year, session: Session) -> list[Any]:
    """The month as one SQL statement."""
    session.rollback()
    plan_well(session)
    found = list(session.execute(SUMS, values_of(year, session)))
    session.rollback()
    return found


def told_unaided(year: Year, session: Session) -> None:
    """How long the aggregate takes on PostgreSQL as the server plans it by itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.rollback()
        took = timed(lambda: list(session.execute(SUMS, values_of(year, session))))
        session.rollback()
        print(f"    the aggregate as the server plans it by itself: {took:.1f} s", flush=True)


def derive(year: Year, session: Session, client_ids: list[int] | None = None) -> tuple[int, int]:
    """The month as the service derives it: how many paid days, and how much."""
    policies = policies_of(session, year.organiser_id)
    count = cents = 0
    found = ledgers(
        session,
        year.organiser_id,
        MONTH.last,
        first=MONTH.first,
        client_ids=client_ids,
        later=False,
    )
    for ledger in found:
        for day in ledger.days(policies):
            if day.earned:
                count += 1
                cents += day.cents
    return count, cents


def days(year: Year, engine: str) -> None:
    """All days of the month beside one aggregate of the same rule."""
    session = db.session()
    forget_peak()
    before = peak()
    derived = derive(year, session)
    extra = peak() - before
    rows = aggregate(year, session)
    told = sum(row[1] for row in rows), sum(row[2] for row in rows)
    if derived != told:
        raise RuntimeError(f"the two differ: {derived}, {told}")
    ours, bare, ratio = in_turn(lambda: derive(year, session), lambda: aggregate(year, session))
    print(
        f"(d) days on {engine}: {derived[0]} paid days in {ours:.2f} s, aggregate {bare:.2f} s, "
        f"ratio {ratio:.2f} (at most 2), {extra} MiB (at most 128)"
    )
    told_unaided(year, session)


def unit(year: Year, engine: str) -> None:
    """The month of one unit's clients beside the whole."""
    session = db.session()
    of_unit = (
        select(ServiceDecision.client_id)
        .where(
            ServiceDecision.unit_id == 1,
            ServiceDecision.valid_from <= MONTH.last,
            MONTH.first <= LAST_DAY,
        )
        .order_by(ServiceDecision.client_id)
    )

    def one() -> tuple[int, int]:
        return derive(year, session, list(session.scalars(of_unit)))

    ours, bare, ratio = in_turn(one, lambda: derive(year, session))
    print(
        f"(u) one unit of {UNITS} on {engine}: {one()[0]} paid days in {ours:.3f} s, "
        f"the whole {bare:.2f} s, ratio {ratio:.3f} (at most 0.1)"
    )


def month_list(year: Year, engine: str) -> None:
    """A close with frozen lines and files beside the aggregate and csv.writer."""
    session = db.session()

    def bare() -> None:
        values = values_of(year, session)
        plan_well(session)
        for statement in (SUMS, DAYS):
            out = StringIO(newline="")
            csv.writer(out, delimiter=";").writerows(session.execute(statement, values))
            out.getvalue().encode()

    compared = [timed(bare)]
    session.rollback()
    gc.collect()
    forget_peak()
    start = time.perf_counter()
    with writing() as own:
        made = close_month(own, year.actor, month=MONTH)
        told = made.clients, made.days
    took, most = time.perf_counter() - start, peak()
    compared.append(timed(bare))
    half = sum(compared) / 2
    print(
        f"(l) list on {engine}: {told[0]} clients, {told[1]} lines in {took:.1f} s, "
        f"aggregate and csv.writer {half:.2f} s, ratio {took / half:.1f} (at most 5), "
        f"the process at most {most} MiB (at most 512)"
    )


HEADERS = [f"sarake {number}" for number in range(14)]


def rows_of(clients: int) -> list[list[Cell]]:
    """A payments table of so many rows."""
    return [
        [
            "L2026-09-1", "2026-09", f"{number:06d}", f"Aalto {number}", "Aino Älva",
            f"P{number}", f"E{number}", 9, Cents(8100), Cents(0), Cents(0), Cents(8100),
            Cents(0), "FI2112345600000785",
        ]
        for number in range(clients)
    ]  # fmt: skip


def workbook(clients: int) -> None:
    """A workbook beside a bare one of the same cells."""
    import xlsxwriter

    rows = rows_of(clients)

    def bare() -> None:
        book = xlsxwriter.Workbook(BytesIO(), {"constant_memory": True})
        sheet = book.add_worksheet()
        money = book.add_format({"num_format": "#,##0.00"})
        sheet.write_row(0, 0, HEADERS)
        for line, row in enumerate(rows, 1):
            for column in range(7):
                sheet.write_string(line, column, row[column])
            sheet.write_number(line, 7, row[7])
            for column in range(8, 13):
                sheet.write_number(line, column, row[column] / 100, money)  # type: ignore[operator]
            sheet.write_string(line, 13, row[13])
        book.close()

    def ours() -> None:
        write_xlsx("Maksatuslista", HEADERS, rows, at=NOW)

    took, compared, ratio = in_turn(ours, bare)
    print(
        f"(x) workbook of {clients} rows: {took:.2f} s, bare XlsxWriter {compared:.2f} s, "
        f"speed {1 / ratio:.2f} of it (at least 0.9)"
    )


def payments(clients: int) -> None:
    """A payment file, checked by its schema, beside sepaxml as shipped."""
    from sosku_groups.payments.files import Payer, Payment, payment_file

    every = [
        Payment(
            number, f"{number:06d}", f"Aalto {number}", "Aino Älva", "FI2112345600000785", 8100, 0,
            held_back=False,
        )
        for number in range(1, clients + 1)
    ]  # fmt: skip
    payer = Payer("Bench", "FI2112345600000785", "NDEAFIHH")

    def ours() -> None:
        payment_file(
            "L2026-09-1", MONTH, every, payer=payer, list_hash="0" * 64,
            pay_day=date(2026, 10, 15), made_at=NOW,
        )  # fmt: skip

    took = median(timed(ours) for _ in range(ROUNDS))
    try:
        from sepaxml import SepaTransfer
    except ImportError:
        print(
            f"(p) payment file of {clients} payments: {took:.2f} s; not compared, "
            "sepaxml is not installed (pip install sepaxml==2.7.0)"
        )
        return

    def theirs() -> None:
        config = {
            "name": "Bench", "IBAN": "FI2112345600000785", "BIC": "NDEAFIHH",
            "batch": True, "currency": "EUR",
        }  # fmt: skip
        sepa = SepaTransfer(config, schema="pain.001.001.09")
        for each in every:
            payment = {
                "name": f"{each.first_names} {each.last_name}",
                "IBAN": each.iban,
                "amount": each.cents,
                "execution_date": date(2026, 10, 15),
                "description": "toimintaraha, ehkäisevä toimeentulotuki 9/2026",
            }
            sepa.add_payment(payment)
        sepa.export()

    compared = timed(theirs)
    print(
        f"(p) payment file of {clients} payments, checked by its schema: {took:.2f} s, sepaxml "
        f"{compared:.1f} s, {compared / took:.0f} times faster (at least 5)"
    )


__all__ = ["here", "report"]

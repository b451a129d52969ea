"""Closing a month of 2,000 clients with 12 marked days each."""

import resource
import time
from datetime import date
from pathlib import Path

from sosku_groups.accounts.actions import add_user
from sosku_groups.accounts.queries import actor_of
from sosku_groups.accounts.rules import Role
from sosku_groups.allowances.actions import close_month
from sosku_groups.closings.actions import found_organiser
from sosku_groups.core.database import upgrade, writing
from sosku_groups.core.days import Month
from sosku_groups.core.outgoing import write_csv
from sosku_groups.core.settings import Settings
from sosku_groups.factory import create_app
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind

CLIENTS = 2000
MONTH = Month(2026, 9)
# Three groups a client, four meetings each in September: twelve days.
WEEKDAYS = {0: "ma", 1: "ti", 3: "to"}


def close_here(url: str) -> None:
    """Fill the database, close the month, print seconds and the peak memory of the close."""
    app = create_app(
        Settings(database_url=url, secret_key="bench", instance_path=Path("/nonexistent"))
    )
    upgrade(app)
    with app.app_context():
        with writing() as session:
            at = app.config["SETTINGS"].clock()
            organiser = found_organiser(session, "Bench", at=at)
            user = add_user(
                session,
                organiser_id=organiser.id,
                email="bench@example.fi",
                name="Bench",
                grants=[(Role.COORDINATOR, None), (Role.FINANCE, None)],
                password="of-the-benchmark",
                at=at,
            )
            actor = actor_of(user, at=at, device="bench")
            for kind, content in files().items():
                outcome = take_in(session, actor, kind=kind, content=content)
                if outcome.refused:
                    raise RuntimeError(outcome.faults[:3])
                session.flush()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        with writing() as session:
            month_list = close_month(session, actor, month=MONTH)
            days = month_list.days
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{CLIENTS} clients, {days} days: {seconds:.1f} s, peak {peak // 1024} MiB "
        f"(before the close {before // 1024} MiB)"
    )


def files() -> dict[Kind, bytes]:
    """The month as files."""
    first, last = date(2026, 9, 1), date(2026, 11, 30)
    numbers = [f"{number:05d}" for number in range(CLIENTS)]
    days = {
        weekday: [day for day in MONTH.days if day.weekday() == weekday][:4] for weekday in WEEKDAYS
    }
    # Groups of 400: each client is in one on each of the three weekdays.
    groups = {
        (weekday, start): numbers[start : start + 400]
        for weekday in WEEKDAYS
        for start in range(0, CLIENTS, 400)
    }
    return {
        Kind.DECISIONS: write_csv(
            (
                "päätösnumero asiakasnumero sukunimi etunimet asiointikieli päätöspäivä alkaa "
                "päättyy toimipiste suunnitelma tavoitteet toimintaraha matkatuki etuuspäätös "
                "tilinumero"
            ).split(),
            [
                [f"P{n}", n, "Aalto", f"Aino {n}", "fi", first, first, last, "Keskus", "", "",
                 "kyllä", "kyllä", f"E{n}", "FI2112345600000785"]
                for n in numbers
            ],
        ),
        Kind.GROUPS: write_csv(
            (
                "ryhmä teema toimipiste paikka viikonpäivä alkaa_klo päättyy_klo ensimmäinen "
                "viimeinen paikkoja muoto"
            ).split(),
            [
                [f"Ryhmä {weekday}/{start}", "muu", "Keskus", "Sali", WEEKDAYS[weekday], "10:00",
                 "12:00", days[weekday][0], days[weekday][-1], "400", "lähi"]
                for weekday, start in groups
            ],
        ),
        Kind.ENROLMENTS: write_csv(
            ("asiakasnumero", "ryhmä", "alkaa"),
            [
                [n, f"Ryhmä {weekday}/{start}", first]
                for (weekday, start), members in groups.items()
                for n in members
            ],
        ),
        Kind.ATTENDANCE: write_csv(
            ("asiakasnumero", "ryhmä", "päivä", "tila"),
            [
                [n, f"Ryhmä {weekday}/{start}", day, "paikalla"]
                for (weekday, start), members in groups.items()
                for day in days[weekday]
                for n in members
            ],
        ),
    }  # fmt: skip

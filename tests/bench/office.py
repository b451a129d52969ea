"""An office of 2,000 clients in October: August closed with corrections after, September open.

Everybody comes on twelve or thirteen days of a month, in groups of twenty; one client in a hundred
has something amiss that the checklist of September names.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flask import Flask

from sosku_groups.accounts.actions import add_user
from sosku_groups.accounts.queries import actor_of
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.actions import close_month, leave_out
from sosku_groups.allowances.queries import checklist
from sosku_groups.closings.actions import found_organiser
from sosku_groups.core.database import upgrade, writing
from sosku_groups.core.days import Month
from sosku_groups.core.outgoing import write_csv
from sosku_groups.core.settings import Settings
from sosku_groups.factory import create_app
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind

CLIENTS = 2000
PLACES = 20
CLOSED, OPEN = Month(2026, 8), Month(2026, 9)
FIRST, LAST = date(2026, 8, 1), date(2026, 10, 31)
WEEKDAYS = {0: "ma", 1: "ti", 3: "to"}
AFTER_AUGUST = datetime(2026, 9, 3, 9, tzinfo=UTC)
AFTER_SEPTEMBER = datetime(2026, 10, 5, 9, tzinfo=UTC)
PASSWORD = "of-the-benchmark"
STAFF = {
    "finance@bench.fi": [Role.FINANCE],
    "coordinator@bench.fi": [Role.COORDINATOR, Role.INSTRUCTOR, Role.SOCIAL_WORKER],
    "auditor@bench.fi": [Role.AUDITOR],
}
NUMBERS = [f"{number:05d}" for number in range(CLIENTS)]


@dataclass
class Clock:
    """The office's clock: it stands until it is set."""

    now: datetime

    def __call__(self) -> datetime:
        """The present instant."""
        return self.now


def make_office(url: str, folder: Path) -> Flask:
    """The service on a new database with the office in it, in the morning of 5.10.2026."""
    clock = Clock(AFTER_AUGUST)
    app = create_app(
        Settings(database_url=url, secret_key="bench", instance_path=folder, clock=clock)
    )
    upgrade(app)
    with app.app_context():
        by_role = staff(clock)
        coordinator, finance = by_role[Role.COORDINATOR], by_role[Role.FINANCE]
        take(coordinator(), {**autumn(), Kind.ATTENDANCE: marks(CLOSED)})
        close(finance())
        # Some marks of the closed month are withdrawn: a supplementary list, and rests to carry.
        take(coordinator(), {Kind.ATTENDANCE: marks(CLOSED, NUMBERS[::40], "poissa")}, "Korjaus")
        close(finance())
        clock.now = AFTER_SEPTEMBER
        take(coordinator(), {Kind.ATTENDANCE: marks(OPEN)})
    return app


def staff(clock: Clock) -> dict[Role, Callable[[], Actor]]:
    """The staff, by the first of a person's roles; each as of the clock's present instant."""
    with writing() as session:
        organiser = found_organiser(session, "Bench", at=clock.now)
        users = {
            roles[0]: add_user(
                session,
                organiser_id=organiser.id,
                email=email,
                name=email.partition("@")[0],
                grants=[(role, None) for role in roles],
                password=PASSWORD,
                at=clock.now,
            ).id
            for email, roles in STAFF.items()
        }
    return {role: lambda one=one: present(one, clock) for role, one in users.items()}  # type: ignore[misc]


def present(user_id: int, clock: Clock) -> Actor:
    """The person as acting now."""
    from sosku_groups.accounts.models import User
    from sosku_groups.core.database import reading

    with reading() as session:
        return actor_of(session.get_one(User, user_id), at=clock.now, device="bench")


def take(actor: Actor, files: dict[Kind, bytes], reason: str = "") -> None:
    """Take the files in; a fault in them is a mistake of the benchmark."""
    for kind, content in files.items():
        with writing() as session:
            outcome = take_in(session, actor, kind=kind, content=content, reason=reason)
            if outcome.refused:
                raise RuntimeError(outcome.faults[:3])


def close(actor: Actor) -> None:
    """Close August without those who have no account."""
    with writing() as session:
        found = checklist(session, actor.organiser_id, CLOSED)
        waiting = [each.client for each in found.blocking_accounts]
        leave_out(session, actor, month=CLOSED, clients=waiting, reason="Tilinumero puuttuu")
        close_month(session, actor, month=CLOSED)


def autumn() -> dict[Kind, bytes]:
    """Decisions, groups and enrolments."""
    places = {
        f"Ryhmä {weekday} {start // PLACES}": (weekday, NUMBERS[start : start + PLACES])
        for weekday in WEEKDAYS
        for start in range(0, CLIENTS, PLACES)
    }
    return {
        Kind.DECISIONS: table(
            "päätösnumero asiakasnumero sukunimi etunimet asiointikieli päätöspäivä alkaa päättyy "
            "toimipiste suunnitelma tavoitteet toimintaraha matkatuki etuuspäätös tilinumero",
            (decision(number) for number in NUMBERS),
        ),
        Kind.GROUPS: table(
            "ryhmä teema toimipiste paikka viikonpäivä alkaa_klo päättyy_klo ensimmäinen viimeinen "
            "paikkoja muoto ohjaajat",
            (
                [name, "muu", "Keskus", "Sali", WEEKDAYS[weekday], "10:00", "12:00", FIRST, LAST,
                 str(PLACES), "lähi", "coordinator@bench.fi" if name.endswith(" 0") else ""]
                for name, (weekday, _) in places.items()
            ),
        ),
        Kind.ENROLMENTS: table(
            "asiakasnumero ryhmä alkaa",
            ([number, name, FIRST] for name, (_, own) in places.items() for number in own),
        ),
    }  # fmt: skip


def decision(number: str) -> list[Any]:
    """A decision of three months; one client in a hundred has no account, another no money."""
    order = int(number)
    account = "" if order % 100 == 7 else iban(order)
    money, benefit = ("ei", "") if order % 100 == 8 else ("kyllä", f"E{number}")
    return [
        f"P{number}", number, f"Aalto{order % 300}", f"Aino {number}", "fi", FIRST, FIRST, LAST,
        "Keskus", "", "", money, money, benefit, account,
    ]  # fmt: skip


def iban(order: int) -> str:
    """An account number of one's own, right by its digits."""
    own = f"123456{order:08d}"
    return f"FI{98 - int(f'{own}151800') % 97:02d}{own}"


def marks(month: Month, numbers: Iterable[str] = NUMBERS, mark: str = "paikalla") -> bytes:
    """A month's marks of those clients; one in a hundred lacks the open month's first ones."""
    first = next(day for day in month.days if day.weekday() in WEEKDAYS)
    return table(
        "asiakasnumero ryhmä päivä tila",
        (
            [number, f"Ryhmä {day.weekday()} {int(number) // PLACES}", day, mark]
            for day in month.days
            if day.weekday() in WEEKDAYS
            for number in numbers
            if not (month == OPEN and day == first and int(number) % 100 == 9)
        ),
    )


def table(columns: str, rows: Iterable[list[Any]]) -> bytes:
    """The rows as a file."""
    return write_csv(columns.split(), list(rows))

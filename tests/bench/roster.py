"""The service with one meeting of fifteen people today, and an instructor signed in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_user
from sosku_groups.accounts.queries import actor_of
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.closings.actions import found_organiser
from sosku_groups.core.database import upgrade, writing
from sosku_groups.core.outgoing import write_csv
from sosku_groups.core.settings import Settings
from sosku_groups.factory import create_app
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind

if TYPE_CHECKING:
    from tests.bench.__main__ import Browser

PASSWORD = "of-the-benchmark"
PEOPLE = 15
WEEKDAYS = ("ma", "ti", "ke", "to", "pe", "la", "su")


def roster_app(url: str, folder: Path | None = None) -> tuple["Browser", str, list[str], str]:
    """A signed-in browser, the meeting's key, the clients' keys and a CSRF token."""
    from tests.bench.__main__ import Browser, token_of

    settings = replace(
        Settings(
            database_url=url, secret_key="bench", instance_path=folder or Path(url[10:]).parent
        ),
    )
    app = create_app(settings)
    upgrade(app)
    with app.app_context(), writing() as session:
        at = settings.clock()
        organiser = found_organiser(session, "Bench", at=at)
        user = add_user(
            session,
            organiser_id=organiser.id,
            email="bench@example.fi",
            name="Bench",
            grants=[(Role.INSTRUCTOR, None), (Role.COORDINATOR, None)],
            password=PASSWORD,
            at=at,
        )
        actor = actor_of(user, at=at, device="bench")
        today = actor.today
        numbers = [f"{number:04d}" for number in range(PEOPLE)]
        take_sheets(session, actor, [("Arjen ruoka", user.email, numbers)])
    browser = Browser(app)
    token = token_of(browser.get("/sign-in"))
    fields = {"csrf_token": token, "email": "bench@example.fi", "password": PASSWORD}
    browser.post("/sign-in", fields, tap=False)
    keys = meeting_and_clients(app, today)
    token = token_of(browser.get(f"/meetings/{keys[0]}"))
    return browser, keys[0], keys[1], token


def take_sheets(
    session: Session, actor: Actor, groups: Sequence[tuple[str, str, Sequence[str]]]
) -> None:
    """Groups that meet on this weekday, each with its instructor's email and clients' numbers."""
    first, last = actor.today - timedelta(days=30), actor.today + timedelta(days=30)
    files = {
        Kind.DECISIONS: write_csv(
            (
                "päätösnumero asiakasnumero sukunimi etunimet asiointikieli päätöspäivä alkaa "
                "päättyy toimipiste suunnitelma tavoitteet toimintaraha matkatuki etuuspäätös"
            ).split(),
            [
                [f"P{n}", n, "Aalto", f"Aino {n}", "fi", first, first, last, "Keskus", "", "",
                 "kyllä", "kyllä", f"E{n}"]
                for _, _, numbers in groups for n in numbers
            ],
        ),
        Kind.GROUPS: write_csv(
            (
                "ryhmä teema toimipiste paikka viikonpäivä alkaa_klo päättyy_klo ensimmäinen "
                "viimeinen paikkoja muoto ohjaajat"
            ).split(),
            [
                [name, "ravitsemus", "Keskus", "Keittiö", WEEKDAYS[actor.today.weekday()], "10:00",
                 "12:00", first, last, str(len(numbers)), "lähi", email]
                for name, email, numbers in groups
            ],
        ),
        Kind.ENROLMENTS: write_csv(
            ("asiakasnumero", "ryhmä", "alkaa"),
            [[n, name, first] for name, _, numbers in groups for n in numbers],
        ),
    }  # fmt: skip
    for kind, content in files.items():
        outcome = take_in(session, actor, kind=kind, content=content)
        if outcome.refused:
            raise RuntimeError(outcome.faults)
        session.flush()


def meeting_and_clients(app: object, today: object) -> tuple[str, list[str]]:
    """Keys of today's meeting and of all clients."""
    from sqlalchemy import select

    from sosku_groups.clients.models import Client
    from sosku_groups.core.database import reading
    from sosku_groups.groups.models import Meeting

    with app.app_context(), reading() as session:  # type: ignore[attr-defined]
        meeting = session.scalars(select(Meeting.key).where(Meeting.day == today)).one()
        return meeting, list(session.scalars(select(Client.key).order_by(Client.id)))

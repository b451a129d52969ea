"""A schedule as it is played: people at their tablets, and what befalls the service."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from flask import Flask
from sqlalchemy import select, update

from sosku_groups.accounts.models import User
from sosku_groups.core.database import reading, writing
from sosku_groups.core.tables import new_key
from sosku_groups.entries.models import MarkEntry
from sosku_groups.factory import create_app
from tests.conftest import let_go, plain_settings
from tests.factories.rosters import DURING
from tests.faults.schedule import Do, Schedule, Step
from tests.faults.screens import Screen
from tests.faults.service import Service


@dataclass
class Play:
    """A schedule with the tablets and the service that it is played on."""

    schedule: Schedule
    service: Service
    screens: list[Screen]

    def do(self, step: Step) -> None:
        """Do one step."""
        screen = self.screens[step.tablet]
        befalls: dict[Do, Callable[[], None]] = {
            Do.SIGNED_OUT: lambda: self.sign_out(screen.email),
            Do.CRASH: self.service.restart,
            Do.NEW_KEY: lambda: self.service.change_key(new_key()),
            Do.COPY: self.service.keep_copy,
            Do.RESTORE: self.restore,
        }
        if step.do in befalls:
            befalls[step.do]()
        elif step.do in TAPS:
            screen.at_roster()
            TAPS[step.do](screen, step)
        else:
            ACTS[step.do](screen)

    def restore(self) -> None:
        """Set the database back; what was under way to it has gone with it."""
        for screen in self.screens:
            with screen.network.lock:
                screen.network.held.clear()
        self.service.go_back()

    def sign_out(self, email: str) -> None:
        """End somebody's sign-in on every device."""
        with looked_at(self.service.served.url) as app, app.app_context(), writing() as session:
            session.execute(update(User).where(User.email == email).values(stamp=new_key()))

    def calm_down(self) -> None:
        """No more faults: everybody signs in, opens *today*, and all is sent."""
        for screen in self.screens:
            screen.network.calm_down()
        for screen in self.screens:
            screen.open("/today", fresh=True)
        with looked_at(self.service.served.url) as app:
            for screen in self.screens:
                screen.until(partial(self.all_came, screen, app), "not all came")
        for screen in self.screens:
            screen.until(screen.all_sent, "the outbox does not empty")
        for screen in self.screens:
            screen.open(screen.roster, fresh=True)

    def all_came(self, screen: Screen, app: Flask) -> bool:
        """Whether the service has everything that was tapped on a tablet."""
        return {entry["id"] for entry in screen.entries()} <= taken(app).keys()


def lose_network(screen: Screen) -> None:
    """The tablet is out of reach."""
    screen.network.up = False


def have_network(screen: Screen) -> None:
    """The tablet is within reach again."""
    screen.network.up = True


def sign_in(screen: Screen) -> None:
    """Load the page again within reach, and sign in where that is asked."""
    have_network(screen)
    screen.open(screen.roster)


def rest(screen: Screen) -> None:
    """Wait until everything of the tablet is sent."""
    sign_in(screen)
    screen.until(screen.sent_or_signed_in, "the outbox does not empty")


TAPS: dict[Do, Callable[[Screen, Step], None]] = {
    Do.TAP: lambda screen, step: screen.tap(step.person, step.mark),
    Do.TWICE: lambda screen, step: screen.tap_twice(step.person, step.mark),
    Do.UNDO: lambda screen, step: screen.undo(step.person),
    Do.CHOOSE: lambda screen, step: screen.choose(step.person, step.mark),
}
ACTS: dict[Do, Callable[[Screen], object]] = {
    Do.OUT: lose_network,
    Do.BACK: have_network,
    Do.RELOAD: lambda screen: screen.opened(screen.roster),
    Do.SIGN_IN: sign_in,
    Do.REST: rest,
}


@contextmanager
def looked_at(url: str) -> Iterator[Flask]:
    """The app on a database, in this process; it lets go of it afterwards."""
    app = create_app(replace(plain_settings(url), clock=lambda: DURING))
    try:
        yield app
    finally:
        let_go(app)


def taken(app: Flask) -> dict[str, MarkEntry]:
    """What the service has taken, in its order."""
    with app.app_context(), reading() as session:
        rows = session.scalars(select(MarkEntry).order_by(MarkEntry.id)).all()
        session.expunge_all()
        return {row.entry: row for row in rows}

"""Plays a made-up season through the service, as the command line and the pages do it."""

import csv
from datetime import UTC, datetime, time, timedelta
from io import StringIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_user
from sosku_groups.accounts.queries import actor_of, find_user
from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.actions import (
    NothingToClose,
    approve_list,
    close_month,
    leave_out,
    return_list,
)
from sosku_groups.allowances.models import MonthList
from sosku_groups.allowances.queries import get_file, get_list
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import find_client_by_number
from sosku_groups.closings.actions import found_organiser
from sosku_groups.core.days import Month
from sosku_groups.groups.actions import cancel_meeting
from sosku_groups.groups.models import Group, Meeting
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind as FileKinds
from sosku_groups.policies.rules import Kind
from tests.factories.policies import put_in_force
from tests.rules.seasons import REASON, Season, Step

STAFF = {
    "coordinator@x.fi": (Role.COORDINATOR, Role.SOCIAL_WORKER),
    "finance@x.fi": (Role.FINANCE,),
    "approver@x.fi": (Role.APPROVER,),
}
ENOUGH = time(12)


class Player:
    """An organiser of its own with three people, who do what the season says."""

    def __init__(self, session: Session, name: str = "Hyvinvointialue") -> None:
        self.session = session
        self.at = datetime(2026, 1, 1, 9, tzinfo=UTC)
        self.prefix = "".join(letter for letter in name.lower() if letter.isascii())
        self.organiser_id = found_organiser(session, name, at=self.at).id
        for email, roles in STAFF.items():
            add_user(
                session,
                organiser_id=self.organiser_id,
                email=f"{self.prefix}-{email}",
                name="Some One",
                grants=[(role, None) for role in roles],
                password="a long password",
                at=self.at,
                cheap=True,
            )

    def actor(self, who: str) -> Actor:
        """One of the three, now."""
        user = find_user(self.session, f"{self.prefix}-{who}@x.fi")
        assert user
        self.at += timedelta(seconds=1)
        return actor_of(user, at=self.at, device="test")

    def play(self, season: Season) -> None:
        """Every step, and what each close has to say held against the oracle."""
        for number, step in enumerate(season.steps):
            midday = datetime.combine(step.day, ENOUGH, UTC)
            self.at = max(self.at, midday)
            WAYS[step.what](self, step, f"step {number} ({step.what})")

    def policies(self, step: Step, _: str) -> None:
        """Other values than the default ones."""
        for kind, first_day, value in step.values:
            put_in_force(self.session, self.organiser_id, Kind(kind), value, first_day)

    def take(self, step: Step, where: str) -> None:
        """A file, taken in twice: the second time it changes nothing."""
        for again in (False, True):
            outcome = take_in(
                self.session,
                self.actor("coordinator"),
                kind=FileKinds(step.kind),
                content=step.content,
                reason=REASON,
            )
            assert not outcome.refused, f"{where} {step.kind}: {outcome.faults}"
            if again:
                assert (outcome.added, outcome.changed) == (0, 0), f"{where} {step.kind} again"

    def cancel(self, step: Step, _: str) -> None:
        """A meeting cancelled."""
        meeting = self.session.scalars(
            select(Meeting)
            .join(Group, Group.id == Meeting.group_id)
            .where(
                Group.organiser_id == self.organiser_id,
                Group.name == step.group,
                Meeting.day == step.meeting_day,
            )
        ).one()
        cancel_meeting(
            self.session, self.actor("coordinator"), meeting=meeting, reason="sick", pays=step.pays
        )

    def close(self, step: Step, where: str) -> None:
        """A close, compared file by file with what the oracle expects."""
        assert step.month
        month = Month.of(step.month)
        before = self.session.begin_nested()
        try:
            if step.clients:
                leave_out(
                    self.session,
                    self.actor("finance"),
                    month=month,
                    clients=[self.client(number) for number in step.clients],
                    reason="unclear",
                )
            made = close_month(self.session, self.actor("finance"), month=month)
        except NothingToClose:
            before.rollback()
            assert step.expected is None, f"{where} {month}: a list was expected"
            return
        before.commit()
        assert step.expected is not None, f"{where} {month}: no list was expected, {made.name}"
        assert made.name == step.expected.name  # type: ignore[attr-defined]
        for kind, cells in (
            (FileKind.PAYMENTS, 14),
            (FileKind.DAYS, 8),
            (FileKind.TRAVEL, 10),
        ):
            expected = getattr(step.expected, kind)
            found = self.rows(made, kind, cells)
            assert found == expected, "\n".join(
                [f"{where}: {made.name} {kind}"]
                + [f"found    {row}" for row in found if row not in expected]
                + [f"expected {row}" for row in expected if row not in found]
            )

    def rows(self, month_list: MonthList, kind: FileKind, cells: int) -> list[list[str]]:
        """The rows of a stored file, the harmless ' before a formula taken away."""
        content = get_file(self.session, month_list, kind, FileFormat.CSV).content
        text = StringIO(content.decode("utf-8-sig"), newline="")
        _, *rows = csv.reader(text, delimiter=";")
        return [[cell.removeprefix("'") for cell in row[:cells]] for row in rows]

    def client(self, number: str) -> Client:
        """A client by number."""
        found = find_client_by_number(self.session, self.organiser_id, number)
        assert found
        return found

    def approve(self, step: Step, _: str) -> None:
        """A list approved."""
        found = get_list(self.session, self.organiser_id, step.kind)
        approve_list(self.session, self.actor("approver"), month_list=found)

    def returned(self, step: Step, _: str) -> None:
        """A list returned."""
        found = get_list(self.session, self.organiser_id, step.kind)
        return_list(self.session, self.actor("approver"), month_list=found, reason="wrong")


WAYS = {
    "policies": Player.policies,
    "import": Player.take,
    "cancel": Player.cancel,
    "close": Player.close,
    "approve": Player.approve,
    "return": Player.returned,
}

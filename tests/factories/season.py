"""The autumn of tests/data/season, played through the import and the month's own actions."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_user
from sosku_groups.accounts.queries import actor_of
from sosku_groups.accounts.rules import DEMO_PASSWORD, Actor, Role
from sosku_groups.allowances.actions import approve_list, close_month
from sosku_groups.allowances.models import MonthList
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.closings.actions import found_organiser
from sosku_groups.core.days import Month
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind
from sosku_groups.payments.actions import export_file

FOLDER = Path(__file__).resolve().parents[1] / "data" / "season"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)  # a Saturday, eleven in Finland
AUGUST, SEPTEMBER, OCTOBER = Month(2026, 8), Month(2026, 9), Month(2026, 10)


@dataclass
class Season:
    """The organiser of the season, and those who act in it."""

    organiser_id: int
    coordinator: Actor
    finance: Actor
    approver: Actor

    def bring(self, session: Session, kind: Kind, name: str, reason: str = "") -> None:
        """Take in one of the season's files."""
        content = (FOLDER / name).read_bytes()
        outcome = take_in(session, self.coordinator, kind=kind, content=content, reason=reason)
        assert not outcome.refused, outcome.faults or outcome.touches_closed
        session.flush()

    def begin(self, session: Session) -> None:
        """Steps 1–5: everything up to the end of September."""
        self.bring(session, Kind.DECISIONS, "1-decisions.csv")
        self.bring(session, Kind.GROUPS, "2-groups.csv")
        self.bring(session, Kind.ENROLMENTS, "3-enrolments.csv")
        self.bring(session, Kind.ATTENDANCE, "4-attendance-august-september.csv")
        self.bring(session, Kind.EXCLUSIONS, "5-exclusions.csv")

    def go_on(self, session: Session) -> None:
        """Steps 6–8: corrections to September, decisions shortened, October's marks."""
        self.bring(session, Kind.ATTENDANCE, "6-corrections-september.csv", "oikaisu")
        self.bring(session, Kind.DECISIONS, "7-decisions-shortened.csv", "lyhennys")
        self.bring(session, Kind.ATTENDANCE, "8-attendance-october.csv")

    def close(self, session: Session, month: Month) -> MonthList:
        """Close a month."""
        return close_month(session, self.finance, month=month)

    def settle(self, session: Session, month: Month) -> MonthList:
        """Close a month and approve its list."""
        month_list = self.close(session, month)
        approve_list(session, self.approver, month_list=month_list)
        return month_list

    def file(
        self,
        session: Session,
        month_list: MonthList,
        kind: FileKind,
        file_format: FileFormat = FileFormat.CSV,
    ) -> bytes:
        """A file of a list, fetched by somebody who may."""
        who = self.approver if kind is FileKind.DAYS else self.finance
        return export_file(
            session, who, month_list=month_list, kind=kind, file_format=file_format
        ).content


def staff(session: Session, mark: str = "") -> Season:
    """An organiser with a coordinator, finance and an approver, all of the whole organiser."""
    organiser_id = found_organiser(session, f"Kausi{mark}", at=NOW).id

    def person(email: str, name: str, *roles: Role) -> Actor:
        user = add_user(
            session,
            organiser_id=organiser_id,
            email=f"{email}{mark}@example.fi",
            name=name,
            grants=[(role, None) for role in roles],
            password=DEMO_PASSWORD,
            at=NOW,
            cheap=True,
        )
        return actor_of(user, at=NOW, device="test")

    return Season(
        organiser_id,
        person("kirsi", "Kirsi Koordinaattori", Role.COORDINATOR, Role.SOCIAL_WORKER),
        person("tuomo", "Tuomo Talous", Role.FINANCE),
        person("hanna", "Hanna Hyväksyjä", Role.APPROVER),
    )

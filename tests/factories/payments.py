"""A September paid by a payment file, for the tests of files and results."""

from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import set_payer_account
from sosku_groups.accounts.rules import Role
from sosku_groups.allowances.models import MonthList
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.core.incoming import Outcome
from sosku_groups.payments.actions import export_file, import_results
from tests.factories.season import Season

PAYER = "FI5810171000000122"
MONDAY = date(2026, 11, 23)


def give_payer(session: Session, season: Season) -> None:
    """Say from which account the organiser pays."""
    everywhere = frozenset({(Role.ADMINISTRATOR, None)})
    administrator = replace(season.coordinator, grants=everywhere)
    set_payer_account(session, administrator, iban=PAYER, bic="")


def payment_file(session: Session, season: Season, month_list: MonthList) -> bytes:
    """The list's payment file, for the next banking day."""
    return export_file(
        session,
        season.finance,
        month_list=month_list,
        kind=FileKind.PAYMENTS,
        file_format=FileFormat.XML,
        pay_day=MONDAY,
    ).content


def results(session: Session, season: Season, *lines: str) -> Outcome:
    """Take in payment results as finance does; what is refused is not kept."""
    content = "\n".join(["lista;asiakasnumero;tulos;summa;syy", *lines]).encode()
    with session.begin_nested() as kept:
        outcome = import_results(session, season.finance, content=content)
        if outcome.faults:
            kept.rollback()
    session.expire_all()
    return outcome

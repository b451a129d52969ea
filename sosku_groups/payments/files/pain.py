"""The payment file pain.001.001.09: written from the stored payments, checked by its schema."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

from sosku_groups.core.banking import is_banking_day, next_banking_day
from sosku_groups.core.days import ZONE, Month
from sosku_groups.core.letters import plain
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.payments.files.payments import Payment, payment_sums

SCHEMA = Path(__file__).with_name("pain.001.001.09.xsd")
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
# What the bank shows to the client beside the sum.
REMITTANCE = "toimintaraha, ehkäisevä toimeentulotuki"
LONGEST_NAME = 70
LONGEST_ID = 35
# A client number that may stand in an identifier as it is; `/` parts the list from a position.
PLAIN_NUMBER = re.compile(r"[A-Za-z0-9?:().,'+-]+")
FURTHEST_DAYS = 60


@dataclass(frozen=True)
class Payer:
    """Who pays, and from which account."""

    name: str
    iban: str
    bic: str = ""


def check_pay_day(day: date, today: date) -> date:
    """The day of payment; refused when it is past, far ahead, or no banking day."""
    furthest = today + timedelta(days=FURTHEST_DAYS)
    if day < today:
        raise Refused(sentence(N_("{day} has passed. Choose a day to come."), day=day), "pay_day")
    if day > furthest:
        raise Refused(
            sentence(N_("Choose a day no later than {furthest}."), furthest=furthest), "pay_day"
        )
    if not is_banking_day(day):
        raise Refused(
            sentence(
                N_("{day} is a weekend or a holiday. Banks pay next on {following}."),
                day=day,
                following=next_banking_day(day),
            ),
            "pay_day",
        )
    return day


def payment_file(
    name: str,
    month: Month,
    payments: Sequence[Payment],
    *,
    payer: Payer,
    list_hash: str,
    pay_day: date,
    made_at: datetime,
) -> bytes:
    """The bytes of the payment file; what has no account to go to is not in it.

    The schema is the last judge: what it refuses is never written.
    """
    paid = [payment for payment in payments if not payment.held_back]
    head = heading(name, payment_sums(paid).paid, len(paid), payer, list_hash, pay_day, made_at)
    words = f"{REMITTANCE} {month.number}/{month.year}"
    content = "".join([*head, *transfers(name, paid, words), ENDING]).encode()
    schema().assertValid(etree.fromstring(content))
    return content


def pay_day_of(content: bytes) -> date:
    """The day of payment that a stored payment file names."""
    found = etree.fromstring(content).findtext(f".//{{{NAMESPACE}}}ReqdExctnDt/{{{NAMESPACE}}}Dt")
    return date.fromisoformat(str(found))


@cache
def schema() -> etree.XMLSchema:
    """The schema of ISO 20022, read once."""
    return etree.XMLSchema(etree.parse(SCHEMA))


ENDING = "</PmtInf>\n</CstmrCdtTrfInitn>\n</Document>\n"


def heading(
    name: str,
    cents: int,
    count: int,
    payer: Payer,
    list_hash: str,
    pay_day: date,
    made_at: datetime,
) -> Iterable[str]:
    """Everything before the first transfer: the message, and the account that is paid from."""
    who, sums = (
        text(payer.name, LONGEST_NAME),
        f"<NbOfTxs>{count}</NbOfTxs><CtrlSum>{euros(cents)}</CtrlSum>",
    )
    agent = f"<BICFI>{payer.bic}</BICFI>" if payer.bic else "<Othr><Id>NOTPROVIDED</Id></Othr>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}">\n',
        "<CstmrCdtTrfInitn>\n<GrpHdr>",
        f"<MsgId>{f'{name}-{list_hash}'[:LONGEST_ID]}</MsgId>",
        f"<CreDtTm>{made_at.astimezone(ZONE).isoformat(timespec='seconds')}</CreDtTm>{sums}",
        f"<InitgPty><Nm>{who}</Nm></InitgPty></GrpHdr>\n<PmtInf><PmtInfId>{name}</PmtInfId>",
        f"<PmtMtd>TRF</PmtMtd><BtchBookg>true</BtchBookg>{sums}",
        "<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>",
        f"<ReqdExctnDt><Dt>{pay_day.isoformat()}</Dt></ReqdExctnDt>",
        f"<Dbtr><Nm>{who}</Nm></Dbtr><DbtrAcct><Id><IBAN>{payer.iban}</IBAN></Id></DbtrAcct>",
        f"<DbtrAgt><FinInstnId>{agent}</FinInstnId></DbtrAgt><ChrgBr>SLEV</ChrgBr>\n",
    )


def transfers(name: str, payments: Iterable[Payment], words: str) -> Iterator[str]:
    """One element a payment, names with their real letters."""
    for payment in payments:
        who = text(f"{payment.first_names} {payment.last_name}", LONGEST_NAME)
        yield (
            f"<CdtTrfTxInf><PmtId><EndToEndId>{end_to_end_id(name, payment)}</EndToEndId></PmtId>"
            f'<Amt><InstdAmt Ccy="EUR">{euros(payment.cents)}</InstdAmt></Amt>'
            f"<Cdtr><Nm>{who}</Nm></Cdtr>"
            f"<CdtrAcct><Id><IBAN>{payment.iban}</IBAN></Id></CdtrAcct>"
            f"<RmtInf><Ustrd>{words}</Ustrd></RmtInf></CdtTrfTxInf>\n"
        )


def end_to_end_id(name: str, payment: Payment) -> str:
    """List and client: `L2026-09-1-00123`, or the row's place where the number does not fit."""
    wanted = f"{name}-{payment.client_number}"
    if len(wanted) <= LONGEST_ID and PLAIN_NUMBER.fullmatch(payment.client_number):
        return escape(wanted)
    return f"{name}/{payment.position}"


def text(words: str, most: int) -> str:
    """A text as XML holds it, cut to what the field takes."""
    return escape(" ".join(plain(words).split())[:most])


def euros(cents: int) -> str:
    """A sum as the schema wants it: `9.00`."""
    return f"{cents // 100}.{cents % 100:02d}"

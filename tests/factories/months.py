"""A small September for the tests of month lists: three clients, one group, all marked."""

from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import find_client_by_number
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind
from tests.factories.season import Season, staff

HEAD = (
    "päätösnumero;asiakasnumero;sukunimi;etunimet;asiointikieli;päätöspäivä;alkaa;päättyy;"
    "päätetty;toimipiste;omatyöntekijä;suunnitelma;tavoitteet;toimintaraha;matkatuki;"
    "etuuspäätös;tilinumero"
)
PEOPLE = (
    ("001", "Aalto", "Aino", "FI2112345600000785"),
    ("002", "=1+1", "+Bo", "FI5810171000000122"),
    ("003", "Ceder", "Cilla", ""),
)
GROUP_HEAD = (
    "ryhmä;teema;toimipiste;paikka;viikonpäivä;alkaa_klo;päättyy_klo;ensimmäinen;viimeinen;"
    "paikkoja;muoto;ohjaajat"
)
GROUP = "Metsäpolku;luonto;Länsi;Opastupa;ma;10:00;12:00;7.9.2026;30.11.2026;12;lähi;"
SEPTEMBER_MONDAYS = (7, 14, 21, 28)
OCTOBER_MONDAYS = (5, 12, 19, 26)


def bring(session: Session, who: Actor, kind: Kind, lines: list[str], reason: str = "") -> None:
    """Take in lines as a file."""
    content = "\n".join(lines).encode()
    outcome = take_in(session, who, kind=kind, content=content, reason=reason)
    assert not outcome.refused, outcome.faults or outcome.touches_closed
    session.flush()


def small_september(session: Session, season: Season) -> None:
    """Three clients with decisions from 1.9. to 30.11., present on four Mondays of September.

    Client 002 has a name that a spreadsheet would reckon with, 003 has no account.
    """
    decisions = [
        f"P{number};{number};{last};{first};fi;20.8.2026;1.9.2026;30.11.2026;;Länsi;;"
        f"asiakassuunnitelma;Arki;kyllä;kyllä;E{number};{iban}"
        for number, last, first, iban in PEOPLE
    ]
    bring(session, season.coordinator, Kind.DECISIONS, [HEAD, *decisions])
    bring(session, season.coordinator, Kind.GROUPS, [GROUP_HEAD, GROUP])
    enrolments = [f"{number};Metsäpolku;1.9.2026;" for number, *_ in PEOPLE]
    bring(
        session,
        season.coordinator,
        Kind.ENROLMENTS,
        ["asiakasnumero;ryhmä;alkaa;päättyy", *enrolments],
    )
    mark(
        session,
        season,
        {(n, date(2026, 9, d)): "paikalla" for n, *_ in PEOPLE for d in SEPTEMBER_MONDAYS},
    )


def mark(
    session: Session, season: Season, marks: dict[tuple[str, date], str], reason: str = "oikaisu"
) -> None:
    """Marks by client number and day."""
    lines = [f"{number};Metsäpolku;{day};{word}" for (number, day), word in marks.items()]
    head = "asiakasnumero;ryhmä;päivä;tila"
    bring(session, season.coordinator, Kind.ATTENDANCE, [head, *lines], reason)


def october(session: Session, season: Season, word: str = "paikalla") -> None:
    """Everybody's four Mondays of October."""
    days = [date(2026, 10, day) for day in OCTOBER_MONDAYS]
    mark(session, season, {(number, day): word for number, *_ in PEOPLE for day in days})


def client(session: Session, season: Season, number: str) -> Client:
    """The season's client with that number."""
    found = find_client_by_number(session, season.organiser_id, number)
    assert found is not None
    return found


def give_account(session: Session, season: Season, number: str = "003") -> None:
    """Give a client an account."""
    session.execute(
        update(Client)
        .where(Client.organiser_id == season.organiser_id, Client.number == number)
        .values(iban="FI4250001510000023")
    )
    session.expire_all()


def unmark(session: Session, number: str, day: date) -> None:
    """Take the mark of a client's day away, as nobody had made it."""
    from sosku_groups.attendance.models import StandingMark
    from sosku_groups.groups.models import Meeting

    ids = (
        select(StandingMark.id)
        .join(Meeting, Meeting.id == StandingMark.meeting_id)
        .join(Client, Client.id == StandingMark.client_id)
        .where(Client.number == number, Meeting.day == day)
    )
    session.execute(update(StandingMark).where(StandingMark.id.in_(ids)).values(mark=None))


def two_septembers(session: Session) -> Season:
    """A small September of three with accounts, and another organiser's like it as noise."""
    noise = staff(session, "2")
    small_september(session, noise)
    season = staff(session)
    small_september(session, season)
    for each in (noise, season):
        give_account(session, each)
    return season

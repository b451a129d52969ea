"""A made-up autumn to try the service with: all roles, a meeting today, a month to close.

The data go in through the same doors as real ones: files, marks, a close and an approval. They
are laid around the present day, so each day has a demo of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from random import Random

from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_user, set_payer_account
from sosku_groups.accounts.queries import actor_of, find_user, units_by_name
from sosku_groups.accounts.rules import DEMO_PASSWORD, Actor, Role
from sosku_groups.allowances.actions import approve_list, close_month
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.bookings.actions import add_source, seal_of
from sosku_groups.bookings.actions import take_in as take_in_calendar
from sosku_groups.bookings.rules import Booking, SourceFacts, What
from sosku_groups.closings.actions import found_organiser
from sosku_groups.core.days import (
    Month,
    days_between,
    end_after_months,
    public_holidays,
    week_start,
)
from sosku_groups.core.outgoing import write_csv
from sosku_groups.core.settings import Settings
from sosku_groups.decisions.actions import end_decision
from sosku_groups.decisions.queries import decisions_of, find_visible_client
from sosku_groups.groups.actions import cancel_meeting
from sosku_groups.groups.queries import groups_by_name, meetings_of_group
from sosku_groups.imports.actions import take_in
from sosku_groups.imports.rules import Kind
from sosku_groups.payments.actions import export_file
from sosku_groups.policies.rules import Kind as PolicyKind
from sosku_groups.policies.rules import PolicyRow
from sosku_groups.staff_events.actions import add_events
from sosku_groups.staff_events.rules import EventFacts, EventKind, Rhythm
from sosku_groups.steering.actions import propose_policy
from sosku_groups.travel.actions import give_ticket, lose_ticket
from sosku_groups.travel.files import Vault
from sosku_groups.travel.queries import journey_of
from sosku_groups.travel.rules import WITH_CODE, WITH_SUM, TicketFacts, TicketKind, granted_through

WEST, EAST = "Läntinen toimipiste", "Itäinen toimipiste"
STAFF = (
    ("ohjaaja", "Oili Ohjaaja", Role.INSTRUCTOR),
    ("toinen.ohjaaja", "Taneli Toinen", Role.INSTRUCTOR),
    ("sosiaalityontekija", "Saara Sosiaalityöntekijä", Role.SOCIAL_WORKER),
    ("koordinaattori", "Kirsi Koordinaattori", Role.COORDINATOR),
    ("talous", "Tuomo Talous", Role.FINANCE),
    ("hyvaksyja", "Hanna Hyväksyjä", Role.APPROVER),
    ("lokivalvoja", "Lauri Lokivalvoja", Role.AUDITOR),
    ("paakayttaja", "Pia Pääkäyttäjä", Role.ADMINISTRATOR),
)
DOMAIN = "demo.example"
LAST_NAMES = (
    "Aalto Björklund Eskola Haapala Ilves Jokela Karjalainen Korpi Laine Lindqvist Mäkinen Niemi "
    "Ojala Pöyhönen Rantanen Saarinen Suomalainen Törmä Uusitalo Viitanen Westerlund Ylönen "
    "Åkerman Östman"
).split()
FIRST_NAMES = (
    "Aino Bo Camilla Eero Hilla Ilona Jere Kalle Liisa Matti Noora Olavi Pirkko Risto Sari Tuomas "
    "Ulla Väinö Åsa Ilmari Kerttu Oskar Helmi Aila"
).split()
GOALS = ("Vuorokausirytmi", "Asiointi itse", "Bussilla kirjastoon", "Ruoka itse", "Kodista ulos")
PLANS = ("asiakassuunnitelma", "aktivointisuunnitelma", "monialainen työllistymissuunnitelma")


@dataclass(frozen=True)
class GroupPlan:
    """A demo group, one for each weekday from Monday on."""

    name: str
    theme: str
    unit: str
    place: str
    starts: time
    ends: time
    channel: str
    instructor: str


GROUPS = (
    GroupPlan("Arjen ruoka", "ravitsemus", WEST, "Kokkikoulu, Vaasantie 6",
              time(10), time(12, 30), "lähi", "ohjaaja"),
    GroupPlan("Palvelut tutuiksi", "palvelut", EAST, "Asukastalo, Torikatu 2",
              time(12), time(13, 30), "lähi", "ohjaaja"),
    GroupPlan("Liikkeelle", "liikunta", WEST, "Uimahalli, Rantatie 1",
              time(9, 30), time(11), "lähi", "ohjaaja"),
    GroupPlan("Voimaannuttava elokuva", "elokuva", EAST, "Kirjaston sali, Kirkkokatu 4",
              time(13), time(15, 30), "lähi", "ohjaaja"),
    GroupPlan("Iltapäivän etäryhmä", "palvelut", WEST, "",
              time(14), time(15), "etä", "ohjaaja"),
    GroupPlan("Metsäpolku", "luonto", EAST, "Keskuspuiston opastupa",
              time(10), time(13), "lähi", "ohjaaja"),
    GroupPlan("Sunnuntaikahvit", "muu", WEST, "Asukastupa, Koivukuja 3",
              time(12), time(13, 30), "lähi", "ohjaaja"),
)  # fmt: skip
CAPACITY = 14
MEMBERS = 12
# By their place among the people: whose tickets are what, and who has stopped coming.
WITHOUT_TICKET = (1, 2, 15)
RUNNING_OUT = (3, 7)
LOSES_TICKET = 11
ENDS_EARLY = 18
STOPPED_COMING = 10
STOPPED_DAYS = timedelta(days=45)


def fill(session: Session, settings: Settings) -> None:
    """Put the made-up autumn into an empty database."""
    at = settings.clock()
    organiser = found_organiser(session, "Esimerkkilän hyvinvointialue", at=at)
    for name, full_name, role in STAFF:
        add_user(
            session,
            organiser_id=organiser.id,
            email=f"{name}@{DOMAIN}",
            name=full_name,
            grants=[(role, None)],
            password=DEMO_PASSWORD,
            at=at,
        )
    set_payer_account(session, acting(session, settings, "paakayttaja"), iban="FI4250001510000023")
    season = Season(acting(session, settings, "koordinaattori").today)
    coordinator = acting(session, settings, "koordinaattori")
    for kind, content in season.files():
        outcome = take_in(session, coordinator, kind=kind, content=content)
        if outcome.refused:
            raise RuntimeError(f"the demo's {kind} do not come in: {outcome.faults[:3]}")
        session.flush()
    call_off(session, coordinator)
    hand_out(session, season, acting(session, settings, "sosiaalityontekija"), settings)
    finance = acting(session, settings, "talous")
    closed = close_month(session, finance, month=season.told)
    approve_list(session, acting(session, settings, "hyvaksyja"), month_list=closed)
    export_file(
        session, finance, month_list=closed, kind=FileKind.PAYMENTS, file_format=FileFormat.CSV
    )
    raise_rate(session, coordinator)
    plan_staff(session, coordinator, acting(session, settings, "ohjaaja"))
    close_doors(session, coordinator, settings)


def plan_staff(session: Session, coordinator: Actor, instructor: Actor) -> None:
    """A case meeting each week, a method morning every second one, and somebody's holiday."""
    unit = units_by_name(session, coordinator.organiser_id)[WEST.casefold()]
    monday = week_start(coordinator.today)
    everybody = EventFacts(
        EventKind.CASES, "Tiimin palaveri", unit.id, monday, monday, time(8, 30), time(9, 30),
        "Kokoushuone 2", "", for_unit=True, people=frozenset(),
    )  # fmt: skip
    until = monday + timedelta(weeks=12)
    add_events(session, coordinator, facts=everybody, rhythm=Rhythm.WEEKLY, until=until)
    morning = replace(
        everybody.on(monday + timedelta(days=3)), kind=EventKind.METHOD, place="",
        title="Menetelmäaamu", link="https://kokous.example/menetelmaaamu",
    )  # fmt: skip
    add_events(session, coordinator, facts=morning, rhythm=Rhythm.FORTNIGHTLY, until=until)
    away = replace(
        everybody.on(monday + timedelta(days=11)), kind=EventKind.ABSENCE, title="Loma",
        starts_at=None, ends_at=None, place="", for_unit=False,
        people=frozenset({instructor.user_id}),
    )  # fmt: skip
    add_events(session, instructor, facts=away)


def close_doors(session: Session, coordinator: Actor, settings: Settings) -> None:
    """Read the unit's calendar: it is closed for a day after next month's beginning."""
    unit = units_by_name(session, coordinator.organiser_id)[WEST.casefold()]
    day = (Month.of(coordinator.today) + 1).first + timedelta(days=7)
    found = [Booking(day, day, None, None, "Kiinteistön sähkökatko", "", "sahkokatko")]
    facts = SourceFacts(unit.id, What.CLOSURES, "Toimipisteen sulut", "")
    secrets = settings.ticket_secrets
    source = add_source(session, coordinator, facts=facts, found=found, secrets=secrets)
    take_in_calendar(session, coordinator, source=source, seen=seal_of(source))


def raise_rate(session: Session, coordinator: Actor) -> None:
    """Propose another sum for a day from the next year on; it waits for the approver."""
    first_day = date(coordinator.today.year + 1, 1, 1)
    propose_policy(
        session,
        coordinator,
        row=PolicyRow(PolicyKind.RATE, "", first_day, 950),
        source="Laki 1412/1997 8 §; aluehallituksen päätös 88 §",
    )


def call_off(session: Session, coordinator: Actor) -> None:
    """Cancel the swimming hall's next meeting but one, so that a cancelled one is seen too."""
    group = groups_by_name(session, coordinator.organiser_id)["liikkeelle"]
    coming = meetings_of_group(session, group.id, coordinator.today + timedelta(days=1))
    cancel_meeting(
        session, coordinator, meeting=coming[1], reason="Uimahallissa on huolto.", pays=False
    )


def hand_out(session: Session, season: "Season", worker: Actor, settings: Settings) -> None:
    """Give tickets so that each list of the travel desk has somebody on it.

    Most have one that goes on; some run out this week, some have none, somebody's decision ends
    before the ticket.
    """
    today, vault = worker.today, Vault(settings.ticket_secrets)
    kinds = list(TicketKind)
    for index, person in enumerate(season.people):
        client = find_visible_client(session, worker, person[0])
        if client is None or index % 5 == 4 or index in WITHOUT_TICKET:
            continue
        journey = journey_of(session, worker.organiser_id, client.id, today)
        through = granted_through(journey.grants, today) or today
        kind = kinds[index % len(kinds)]
        facts = TicketFacts(
            kind,
            "AB",
            today - timedelta(days=10),
            min(today + timedelta(days=4 if index in RUNNING_OUT else 20), through),
            4500 if kind in WITH_SUM else None,
            f"MATKA-{index:02d}" if kind in WITH_CODE else "",
        )
        key = give_ticket(session, worker, client_key=client.key, facts=facts, vault=vault)
        if index == LOSES_TICKET:
            lose_ticket(session, worker, key=key, day=today, note="Jäi bussiin")
            give_ticket(session, worker, client_key=client.key, facts=facts, vault=vault)
        if index == ENDS_EARLY:
            [decision] = decisions_of(session, client.id)
            yesterday = today - timedelta(days=1)
            end_decision(session, worker, decision=decision, ended_on=yesterday)


def acting(session: Session, settings: Settings, name: str) -> Actor:
    """A member of the demo's staff as the person who acts."""
    user = find_user(session, f"{name}@{DOMAIN}")
    if user is None:
        raise RuntimeError(f"the demo has no {name}")
    return actor_of(user, at=settings.clock(), device="demo")


class Season:
    """The files of a season around a day.

    `told` is the month that is closed and exported, `ready` the one that waits for its close.
    """

    def __init__(self, today: date) -> None:
        self.today = today
        self.ready = Month.of(today) + -1
        self.told = self.ready + -1
        self.random = Random(17)  # noqa: S311 - the same people each time
        self.people = [self.person(number) for number in range(24)]
        self.rosters = {
            plan.name: [
                self.people[(index * 5 + step * (2 if index % 2 else 1)) % 24]
                for step in range(MEMBERS)
            ]
            for index, plan in enumerate(GROUPS)
        }

    def person(self, number: int) -> tuple[str, str, str, str]:
        """Client number, last name, first names, language."""
        language = "sv" if number in (1, 9, 22) else "en" if number == 17 else "fi"
        return f"{7000 + number * 7:06d}", LAST_NAMES[number], FIRST_NAMES[number], language

    def files(self) -> Iterator[tuple[Kind, bytes]]:
        """Decisions, groups, enrolments and marks, as files."""
        yield Kind.DECISIONS, self.decisions()
        yield Kind.GROUPS, self.groups()
        yield Kind.ENROLMENTS, self.enrolments()
        yield Kind.ATTENDANCE, self.attendance()

    def decisions(self) -> bytes:
        """A decision for everybody since the told month, and its renewal for most."""
        rows: list[list[str | date]] = []
        for index, (number, last_name, first_names, language) in enumerate(self.people):
            first = self.told.first
            for step in range(2 if index % 6 else 1):
                last = end_after_months(first, 3)
                money, travel = index != 20, index % 5 != 4
                rows.append(
                    [
                        f"S{first:%y%m}{index:03d}",
                        number,
                        last_name,
                        first_names,
                        language,
                        first - timedelta(days=10),
                        first,
                        last,
                        WEST if index % 2 else EAST,
                        f"sosiaalityontekija@{DOMAIN}",
                        PLANS[(index + step) % 3],
                        f"{GOALS[index % 5]} | {GOALS[(index + 2) % 5]}",
                        "kyllä" if money else "ei",
                        "kyllä" if travel else "ei",
                        f"E{first:%y%m}{index:03d}" if money or travel else "",
                        account(index),
                    ]
                )
                first = last + timedelta(days=1)
        return write_csv(
            (
                "päätösnumero asiakasnumero sukunimi etunimet asiointikieli päätöspäivä alkaa "
                "päättyy toimipiste omatyöntekijä suunnitelma tavoitteet toimintaraha matkatuki "
                "etuuspäätös tilinumero"
            ).split(),
            rows,
        )

    def groups(self) -> bytes:
        """One group for each weekday; the day's own group also meets on a public holiday."""
        return write_csv(
            (
                "ryhmä teema toimipiste paikka viikonpäivä alkaa_klo päättyy_klo ensimmäinen "
                "viimeinen paikkoja muoto ohjaajat"
            ).split(),
            [
                [
                    plan.name,
                    plan.theme,
                    plan.unit,
                    plan.place,
                    ("ma", "ti", "ke", "to", "pe", "la", "su")[weekday],
                    f"{plan.starts:%H:%M}",
                    f"{plan.ends:%H:%M}",
                    self.told.first,
                    (Month.of(self.today) + 2).last,
                    CAPACITY,
                    plan.channel,
                    f"{plan.instructor}@{DOMAIN}",
                ]
                for weekday, plan in enumerate(GROUPS)
            ],
        )

    def enrolments(self) -> bytes:
        """Twelve members in each group from its beginning."""
        return write_csv(
            ("asiakasnumero", "ryhmä", "alkaa", "päättyy"),
            [
                [person[0], plan.name, self.told.first, None]
                for plan in GROUPS
                for person in self.rosters[plan.name]
            ],
        )

    def attendance(self) -> bytes:
        """Every past meeting marked, but for the last one of this month: it waits in sight."""
        marks = ("paikalla",) * 7 + ("ilmoitti", "hyväksytty", "poissa")
        past = [
            (day, plan)
            for day in days_between(self.told.first, self.today - timedelta(days=1))
            for weekday, plan in enumerate(GROUPS)
            if day.weekday() == weekday and day not in public_holidays(day.year)
        ]
        rows: list[list[str | date]] = []
        for place, (day, plan) in enumerate(past):
            waits = place == len(past) - 1 and Month.of(day) == Month.of(self.today)
            for person in self.rosters[plan.name][: 9 if waits else MEMBERS]:
                mark = self.random.choice(marks)
                if person == self.people[STOPPED_COMING] and day > self.today - STOPPED_DAYS:
                    mark = "poissa"
                if plan.channel == "etä" and mark == "paikalla":
                    mark = "etänä"
                rows.append([person[0], plan.name, day, mark])
        return write_csv(("asiakasnumero", "ryhmä", "päivä", "tila"), rows)


def account(number: int) -> str:
    """A made-up Finnish account number whose digits agree."""
    base = f"50009{number:02d}{4210 + number * 37:06d}"
    luhn = 0
    for place, digit in enumerate(reversed(base)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        luhn += value - 9 if value > 9 else value
    bban = f"{base}{-luhn % 10}"
    return f"FI{98 - int(bban + '151800') % 97:02d}{bban}"

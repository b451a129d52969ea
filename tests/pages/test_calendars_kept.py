"""Kept feeds: whatever changes, and by whatever path, what is fetched next is the truth."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from sosku_groups.calendars.actions import keep, make, settle
from sosku_groups.calendars.files import whole
from sosku_groups.calendars.models import FeedAddress, FeedChange, KeptFeed
from sosku_groups.calendars.queries import Finder, Known, Lookup, content_of
from sosku_groups.calendars.rules import STREET, Owner
from sosku_groups.clients.models import Client
from sosku_groups.core.behind import own_session
from sosku_groups.core.database import GLANCES, db, reading, writing
from sosku_groups.core.days import ZONE
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.enrolment.models import Enrolment, Waiting
from sosku_groups.groups.actions import cancel_meeting, move_meeting
from sosku_groups.groups.models import Group, Meeting
from tests.conftest import Clock
from tests.factories.feeds import acting, add_meeting, begin, client_of, fetch, secret_for

NUMBERS = ("0099887", "0099888")
WORDS = {
    "fi": ("Tapaaminen", "PERUTTU"),
    "sv": ("Möte", "INSTÄLLT"),
    "en": ("Meeting", "CANCELLED"),
}
CHANGES = 200


@pytest.fixture
def season(app: Flask) -> Flask:
    """The app with two clients in it, each in a group of Wednesdays."""
    with app.app_context(), writing() as session:
        begin(session)
    return app


# ------------------------------------------------------------------ what a calendar must show


@dataclass(frozen=True)
class Shown:
    """An event as a person reads it."""

    starts: datetime
    ends: datetime
    title: str
    place: str


def expected(session: Session, number: str, today: date) -> dict[str, Shown]:
    """By the rules' own words (E1, G4, C1, C2), over plain rows, one at a time."""
    client = client_of(session, number)
    kept = session.get_one(Client, client.merged_into_id or client.id)
    records = {
        each.id: each
        for each in session.scalars(select(Client))
        if kept.id in (each.id, each.merged_into_id)
    }
    hides = any(each.hides_address or each.non_disclosure for each in records.values())
    named = [kept, *(each for each in records.values() if each is not kept)]
    title = next((each.calendar_title for each in named if each.calendar_title), "")
    decisions = [d for d in session.scalars(select(ServiceDecision)) if d.client_id in records]
    places = [e for e in session.scalars(select(Enrolment)) if e.client_id in records]
    word, cancelled = WORDS[kept.language]
    shown = {}
    for meeting in session.scalars(select(Meeting)):
        day = meeting.day
        whose = {meeting.client_id} if meeting.client_id in records else set()
        whose |= {
            e.client_id
            for e in places
            if e.group_id == meeting.group_id
            and e.first_day <= day
            and (e.last_day is None or day <= e.last_day)
        }
        covered = any(
            d.client_id in whose and d.valid_from <= day <= (d.ended_on or d.valid_to)
            for d in decisions
        )
        over = day < today if meeting.cancelled_at else (today - day).days > 30
        if not covered or over:
            continue
        group = session.get(Group, meeting.group_id) if meeting.group_id else None
        outside = meeting.kind in ("group", "office", "out")
        street = STREET.search(meeting.place)
        tells = outside and not hides and not (group and group.channel == "remote")
        ends = day if meeting.ends_at > meeting.starts_at else day + timedelta(days=1)
        shown[meeting.uid] = Shown(
            datetime.combine(day, meeting.starts_at, ZONE),
            datetime.combine(ends, meeting.ends_at, ZONE),
            (f"{cancelled}: " if meeting.cancelled_at else "") + (title or word),
            street[0] if street and tells else "",
        )
    return shown


@dataclass
class Subscriber:
    """A calendar program: asks with what it has, and shows what it was told last."""

    app: Flask
    secret: str
    mark: str = ""
    shown: dict[str, Shown] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    unchanged: int = 0

    def poll(self) -> None:
        """Ask, and take what has changed."""
        headers = {"If-None-Match": self.mark} if self.mark else {}
        answer = fetch(self.app, self.secret, **headers)
        if answer.status_code == 304:
            self.unchanged += 1
            return
        assert answer.status_code == 200
        self.mark = answer.headers["ETag"]
        found: list[Any] = Calendar.from_ical(answer.data).walk("VEVENT")
        before, self.shown = self.shown, {}
        for event in found:
            uid = str(event["UID"])
            assert uid not in self.shown, "one meeting is shown twice"
            self.shown[uid] = Shown(
                event["DTSTART"].dt,
                event["DTEND"].dt,
                str(event["SUMMARY"]),
                str(event.get("LOCATION", "")),
            )
            self.check_sequence(uid, before.get(uid), int(event["SEQUENCE"]))

    def check_sequence(self, uid: str, before: Shown | None, sequence: int) -> None:
        """A meeting of another time has a higher number than before (C2)."""
        known = self.sequences.get(uid, -1)
        assert sequence >= known
        if before and before.starts != self.shown[uid].starts:
            assert sequence > known, "moved without a higher number"
        self.sequences[uid] = sequence


# -------------------------------------------------------------------------- what can happen


class World:
    """Changes things at random, as people do and past the service's own actions."""

    def __init__(self, app: Flask, clock: Clock, seed: int) -> None:
        self.app = app
        self.clock = clock
        self.chance = random.Random(seed)
        self.made = 0

    @property
    def today(self) -> date:
        """The day on a Finnish wall."""
        return self.clock.now.astimezone(ZONE).date()

    def change(self) -> str:
        """One change; its name."""
        happenings: list[Callable[[Session], None]] = [
            *(self.move, self.move, self.cancel, self.cancel, self.restore, self.place_alone),
            *(self.enrol, self.end, self.leave, self.shorten, self.lengthen, self.wait),
            *(self.speak, self.wish, self.name, self.merge, self.part, self.series),
            *(self.remove, self.remote, self.single, self.elsewhere, self.night),
        ]
        happens = self.chance.choice(happenings)
        with self.app.app_context(), writing() as session:
            happens(session)
        return happens.__name__

    def one(self, session: Session, table: type[Any], *where: Any) -> Any:
        """Some row of a table."""
        found = list(session.scalars(select(table).where(*where).order_by(table.id)))
        return self.chance.choice(found) if found else None

    def coming(self, session: Session, *where: Any) -> Any:
        """Some meeting to come."""
        return self.one(session, Meeting, Meeting.day >= self.today, *where)

    def move(self, session: Session) -> None:
        """Another day and time."""
        meeting = self.coming(
            session, Meeting.cancelled_at.is_(None), Meeting.group_id.is_not(None)
        )
        day = self.today + timedelta(days=self.chance.randrange(60))
        free = not session.scalars(
            select(Meeting).where(
                Meeting.group_id == meeting.group_id,
                Meeting.day.between(day - timedelta(days=1), day + timedelta(days=1)),
            )
        ).all()
        if free:
            starts = time(self.chance.randrange(8, 20))
            late = self.chance.random() < 0.1
            ends = time(1) if late else time(starts.hour + 1)
            who = acting(session, at=self.clock.now)
            place = f"Vaasantie {self.chance.randrange(99)}"
            move_meeting(
                session, who, meeting=meeting, day=day, starts_at=starts, ends_at=ends, place=place
            )

    def cancel(self, session: Session) -> None:
        """It does not take place."""
        who = acting(session, at=self.clock.now)
        meeting = self.coming(session)
        cancel_meeting(session, who, meeting=meeting, reason="flunssa", pays=False)

    def restore(self, session: Session) -> None:
        """It does after all."""
        meeting = self.coming(session, Meeting.cancelled_at.is_not(None))
        if meeting is not None:
            meeting.cancelled_at = meeting.cancel_reason = None
            meeting.sequence += 1

    def place_alone(self, session: Session) -> None:
        """Another place, by a statement of its own."""
        meeting = self.coming(session)
        place = f"Sali, Åsgatan {self.chance.randrange(99)}"
        session.execute(update(Meeting).where(Meeting.id == meeting.id).values(place=place))

    def enrol(self, session: Session) -> None:
        """A place in a group from some day on."""
        self.made += 1
        session.add(
            Enrolment(
                group_id=self.one(session, Group).id,
                client_id=self.one(session, Client).id,
                first_day=self.today + timedelta(days=self.made % 90 - 20),
                made_at=self.clock.now,
            )
        )

    def end(self, session: Session) -> None:
        """The place ends."""
        found = self.one(session, Enrolment)
        if found is not None:
            found.last_day = found.first_day + timedelta(days=self.chance.randrange(90))

    def leave(self, session: Session) -> None:
        """The place goes, by a statement of its own."""
        found = self.one(session, Enrolment)
        if found is not None and self.chance.random() < 0.5:
            session.execute(delete(Enrolment).where(Enrolment.id == found.id))

    def shorten(self, session: Session) -> None:
        """The decision ends early."""
        found = self.one(session, ServiceDecision)
        found.ended_on = found.valid_from + timedelta(days=self.chance.randrange(20, 100))

    def lengthen(self, session: Session) -> None:
        """It does not."""
        session.execute(update(ServiceDecision).values(ended_on=None))

    def wait(self, session: Session) -> None:
        """Somebody on a waiting list, or no longer: nothing to come to."""
        found = self.one(session, Waiting)
        if found is not None:
            session.delete(found)
            return
        group, client = self.one(session, Group), self.one(session, Client)
        session.add(
            Waiting(
                group_id=group.id, client_id=client.id, position=1, wanted_from=self.today,
                added_at=self.clock.now,
            )
        )  # fmt: skip

    def speak(self, session: Session) -> None:
        """Another language."""
        self.one(session, Client).language = self.chance.choice(("fi", "sv", "en"))

    def wish(self, session: Session) -> None:
        """No addresses, or some again."""
        client = self.one(session, Client)
        client.hides_address = not client.hides_address

    def name(self, session: Session) -> None:
        """An own title, or none."""
        title = self.chance.choice(("", "Treenit", "Äijät; kahvi, pulla", "🎬 Leffa\\"))
        self.one(session, Client).calendar_title = title

    def merge(self, session: Session) -> None:
        """Two records are one person's."""
        first, second = (client_of(session, number) for number in NUMBERS)
        second.merged_into_id = first.id

    def part(self, session: Session) -> None:
        """They are not."""
        session.execute(update(Client).values(merged_into_id=None))

    def series(self, session: Session) -> None:
        """More meetings of a group."""
        group = self.one(session, Group)
        for week in range(5):
            self.made += 1
            day = self.today + timedelta(days=7 * week + self.chance.randrange(7))
            add_meeting(session, group, day, uid=f"series-{self.made}", starts_at=time(7, 30),
                        ends_at=time(8))  # fmt: skip

    def remove(self, session: Session) -> None:
        """A meeting goes, by a statement of its own."""
        if self.chance.random() < 0.3:
            found = self.coming(session)
            session.execute(delete(Meeting).where(Meeting.id == found.id))

    def remote(self, session: Session) -> None:
        """A group meets by video, or no longer."""
        group = self.one(session, Group)
        group.channel = "remote" if group.channel == "on-site" else "on-site"

    def single(self, session: Session) -> None:
        """A meeting of one client."""
        self.made += 1
        client, group = self.one(session, Client), self.one(session, Group)
        kind = self.chance.choice(("office", "home", "out", "remote", "phone"))
        day = self.today + timedelta(days=self.chance.randrange(40))
        add_meeting(
            session, None, day, client_id=client.id, kind=kind, unit_id=group.unit_id,
            organiser_id=client.organiser_id, uid=f"single-{self.made}",
        )  # fmt: skip

    def elsewhere(self, session: Session) -> None:
        """A meeting of one client is another's, by a statement of its own."""
        meeting = self.coming(session, Meeting.client_id.is_not(None))
        if meeting is not None:
            other = self.one(session, Client).id
            session.execute(update(Meeting).where(Meeting.id == meeting.id).values(client_id=other))

    def night(self, _: Session) -> None:
        """A day passes, and nothing else."""
        self.clock.set(self.clock.now + timedelta(days=1))


@pytest.mark.parametrize("seed", [545])
def test_a_subscriber_who_polls_through_many_changes_shows_the_roster(
    season: Flask, clock: Clock, seed: int
) -> None:
    world = World(season, clock, seed)
    subscribers = {number: Subscriber(season, secret_for(season, number)) for number in NUMBERS}
    met = set()
    for turn in range(CHANGES):
        # No oftener than a program may ask.
        clock.set(clock.now + timedelta(minutes=20))
        happened = world.change()
        met.add(happened)
        for number, subscriber in subscribers.items():
            if world.chance.random() < 0.6 or turn == CHANGES - 1:
                subscriber.poll()
                with season.app_context(), reading() as session:
                    wanted = expected(session, number, world.today)
                assert subscriber.shown == wanted, f"turn {turn}: {happened}"
    assert len(met) > 15
    assert all(each.unchanged > 5 and len(each.sequences) > 10 for each in subscribers.values())


def test_what_is_kept_is_what_would_be_made_anew(season: Flask, clock: Clock) -> None:
    world = World(season, clock, 12)
    secrets = {number: secret_for(season, number) for number in NUMBERS}
    for _ in range(CHANGES // 2):
        happened = world.change()
        for number, secret in secrets.items():
            told = fetch(season, secret)
            again = fetch(season, secret)
            assert (again.data, again.headers["ETag"]) == (told.data, told.headers["ETag"])
            with season.app_context(), reading() as session:
                owner = Owner("client_id", client_of(session, number).id)
                content = content_of(session, owner, world.today)
                assert content is not None
                assert told.data == whole(content).body, happened


# --------------------------------------------------------------------------------- at once


@pytest.fixture
def owner(season: Flask) -> Owner:
    """The owner of a feed that is kept and true."""
    fetch(season, secret_for(season))
    with season.app_context(), reading() as session:
        return Owner("client_id", client_of(session).id)


def fresh(app: Flask, owner: Owner) -> bool:
    """Whether what is kept is held for the truth."""
    with app.app_context(), own_session() as session:
        kept = session.scalars(select(KeptFeed).where(KeptFeed.client_id == owner.id)).one()
        return kept.change == kept.made_of and session.scalars(select(FeedChange)).first() is None


def known(session: Session, owner: Owner) -> Known:
    """What the look-up of a fetch tells of the owner's feed."""
    address = select(FeedAddress.secret_hash).where(getattr(FeedAddress, owner.column) == owner.id)
    secret = session.scalars(address).first()
    assert secret
    found = Finder(db.engines[GLANCES])(Lookup(secret, date(2026, 9, 1), "", packs=False))
    assert found is not None
    return found.known


def test_what_changes_while_a_feed_is_made_leaves_it_stale(
    season: Flask, owner: Owner, clock: Clock
) -> None:
    assert fresh(season, owner)
    with season.app_context():
        with own_session() as session:
            made = make(session, owner, known(session, owner), clock.now.astimezone(ZONE).date())
        assert made is not None
        with own_session(writes=True) as session:
            session.execute(update(Meeting).values(place="Vaasantie 99"))
            session.commit()
        with own_session(writes=True) as session:
            keep(session, [made], clock.now)
            session.commit()
    assert not fresh(season, owner)


def test_a_feed_that_was_never_begun_is_told_all_the_same(
    season: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    secret = secret_for(season)
    with season.app_context(), writing() as session:
        session.execute(delete(KeptFeed))
    assert fetch(season, secret).text.count("BEGIN:VEVENT") > 0
    assert not caplog.records


def test_what_was_noted_before_a_feed_was_made_leaves_it_fresh(
    season: Flask, owner: Owner, clock: Clock
) -> None:
    with season.app_context():
        with own_session(writes=True) as session:
            session.execute(update(Meeting).values(place="Vaasantie 99"))
            session.commit()
        assert not fresh(season, owner)
        with own_session() as session:
            made = make(session, owner, known(session, owner), clock.now.astimezone(ZONE).date())
        assert made is not None
        with own_session(writes=True) as session:
            keep(session, [made], clock.now)
            session.commit()
    assert fresh(season, owner)


@pytest.mark.parametrize("first", ["meeting", "place"])
def test_two_changes_that_do_not_see_each_other_are_both_told(
    season: Flask, engine_name: str, first: str
) -> None:
    """A meeting of a group and somebody's place in it, made at once; one writer on SQLite."""
    secret = secret_for(season, "0099888")
    fetch(season, secret)
    with season.app_context(), reading() as session:
        client, group = client_of(session, "0099888").id, client_group(session)
        session.expunge(group)
    with season.app_context(), own_session(writes=True) as one:
        place = Enrolment(
            group_id=group.id,
            client_id=client,
            first_day=date(2026, 9, 1),
            made_at=datetime.now(UTC),
        )
        if first == "place":
            one.add(place)
            one.flush()
        else:
            add_meeting(one, group, date(2026, 9, 17), uid="at-once")
        if engine_name == "sqlite":
            one.commit()
        with own_session(writes=True) as other:
            if first == "place":
                add_meeting(other, group, date(2026, 9, 17), uid="at-once")
            else:
                other.add(place)
            other.commit()
        told = fetch(season, secret).text
        assert ("at-once" in told) == (engine_name == "sqlite")
        one.commit()
    assert "at-once" in fetch(season, secret).text


def client_group(session: Session) -> Group:
    """The group of the first client."""
    return session.scalars(select(Group).where(Group.name == "Elokuvakanaria")).one()


# ------------------------------------------------------------------------------- its own rows


def test_a_feed_of_an_older_form_is_made_anew(season: Flask, owner: Owner) -> None:
    secret = secret_for(season)
    fetch(season, secret)
    with season.app_context(), writing() as session:
        session.execute(update(KeptFeed).values(form=0, body=b"old", packed=b"old"))
    assert fetch(season, secret).text.startswith("BEGIN:VCALENDAR")


def test_with_its_last_address_the_kept_feed_goes(season: Flask) -> None:
    from sosku_groups.calendars.actions import revoke_address
    from sosku_groups.calendars.models import FeedAddress

    secrets = [secret_for(season) for _ in range(2)]
    assert [fetch(season, secret).status_code for secret in secrets] == [200, 200]
    for left in (1, 0):
        with season.app_context(), writing() as session:
            address = session.scalars(
                select(FeedAddress).where(FeedAddress.revoked_at.is_(None)).order_by(FeedAddress.id)
            ).first()
            assert address
            revoke_address(session, acting(session), client=client_of(session), address=address)
            assert len(list(session.scalars(select(KeptFeed)))) == left
            assert address.secret_hash is None
    assert [fetch(season, secret).status_code for secret in secrets] == [404, 404]


def test_more_changes_than_are_named_make_every_feed_stale(
    season: Flask, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sosku_groups.calendars.actions import kept

    monkeypatch.setattr(kept, "MOST_NAMED", 0)
    with season.app_context(), writing() as session:
        session.add(FeedChange(client_id=-1))
        session.flush()
        settled = settle(session)
        assert settled.stale is None
    assert not fresh(season, owner)


def test_a_change_that_concerns_more_than_are_named_makes_every_feed_stale(
    season: Flask, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sosku_groups.calendars.actions import kept

    monkeypatch.setattr(kept, "MOST_NAMED", 1)
    with season.app_context(), writing() as session:
        # One note, of a group with a member and a unit.
        session.add(FeedChange(group_id=session.scalars(select(Enrolment.group_id)).first()))
        session.flush()
        assert settle(session).stale is None
    assert not fresh(season, owner)


def test_rows_that_change_nothing_are_not_noted(season: Flask, owner: Owner) -> None:
    with season.app_context(), db.engine.begin() as connection:
        for table in ("meeting", "enrolment", "service_decision", "themed_group", "client"):
            connection.execute(text(f"UPDATE {table} SET id = id"))
        connection.execute(text("UPDATE client SET first_names = 'Aamu', iban = NULL"))
        connection.execute(text("UPDATE staff_user SET failed_sign_ins = 1"))
    assert fresh(season, owner)

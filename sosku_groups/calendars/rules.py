"""What a client's calendar tells, and what it must not (C1, C2).

The texts stand here in the three languages: a feed is fetched by machines, in the client's
language and nobody else's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, Protocol

from sosku_groups.core.days import ONE_DAY, ZONE
from sosku_groups.core.text import N_, Nn_, Sentence, sentence

DAYS_BACK = timedelta(days=30)
# An address goes on after the service, so that the last changes still come through.
GRACE = timedelta(days=30)
LONGEST_LABEL = 60
LONGEST_TITLE = 40
MOST_FETCHES = 60
AFTER = timedelta(minutes=1)
HOUR = 3600
# What the paths of all feeds begin with, and those of the pages that tell how to subscribe.
FEEDS, PHONES = "/calendars/", "/calendar/"
# As the feed is written by now: raised with every change of the form, so that what was kept by
# an older version of the service is made anew.
FORM = 1

TITLES = {"fi": "Tapaaminen", "sv": "Möte", "en": "Meeting"}
CANCELLED = {"fi": "PERUTTU", "sv": "INSTÄLLT", "en": "CANCELLED"}
NAMES = {"fi": "Tapaamiset", "sv": "Möten", "en": "Meetings"}
# What stands in the staff's feeds besides.
STAFF_NAMES = {"fi": "Työkalenteri", "sv": "Arbetskalender", "en": "Work calendar"}
REMOTELY = {"fi": "Etänä", "sv": "På distans", "en": "Remotely"}
# A feed that nothing ends.
FAR = date(2999, 12, 31)

# Kinds of meeting at a place that is not the client's own home (G4).
ON_SITE_KINDS = frozenset({"group", "office", "out"})

# A street address is told by the ends of Finnish and Swedish names of streets. What is not
# surely one is left out: the name of a house or a room may tell what it is for.
FINNISH_ENDS = (
    "aukio|bulevardi|esplanadi|kaari|katu|kuja|laituri|linja|penger|polku|portti|puistikko|raitti|"
    "ranta|rinne|taival|tie|tori|väylä|äyräs"
)
SWEDISH_ENDS = (
    "allén|backen|bulevarden|esplanaden|gatan|gränden|kajen|leden|platsen|stigen|stranden|stråket|"
    "svängen|torget|vägen"
)
END = f"(?:{FINNISH_ENDS}|{SWEDISH_ENDS})"
CAPITAL = "[A-ZÅÄÖÉ]"
STREET = re.compile(
    r"\b(?:(?:Etelä|Eteläinen|Itäinen|Iso|Läntinen|Pieni|Pikku|Pohjoinen|Uusi|Vanha|Toinen|Kolmas|"
    r"Neljäs|Viides|Gamla|Lilla|Norra|Nya|Stora|Södra|Västra|Östra) )?"
    rf"(?:(?:{CAPITAL}[\w'-]+ ){{1,2}}[a-zåäö]*{END}|{CAPITAL}[\w'-]*{END}|{END})"
    r" \d{1,4}(?:[-–]\d{1,4})?(?: ?[A-Za-z]\b)?(?: \d{1,3}\b)?"
    rf"(?:,? \d{{5}} {CAPITAL}[\w-]+)?"
)


class Program(StrEnum):
    """Kinds of calendar program; what exactly fetches is nobody's business."""

    GOOGLE = "google"
    APPLE = "apple"
    OUTLOOK = "outlook"
    SAMSUNG = "samsung"
    ANDROID = "android"
    THUNDERBIRD = "thunderbird"
    BROWSER = "browser"
    OTHER = "other"


# What programs say of themselves, the surer signs first: several call themselves Mozilla too.
SIGNS = (
    (Program.GOOGLE, "google-calendar|googlebot|feedfetcher|google"),
    (Program.OUTLOOK, "outlook|exchange|microsoft|office"),
    (Program.THUNDERBIRD, "thunderbird|lightning"),
    (Program.SAMSUNG, "samsung|sm-[a-z]\\d"),
    (Program.APPLE, "dataaccessd|calendaragent|accountsd|ios/|macos/|mac_os|cfnetwork|darwin"),
    (Program.ANDROID, "icsx5|davx5|davdroid|android|okhttp|dalvik"),
    (Program.BROWSER, "mozilla|opera"),
)
KNOWN_SIGNS = tuple((program, re.compile(signs)) for program, signs in SIGNS)


def program_of(says: str) -> Program:
    """The kind of program, by what it says of itself."""
    says = says.lower()
    if says.startswith("mozilla/5.0 (") and "chrome" in says and "google-calendar" not in says:
        return Program.BROWSER
    return next((program for program, signs in KNOWN_SIGNS if signs.search(says)), Program.OTHER)


@dataclass(frozen=True)
class Owner:
    """Whose feed it is: the column that names the owner, and the owner's id."""

    column: str
    id: int


class Device(StrEnum):
    """What a calendar is added on, as people know it."""

    GOOGLE = "google"
    APPLE = "apple"
    SAMSUNG = "samsung"
    OUTLOOK = "outlook"


OF_A_DEVICE = (
    (Device.APPLE, re.compile("iphone|ipad|macintosh")),
    (Device.SAMSUNG, re.compile("samsung|sm-[a-z]\\d")),
    (Device.OUTLOOK, re.compile("windows")),
)


def device_of(says: str) -> Device:
    """What most readers with this device want, by what their browser says of itself."""
    says = says.lower()
    return next((device for device, signs in OF_A_DEVICE if signs.search(says)), Device.GOOGLE)


PROGRAM_NAMES = {
    Program.GOOGLE: N_("Google Calendar"),
    Program.APPLE: N_("Apple's Calendar"),
    Program.OUTLOOK: N_("Outlook"),
    Program.SAMSUNG: N_("Samsung Calendar"),
    Program.ANDROID: N_("an Android program"),
    Program.THUNDERBIRD: N_("Thunderbird"),
    Program.BROWSER: N_("a browser"),
    Program.OTHER: N_("another program"),
}


def when_fetched(at: datetime, now: datetime) -> Sentence:
    """When that was, as people say it."""
    local, today = at.astimezone(ZONE), now.astimezone(ZONE).date()
    days = (today - local.date()).days
    if days <= 0:
        return sentence(N_("today at {time}"), time=local.time())
    if days == 1:
        return sentence(N_("yesterday at {time}"), time=local.time())
    return sentence(Nn_("{n} day ago", "{n} days ago"), n=days)


class Wishing(Protocol):
    """A client's wishes for the calendar."""

    @property
    def language(self) -> str:
        """The language that the client uses."""

    @property
    def non_disclosure(self) -> bool:
        """Whether there is a non-disclosure order."""

    @property
    def hides_address(self) -> bool:
        """Whether the client wants no addresses in the calendar."""

    @property
    def calendar_title(self) -> str:
        """The client's own title for the events; empty for the neutral word."""


class Subscriber(Wishing, Protocol):
    """A client, as far as a calendar's page needs to know."""

    @property
    def id(self) -> int:
        """The client's id."""

    @property
    def key(self) -> str:
        """The client's key."""


class Occasion(NamedTuple):
    """A meeting as it stands, with what a calendar may need of it: plain, for a feed has many."""

    uid: str
    sequence: int
    changed_at: datetime
    day: date
    starts_at: time
    ends_at: time
    kind: str
    remote: bool
    place: str
    cancelled: bool


class Event(NamedTuple):
    """One event of a feed: all that leaves the service about a meeting.

    `note` and `whole` (it lasts whole days) are for the staff's feeds alone.
    """

    uid: str
    sequence: int
    changed_at: datetime
    starts: datetime
    ends: datetime
    title: str
    location: str
    note: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Content:
    """What a feed tells, in whose language, and the day from which it is another.

    `name` is what the staff's calendars are called; a client's has the neutral word.
    """

    events: tuple[Event, ...]
    language: str
    good_until: date
    name: str = ""


@dataclass(frozen=True)
class Wishes:
    """How a client's feed tells of meetings: language, own title, and whether streets are told."""

    language: str
    title: str = ""
    addresses: bool = True


def feed_events(occasions: Iterable[Occasion], *, today: date, wishes: Wishes) -> tuple[Event, ...]:
    """The events of a client's feed (C1, C2): a cancelled one goes when its day has passed."""
    return tuple(
        event_of(occasion, wishes) for occasion in occasions if last_seen(occasion) >= today
    )


def last_seen(occasion: Occasion) -> date:
    """The last day on which a feed tells of the meeting (C2)."""
    return occasion.day if occasion.cancelled else occasion.day + DAYS_BACK


def good_until(occasions: Iterable[Occasion], *, today: date, ends: date) -> date:
    """The first day on which the feed is another though nothing has changed."""
    days = [last_seen(each) for each in occasions]
    return min([day for day in days if day >= today] + [ends]) + ONE_DAY


def event_of(occasion: Occasion, wishes: Wishes) -> Event:
    """One meeting with a neutral or own title, its local time and, where allowed, the street."""
    title = wishes.title or TITLES[wishes.language]
    end_day = occasion.day if occasion.ends_at > occasion.starts_at else occasion.day + ONE_DAY
    on_site = occasion.kind in ON_SITE_KINDS and not occasion.remote
    return Event(
        uid=occasion.uid,
        sequence=occasion.sequence,
        changed_at=occasion.changed_at,
        starts=datetime.combine(occasion.day, occasion.starts_at),
        ends=datetime.combine(end_day, occasion.ends_at),
        title=f"{CANCELLED[wishes.language]}: {title}" if occasion.cancelled else title,
        location=street_address(occasion.place) if wishes.addresses and on_site else "",
    )


def wishes_of(client: Wishing, merged: Iterable[Wishing] = ()) -> Wishes:
    """What a person wants: as the kept record says, and what any of the records hides is hidden."""
    records = (client, *merged)
    return Wishes(
        language=client.language,
        title=next((each.calendar_title for each in records if each.calendar_title), ""),
        addresses=all(map(shows_addresses, records)),
    )


@dataclass(frozen=True)
class StaffOccasion:
    """A meeting or an event of the staff, with what a colleague's calendar tells of it.

    Without times it lasts whole days. Nothing here is of a client: neither name nor home (C1).
    """

    uid: str
    sequence: int
    changed_at: datetime
    first_day: date
    last_day: date
    starts_at: time | None
    ends_at: time | None
    title: str
    place: str
    cancelled: bool
    note: str = ""


def staff_content(
    occasions: Iterable[StaffOccasion], *, today: date, language: str, name: str
) -> Content:
    """What a feed of the staff tells; what is cancelled goes when its day has passed (C2)."""
    told = [each for each in occasions if last_told(each) >= today]
    told.sort(key=lambda each: (each.first_day, each.starts_at or time.min, each.uid))
    until = min([last_told(each) for each in told] + [FAR]) + ONE_DAY
    return Content(tuple(staff_event(each, language) for each in told), language, until, name)


def last_told(occasion: StaffOccasion) -> date:
    """The last day on which a feed tells of it."""
    return occasion.last_day if occasion.cancelled else occasion.last_day + DAYS_BACK


def staff_event(occasion: StaffOccasion, language: str) -> Event:
    """One meeting or event, at its local time or on its whole days."""
    whole = occasion.starts_at is None or occasion.ends_at is None
    starts_at, ends_at = occasion.starts_at or time.min, occasion.ends_at or time.min
    last = occasion.last_day if ends_at > starts_at else occasion.last_day + ONE_DAY
    cancelled = f"{CANCELLED[language]}: " if occasion.cancelled else ""
    return Event(
        uid=occasion.uid,
        sequence=occasion.sequence,
        changed_at=occasion.changed_at,
        starts=datetime.combine(occasion.first_day, starts_at),
        ends=datetime.combine(last, ends_at),
        title=f"{cancelled}{occasion.title}",
        location=occasion.place,
        note=occasion.note,
        whole=whole,
    )


def with_names(title: str, names: Iterable[str]) -> str:
    """A title with those whom it concerns, as a unit's calendar shows it."""
    told = ", ".join(names)
    return f"{title} – {told}" if told else title


def has_met(fetched_at: datetime | None, changed_at: datetime) -> bool:
    """Whether a fetch surely saw a change: a minute later, for clocks differ and saving takes time.

    In doubt it has not: then somebody is called who knows already.
    """
    return fetched_at is not None and fetched_at > changed_at + AFTER


def last_alive(service: Iterable[date], made: date) -> date:
    """The last day of an address: thirty after the service, or after it was made, has ended.

    `service`: the last days of decisions and of places in groups.
    """
    return max([*service, made]) + GRACE


def shows_addresses(client: Wishing) -> bool:
    """C1: street addresses are told unless the client opts out or has a non-disclosure order."""
    return not (client.hides_address or client.non_disclosure)


@lru_cache(maxsize=4096)
def street_address(place: str) -> str:
    """The street address within the words for a place; empty when there surely is none."""
    found = STREET.search(place)
    return found[0] if found else ""


def hash_of(secret: str) -> str:
    """What is kept of a secret: 256 random bits need no salt and no slow hash."""
    return sha256(secret.encode()).hexdigest()


def feed_path(secret: str) -> str:
    """The path of a feed's address."""
    return f"{FEEDS}{secret}.ics"


def feed_address(base_url: str, secret: str) -> str:
    """The whole address of a feed."""
    return base_url + feed_path(secret)


def subscribing_address(base_url: str, secret: str) -> str:
    """The address by which a phone subscribes, rather than loads once."""
    return re.sub(r"^https?:", "webcal:", feed_address(base_url, secret))


def phone_address(base_url: str, secret: str) -> str:
    """The address of the page that tells how to subscribe."""
    return f"{base_url}{PHONES}{secret}"

"""What a client's calendar tells, and what it must not (C1, C2).

The texts stand here in the three languages: a feed is fetched by machines, in the client's
language and nobody else's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from sosku_groups.core.days import ONE_DAY

DAYS_BACK = timedelta(days=30)
LONGEST_LABEL = 60

TITLES = {"fi": "Tapaaminen", "sv": "Möte", "en": "Meeting"}
CANCELLED = {"fi": "PERUTTU", "sv": "INSTÄLLT", "en": "CANCELLED"}
NAMES = {"fi": "Tapaamiset", "sv": "Möten", "en": "Meetings"}

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


class Subscriber(Protocol):
    """A client, as far as a calendar needs to know."""

    @property
    def id(self) -> int:
        """The client's id."""

    @property
    def key(self) -> str:
        """The client's key."""

    @property
    def language(self) -> str:
        """The language that the client uses."""

    @property
    def non_disclosure(self) -> bool:
        """Whether there is a non-disclosure order."""

    @property
    def hides_address(self) -> bool:
        """Whether the client wants no addresses in the calendar."""


@dataclass(frozen=True)
class Occasion:
    """A meeting as it stands, with what a calendar may need of it."""

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


@dataclass(frozen=True)
class Event:
    """One event of a feed: all that leaves the service about a meeting."""

    uid: str
    sequence: int
    changed_at: datetime
    starts: datetime
    ends: datetime
    title: str
    location: str


def feed_events(
    occasions: Iterable[Occasion], *, today: date, language: str, addresses: bool
) -> tuple[Event, ...]:
    """The events of a client's feed (C1, C2): a cancelled one goes when its day has passed."""
    return tuple(
        event_of(occasion, language=language, addresses=addresses)
        for occasion in occasions
        if not (occasion.cancelled and occasion.day < today)
    )


def event_of(occasion: Occasion, *, language: str, addresses: bool) -> Event:
    """One meeting with a neutral title, its local time and, where allowed, a street address."""
    title = TITLES[language]
    end_day = occasion.day if occasion.ends_at > occasion.starts_at else occasion.day + ONE_DAY
    on_site = occasion.kind in ON_SITE_KINDS and not occasion.remote
    return Event(
        uid=occasion.uid,
        sequence=occasion.sequence,
        changed_at=occasion.changed_at,
        starts=datetime.combine(occasion.day, occasion.starts_at),
        ends=datetime.combine(end_day, occasion.ends_at),
        title=f"{CANCELLED[language]}: {title}" if occasion.cancelled else title,
        location=street_address(occasion.place) if addresses and on_site else "",
    )


def shows_addresses(client: Subscriber) -> bool:
    """C1: street addresses are told unless the client opts out or has a non-disclosure order."""
    return not (client.hides_address or client.non_disclosure)


def street_address(place: str) -> str:
    """The street address within the words for a place; empty when there surely is none."""
    found = STREET.search(place)
    return found[0] if found else ""


def hash_of(secret: str) -> str:
    """What is kept of a secret: 256 random bits need no salt and no slow hash."""
    return sha256(secret.encode()).hexdigest()


def feed_path(secret: str) -> str:
    """The path of a feed's address."""
    return f"/calendars/{secret}.ics"


def feed_address(base_url: str, secret: str) -> str:
    """The whole address of a feed."""
    return base_url + feed_path(secret)


def subscribing_address(base_url: str, secret: str) -> str:
    """The address by which a phone subscribes, rather than loads once."""
    return re.sub(r"^https?:", "webcal:", feed_address(base_url, secret))

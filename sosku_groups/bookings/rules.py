"""What is read back from a calendar, when it clashes with a meeting, and where it is fetched.

The place rule: a closure concerns every meeting of its unit; a booking concerns the meetings of
its unit whose place is written as the booking's, whatever the case and the spaces.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from sosku_groups.core.days import ONE_DAY, ZONE, Span, days_between, instant, local_day
from sosku_groups.core.text import N_, Refused, Sentence, sentence

MOST_BYTES = 5 * 1024 * 1024
MOST_BOOKINGS = 5_000
# Calendars keep what is long past; reading so many events takes some seconds.
MOST_EVENTS = 20_000
MONTHS_AHEAD = 24
# After so long without a look a calendar may well say something else.
OLD_AFTER = timedelta(days=14)
LONGEST_TEXT = 200
LONGEST_NAME = 80
LONGEST_ADDRESS = 1_000

# Networks that carry an IPv4 address inside: one of them could lead to a machine of the house.
CARRYING = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("2002::/16"))


class What(StrEnum):
    """What a calendar tells of."""

    CLOSURES = "closures"
    ROOMS = "rooms"


WHAT_NAMES = {
    What.CLOSURES: N_("Closures of the unit"),
    What.ROOMS: N_("Bookings of rooms"),
}


@dataclass(frozen=True)
class SourceFacts:
    """What a coordinator says of a calendar; `place` is for bookings that name none."""

    unit_id: int
    what: What
    name: str
    place: str
    address: str = ""


@dataclass(frozen=True, order=True)
class Booking:
    """One time in another calendar: whole days, or from one instant to another."""

    first_day: date
    last_day: date
    starts_at: datetime | None
    ends_at: datetime | None
    title: str
    place: str
    uid: str

    def meets(self, day: date, starts: time, ends: time) -> bool:
        """Whether a meeting at these local times shares a minute, or a whole day, with it."""
        first, last = bounds(day, starts, ends)
        if self.starts_at is None or self.ends_at is None:
            return any(
                self.first_day <= each <= self.last_day
                for each in days_between(day, local_day(last - timedelta(seconds=1)))
            )
        return self.starts_at < last and first < self.ends_at


def bounds(day: date, starts: time, ends: time) -> tuple[datetime, datetime]:
    """The instants between which a meeting lasts, past midnight too (G2)."""
    return instant(day, starts), instant(day if ends > starts else day + ONE_DAY, ends)


@dataclass(frozen=True)
class Planned:
    """A meeting that is about to be made or moved."""

    day: date
    starts_at: time
    ends_at: time


@dataclass(frozen=True)
class Clash:
    """A planned meeting that falls on something else: the day, and what and when."""

    day: date
    told: Sentence


def clashes(planned: Iterable[Planned], told: Iterable[tuple[Booking, Sentence]]) -> list[Clash]:
    """Each planned meeting that falls on something, in the order of the days."""
    wanted = sorted(planned, key=lambda one: (one.day, one.starts_at))
    if not wanted:
        return []
    span = Span(wanted[0].day, wanted[-1].day + ONE_DAY)
    by_day: dict[date, list[tuple[Booking, Sentence]]] = {}
    for booking, words in told:
        first, last = max(booking.first_day, span.first), min(booking.last_day, span.last)
        for day in days_between(first, last):
            by_day.setdefault(day, []).append((booking, words))
    found = (
        Clash(one.day, words)
        for one in wanted
        for booking, words in (*by_day.get(one.day, ()), *by_day.get(one.day + ONE_DAY, ()))
        if booking.meets(one.day, one.starts_at, one.ends_at)
    )
    # What lasts over midnight stands under both days.
    return list(dict.fromkeys(found))


def clash_seal(found: Iterable[Clash]) -> str:
    """A seal of clashes, by which a form says which of them the person has seen."""
    told = "\n".join(f"{each.day} {hash_free(each.told)}" for each in found)
    return sha256(told.encode()).hexdigest()[:22] if told else ""


def hash_free(words: Sentence) -> str:
    """A sentence and its values, the same in each process."""
    values = ((name, words.values[name]) for name in sorted(words.values))
    return f"{words.text} " + " ".join(
        f"{name}={hash_free(value) if isinstance(value, Sentence) else value!r}"
        for name, value in values
    )


def same_place(one: str, other: str) -> bool:
    """Whether two texts for a place are the same but for case and spaces; an empty one never is."""
    return bool(one.strip()) and spelled(one) == spelled(other)


def spelled(place: str) -> str:
    """A place as it is compared."""
    return "".join(place.split()).casefold()


def when(booking: Booking) -> Sentence:
    """When a booking is, in words."""
    if booking.starts_at is None or booking.ends_at is None:
        if booking.first_day == booking.last_day:
            return sentence(N_("all day"))
        text = N_("all days from {first} to {last}")
        return sentence(text, first=booking.first_day, last=booking.last_day)
    starts, ends = local_clock(booking.starts_at), local_clock(booking.ends_at)
    if booking.first_day == booking.last_day:
        return sentence(N_("{starts}–{ends}"), starts=starts, ends=ends)
    return sentence(
        N_("from {first} {starts} to {last} {ends}"),
        first=booking.first_day,
        starts=starts,
        last=booking.last_day,
        ends=ends,
    )


def local_clock(at: datetime) -> time:
    """The time on a Finnish wall at that instant."""
    return at.astimezone(ZONE).time().replace(tzinfo=None)


def named(title: str) -> Sentence | str:
    """What a booking is called, or that it has no name."""
    return title or sentence(N_("without a name"))


def closed(booking: Booking) -> Sentence:
    """That the unit is closed, and when."""
    text = N_("the unit is closed: {title}, {when}")
    return sentence(text, title=named(booking.title), when=when(booking))


def booked(booking: Booking) -> Sentence:
    """That the room is taken, and when."""
    text = N_("{place} is booked: {title}, {when}")
    return sentence(text, place=booking.place, title=named(booking.title), when=when(booking))


# ---------------------------------------------------------------------------------- addresses


def clean_address(text: str, *, loopback: bool) -> str:
    """An address from which a calendar may be fetched; refused with a sentence otherwise.

    `loopback`: plain http is taken too, for a calendar on this very machine.
    """
    address = text.strip()
    if address.lower().startswith("webcal:"):
        address = f"https:{address[7:]}"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    schemes = ("https", "http") if loopback else ("https",)
    if parts.scheme not in schemes or not parts.hostname or not address.isascii() or port == 0:
        raise Refused(sentence(N_("Give an address that begins with https://.")), "address")
    if any(letter.isspace() for letter in address) or len(address) > LONGEST_ADDRESS:
        raise Refused(sentence(N_("Give an address that begins with https://.")), "address")
    if parts.username is not None or parts.password is not None:
        text = N_("The address may not hold a user name or a password.")
        raise Refused(sentence(text), "address")
    return address.partition("#")[0]


def shortened(address: str) -> str:
    """What is shown of an address: whose server it is, and no secret."""
    return f"{urlsplit(address).hostname or ''}/…"


def may_be_asked(address: str, *, loopback: bool) -> bool:
    """Whether a machine at this IP address may be asked: none of the house's own network."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if loopback and found.is_loopback:
        return True
    return found.is_global and not found.is_multicast and not carries(found)


def carries(found: IPv4Address | IPv6Address) -> bool:
    """Whether an IPv4 address is hidden inside."""
    return isinstance(found, IPv6Address) and any(found in network for network in CARRYING)

"""A client's feed as an iCalendar file (RFC 5545, RFC 7986), and its address as a QR code."""

import gzip
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import lru_cache
from hashlib import sha256

import segno
from icalendar import Calendar, Component

from sosku_groups.calendars.rules import NAMES, Content, Event

# Nothing in the file may tell whose service this is (C1): the name is that of no product.
PRODID = "-//Calendar//EN"
EVERY_HOUR = timedelta(hours=1)
ZONE_NAME = "Europe/Helsinki"
# Of a calendar among others on the phone; it tells nothing.
COLOUR = "slategray"
LONGEST_LINE = 75
END = b"END:VCALENDAR\r\n"

# The same rule since 1996, written once: a table of years would run out.
ZONE = """BEGIN:VTIMEZONE
TZID:Europe/Helsinki
BEGIN:DAYLIGHT
DTSTART:19960331T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:EEST
TZOFFSETFROM:+0200
TZOFFSETTO:+0300
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T040000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:EET
TZOFFSETFROM:+0300
TZOFFSETTO:+0200
END:STANDARD
END:VTIMEZONE
"""


@dataclass(frozen=True)
class Written:
    """A feed as it is sent: plain, packed, and the strong mark of what is in it."""

    body: bytes
    packed: bytes
    etag: str


def feed(events: Iterable[Event], language: str, name: str = "") -> bytes:
    """The whole file; the same events give the same bytes."""
    return frame(language, name) + "".join(map(written, events)).encode() + END


def whole(content: Content) -> Written:
    """The feed with all that is kept of it."""
    body = feed(content.events, content.language, content.name)
    mark = urlsafe_b64encode(sha256(body).digest()[:15]).decode()
    # Without the time of packing: the same feed is packed into the same bytes. Packing longer would
    # make it a twentieth smaller.
    return Written(body, gzip.compress(body, 3, mtime=0), mark)


@lru_cache(maxsize=8)
def frame(language: str, name: str = "") -> bytes:
    """What stands before the events: the calendar's own lines and the time zone."""
    name = name or NAMES[language]
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", ZONE_NAME)
    calendar.add("color", COLOUR)
    calendar.add("refresh-interval", EVERY_HOUR, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    calendar.add_component(Component.from_ical(ZONE.replace("\n", "\r\n")))
    lines: bytes = calendar.to_ical()
    return lines.removesuffix(END)


@lru_cache(maxsize=50_000)
def written(event: Event) -> str:
    """One event, line by line: a library that can write anything takes a hundred times as long.

    Kept, for all members of a group who read one language share its meetings' events.
    """
    changed = f"{event.changed_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    lines = [
        "BEGIN:VEVENT",
        f"SUMMARY:{escaped(event.title)}",
        *times(event),
        f"DTSTAMP:{changed}",
        f"UID:{escaped(event.uid)}",
        f"SEQUENCE:{event.sequence}",
        f"LAST-MODIFIED:{changed}",
        # C2: cancelled ones too, or most calendars would hide them.
        "STATUS:CONFIRMED",
    ]
    if event.location:
        lines.append(f"LOCATION:{escaped(event.location)}")
    if event.note:
        lines.append(f"DESCRIPTION:{escaped(event.note)}")
    return "".join(f"{folded(line)}\r\n" for line in [*lines, "END:VEVENT"])


def times(event: Event) -> tuple[str, str]:
    """When it starts and ends: at local times, or on whole days."""
    if event.whole:
        return (
            f"DTSTART;VALUE=DATE:{event.starts:%Y%m%d}",
            f"DTEND;VALUE=DATE:{event.ends:%Y%m%d}",
        )
    return (
        f"DTSTART;TZID={ZONE_NAME}:{event.starts:%Y%m%dT%H%M%S}",
        f"DTEND;TZID={ZONE_NAME}:{event.ends:%Y%m%dT%H%M%S}",
    )


def escaped(text: str) -> str:
    """Text as a value: backslash, semicolon, comma and the ends of lines made harmless."""
    text = "\n".join(text.replace("\r\n", "\n").split("\r"))
    for plain, safe in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, safe)
    return text


def folded(line: str) -> str:
    """The line in pieces of at most 75 octets, none of which breaks a letter."""
    if len(line) * 4 <= LONGEST_LINE or len(line.encode()) <= LONGEST_LINE:
        return line
    pieces, room, piece = [], LONGEST_LINE, ""
    for letter in line:
        size = len(letter.encode())
        if size > room:
            pieces.append(piece)
            # The space that begins a further piece is one of its octets.
            room, piece = LONGEST_LINE - 1, ""
        room, piece = room - size, piece + letter
    return "\r\n ".join([*pieces, piece])


def qr_picture(address: str) -> str:
    """A QR code of the address as a data: address of a picture."""
    return segno.make(address, micro=False, error="m").png_data_uri(scale=6, border=4)

"""A client's feed as an iCalendar file (RFC 5545, RFC 7986), and its address as a QR code."""

from datetime import timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import segno
from icalendar import Calendar, Component
from icalendar import Event as IcalEvent

from sosku_groups.calendars.rules import NAMES, Event

# Nothing in the file may tell whose service this is (C1): the name is that of no product.
PRODID = "-//Calendar//EN"
EVERY_HOUR = timedelta(hours=1)
ZONE_NAME = "Europe/Helsinki"
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


def feed(events: tuple[Event, ...], language: str) -> bytes:
    """The whole file; the same events give the same bytes."""
    return frame(language) + b"".join(map(written, events)) + END


@lru_cache(maxsize=8)
def frame(language: str) -> bytes:
    """What stands before the events: the calendar's own lines and the time zone."""
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", NAMES[language])
    calendar.add("x-wr-calname", NAMES[language])
    calendar.add("x-wr-timezone", ZONE_NAME)
    calendar.add("refresh-interval", EVERY_HOUR, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    calendar.add_component(Component.from_ical(ZONE.replace("\n", "\r\n")))
    lines: bytes = calendar.to_ical()
    return lines.removesuffix(END)


@lru_cache(maxsize=50_000)
def written(event: Event) -> bytes:
    """One event; kept, for building it takes a hundred times as long as sending it.

    All members of a group who read one language share its meetings' events.
    """
    zone = ZoneInfo(ZONE_NAME)
    lines = IcalEvent()
    lines.add("uid", event.uid)
    lines.add("sequence", event.sequence)
    lines.add("dtstamp", event.changed_at)
    lines.add("last-modified", event.changed_at)
    lines.add("dtstart", event.starts.replace(tzinfo=zone))
    lines.add("dtend", event.ends.replace(tzinfo=zone))
    lines.add("summary", event.title)
    # C2: cancelled ones too, or most calendars would hide them.
    lines.add("status", "CONFIRMED")
    if event.location:
        lines.add("location", event.location)
    text: bytes = lines.to_ical()
    return text


def qr_picture(address: str) -> str:
    """A QR code of the address as a data: address of a picture."""
    return segno.make(address, micro=False, error="m").png_data_uri(scale=6, border=4)

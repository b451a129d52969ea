"""A reader of calendars from outside Python, strict about what may stand where: Debian's libical.

It works every time out from the zone rules that the file itself brings along.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL, Structure, c_char_p, c_int, c_long, c_void_p
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from tests.machine import absent

LIBRARY = "libical.so.3"


class Time(Structure):
    """libical's `struct icaltimetype`."""

    _fields_ = [
        *(
            (part, c_int)
            for part in ("year", "month", "day", "hour", "minute", "second", "is_date", "is_summer")
        ),
        ("zone", c_void_p),
    ]


@dataclass(frozen=True, order=True)
class Seen:
    """An event as a reader sees it."""

    uid: str
    starts: datetime
    ends: datetime
    title: str


@cache
def library() -> CDLL:
    """The library with the shapes of the functions used here."""
    try:
        ical = CDLL(LIBRARY)
    except OSError:
        absent("no libical is installed (on Debian: apt install libical3)")
    shapes = {
        "icalparser_parse_string": (c_void_p, c_char_p),
        "icalrestriction_check": (c_int, c_void_p),
        "icalcomponent_string_to_kind": (c_int, c_char_p),
        "icalcomponent_get_first_component": (c_void_p, c_void_p, c_int),
        "icalcomponent_get_next_component": (c_void_p, c_void_p, c_int),
        "icalcomponent_get_uid": (c_char_p, c_void_p),
        "icalcomponent_get_summary": (c_char_p, c_void_p),
        "icalcomponent_get_dtstart": (Time, c_void_p),
        "icalcomponent_get_dtend": (Time, c_void_p),
        "icalcomponent_as_ical_string": (c_char_p, c_void_p),
        "icalcomponent_free": (None, c_void_p),
        "icaltime_as_timet_with_zone": (c_long, Time, c_void_p),
    }
    for name, (result, *arguments) in shapes.items():
        function = getattr(ical, name)
        function.restype, function.argtypes = result, arguments
    return ical


@contextmanager
def parsed(feed: bytes) -> Iterator[int]:
    """The calendar inside the library, given back afterwards."""
    calendar = library().icalparser_parse_string(feed)
    assert calendar, "libical sees no calendar"
    yield calendar
    library().icalcomponent_free(calendar)


def seen(feed: bytes) -> list[Seen]:
    """The events in the file's order, their times as instants."""
    ical = library()
    kind = ical.icalcomponent_string_to_kind(b"VEVENT")
    found = []
    with parsed(feed) as calendar:
        event = ical.icalcomponent_get_first_component(calendar, kind)
        while event:
            found.append(
                Seen(
                    ical.icalcomponent_get_uid(event).decode(),
                    instant(ical.icalcomponent_get_dtstart(event)),
                    instant(ical.icalcomponent_get_dtend(event)),
                    ical.icalcomponent_get_summary(event).decode(),
                )
            )
            event = ical.icalcomponent_get_next_component(calendar, kind)
    return found


def instant(local: Time) -> datetime:
    """The instant of a time in its zone."""
    assert local.zone, "a time without a zone"
    return datetime.fromtimestamp(library().icaltime_as_timet_with_zone(local, local.zone), UTC)


def complaints(feed: bytes) -> list[str]:
    """What libical has against the file: values it cannot read, and what RFC 5546 forbids."""
    ical = library()
    with parsed(feed) as calendar:
        in_order = ical.icalrestriction_check(calendar)
        text = ical.icalcomponent_as_ical_string(calendar).decode().replace("\r\n ", "")
    errors = [line for line in text.split("\r\n") if line.startswith("X-LIC-ERROR")]
    return errors if in_order else [*errors, "the restrictions are not kept"]

"""Groups as they come in by file (section 5)."""

from dataclasses import dataclass
from datetime import date, time

from sosku_groups.core.incoming import Column, Row, Table
from sosku_groups.core.text import N_, sentence
from sosku_groups.groups.rules import MOST_PLACES, Channel, Theme

COLUMNS = (
    Column("group", "ryhmä"),
    Column("theme", "teema"),
    Column("unit", "toimipiste"),
    Column("place", "paikka", exact=False),
    Column("weekday", "viikonpäivä"),
    Column("starts_at", "alkaa_klo"),
    Column("ends_at", "päättyy_klo"),
    Column("first_day", "ensimmäinen"),
    Column("last_day", "viimeinen"),
    Column("capacity", "paikkoja"),
    Column("channel", "muoto"),
    Column("instructors", "ohjaajat", optional=True),
)

THEME_WORDS = {
    "ravitsemus": Theme.NUTRITION,
    "liikunta": Theme.EXERCISE,
    "elokuva": Theme.FILM,
    "luonto": Theme.NATURE,
    "palvelut": Theme.SERVICES,
    "muu": Theme.OTHER,
    "näring": Theme.NUTRITION,
    "kost": Theme.NUTRITION,
    "motion": Theme.EXERCISE,
    "film": Theme.FILM,
    "natur": Theme.NATURE,
    "tjänster": Theme.SERVICES,
    "annat": Theme.OTHER,
    "nutrition": Theme.NUTRITION,
    "exercise": Theme.EXERCISE,
    "nature": Theme.NATURE,
    "services": Theme.SERVICES,
    "other": Theme.OTHER,
}

CHANNEL_WORDS = {
    "lähi": Channel.ON_SITE,
    "etä": Channel.REMOTE,
    "lähiryhmä": Channel.ON_SITE,
    "etäryhmä": Channel.REMOTE,
    "när": Channel.ON_SITE,
    "närträff": Channel.ON_SITE,
    "på plats": Channel.ON_SITE,
    "distans": Channel.REMOTE,
    "på distans": Channel.REMOTE,
    "on site": Channel.ON_SITE,
    "on-site": Channel.ON_SITE,
    "remote": Channel.REMOTE,
}

WEEKDAYS = (
    ("ma", "maanantai", "mån", "må", "måndag", "mon", "monday"),
    ("ti", "tiistai", "tis", "tisdag", "tue", "tuesday"),
    ("ke", "keskiviikko", "ons", "on", "onsdag", "wed", "wednesday"),
    ("to", "torstai", "tors", "tor", "torsdag", "thu", "thursday"),
    ("pe", "perjantai", "fre", "fr", "fredag", "fri", "friday"),
    ("la", "lauantai", "lör", "lö", "lördag", "sat", "saturday"),
    ("su", "sunnuntai", "sön", "sö", "söndag", "sun", "sunday"),
)
WEEKDAY_WORDS = {
    words[spelling]: number
    for spelling in range(max(map(len, WEEKDAYS)))
    for number, words in enumerate(WEEKDAYS)
    if spelling < len(words)
}


@dataclass(frozen=True)
class GroupRow:
    """One line of the file; `instructors` is None where the file does not tell them."""

    row: Row
    name: str
    theme: Theme
    unit: str
    place: str
    channel: Channel
    capacity: int
    weekday: int
    starts_at: time
    ends_at: time
    first_day: date
    last_day: date
    instructors: tuple[str, ...] | None


def read_groups(table: Table) -> list[GroupRow]:
    """The lines that can be read, in the file's order; the others have their faults noted."""
    seen: set[str] = set()
    found = []
    for row in table.rows:
        read = read_group(row)
        name = " ".join(row.raw("group").casefold().split())
        if name and name in seen:
            row.fault("group", sentence(N_("each group once")))
        elif read is not None:
            found.append(read)
        seen.add(name)
    return found


def read_group(row: Row) -> GroupRow | None:
    """One line, or None with every fault of it noted."""
    name = row.text("group", most=120)
    theme = row.word("theme", THEME_WORDS)
    unit = row.text("unit", most=200)
    place = row.text("place", most=200, blank=True)
    weekday = row.word("weekday", WEEKDAY_WORDS)
    starts_at, ends_at = row.clock("starts_at"), row.clock("ends_at")
    first_day, last_day = row.day("first_day"), row.day("last_day")
    capacity = row.number("capacity", least=1, most=MOST_PLACES)
    channel = row.word("channel", CHANNEL_WORDS)
    emails = row.raw("instructors").replace(",", " ").replace(";", " ").lower().split()
    if (
        not row.sound
        or theme is None
        or channel is None
        or weekday is None
        or capacity is None
        or starts_at is None
        or ends_at is None
        or first_day is None
        or last_day is None
    ):
        return None
    return GroupRow(
        row=row,
        name=name,
        theme=theme,
        unit=unit,
        place=place,
        channel=channel,
        capacity=capacity,
        weekday=weekday,
        starts_at=starts_at,
        ends_at=ends_at,
        first_day=first_day,
        last_day=last_day,
        instructors=tuple(dict.fromkeys(emails)) or None,
    )

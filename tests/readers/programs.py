"""Programs that people and their phones read calendars with, each as it reads by itself.

Each gives the events of a calendar with their moments in UTC. They share no code with the service,
and hardly any with each other.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

from icalendar import Calendar
from playwright.sync_api import Browser

from tests import libical
from tests.faults.served import free_port
from tests.libical import Seen

HELSINKI = ZoneInfo("Europe/Helsinki")
VENDOR = Path(__file__).parent / "vendor"
PATIENCE = 60

ICAL_JS = """
async ([library, text]) => {
  const address = URL.createObjectURL(new Blob([library], {type: "text/javascript"}));
  const ICAL = (await import(address)).default;
  const calendar = new ICAL.Component(ICAL.parse(text));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(new ICAL.Timezone(zone));
  }
  return calendar.getAllSubcomponents("vevent").map(one => {
    const event = new ICAL.Event(one);
    const at = moment => moment.toUnixTime();
    return [event.uid, at(event.startDate), at(event.endDate), event.summary];
  });
}
"""
# A reader in Node, for whoever has it: see node_ical.py.
NODE_ICAL = """
const ical = require("node-ical");
const found = Object.values(ical.sync.parseFile(process.argv[1]));
const events = found.filter(one => one.type === "VEVENT");
console.log(JSON.stringify(events.map(one => [
  one.uid, one.start.getTime() / 1000, one.end.getTime() / 1000, one.summary,
])));
"""


def by_icalendar(feed: bytes) -> list[Seen]:
    """Python's icalendar."""
    events: list[Any] = Calendar.from_ical(feed).walk("VEVENT")
    return sorted(
        Seen(
            str(event["UID"]),
            event["DTSTART"].dt.astimezone(UTC),
            event["DTEND"].dt.astimezone(UTC),
            str(event["SUMMARY"]),
        )
        for event in events
    )


def by_libical(feed: bytes) -> list[Seen]:
    """Debian's libical, which GNOME and KDE read with; nothing in the file displeases it."""
    assert libical.complaints(feed) == []
    return sorted(libical.seen(feed))


def by_ical_js(feed: bytes, browser: Browser) -> list[Seen]:
    """ical.js, which Thunderbird and Nextcloud read with, in a real browser."""
    page = browser.new_page()
    try:
        library = (VENDOR / "ical.min.js").read_text()
        return from_seconds(page.evaluate(ICAL_JS, [library, feed.decode()]))
    finally:
        page.close()


def by_node_ical(feed: bytes, folder: Path, modules: Path) -> list[Seen]:
    """node-ical, which many servers and smart homes read with."""
    file = folder / "feed.ics"
    file.write_bytes(feed)
    told = subprocess.run(
        ["node", "-e", NODE_ICAL, file],
        env=os.environ | {"NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
        check=True,
    )
    return from_seconds(json.loads(told.stdout))


def from_seconds(rows: list[list[Any]]) -> list[Seen]:
    """Events from seconds since 1970."""
    return sorted(
        Seen(uid, datetime.fromtimestamp(starts, UTC), datetime.fromtimestamp(ends, UTC), title)
        for uid, starts, ends, title in rows
    )


# ----------------------------------------------------------------------------- vdirsyncer and khal


@dataclass
class Desk:
    """A computer on which vdirsyncer fetches the calendar and khal shows it."""

    folder: Path
    address: str

    def __post_init__(self) -> None:
        self.items = self.folder / "items"
        self.items.mkdir(parents=True)
        (self.folder / "vdirsyncer").write_text(
            f'[general]\nstatus_path = "{self.folder}/status"\n'
            '[pair feed]\na = "web"\nb = "desk"\ncollections = null\n'
            'conflict_resolution = "a wins"\n'
            f'[storage web]\ntype = "http"\nurl = "{self.address}"\n'
            f'[storage desk]\ntype = "filesystem"\npath = "{self.items}"\nfileext = ".ics"\n'
        )
        (self.folder / "khal").write_text(
            f"[calendars]\n[[feed]]\npath = {self.items}\n[sqlite]\npath = {self.folder}/khal.db\n"
            "[locale]\nlocal_timezone = Europe/Helsinki\ndefault_timezone = Europe/Helsinki\n"
            "timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
            "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
        )

    def sync(self) -> None:
        """Bring what has changed."""
        if not (self.folder / "status").exists():
            run("vdirsyncer", "--config", str(self.folder / "vdirsyncer"), "discover", "feed")
        run("vdirsyncer", "--config", str(self.folder / "vdirsyncer"), "sync", "--force-delete")

    def seen(self) -> list[Seen]:
        """What khal shows of a year and a half.

        Under no id of ours: vdirsyncer gives each event of a calendar on the web one of its own.
        """
        told = run(
            "khal", "--config", str(self.folder / "khal"), "list", "--once", "--day-format", "",
            "--format", "{start-long}\t{end-long}\t{title}", "2026-02-01", "550d",
        )  # fmt: skip
        rows = [line.split("\t") for line in told.splitlines() if line.count("\t") == 2]
        return sorted(Seen("", utc(starts), utc(ends), title) for starts, ends, title in rows)


def utc(shown: str) -> datetime:
    """The moment that a clock in Finland shows."""
    return datetime.fromisoformat(shown).replace(tzinfo=HELSINKI).astimezone(UTC)


def run(program: str, *words: str) -> str:
    """A command of this Python's environment; what it said."""
    command = Path(sys.executable).with_name(program)
    done = subprocess.run([command, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# ---------------------------------------------------------------------------------------- Radicale


@contextmanager
def radicale(folder: Path) -> Iterator[str]:
    """A calendar server with one empty calendar; gives the calendar's address."""
    port = free_port()
    (folder / "radicale").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = none\n"
        f"[storage]\nfilesystem_folder = {folder}/collections\n[logging]\nlevel = error\n"
    )
    with (folder / "radicale.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "radicale", "--config", folder / "radicale"],
            stdout=log,
            stderr=log,
        )
    try:
        address = f"http://127.0.0.1:{port}/someone/calendar/"
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                asked("MKCALENDAR", address)
            except HTTPError:
                raise
            except OSError:
                assert time.monotonic() < deadline, (folder / "radicale.log").read_text()
                time.sleep(0.1)
            else:
                break
        yield address
    finally:
        server.terminate()
        server.wait(PATIENCE)


def asked(method: str, address: str, body: bytes | None = None) -> bytes:
    """What a calendar server answers its owner."""
    headers = {"Authorization": "Basic c29tZW9uZTo=", "Content-Type": "text/calendar"}
    request = Request(address, body, headers, method=method)
    with urlopen(request, timeout=PATIENCE) as answer:
        return bytes(answer.read())


def by_radicale(feed: bytes, address: str) -> list[Seen]:
    """Radicale, which takes the calendar apart and gives it again."""
    asked("PUT", address, feed)
    return by_icalendar(asked("GET", address))

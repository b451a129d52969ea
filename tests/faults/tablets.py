"""A tablet without a screen: an outbox that sends each mark until it is answered."""

import re
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from http.cookiejar import CookieJar
from random import Random
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from sosku_groups.core.tables import new_key
from tests.factories.groups import PASSWORD

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
UNAVAILABLE = 503
MARKS = ("present", "remote", "excused", "justified", "absent", "")


def empty_handed() -> OpenerDirector:
    """A browser without a cookie."""
    return build_opener(HTTPCookieProcessor(CookieJar()))


@dataclass(frozen=True)
class Tap:
    """One mark as it lies in the outbox; "" takes the mark back."""

    entry: str
    client: str
    mark: str
    seen: str
    device_at: str


@dataclass
class Tablet:
    """Somebody's browser, and the marks in it that have no answer yet."""

    address: str
    email: str
    by: str
    meeting: str
    clients: Sequence[str]
    opener: OpenerDirector = field(default_factory=empty_handed)
    token: str = ""
    waiting: deque[Tap] = field(default_factory=deque)
    # What each entry was answered, in the order of the answers.
    answered: dict[str, tuple[Tap, str]] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    # How often it was told that the database is out of reach.
    outages: int = 0
    sending: threading.Event = field(default_factory=threading.Event)

    def sign_in(self) -> None:
        """Sign in and take a token."""
        page = self.read("/sign-in")
        self.token = TOKEN.findall(page)[-1]
        self.read("/sign-in", email=self.email, password=PASSWORD, csrf_token=self.token)
        self.token = TOKEN.findall(self.read(f"/meetings/{self.meeting}"))[-1]

    def read(self, path: str, **form: str) -> str:
        """A page as text; with a form what is answered to it."""
        data = urlencode(form).encode() if form else None
        with self.opener.open(Request(self.address + path, data), timeout=20) as answer:
            return str(answer.read().decode())

    def tap(self, chance: Random) -> None:
        """Write a mark of somebody into the outbox, based on the own one before it."""
        client, mark = chance.choice(self.clients), chance.choice(MARKS)
        tap = Tap(new_key(), client, mark, self.last.get(client, ""), datetime.now(UTC).isoformat())
        self.waiting.append(tap)
        self.last[client] = tap.entry

    def send_all(self) -> bool:
        """Send what waits, in order, until something stays without an answer."""
        while self.waiting:
            answer = self.send(self.waiting[0])
            if answer is None:
                return False
            tap = self.waiting.popleft()
            self.answered[tap.entry] = (tap, answer)
        return True

    def send(self, tap: Tap) -> str | None:
        """Send one mark; what it was answered, or None."""
        path = f"/meetings/{self.meeting}/marks/{tap.client}"
        form = {
            "csrf_token": self.token,
            "mark": tap.mark,
            "entry": tap.entry,
            "by": self.by,
            "seen": tap.seen,
            "device_at": tap.device_at,
            "sent_at": datetime.now(UTC).isoformat(),
        }
        if not tap.mark:
            path += "/undo?to="
        request = Request(self.address + path, urlencode(form).encode(), {"HX-Request": "true"})
        self.sending.set()
        try:
            with self.opener.open(request, timeout=20) as answer:
                answer.read()
                return str(answer.headers["Entry-Answer"])
        except HTTPError as refused:
            refused.read()
            if refused.code == UNAVAILABLE:
                self.outages += 1
                return None
            raise AssertionError(f"{refused.code} for {tap}") from refused
        except (OSError, HTTPException):
            return None
        finally:
            self.sending.clear()

    @property
    def all_taps(self) -> Iterator[Tap]:
        """Whatever was ever tapped here."""
        yield from (tap for tap, _ in self.answered.values())
        yield from self.waiting

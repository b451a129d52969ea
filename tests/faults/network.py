"""The network between one tablet and the service: it loses, cuts, doubles, holds back and delays.

A small proxy on the loopback. What it does to a mark is decided by the seed, by whose mark it is
and by how often it has been tried: not by the order in which requests happen to come.
"""

import re
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from urllib.parse import parse_qs

from tests.faults.service import Service

LONGEST = 60
# After so many tries a mark gets through, so that each schedule comes to an end.
MOST_TRIES = 4
# Keys are others in each run.
KEY = re.compile(r"/[\w-]{22}(?![\w-])")
MARK = re.compile(r"/meetings/[\w-]+/marks/([\w-]+)")


class Fault(StrEnum):
    """What becomes of one request."""

    NONE = "none"
    LOST = "never arrives"
    CUT = "arrives in half"
    UNANSWERED = "arrives, its reply does not"
    HALF_ANSWERED = "half of its reply comes back"
    TWICE = "arrives twice, one after the other"
    AT_ONCE = "arrives twice at once"
    HELD_BACK = "arrives after later ones"
    ARRIVES_AGAIN = "arrives, and once more after later ones"
    LATE = "its reply comes when nobody waits any longer"
    GATEWAY = "a gateway answers for the service"
    STRANGER = "some network's own page answers"
    REFUSED = "something on the way answers 400, 404 or 410"
    REDIRECTED = "is sent elsewhere"
    KILLED = "the service dies over it"


# What may happen to a mark, and how often as against the others.
OF_MARKS = {
    Fault.NONE: 44,
    Fault.LOST: 5,
    Fault.CUT: 6,
    Fault.UNANSWERED: 8,
    Fault.HALF_ANSWERED: 6,
    Fault.TWICE: 4,
    Fault.AT_ONCE: 4,
    Fault.HELD_BACK: 5,
    Fault.ARRIVES_AGAIN: 5,
    Fault.LATE: 3,
    Fault.GATEWAY: 3,
    Fault.STRANGER: 2,
    Fault.REFUSED: 3,
    Fault.REDIRECTED: 2,
    Fault.KILLED: 2,
}
# To a question that a page asks by itself, and to a page.
OF_PIECES = {Fault.NONE: 88, Fault.LOST: 4, Fault.UNANSWERED: 4, Fault.HALF_ANSWERED: 4}
OF_PAGES = {Fault.NONE: 90, Fault.LOST: 5, Fault.UNANSWERED: 4, Fault.HALF_ANSWERED: 1}
MADE_UP = {
    Fault.GATEWAY: (502, 503, 504),
    Fault.STRANGER: (200,),
    Fault.REFUSED: (400, 404, 410),
    Fault.REDIRECTED: (302, 303, 307),
}


@dataclass(frozen=True)
class Asked:
    """One request as it came from the browser."""

    method: str
    path: str
    head: bytes
    body: bytes

    @property
    def whole(self) -> bytes:
        """What is sent on: the service closes after each answer."""
        return self.head + b"\r\n\r\n" + self.body

    @property
    def client(self) -> str:
        """Whose mark it is; empty when it is none."""
        found = MARK.match(self.path) if self.method == "POST" else None
        return found[1] if found else ""

    @property
    def is_page(self) -> bool:
        """Whether it is for a whole page."""
        return b"\r\nsec-fetch-mode: navigate" in self.head.lower()

    @property
    def entry(self) -> str:
        """The entry's id."""
        return parse_qs(self.body.decode()).get("entry", [""])[0]


@dataclass
class Held:
    """A request on its way that so many marks still overtake."""

    waits_for: int
    request: bytes


@dataclass
class Network:
    """A tablet's way to the service."""

    service: Service
    seed: str
    up: bool = True
    calm: bool = True
    listener: socket.socket = field(default_factory=socket.socket)
    open: set[socket.socket] = field(default_factory=set)
    threads: list[threading.Thread] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)
    # Of each client the entries in the order in which they first came, and how often each came.
    lanes: dict[str, list[str]] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    held: list[Held] = field(default_factory=list)
    done: Counter[Fault] = field(default_factory=Counter)
    # The last requests, what befell them and their answers, for whoever looks into a failure.
    last: deque[str] = field(default_factory=lambda: deque(maxlen=12))
    # How many requests are kept without an answer for ever.
    keeps_waiting: int = 0

    @property
    def address(self) -> str:
        """What the browser believes to be the service."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def start(self) -> None:
        """Listen, and carry each connection in a thread of its own."""
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.spawn(self.accept)

    def stop(self) -> None:
        """Let go of everything."""
        self.over.set()
        # Closing alone does not wake whoever accepts.
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for each in self.open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        for thread in list(self.threads):
            thread.join(LONGEST)

    def spawn(self, work: Callable[..., object], *values: object) -> None:
        """Start a thread, and remember it."""
        thread = threading.Thread(target=work, args=values, daemon=True)
        with self.lock:
            self.threads = [each for each in self.threads if each.is_alive()]
            thread.start()
            self.threads.append(thread)

    def accept(self) -> None:
        """Take connections until it is over."""
        while not self.over.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.spawn(self.carry, connection)

    def carry(self, connection: socket.socket) -> None:
        """One request and what comes of it; then the connection is closed."""
        with self.kept(connection), suppress(OSError, ValueError):
            connection.settimeout(LONGEST)
            asked = read_request(connection)
            if asked is None or not self.up:
                return
            with self.lock:
                fault, chance = self.fault_of(asked)
                self.done[fault] += 1
            self.suffer(connection, asked, fault, chance)

    @contextmanager
    def kept(self, connection: socket.socket) -> Iterator[None]:
        """The connection is known while it is open."""
        with self.lock:
            self.open.add(connection)
        try:
            yield
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.close()

    # ------------------------------------------------------------------------------ which fault

    def fault_of(self, asked: Asked) -> tuple[Fault, Random]:
        """What the seed says of this request, and the chance for its details."""
        if not asked.client:
            kind = KEY.sub("/…", asked.path.partition("?")[0])
            self.tries[kind] += 1
            chance = Random(f"{self.seed} {asked.method} {kind} {self.tries[kind]}")
            safe = self.calm or kind.startswith(("/static/", "/sw.js", "/offline"))
            weights = OF_PAGES if asked.is_page else OF_PIECES
            return (Fault.NONE if safe else chosen(weights, chance)), chance
        lane = self.lanes.setdefault(asked.client, [])
        if asked.entry not in lane:
            lane.append(asked.entry)
        self.tries[asked.entry] += 1
        attempt = self.tries[asked.entry]
        number, nth = list(self.lanes).index(asked.client), lane.index(asked.entry)
        chance = Random(f"{self.seed} {number} {nth} {attempt}")
        if self.calm or attempt > MOST_TRIES:
            return Fault.NONE, chance
        return chosen(OF_MARKS, chance), chance

    # ----------------------------------------------------------------------------- what it does

    def suffer(self, connection: socket.socket, asked: Asked, fault: Fault, chance: Random) -> None:
        """Let the fault happen."""
        if asked.client:
            self.let_pass(1)
        if fault in MADE_UP:
            connection.sendall(made_up(chance.choice(MADE_UP[fault])))
        elif fault in (Fault.LOST, Fault.CUT, Fault.HELD_BACK, Fault.KILLED):
            self.never_answer(asked, fault, chance)
        else:
            self.answer_somehow(connection, asked, fault, chance)

    def never_answer(self, asked: Asked, fault: Fault, chance: Random) -> None:
        """What does not come to an answer."""
        if fault is Fault.CUT:
            self.service.hear(asked.whole[: -max(1, len(asked.body) // 2)])
        elif fault is Fault.HELD_BACK:
            self.hold_back(asked, chance)
        elif fault is Fault.KILLED:
            self.service.die_over(asked.whole, chance.uniform(0, 0.03))

    def answer_somehow(
        self, connection: socket.socket, asked: Asked, fault: Fault, chance: Random
    ) -> None:
        """What the service hears, once or twice, and its answer, as far as it comes."""
        if fault is Fault.AT_ONCE:
            self.spawn(self.service.asked, asked.whole)
        elif fault is Fault.TWICE:
            self.service.asked(asked.whole)
        reply = self.service.reply(asked.path, asked.whole)
        told = reply.partition(b"\r\n")[0].decode(errors="replace")
        self.last.append(f"{asked.method} {KEY.sub('/…', asked.path)}: {fault.name}, {told!r}")
        if fault is Fault.LATE:
            self.wait_for_end(connection)
        elif fault is Fault.HALF_ANSWERED:
            connection.sendall(reply[: chance.randrange(len(reply) + 1)])
        elif fault is not Fault.UNANSWERED:
            connection.sendall(reply)
        if fault is Fault.ARRIVES_AGAIN:
            self.hold_back(asked, chance)

    def hold_back(self, asked: Asked, chance: Random) -> None:
        """Let the next marks overtake a request."""
        with self.lock:
            self.held.append(Held(chance.randint(1, 4), asked.whole))

    def wait_for_end(self, connection: socket.socket) -> None:
        """Keep the browser waiting until it hangs up."""
        with self.lock:
            self.keeps_waiting += 1
        try:
            while connection.recv(1024):
                pass
        finally:
            with self.lock:
                self.keeps_waiting -= 1

    def let_pass(self, marks: int) -> None:
        """Deliver what was held back, now that so many more marks have overtaken it."""
        with self.lock:
            for each in self.held:
                each.waits_for -= marks
            due = [each for each in self.held if each.waits_for <= 0]
            self.held = [each for each in self.held if each.waits_for > 0]
        for each in due:
            self.service.asked(each.request)

    def calm_down(self) -> None:
        """No more faults; what was held back arrives."""
        self.calm = self.up = True
        self.let_pass(LONGEST)


def chosen(weights: dict[Fault, int], chance: Random) -> Fault:
    """One of them, as often as its weight says."""
    return chance.choices(list(weights), list(weights.values()))[0]


def made_up(status: int) -> bytes:
    """An answer that the service never gave."""
    body = b"<!doctype html><title>Hotel</title><p>Accept our terms, and go on to the network.</p>"
    place = b"Location: /sign-in\r\n" if 300 <= status < 400 else b""
    head = f"HTTP/1.1 {status} Made up\r\nContent-Type: text/html\r\nConnection: close\r\n".encode()
    return head + place + b"Content-Length: %d\r\n\r\n" % len(body) + body


def read_request(connection: socket.socket) -> Asked | None:
    """The whole request; None when the browser thought better of it."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    while length and len(body) < int(length[1]):
        piece = connection.recv(65536)
        if not piece:
            return None
        body += piece
    method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
    return Asked(method, path, closing(head), body)


def closing(head: bytes) -> bytes:
    """The request's head, asking that the connection be closed after the answer."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"])

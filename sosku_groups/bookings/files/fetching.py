"""Fetching a calendar from an address that a person gave: nothing of the house is reached by it.

The name is resolved first, every address that it has is looked at, and the connection goes to the
one that was looked at. Nothing is sent along but what is asked for: no cookie, no user.
"""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Timer
from urllib.parse import SplitResult, urljoin, urlsplit

from sosku_groups.bookings.rules import MOST_BYTES, clean_address, may_be_asked
from sosku_groups.core.text import N_, Refused, Sentence, sentence

TIMEOUT_SECONDS = 10.0
ALL_TOGETHER_SECONDS = 20.0
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
CHUNK = 64 * 1024


def fetch(address: str, *, loopback: bool = False) -> bytes:
    """What lies at an address; Refused with a sentence that does not tell the address."""
    ends = time.monotonic() + ALL_TOGETHER_SECONDS
    for _ in range(MOST_REDIRECTS + 1):
        address = clean_address(address, loopback=loopback)
        with asked(urlsplit(address), ends, loopback=loopback) as answer:
            if answer.status not in REDIRECTS:
                return body(answer, ends)
            address = urljoin(address, answer.headers.get("Location", ""))
    raise unreachable(N_("The address leads on from one page to another without an end."))


def unreachable(text: str, **values: object) -> Refused:
    """The refusal of an address."""
    return Refused(sentence(text, **values), "address")


@contextmanager
def asked(parts: SplitResult, ends: float, *, loopback: bool) -> Iterator[HTTPResponse]:
    """The answer of the server; whatever goes wrong on the way is one sentence."""
    connection = connected(parts, ends, loopback=loopback)
    # A server that sends a byte now and then would never be too slow for a single reading.
    bell = Timer(max(ends - time.monotonic(), 0.1), hang_up, [connection.sock])
    bell.daemon = True
    bell.start()
    answer = None
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Accept": "text/calendar", "Accept-Encoding": "identity"}
        connection.request("GET", target, headers={"User-Agent": "calendar-reader", **headers})
        answer = connection.getresponse()
        yield answer
    except (OSError, HTTPException, ValueError, AttributeError):
        raise Refused(why_not(ends), "address") from None
    finally:
        bell.cancel()
        if answer is not None:
            answer.close()
        connection.close()


def why_not(ends: float) -> Sentence:
    """What is said when the server gave no answer to work with."""
    if time.monotonic() >= ends:
        return sentence(N_("The calendar took too long to come."))
    return sentence(
        N_("The calendar could not be fetched: the server did not answer as it should.")
    )


def hang_up(line: socket.socket) -> None:
    """Break a connection off, whatever waits for it."""
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def connected(parts: SplitResult, ends: float, *, loopback: bool) -> HTTPConnection:
    """A connection to the very address that was looked at."""
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    found = looked_at(host, port, secure=secure, loopback=loopback)
    connection = HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        raw = socket.create_connection((found, port), timeout=timeout(ends))
        connection.sock = raw
        if secure:
            connection.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
    except ssl.SSLError:
        connection.close()
        raise unreachable(
            N_("The server's certificate is not in order, so nothing was fetched.")
        ) from None
    except OSError:
        connection.close()
        raise unreachable(N_("The calendar's server cannot be reached.")) from None
    return connection


def timeout(ends: float) -> float:
    """How long to wait for one step."""
    return max(min(TIMEOUT_SECONDS, ends - time.monotonic()), 0.1)


def looked_at(host: str, port: int, *, secure: bool, loopback: bool) -> str:
    """The IP address behind a name; refused when any of its addresses may not be asked."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise unreachable(N_("There is no server of that name.")) from None
    addresses = [str(each[4][0]) for each in found]
    if not all(may_be_asked(each, loopback=loopback) for each in addresses):
        raise unreachable(N_("The address leads into a private network, where nothing is fetched."))
    if not secure and not all(is_here(each) for each in addresses):
        raise unreachable(N_("Give an address that begins with https://."))
    return addresses[0]


def is_here(address: str) -> bool:
    """Whether it is this very machine."""
    return address.startswith("127.") or address == "::1"


def body(answer: HTTPResponse, ends: float) -> bytes:
    """What the server sends, up to the most that is read."""
    if answer.status != 200:
        text = N_("The calendar could not be fetched: the server answered {status}.")
        raise unreachable(text, status=answer.status)
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise unreachable(
            N_("The calendar could not be fetched: the server did not answer as it should.")
        )
    content = bytearray()
    while part := answer.read1(CHUNK):
        content += part
        if len(content) > MOST_BYTES:
            raise unreachable(N_("The calendar is too large: 5 MB is the most."))
        if time.monotonic() > ends:
            raise unreachable(N_("The calendar took too long to come."))
    if answer.length:
        raise Refused(why_not(ends), "address")
    return bytes(content)

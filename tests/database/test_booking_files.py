"""Calendars that come in: read as they are meant, refused with a sentence, fetched with care."""

import socket
import ssl
import threading
import time as clock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sosku_groups.bookings.files import fetch, fetching, opened, read_calendar, reading, sealed
from sosku_groups.bookings.files.sealing import Unreadable
from sosku_groups.bookings.rules import MOST_BYTES, Booking
from sosku_groups.core.languages import say
from sosku_groups.core.text import Refused

IN_HELSINKI = ";TZID=Europe/Helsinki"
FIRST, LAST = date(2026, 9, 16), date(2028, 9, 15)
HELSINKI = (
    "BEGIN:VTIMEZONE\r\nTZID:Oma\r\nBEGIN:STANDARD\r\nDTSTART:19961027T040000\r\n"
    "TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n"
    "END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19970330T030000\r\nTZOFFSETFROM:+0200\r\n"
    "TZOFFSETTO:+0300\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
    "END:VTIMEZONE\r\n"
)


def calendar(*events: str, head: str = "") -> bytes:
    """A calendar with these events, each given its UID."""
    body = "".join(
        f"BEGIN:VEVENT\r\nUID:u{n}\r\nDTSTAMP:20260101T000000Z\r\n{event}\r\nEND:VEVENT\r\n"
        for n, event in enumerate(events)
    )
    return (f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{head}{body}END:VCALENDAR\r\n").encode()


def read(*events: str, head: str = "") -> list[Booking]:
    return read_calendar(calendar(*events, head=head), FIRST, LAST)


def instants(found: list[Booking]) -> list[tuple[str, str]]:
    """When the bookings begin and end, in UTC."""
    return [(f"{b.starts_at:%d.%m. %H:%M}", f"{b.ends_at:%d.%m. %H:%M}") for b in found]


# -------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (f"DTSTART{IN_HELSINKI}:20261023T100000", f"DTEND{IN_HELSINKI}:20261023T120000"),
        ("DTSTART;TZID=Oma:20261023T100000", "DTEND;TZID=Oma:20261023T120000"),
        ("DTSTART;TZID=FLE Standard Time:20261023T100000", "DURATION:PT2H"),
        ("DTSTART:20261023T100000", "DTEND:20261023T120000"),
    ],
)  # fmt: skip
def test_ten_stays_ten_past_the_change_of_the_clocks(start: str, end: str) -> None:
    found = read(f"{start}\r\n{end}\r\nRRULE:FREQ=WEEKLY;COUNT=2", head=HELSINKI)
    assert instants(found) == [("23.10. 07:00", "23.10. 09:00"), ("30.10. 08:00", "30.10. 10:00")]
    assert [booking.first_day for booking in found] == [date(2026, 10, 23), date(2026, 10, 30)]


def test_a_time_in_utc_stands_still() -> None:
    found = read("DTSTART:20261023T070000Z\r\nDTEND:20261023T090000Z\r\nRRULE:FREQ=WEEKLY;COUNT=2")
    assert instants(found) == [("23.10. 07:00", "23.10. 09:00"), ("30.10. 07:00", "30.10. 09:00")]


def test_whole_days_end_before_the_day_that_is_written() -> None:
    [one, other] = read(
        "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Joulu\\, kiinni",
        "DTSTART;VALUE=DATE:20261231\r\nTRANSP:TRANSPARENT\r\nLOCATION:Koko talo",
    )
    assert (one.first_day, one.last_day, one.title) == (
        date(2026, 12, 24),
        date(2026, 12, 26),
        "Joulu, kiinni",
    )
    assert (one.starts_at, one.ends_at) == (None, None)
    assert (other.first_day, other.last_day, other.place) == (date(2026, 12, 31),) * 2 + (
        "Koko talo",
    )


def test_a_series_knows_what_was_taken_out_moved_and_cancelled() -> None:
    series = (
        "DTSTART;TZID=Europe/Helsinki:20260921T090000\r\nDTEND;TZID=Europe/Helsinki:20260921T100000"
    )
    content = calendar(
        f"{series}\r\nRRULE:FREQ=WEEKLY;UNTIL=20261020T000000Z\r\n"
        "EXDATE;TZID=Europe/Helsinki:20260928T090000"
    ).decode()
    moved = (
        "BEGIN:VEVENT\r\nUID:u0\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Siirretty\r\n"
        "RECURRENCE-ID;TZID=Europe/Helsinki:20261005T090000\r\n"
        "DTSTART;TZID=Europe/Helsinki:20261006T090000\r\nDTEND;TZID=Europe/Helsinki:20261006T100000\r\n"
        "END:VEVENT\r\n"
    )
    gone = (
        "BEGIN:VEVENT\r\nUID:u0\r\nDTSTAMP:20260101T000000Z\r\nSTATUS:CANCELLED\r\n"
        "RECURRENCE-ID;TZID=Europe/Helsinki:20261012T090000\r\n"
        "DTSTART;TZID=Europe/Helsinki:20261012T090000\r\nDTEND;TZID=Europe/Helsinki:20261012T100000\r\n"
        "END:VEVENT\r\n"
    )
    content = content.replace("END:VCALENDAR", f"{moved}{gone}END:VCALENDAR")
    found = read_calendar(content.encode(), FIRST, LAST)
    days = [booking.first_day for booking in found]
    assert days == [date(2026, 9, 21), date(2026, 10, 6), date(2026, 10, 19)]
    assert found[1].title == "Siirretty"


def test_what_is_cancelled_or_called_free_takes_up_no_time() -> None:
    times = "DTSTART:20260921T090000\r\nDTEND:20260921T100000"
    assert read(f"{times}\r\nSTATUS:CANCELLED", f"{times}\r\nTRANSP:TRANSPARENT") == []
    assert len(read(f"{times}\r\nSTATUS:TENTATIVE")) == 1


def test_the_past_and_what_lies_beyond_two_years_are_left_out() -> None:
    found = read("DTSTART;VALUE=DATE:20200916\r\nRRULE:FREQ=YEARLY")
    assert [booking.first_day.year for booking in found] == [2026, 2027]
    long = read("DTSTART;VALUE=DATE:20260901\r\nDTEND;VALUE=DATE:20260917")
    assert [booking.first_day for booking in long] == [date(2026, 9, 1)]


def test_a_night_belongs_to_both_of_its_days() -> None:
    [booking] = read("DTSTART:20260921T220000\r\nDTEND:20260922T020000")
    assert (booking.first_day, booking.last_day) == (date(2026, 9, 21), date(2026, 9, 22))
    [booking] = read("DTSTART:20260921T220000\r\nDTEND:20260922T000000")
    assert (booking.first_day, booking.last_day) == (date(2026, 9, 21), date(2026, 9, 21))


def test_nothing_of_descriptions_and_people_is_kept_nor_what_nobody_sees() -> None:
    [booking] = read(
        "DTSTART:20260921T090000\r\nSUMMARY:Ko\u200bkous\\nhuone\r\nDESCRIPTION:Kanarialintu\r\n"
        "ATTENDEE;CN=Kanarialintu:mailto:k@a.example\r\nORGANIZER;CN=Kanarialintu:mailto:k@a.example"
    )
    assert booking.title == "Kokous huone"
    assert "Kanarialintu" not in repr(booking)


def test_long_texts_are_cut_and_several_calendars_in_a_file_are_one() -> None:
    times = "DTSTART:20260921T090000\r\nDTEND:20260921T100000"
    [booking] = read(f"{times}\r\nSUMMARY:{'ä' * 500}\r\nLOCATION:{'ö' * 500}")
    assert (len(booking.title), len(booking.place)) == (200, 200)
    two = calendar(times) + calendar(times.replace("0921", "0922"))
    assert len(read_calendar(two, FIRST, LAST)) == 2


START = "SUMMARY:K\r\nDTSTART:20260921T090000Z"
DAILY = "DTSTART;VALUE=DATE:20260921\r\nRRULE:FREQ=DAILY"
TIMES = "DTSTART:20260921T090000Z\r\nDTEND:20260921T100000Z\r\nSUMMARY:Kokous"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "This is not a calendar"),
        (b"", "This is not a calendar"),
        (b"<!doctype html><html></html>", "This is not a calendar"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "This is not a calendar"),
        (b"BEGIN:VCALENDAR\r\nSUMMARY:\xe4\r\nEND:VCALENDAR\r\n", "not text in UTF-8"),
        (calendar(TIMES)[:-16], "END:VCALENDAR is missing"),
        (calendar(TIMES + "\r\nRRULE FREQ=DAILY"), "“Kokous”: the line RRULE cannot be read"),
        (calendar(TIMES, head="FOO BAR\r\n"), "cannot be read"),
        (calendar("SUMMARY:Kokous"), "“Kokous”: it has no start that can be read."),
        (calendar("SUMMARY:Kokous\r\nDTSTART:2026-13-45"), "“Kokous”: it has no start"),
        (calendar("DTSTART:2026-13-45"), "“u0”: it has no start"),
        (calendar("SUMMARY:K\r\nDTSTART:20260921T090000Z\r\nDTEND:huomenna"), "the line DTEND"),
        (calendar(f"{START}\r\nDURATION:pitkä"), "the line DURATION"),
        (calendar(TIMES + "\r\nRRULE:FREQ=SOMETIMES"), "the line RRULE cannot be read"),
        (calendar(TIMES + "\r\nEXDATE:eilen"), "the line EXDATE cannot be read"),
        (calendar(f"{START}\r\nDTEND:20260921T080000Z"), "ends before"),
        (calendar("SUMMARY:K\r\nDTSTART:20260921T090000Z\r\nDURATION:-PT1H"), "ends before"),
        (calendar(f"{START}\r\nDTEND;VALUE=DATE:20260922"), "only one"),
        (calendar("SUMMARY:K\r\nDTSTART;TZID=Kuu/Meri:20260921T090000"), "time zone, Kuu/Meri"),
        (calendar(TIMES + "\r\nRRULE:FREQ=SECONDLY"), "more often than daily"),
        (calendar(TIMES + "\r\nRRULE:FREQ=HOURLY"), "more often than daily"),
        (calendar(TIMES + "\r\nRRULE:FREQ=DAILY;BYHOUR=1,2,3"), "more often than daily"),
        (calendar(TIMES + "\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "not understood"),
        (calendar(TIMES + "\r\nRRULE:FREQ=WEEKLY;INTERVAL=0"), "not understood"),
        (b"x" * (MOST_BYTES + 1), "5 MB is the most"),
        (calendar(*[DAILY] * 8), "more than 5000 bookings"),
    ],
)  # fmt: skip
def test_a_bad_calendar_is_refused_with_what_is_wrong(content: bytes, words: str) -> None:
    with pytest.raises(Refused) as refused:
        read_calendar(content, FIRST, LAST)
    assert words in say(refused.value.why, "en")
    assert refused.value.field == "file"


def test_so_many_events_are_not_even_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_EVENTS", 3)
    with pytest.raises(Refused, match="more than"):
        read(*[TIMES] * 4)
    assert read(*[TIMES] * 3)


def test_patience_with_rules_that_come_to_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE_SECONDS", 0.05)
    never = f"{TIMES}\r\nRRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"
    began = clock.monotonic()
    with pytest.raises(Refused, match="too long to read"):
        read(*[never] * 400)
    assert clock.monotonic() - began < 10


def test_five_thousand_bookings_come_in() -> None:
    rules = ["DTSTART;VALUE=DATE:20260916\r\nRRULE:FREQ=DAILY;COUNT=500"] * 10
    assert len(read(*rules)) == 5000


# -------------------------------------------------------------------------------------- sealing


def test_an_address_is_sealed_and_opened_by_any_of_the_secrets() -> None:
    address = "https://kalenteri.example/salainen.ics"
    stored = sealed(address, ["uusi", "vanha"])
    assert b"salainen" not in stored
    assert opened(stored, ["toinen", "uusi"]) == address
    with pytest.raises(Unreadable):
        opened(stored, ["vanha"])


# ------------------------------------------------------------------------------------- fetching


class Server:
    """A server on this machine that answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(
                    {"path": self.path, **{k.lower(): v for k, v in self.headers.items()}}
                )
                server.answers[self.path](self)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


def giving(content: bytes = b"x", status: int = 200, **headers: str) -> Callable[[Any], None]:
    """An answer with these bytes."""

    def answer(handler: Any) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def refused(address: str, **options: Any) -> str:
    """What is said where nothing is fetched; never the address."""
    with pytest.raises(Refused) as told:
        fetch(address, **{"loopback": True, **options})
    assert told.value.field == "address"
    said = say(told.value.why, "en")
    assert "127.0.0.1" not in said
    assert "salainen" not in said
    return said


def test_a_calendar_is_fetched_and_nothing_is_sent_along(server: Server) -> None:
    server.answers["/a.ics?key=1"] = giving(b"BEGIN", Set_Cookie="a=b")
    assert fetch(f"{server.address}/a.ics?key=1#x", loopback=True) == b"BEGIN"
    assert fetch(f"{server.address}/a.ics?key=1", loopback=True) == b"BEGIN"
    [asked, _] = server.asked
    assert set(asked) == {"path", "host", "accept", "accept-encoding", "user-agent"}
    assert asked["accept-encoding"] == "identity"
    assert "sosku" not in str(asked).lower()


def test_this_machine_is_asked_in_tests_alone(server: Server) -> None:
    server.answers["/"] = giving()
    assert "begins with https" in refused(server.address, loopback=False)
    for address in ("https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.0.0.1/",
                    "https://169.254.169.254/latest", "https://2130706433/", "https://0/",
                    "https://127.1/", "https://[::ffff:127.0.0.1]/"):  # fmt: skip
        assert "private network" in refused(address, loopback=False), address
    assert server.asked == []


def test_a_name_with_one_private_address_among_its_own_is_not_asked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.http.server_port
    both = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))
        for ip in ("193.166.3.2", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    assert "private network" in refused("https://kalenteri.example/salainen", loopback=False)


def test_the_connection_goes_to_the_address_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that answers otherwise the second time leads nowhere else."""
    answers = iter(["193.166.3.2", "127.0.0.1", "127.0.0.1"])
    met: list[tuple[str, int]] = []

    def resolve(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 443))]

    def connect(address: tuple[str, int], **_: object) -> socket.socket:
        met.append(address)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    assert "cannot be reached" in refused("https://kalenteri.example/", loopback=False)
    assert met == [("193.166.3.2", 443)]


def test_http_goes_to_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("193.166.3.2", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: public)
    assert "begins with https" in refused("http://kalenteri.example/")


@pytest.mark.parametrize(
    "to",
    ["http://193.166.3.2/", "ftp://kalenteri.example/", "file:///etc/passwd", "https://10.0.0.1/"],
)
def test_a_redirect_leads_nowhere_but_to_https(server: Server, to: str) -> None:
    server.answers["/"] = giving(status=302, Location=to)
    said = refused(server.address)
    assert "begins with https" in said or "private network" in said


def test_redirects_are_followed_and_end(server: Server) -> None:
    server.answers |= {"/a": giving(status=301, Location="/b"), "/b": giving(b"c")}
    server.answers["/round"] = giving(status=302, Location="/round")
    assert fetch(f"{server.address}/a", loopback=True) == b"c"
    assert "without an end" in refused(f"{server.address}/round")
    assert len(server.asked) == 2 + 4


@pytest.mark.parametrize("status", [204, 401, 403, 404, 500])
def test_another_answer_is_told_by_its_number(server: Server, status: int) -> None:
    server.answers["/salainen"] = giving(b"", status)
    assert f"answered {status}" in refused(f"{server.address}/salainen")


def test_too_much_packed_and_broken_off_answers_are_refused(server: Server) -> None:
    server.answers["/big"] = giving(b"x" * (MOST_BYTES + 1))
    server.answers["/packed"] = giving(Content_Encoding="gzip")
    server.answers["/short"] = giving(b"abc", Content_Length="10")
    assert "5 MB is the most" in refused(f"{server.address}/big")
    for path in ("packed", "short"):
        assert "did not answer as it should" in refused(f"{server.address}/{path}")


def test_a_server_that_takes_its_time_is_left(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "ALL_TOGETHER_SECONDS", 0.5)

    def drip(handler: Any) -> None:
        try:
            for _ in range(200):
                handler.wfile.write(b"HTTP/1.1"[:1])
                handler.wfile.flush()
                clock.sleep(0.05)
        except OSError:
            pass

    def begin(handler: Any) -> None:
        giving(b"", Content_Length="1000")(handler)
        drip(handler)

    server.answers |= {"/head": drip, "/body": begin}
    for path in ("head", "body"):
        began = clock.monotonic()
        assert "took too long" in refused(f"{server.address}/{path}")
        assert clock.monotonic() - began < 5


def test_a_name_that_is_nobodys_and_a_port_without_a_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    assert "cannot be reached" in refused(address)

    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert "no server of that name" in refused("https://kalenteri.example/")


@contextmanager
def plain_instead_of_tls() -> Iterator[int]:
    """A port that speaks no TLS."""

    def greet() -> None:
        with listening.accept()[0] as met:
            met.sendall(b"hello\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


def test_a_certificate_that_is_not_in_order_ends_it() -> None:
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED
    with plain_instead_of_tls() as port:
        assert "certificate" in refused(f"https://127.0.0.1:{port}/")

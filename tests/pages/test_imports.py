"""Bringing a file: preview, faults, confirmation, and whose it is."""

import json
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from sosku_groups.accounts.models import Organiser
from sosku_groups.accounts.rules import Role
from sosku_groups.audit.models import Entry
from sosku_groups.clients.models import Client
from sosku_groups.closings.actions import set_closed_through
from sosku_groups.core.behind import own_session
from sosku_groups.core.database import reading, writing
from sosku_groups.core.incoming import LARGEST
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.imports import actions, views
from sosku_groups.imports.actions import columns_of
from sosku_groups.imports.models import Upload
from sosku_groups.imports.rules import AT_ONCE_LINES, KEPT, SILENCE, Kind
from tests.conftest import Clock
from tests.factories.groups import PASSWORD, person
from tests.factories.season import FOLDER, NOW, OCTOBER, staff
from tests.pages.client import Browser
from tests.pages.page import Page
from tests.pages.words import words

BROKEN = FOLDER.parent / "decisions-broken.csv"
HEADER = (
    "Päätösnumero;Asiakasnumero;Sukunimi;Etunimet;Asiointikieli;Päätöspäivä;Alkaa;Päättyy;"
    "Päätetty;Toimipiste;Suunnitelma;Tavoitteet;Toimintaraha;Matkatuki;Etuuspäätös"
)
ROW = "{n}/26;0{n};=1+1;Aino;fi;1.9.2026;15.9.2026;14.12.2026;{ended};Länsi;;;kyllä;ei;E{n}"
GROUP = (
    "ryhmä;teema;toimipiste;paikka;viikonpäivä;alkaa_klo;päättyy_klo;ensimmäinen;viimeinen;"
    "paikkoja;muoto\nMetsä;luonto;Länsi;;ke;10:00;12:00;1.9.2026;30.11.2026;1;lähi\n"
)
ENROLMENT = "asiakasnumero;ryhmä;alkaa\n01;Metsä;15.9.2026\n"
LONG = AT_ONCE_LINES + 100


def decisions(first: int, last: int, ended: str = "") -> bytes:
    """A sound file with a decision for each of so many clients."""
    lines = [HEADER, *(ROW.format(n=n, ended=ended) for n in range(first, last + 1)), ""]
    return "\r\n".join(lines).encode("cp1252")


@pytest.fixture
def office(app: Flask, clock: Clock) -> Flask:
    """The app with a coordinator, finance and a social worker; another organiser beside."""
    clock.set(NOW)
    with app.app_context(), writing() as session:
        staff(session, "2")
        made = staff(session)
        person(session, made.organiser_id, "Sanna", (Role.SOCIAL_WORKER, None))
        person(session, made.organiser_id, "Olli", (Role.INSTRUCTOR, None))
    return app


@pytest.fixture
def kirsi(office: Flask, browser: Browser) -> Browser:
    """The coordinator's browser."""
    browser.sign_in("kirsi@example.fi")
    return browser


def bring(browser: Browser, kind: str, content: bytes, status: int = 200) -> Page:
    """Choose a file and send it."""
    form = browser.get(f"/imports/{kind}").form(field="file")
    return browser.submit(form, status, file=(content, "tiedosto.csv"))


def confirm(browser: Browser, page: Page, status: int = 200, **fields: str) -> Page:
    """Take the file in."""
    return browser.submit(page.form(action="/confirm"), status, **fields)


def count(app: Flask, model: type) -> int:
    """How many rows a table has."""
    with app.app_context(), reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def kept(app: Flask) -> list[tuple[str, bool]]:
    """Of every upload its state, and whether its bytes are there."""
    with app.app_context(), reading() as session:
        query = select(Upload.state, Upload.content.is_not(None)).order_by(Upload.id)
        return [(state, there) for state, there in session.execute(query)]


def events(app: Flask, like: str) -> list[str]:
    """The use log's entries of a feature, in their order."""
    with app.app_context(), reading() as session:
        query = select(Entry.event).where(Entry.event.like(f"{like}.%")).order_by(Entry.id)
        return list(session.scalars(query))


def cells(page: Page) -> list[list[str]]:
    """The cells of the page's first table."""
    body = page.all("tbody")[0]
    return [[words(cell) for cell in row] for row in body]


def figures(page: Page) -> list[str]:
    """The figures of the page's tiles: new, changed, as before."""
    return [words(one) for one in page.all("span", class_="tile__figure")]


# -------------------------------------------------------------------------- preview, confirmation


def test_a_file_is_looked_at_and_then_taken_in(office: Flask, kirsi: Browser) -> None:
    page = bring(kirsi, "decisions", decisions(1, 2))
    assert figures(page) == ["2", "0", "0"]
    assert (count(office, Client), kept(office)) == (0, [("preview", True)])
    page = confirm(kirsi, page)
    assert figures(page) == ["2", "0", "0"]
    assert (count(office, ServiceDecision), kept(office)) == (2, [("done", False)])
    assert events(office, "imports") == [
        "imports.brought",
        "imports.preview_read",
        "imports.taken_in",
    ]
    with office.app_context(), reading() as session:
        assert set(session.scalars(select(Client.last_name))) == {"=1+1"}


def test_the_same_file_again_changes_nothing(office: Flask, kirsi: Browser) -> None:
    confirm(kirsi, bring(kirsi, "decisions", decisions(1, 2)))
    page = bring(kirsi, "decisions", decisions(1, 2))
    assert figures(page) == ["0", "0", "2"]
    assert "ei muuta mitään" in page.text
    kirsi.submit(page.form(action="/discard"))
    assert kept(office) == [("done", False)]


def test_a_line_that_stands_twice_is_counted_once(office: Flask, kirsi: Browser) -> None:
    confirm(kirsi, bring(kirsi, "decisions", decisions(1, 1)))
    for kind, text in (("groups", GROUP), ("enrolments", ENROLMENT)):
        confirm(kirsi, bring(kirsi, kind, text.encode()))
    mark = "01;Metsä;16.9.2026;paikalla\n"
    page = bring(kirsi, "attendance", f"asiakasnumero;ryhmä;päivä;tila\n{mark}{mark}".encode())
    assert figures(page) == ["1", "0", "1"]
    assert figures(confirm(kirsi, page)) == ["1", "0", "1"]
    assert events(office, "attendance") == ["attendance.marked"]


def test_each_change_is_told_in_words(office: Flask, kirsi: Browser) -> None:
    confirm(kirsi, bring(kirsi, "decisions", decisions(1, 2)))
    page = bring(kirsi, "decisions", decisions(2, 2, ended="30.10.2026"))
    assert figures(page) == ["0", "1", "0"]
    ((subject, line, change),) = cells(page)
    assert (subject, line) == ("2/26", "2")
    assert "30.10.2026" in change


def test_closed_days_need_a_reason(office: Flask, kirsi: Browser) -> None:
    with office.app_context(), writing() as session:
        for organiser in session.scalars(select(Organiser).where(Organiser.name == "Kausi")):
            set_closed_through(session, organiser.id, OCTOBER.last)
    confirm(kirsi, bring(kirsi, "decisions", decisions(1, 1)))
    page = bring(kirsi, "decisions", decisions(1, 1, ended="20.9.2026"))
    assert page.by_id("reason") is not None
    refused = confirm(kirsi, page, 422)
    assert refused.by_id("reason-error") is not None
    assert kept(office)[-1] == ("preview", True)
    confirm(kirsi, refused, reason="Päätös lyheni")
    assert kept(office)[-1] == ("done", False)
    with office.app_context(), reading() as session:
        entry = session.scalars(select(Entry).where(Entry.event == "decisions.changed")).one()
        assert entry.reason == "Päätös lyheni"


def test_what_has_changed_since_the_preview_is_shown_again(
    office: Flask, kirsi: Browser, browsers: Callable[[], Browser]
) -> None:
    page = bring(kirsi, "decisions", decisions(1, 2))
    sanna = browsers()
    sanna.sign_in("sanna@example.fi", PASSWORD)
    confirm(sanna, bring(sanna, "decisions", decisions(1, 1)))
    page = confirm(kirsi, page)
    assert figures(page) == ["1", "0", "1"]
    assert count(office, ServiceDecision) == 1
    confirm(kirsi, page)
    assert count(office, ServiceDecision) == 2


def test_a_second_press_takes_nothing_in_twice(office: Flask, kirsi: Browser) -> None:
    page = bring(kirsi, "decisions", decisions(1, 2))
    confirm(kirsi, page)
    assert figures(confirm(kirsi, page)) == ["2", "0", "0"]
    assert events(office, "imports").count("imports.taken_in") == 1


def test_a_file_that_became_faulty_meanwhile_is_not_taken_in(office: Flask, kirsi: Browser) -> None:
    page = bring(kirsi, "decisions", decisions(1, 2))
    other = decisions(1, 1).replace(b"1/26", b"9/26")
    confirm(kirsi, bring(kirsi, "decisions", other))
    page = confirm(kirsi, page)
    assert cells(page)[0][:2] == ["rivi 2", "Alkaa"]
    assert count(office, ServiceDecision) == 1
    assert kept(office) == [("faulty", False), ("done", False)]


# ------------------------------------------------------------------------------------------ faults


def test_every_fault_of_the_broken_file_is_shown_and_nothing_is_taken_in(
    office: Flask, kirsi: Browser
) -> None:
    page = bring(kirsi, "decisions", BROKEN.read_bytes())
    expected = json.loads(BROKEN.with_suffix(".faults.json").read_text())
    shown = [(line, column) for line, column, *_ in cells(page)]
    wanted = [
        (f"rivi {fault['line']}", fault["column"] or "koko rivi")
        for fault in sorted(expected, key=lambda fault: fault["line"])
    ]
    assert sorted(shown) == sorted(wanted)
    assert all(all(row) for row in cells(page))
    assert (count(office, Client), count(office, ServiceDecision)) == (0, 0)
    assert kept(office) == [("faulty", False)]
    assert not [form for form in page.forms if form.action.endswith("/confirm")]


NO_SUCH_FILES = (
    (b"", "rivi 1", "koko rivi"),
    (b"\xef\xbb\xbf \r\n", "rivi 1", "koko rivi"),
    (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "rivi 2", "koko rivi"),
    (b"PK\x03\x04\x14\x00", "rivi 1", "koko rivi"),
    (b"Asiakasnumero;Ryhm\xe4;P\xe4iv\xe4;Tila;Muuta\r\n", "rivi 1", "Muuta"),
    (b"Asiakasnumero;Ryhm\xe4;P\xe4iv\xe4\r\n", "rivi 1", "koko rivi"),
    (b"Asiakasnumero;Ryhm\xe4;P\xe4iv\xe4;Tila\r\n1;2;3\r\n", "rivi 2", "koko rivi"),
    (b'Asiakasnumero;Ryhm\xe4;P\xe4iv\xe4;Tila\r\n1;"2;3;4\r\n', "rivi 2", "koko rivi"),
    (b"\xef\xbb\xbfAsiakasnumero;Ryhm\xe4;P\xe4iv\xe4;Tila\r\n", "rivi 1", "koko rivi"),
    (b"Asiakasnumero;Ryhm\xe4;P\xe4iv\xe4;Tila\n1;2;3;" + b"4" * 200_000, "rivi 2", "koko rivi"),
)


def test_what_is_no_such_file_is_told_and_leaves_no_trace(office: Flask, kirsi: Browser) -> None:
    for content, line, column in NO_SUCH_FILES:
        page = bring(kirsi, "attendance", content)
        assert cells(page)[0][:2] == [line, column], content
    assert set(kept(office)) == {("faulty", False)}
    assert events(office, "attendance") == []


def test_no_file_and_too_large_a_file_are_sentences(office: Flask, kirsi: Browser) -> None:
    form = kirsi.get("/imports/groups").form(field="file")
    assert "Valitse tiedosto" in kirsi.submit(form, 422).text
    token = form.values()["csrf_token"][0]
    for size, status in ((LARGEST + 1, 422), (LARGEST + 1024 * 1024, 413)):
        answer = kirsi.client.post(
            form.action,
            data=sent_by_hand(token, size),
            content_type="multipart/form-data; boundary=x",
            headers=kirsi.headers,
        )
        assert "20 Mt" in kirsi.page(answer, status).text
    assert kept(office) == []


def sent_by_hand(token: str, size: int) -> bytes:
    """A form with a file of that size, as a browser sends it."""
    field = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
    head = '--x\r\nContent-Disposition: form-data; name="file"; filename="suuri.csv"\r\n\r\n'
    return (field + head).encode() + b"x" * size + b"\r\n--x--\r\n"


# ------------------------------------------------------------------------------------------- whose


def test_anothers_file_is_not_there(
    office: Flask, kirsi: Browser, browsers: Callable[[], Browser]
) -> None:
    page = bring(kirsi, "decisions", decisions(1, 1))
    sanna = browsers()
    sanna.sign_in("sanna@example.fi", PASSWORD)
    sanna.get(page.path, 404)
    for what in ("confirm", "discard", "restart"):
        sanna.post(f"{page.path}/{what}", 404)
    assert page.path not in sanna.get("/imports").html
    assert kept(office) == [("preview", True)]


@pytest.mark.parametrize(
    ("email", "password", "kinds"),
    [
        ("kirsi@example.fi", None, list(Kind)),
        ("tuomo@example.fi", None, [Kind.EXCLUSIONS]),
        ("olli@example.fi", PASSWORD, [Kind.ATTENDANCE]),
        ("sanna@example.fi", PASSWORD, [Kind.DECISIONS, Kind.ENROLMENTS, Kind.EXCLUSIONS]),
    ],
)
def test_each_brings_the_own_kinds(
    office: Flask, browser: Browser, email: str, password: str | None, kinds: list[Kind]
) -> None:
    browser.sign_in(email, *([password] if password else []))
    page = browser.get("/imports")
    links = [link for link in page.links.values() if link.startswith("/imports/")]
    assert links == [f"/imports/{kind}" for kind in kinds]
    for kind in Kind:
        browser.get(f"/imports/{kind}", 200 if kind in kinds else 403)
        browser.post(f"/imports/{kind}", 422 if kind in kinds else 403)


@pytest.mark.usefixtures("office")
def test_the_empty_file_has_every_header_and_brings_nothing(kirsi: Browser) -> None:
    for kind in Kind:
        content = kirsi.fetch(f"/imports/{kind}/template.csv").data
        line = content.decode("utf-8-sig").strip()
        assert line.split(";") == [column.finnish for column in columns_of(kind)]
        assert [row[0] for row in cells(kirsi.get(f"/imports/{kind}"))] == line.split(";")
        assert figures(bring(kirsi, kind, content)) == ["0", "0", "0"]


# ------------------------------------------------------------------------------- old and forgotten


def test_a_day_later_only_what_was_taken_in_is_remembered(
    office: Flask, kirsi: Browser, clock: Clock
) -> None:
    confirm(kirsi, bring(kirsi, "decisions", decisions(1, 1)))
    bring(kirsi, "decisions", decisions(2, 2))
    bring(kirsi, "decisions", b"")
    clock.set(NOW + KEPT + timedelta(minutes=1))
    bring(kirsi, "decisions", decisions(3, 3))
    assert kept(office) == [("done", False), ("preview", True)]


# -------------------------------------------------------------------------------------- long files


def arrive(browser: Browser, page: Page, seconds: float = 20) -> Page:
    """Look again until a long file has come through; meanwhile its thread may write."""
    deadline = time.monotonic() + seconds
    while page.all("progress"):
        assert time.monotonic() < deadline, page.text
        time.sleep(0.05)
        page = browser.page(browser.client.get(page.path, headers=browser.headers), 200)
    return page


def test_a_long_file_comes_in_behind_the_request(office: Flask, kirsi: Browser) -> None:
    page = arrive(kirsi, bring(kirsi, "decisions", decisions(1, LONG)))
    assert figures(page) == [str(LONG), "0", "0"]
    assert count(office, Client) == 0
    page = arrive(kirsi, confirm(kirsi, page))
    assert figures(page) == [str(LONG), "0", "0"]
    assert (count(office, ServiceDecision), kept(office)) == (LONG, [("done", False)])
    page = arrive(kirsi, bring(kirsi, "decisions", decisions(1, LONG)))
    assert figures(page) == ["0", "0", str(LONG)]


def test_the_progress_of_a_long_file_is_a_piece_that_ends_in_its_page(
    office: Flask, kirsi: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[Callable[[], None]] = []
    monkeypatch.setattr(views, "behind", lambda _, job: jobs.append(job))
    page = bring(kirsi, "decisions", decisions(1, LONG))
    assert 'http-equiv="refresh"' in page.html
    piece = kirsi.get_piece(f"{page.path}/progress")
    assert piece.one("div", id="progress").get("hx-trigger") == "every 1s"
    with office.app_context():
        jobs.pop()()
    assert figures(kirsi.get(page.path)) == [str(LONG), "0", "0"]
    answer = kirsi.load(f"{page.path}/progress", headers=kirsi.tapping(page.path))
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, page.path)


def test_a_reading_that_died_is_told_and_begun_again(
    office: Flask, kirsi: Browser, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(views, "behind", lambda *_: None)
        page = bring(kirsi, "decisions", decisions(1, LONG))
        kirsi.post(f"{page.path}/restart")
        assert kept(office) == [("reading", True)]
    clock.set(NOW + SILENCE + timedelta(seconds=1))
    page = kirsi.get(page.path)
    assert not page.all("progress")
    page = arrive(kirsi, kirsi.submit(page.form(action="/restart")))
    assert figures(page) == [str(LONG), "0", "0"]


def test_a_failure_behind_the_request_is_told_and_leaves_nothing(
    office: Flask, kirsi: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = arrive(kirsi, bring(kirsi, "decisions", decisions(1, LONG)))
    monkeypatch.setattr(actions, "finish", lambda *_, **__: 1 / 0)
    page = arrive(kirsi, confirm(kirsi, page))
    assert "/imports/decisions" in page.links.values()
    assert (count(office, ServiceDecision), kept(office)) == (0, [("failed", False)])


def test_while_a_long_file_comes_in_others_write(
    office: Flask, kirsi: Browser, browsers: Callable[[], Browser]
) -> None:
    sanna = browsers()
    sanna.sign_in("sanna@example.fi", PASSWORD)
    form = sanna.get("/imports/decisions").form(field="file")
    long = confirm(kirsi, arrive(kirsi, bring(kirsi, "decisions", decisions(1, LONG))))
    page = sanna.submit(form, file=(decisions(LONG + 1, LONG + 2), "x.csv"))
    confirm(sanna, page)
    arrive(kirsi, long)
    assert count(office, ServiceDecision) == LONG + 2


def test_progress_is_noted_only_while_the_job_holds_no_lock(
    office: Flask, kirsi: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "behind", lambda *_: None)
    page = bring(kirsi, "decisions", decisions(1, LONG))

    def rows_done() -> int | None:
        with own_session() as other:
            return other.scalar(select(Upload.rows_done))

    with office.app_context(), own_session() as session:
        teller = views.Teller(1, session)
        assert session.scalar(select(Upload.id)) == 1
        teller(50, LONG)
        assert rows_done() == 0
        session.rollback()
        teller(100, LONG)
        teller(101, LONG)
        assert rows_done() == 100
        teller(LONG, LONG)
        assert rows_done() == LONG
    assert page.all("progress")

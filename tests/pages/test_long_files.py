"""A long file as staff meet it: begun, left, come back to, refused, cut off, fetched."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sosku_groups.allowances.actions.runs import note_run
from sosku_groups.allowances.models import ListFile, ListRun
from sosku_groups.allowances.rules.runs import SILENCE
from sosku_groups.core import behind
from sosku_groups.core.database import reading, writing
from sosku_groups.core.signs import Far, Sign
from sosku_groups.payments import actions as payments
from sosku_groups.payments.actions import making as actions
from sosku_groups.payments.views import making
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.months import give_account, small_september
from tests.factories.payments import give_payer
from tests.factories.season import NOW, SEPTEMBER, Season, staff
from tests.pages.client import Browser, Opens
from tests.pages.page import Page
from tests.pages.test_list_files import APPROVER, COORDINATOR, FINANCE, LIST, download

Jobs = list[tuple[Callable[[], None], Any]]


def two_approved_septembers(session: Session) -> Season:
    """A small September, approved, whose files count as long, and another organiser's like it."""
    noise = staff(session, "2")
    small_september(session, noise)
    season = staff(session)
    small_september(session, season)
    for each in (noise, season):
        give_account(session, each)
        each.settle(session, SEPTEMBER)
    give_payer(session, season)
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the tests begin with."""
    return two_approved_septembers


@pytest.fixture
def season(begun: Season, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Season:
    """A small September, approved, whose files count as long, and another organiser's like it."""
    monkeypatch.setattr("sosku_groups.payments.views.files.AT_ONCE_ROWS", 1)
    clock.set(NOW)
    return begun


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch, season: Season) -> Jobs:
    """What is to be done behind the request, kept until the test does it."""
    kept: Jobs = []
    monkeypatch.setattr(making, "behind", lambda _, job, fail: kept.append((job, fail)))
    return kept


def do(app: Flask, jobs: Jobs) -> None:
    """Do the job that waits."""
    job, fail = jobs.pop()
    behind.run(app, "file", job, fail)


def begin(browser: Browser, kind: str = "days") -> Page:
    """Ask for a PDF on the list's page."""
    forms = [
        form
        for form in browser.get(LIST).forms
        if form.values().get("kind") == [kind] and form.values().get("format") == ["pdf"]
    ]
    assert len(forms) == 1
    return browser.submit(forms[0])


def pdfs(app: Flask) -> list[str]:
    """The checksums of the stored PDFs."""
    with app.app_context(), reading() as session:
        query = select(ListFile.sha256).where(ListFile.format == "pdf").order_by(ListFile.id)
        return list(session.scalars(query))


def runs(app: Flask) -> int:
    """How many runs there have been."""
    with app.app_context(), reading() as session:
        return session.scalar(select(func.count(ListRun.id))) or 0


def test_a_long_pdf_is_made_behind_the_request_and_fetched_afterwards(
    app: Flask, opens: Opens, jobs: Jobs
) -> None:
    hanna = opens(APPROVER)
    page = begin(hanna)
    assert page.path.startswith(f"{LIST}/making/")
    assert 'http-equiv="refresh"' in page.html
    assert page.path in page.links.values()
    piece = hanna.get_piece(f"{page.path}/progress")
    assert piece.one("div", id="progress").get("hx-get") == f"{page.path}/progress"
    assert page.path in hanna.get(LIST).links.values()
    assert opens(COORDINATOR).get(page.path).all("progress")
    assert not pdfs(app)
    do(app, jobs)
    answer = hanna.load(f"{page.path}/progress", headers=hanna.tapping(page.path))
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, page.path)
    done = hanna.get(page.path)
    assert not done.all("progress")
    form = done.form(action="/files")
    fetched = {
        download(browser, form.action, kind="days", format="pdf")
        for browser in (hanna, hanna, opens(COORDINATOR))
    }
    assert len(fetched) == 1
    content, called = fetched.pop()
    assert content.startswith(b"%PDF-")
    assert called == 'attachment; filename="L2026-09-1-days.pdf"'
    assert pdfs(app) == [sha256(content).hexdigest()]
    assert page.path not in hanna.get(LIST).links.values()
    assert not jobs


def test_the_second_who_asks_finds_the_file_being_made(
    app: Flask, opens: Opens, jobs: Jobs
) -> None:
    first, second = begin(opens(APPROVER)), begin(opens(COORDINATOR))
    assert (second.path, len(jobs), runs(app)) == (first.path, 1, 1)
    assert begin(opens(FINANCE), "payments").path != first.path
    assert (len(jobs), runs(app)) == (2, 2)


def test_the_payment_file_keeps_the_day_that_was_chosen_as_it_was_begun(
    app: Flask, opens: Opens, jobs: Jobs
) -> None:
    tuomo = opens(FINANCE)
    form = tuomo.get(f"{LIST}/payment-file").form(field="pay_day")
    refused = tuomo.submit(form, 422, pay_day="2026-11-28")
    assert "viikonloppu" in refused.text
    assert (runs(app), jobs) == (0, [])
    page = tuomo.submit(form, pay_day="2026-11-25")
    assert page.path.startswith(f"{LIST}/making/")
    again = tuomo.get(f"{LIST}/payment-file")
    assert page.path in again.links.values()
    assert not [each for each in again.forms if "pay_day" in each.names]
    do(app, jobs)
    fetch = tuomo.get(page.path).form(action="/payment-file")
    content, called = download(tuomo, fetch.action)
    assert b"<Dt>2026-11-25</Dt>" in content
    assert called == 'attachment; filename="L2026-09-1-payments.xml"'
    assert "25.11.2026" in tuomo.get(f"{LIST}/payment-file").text


def test_what_is_refused_while_the_file_is_made_is_told(
    app: Flask, opens: Opens, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuomo = opens(FINANCE)
    form = tuomo.get(f"{LIST}/payment-file").form(field="pay_day")
    page = tuomo.submit(form, pay_day="2026-11-25")
    with monkeypatch.context() as patch:
        held = "sosku_groups.payments.files.payments.in_payment_area"
        patch.setattr(held, lambda _: False)
        do(app, jobs)
    assert "ei ole maksuja, joista voisi tehdä maksutiedoston" in tuomo.get(page.path).text


def test_a_failure_leaves_nothing_and_is_told(
    app: Flask, opens: Opens, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanna = opens(APPROVER)
    page = begin(hanna)
    with app.app_context(), writing() as session:
        run_id = session.scalar(select(ListRun.id)) or 0
        note_run(session, run_id, Sign(Far("pdf", 2, 5), NOW))
    with monkeypatch.context() as patch:
        patch.setattr(actions, "end_run", lambda *_: 1 / 0)
        do(app, jobs)
    assert "tapahtui virhe" in hanna.get(page.path).text
    assert not pdfs(app)
    again = begin(hanna)
    assert again.path != page.path
    do(app, jobs)
    assert len(pdfs(app)) == 1


def test_a_making_that_died_is_noted_and_begun_again(
    app: Flask, opens: Opens, clock: Clock, jobs: Jobs
) -> None:
    hanna = opens(APPROVER)
    page = begin(hanna)
    dead, fail = jobs.pop()
    clock.set(NOW + SILENCE + timedelta(seconds=1))
    stalled = hanna.get(page.path)
    assert not stalled.all("progress")
    answer = hanna.load(f"{page.path}/progress", headers=hanna.tapping(page.path))
    assert answer.status_code == 204
    again = hanna.submit(stalled.form(action="/files"))
    assert again.path != page.path
    assert "Tiedostoa ei tehty" in hanna.get(page.path).text
    # The one taken for dead comes back to life: it keeps nothing, and the other does its work.
    behind.run(app, "file", dead, fail)
    assert not pdfs(app)
    assert hanna.get(again.path).all("progress")
    do(app, jobs)
    assert len(pdfs(app)) == 1
    assert not hanna.get(again.path).all("progress")


def test_a_payment_file_whose_making_died_is_made_for_another_day(
    app: Flask, opens: Opens, clock: Clock, jobs: Jobs
) -> None:
    tuomo = opens(FINANCE)
    page = tuomo.submit(
        tuomo.get(f"{LIST}/payment-file").form(field="pay_day"), pay_day="2026-11-25"
    )
    jobs.clear()
    clock.set(NOW + SILENCE + timedelta(seconds=1))
    for told in (tuomo.get(LIST), tuomo.get(f"{LIST}/payment-file")):
        assert "Tiedoston teko on pysähtynyt" in told.text
        assert page.path in told.links.values()
    again = tuomo.submit(
        tuomo.get(f"{LIST}/payment-file").form(field="pay_day"), pay_day="2026-11-26"
    )
    assert again.path != page.path
    do(app, jobs)
    assert "26.11.2026" in tuomo.get(f"{LIST}/payment-file").text


def test_one_that_has_told_of_itself_lately_is_not_taken_for_dead(
    app: Flask, opens: Opens, clock: Clock, jobs: Jobs
) -> None:
    hanna = opens(APPROVER)
    page = begin(hanna)
    clock.set(NOW + 2 * SILENCE)
    with app.app_context():
        far = Far("pdf", 2, 5)
        behind.signs().leave(page.path.rpartition("/")[2], Sign(far, clock()))
    assert "Ladotaan sivuja: 2/5 riviä" in hanna.get(page.path).text
    assert begin(hanna).path == page.path


def test_who_may_not_have_the_file_sees_nothing_of_its_making(opens: Opens, jobs: Jobs) -> None:
    page = begin(opens(APPROVER))
    tuomo = opens(FINANCE)
    for path in (page.path, f"{page.path}/progress"):
        tuomo.get(path, 403)
        opens("hanna2@example.fi").get(path, 404)
    assert page.path not in tuomo.get(LIST).links.values()
    opens(APPROVER).get(f"{LIST}/making/nothing", 404)


def test_a_very_long_pdf_comes_in_volumes_and_tells_how_many_rows_are_set(
    app: Flask, opens: Opens, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sosku_groups.payments.files.pdf.ROWS_A_VOLUME", 2)
    tuomo, seen = opens(FINANCE), []
    page = begin(tuomo, "payments")
    prepare_file = payments.prepare_file

    def watched(*given: Any, progress: Any = None, **named: Any) -> Any:
        def looked(done: int, every: int) -> None:
            if progress is None:
                return
            progress(done, every)
            # In a thread, as requests come: else the page would read within the job's own.
            with ThreadPoolExecutor(1) as thread:
                path = f"{page.path}/progress"
                seen.append(thread.submit(tuomo.get_piece, path).result().text)

        return prepare_file(*given, progress=looked, **named)

    monkeypatch.setattr(payments, "prepare_file", watched)
    do(app, jobs)
    assert [f"{done}/3 riviä" in text for done, text in zip((0, 2, 3), seen, strict=True)] == [
        True
    ] * 3
    content, called = download(tuomo, f"{LIST}/files", kind="payments", format="pdf")
    assert called == 'attachment; filename="L2026-09-1-payments-pdf.zip"'
    with ZipFile(BytesIO(content)) as archive:
        names = archive.namelist()
        titles = [PdfReader(archive.open(name)).metadata for name in names]
    assert names == ["L2026-09-1-payments-1-2.pdf", "L2026-09-1-payments-2-2.pdf"]
    assert [each and each.title for each in titles] == [
        f"Maksatuslista L2026-09-1, osa {number}/2" for number in (1, 2)
    ]
    assert download(tuomo, f"{LIST}/files", kind="payments", format="pdf")[0] == content


def test_tables_are_stored_already_and_come_at_once(opens: Opens, jobs: Jobs) -> None:
    content, _ = download(opens(FINANCE), f"{LIST}/files", kind="payments", format="xlsx")
    assert content.startswith(b"PK")
    assert not jobs


def test_in_the_thread_itself_the_file_is_made(app: Flask, season: Season, opens: Opens) -> None:
    hanna = opens(APPROVER)
    page = begin(hanna)
    deadline = time.monotonic() + 60
    while page.all("progress"):
        assert time.monotonic() < deadline, page.text
        time.sleep(0.05)
        page = hanna.page(hanna.client.get(page.path, headers=hanna.headers), 200)
    assert page.form(action="/files").method == "post"
    assert len(pdfs(app)) == 1

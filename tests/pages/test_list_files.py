"""Files, payment file, results and payments paid again as finance and approvers meet them."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from sosku_groups.accounts.actions import add_user
from sosku_groups.accounts.rules import DEMO_PASSWORD, Role
from sosku_groups.core.database import writing
from tests.beginnings import Beginning
from tests.conftest import Clock
from tests.factories.months import client, give_account, october, small_september
from tests.factories.payments import give_payer
from tests.factories.season import NOW, OCTOBER, SEPTEMBER, Season, staff
from tests.pages.client import Browser, Opens
from tests.pages.page import Page
from tests.rules.test_list_files import TURKISH

FINANCE, APPROVER, COORDINATOR = "tuomo@example.fi", "hanna@example.fi", "kirsi@example.fi"
ADMINISTRATOR = "aatu@example.fi"
LIST = "/lists/L2026-09-1"


def two_approved_septembers(session: Session) -> Season:
    """A small September, approved, with another organiser's like it as noise."""
    noise = staff(session, "2")
    small_september(session, noise)
    season = staff(session)
    small_september(session, season)
    for each in (noise, season):
        give_account(session, each)
    noise.settle(session, SEPTEMBER)
    season.settle(session, SEPTEMBER)
    add_user(
        session,
        organiser_id=season.organiser_id,
        email=ADMINISTRATOR,
        name="Aatu Ylläpito",
        grants=[(Role.ADMINISTRATOR, None)],
        password=DEMO_PASSWORD,
        at=NOW,
        cheap=True,
    )
    return season


@pytest.fixture
def beginning() -> Beginning[Season]:
    """What the tests begin with."""
    return two_approved_septembers


@pytest.fixture
def season(begun: Season, clock: Clock) -> Season:
    """A small September, approved, with another organiser's like it as noise."""
    clock.set(NOW)
    return begun


def pay(app: Flask, season: Season) -> None:
    """Give the organiser its account."""
    with app.app_context(), writing() as session:
        give_payer(session, season)


def download(browser: Browser, path: str, status: int = 200, **fields: str) -> tuple[bytes, str]:
    """The bytes of a file, and what it is called."""
    token = browser.token()
    answer = browser.client.post(
        path, data={"csrf_token": token, **fields}, headers=browser.headers
    )
    assert answer.status_code == status, answer.data[:400]
    return answer.data, answer.headers.get("Content-Disposition", "")


def bring(browser: Browser, *lines: str, status: int = 200) -> Page:
    """Bring a file of payment results by the page's own form."""
    content = "\n".join(["lista;asiakasnumero;tulos;summa;syy", *lines]).encode()
    form = browser.get("/payment-results").form(field="file")
    return browser.submit(form, status, file=(content, "tulokset.csv"))


# ----------------------------------------------------------------------------------- the account


def test_the_administrator_sets_the_account_that_is_paid_from(
    app: Flask, season: Season, opens: Opens
) -> None:
    page = opens(FINANCE).get(f"{LIST}/payment-file")
    assert "Pääkäyttäjä antaa sen sivulla Maksajan tili" in page.text
    administrator = opens(ADMINISTRATOR)
    page = administrator.get("/payer")
    assert "Maksutiedostoa ei voi tehdä ennen kuin tili on annettu" in page.text
    page = administrator.submit(page.form(field="iban"), 422, iban=TURKISH)
    assert "ei ole SEPA-maan tilinumero" in page.text
    page = administrator.submit(
        page.form(field="iban"), 422, iban="FI58 1017 1000 0001 22", bic="x"
    )
    assert "8 tai 11 kirjainta ja numeroa" in page.text
    page = administrator.submit(page.form(field="iban"), iban="fi58 1017 1000 0001 22", bic="")
    form = page.form(field="iban")
    assert form.values()["iban"] == ["FI58 1017 1000 0001 22"]
    assert form.values()["bic"] == ["NDEAFIHH"]
    assert "Pääkäyttäjä antaa" not in opens(FINANCE).get(f"{LIST}/payment-file").text


# ------------------------------------------------------------------------------- the payment file


def test_finance_chooses_the_day_and_gets_the_same_file_ever_after(
    app: Flask, season: Season, opens: Opens
) -> None:
    pay(app, season)
    finance = opens(FINANCE)
    page = finance.follow(finance.get(LIST), "Maksutiedosto")
    assert "Tarkistussumma 108,00 € + pidätetty 0,00 € = lista yhteensä 108,00 €" in page.text
    form = page.form(field="pay_day")
    assert form.values()["pay_day"] == ["2026-11-23"]
    page = finance.submit(form, 422, pay_day="2026-12-24")
    assert page.by_id("pay_day").get("aria-invalid") == "true"
    assert "Pankit maksavat seuraavan kerran 28.12.2026" in page.text
    assert "Anna maksupäivä" in finance.submit(form, 422, pay_day="").text
    content, called = download(finance, f"{LIST}/payment-file", pay_day="2026-11-24")
    assert called == 'attachment; filename="L2026-09-1-payments.xml"'
    assert b"<CtrlSum>108.00</CtrlSum>" in content
    page = finance.get(f"{LIST}/payment-file")
    assert "pankki maksaa 24.11.2026" in page.text
    assert download(finance, f"{LIST}/payment-file", pay_day="2026-12-01")[0] == content
    assert download(finance, f"{LIST}/payment-file")[0] == content
    assert "viety maksatukseen" in finance.get(LIST).text


def test_only_finance_makes_payment_files_and_reads_results(
    app: Flask, season: Season, opens: Opens
) -> None:
    pay(app, season)
    for email in (APPROVER, COORDINATOR, ADMINISTRATOR):
        browser = opens(email)
        for path in (f"{LIST}/payment-file", "/payment-results"):
            browser.get(path, 403)
            browser.post(path, 403)
    opens("tuomo2@example.fi").get(f"{LIST}/payment-file")
    finance = opens(FINANCE)
    finance.post(f"{LIST}/files", 422, kind="days", format="pdf")
    page = finance.post(f"{LIST}/files", 422, kind="travel", format="xml")
    assert "Tällaista tiedostoa ei ole" in page.text


# ------------------------------------------------------------------------------------- results


def test_results_are_brought_and_a_rejected_payment_is_paid_again(
    app: Flask, season: Season, opens: Opens
) -> None:
    pay(app, season)
    finance = opens(FINANCE)
    download(finance, f"{LIST}/payment-file")
    page = finance.follow(finance.get(LIST), "Lue maksujen tulokset")
    assert page.link("L2026-09-1") == LIST
    page = bring(
        finance, "L2026-09-1;001;hylätty;36,00;", "L2026-09-1;009;maksettu;36,00;", status=422
    )
    assert "2 virhettä" in page.text
    assert "rivi 2 syy" in page.text
    assert "rivi 3 asiakasnumero 009 asiakas, jolle lista maksaa" in page.text
    page = bring(
        finance, "L2026-09-1;001;hylätty;36,00;Tili suljettu", "L2026-09-1;002;maksettu;36,00;"
    )
    assert "2 maksun tulokset luettiin" in page.text
    page = bring(finance, "L2026-09-1;001;hylätty;36,00;Tili suljettu")
    assert "Tiedosto ei muuta mitään" in page.text
    page = finance.get(LIST)
    assert "Tili suljettu" in page.text
    assert "36,00 €Maksettu1 maksu" in page.text
    assert "36,00 €Hylätty1 maksu" in page.text
    assert "36,00 €Ei vielä tulosta1 maksu" in page.text
    assert "Maksa uudelleen" not in opens(APPROVER).get(LIST).text
    page = finance.submit(page.form(action="/pay-again"))
    assert "Asiakkaan 001 maksu tulee seuraavaksi suljettavalle listalle" in page.text
    page = finance.submit(page.form(action="/take-back-again"))
    assert "Asiakkaan 001 maksua ei makseta uudelleen" in page.text
    form = page.form(action="/pay-again")
    finance.submit(form)
    assert "jo merkitty maksettavaksi uudelleen" in finance.submit(form, 422).text
    page = finance.get("/months/2026-09")
    assert "36,00 €Maksetaan uudelleen" in page.text
    page = finance.submit(page.form(action="/close"))
    assert page.path == "/lists/L2026-09-2"
    assert "Tällä listalla uudelleen maksettavat" in page.text
    assert "yhteensä 36,00 €" in page.text
    page = finance.get(LIST)
    assert page.link("maksetaan uudelleen listalla L2026-09-2") == "/lists/L2026-09-2"
    page = opens(APPROVER).get("/lists/L2026-09-2")
    assert "Tällä listalla maksetaan 36,00 €" in page.text
    bring(finance, "L2026-09-1;003;maksettu;36,00;")
    assert "maksettu" in finance.get(LIST).text


def test_a_file_is_needed(app: Flask, season: Season, opens: Opens) -> None:
    finance = opens(FINANCE)
    form = finance.get("/payment-results").form(field="file")
    assert "Valitse tiedosto" in finance.submit(form, 422).text


def test_who_is_held_back_is_named_with_the_sum(
    app: Flask, season: Season, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay(app, season)
    with app.app_context(), writing() as session:
        october(session, season)
        session.execute(
            text("UPDATE client SET iban = :iban WHERE number = '002' AND organiser_id = :mine"),
            {"iban": TURKISH, "mine": season.organiser_id},
        )
        session.expire_all()
        with monkeypatch.context() as patched:
            patched.setattr("sosku_groups.allowances.queries.checklists.in_payment_area", bool)
            season.settle(session, OCTOBER)
        client(session, season, "002")
    finance = opens(FINANCE)
    page = finance.get("/lists/L2026-10-1")
    assert "Maksutiedostosta pidätetyt" in page.text
    assert "=1+1 +Bo 002 36,00 € kun maksutiedosto on tehty" in page.text
    page = finance.get("/lists/L2026-10-1/payment-file")
    assert "Tarkistussumma 72,00 € + pidätetty 36,00 € = lista yhteensä 108,00 €" in page.text
    assert "=1+1 +Bo, 002 36,00 €" in page.text
    download(finance, "/lists/L2026-10-1/payment-file")
    page = finance.get("/lists/L2026-10-1")
    page = finance.submit(page.form(action="/pay-again"))
    assert "odottaa seuraavaa listaa" in page.text
    assert "ei kelvollista tilinumeroa" in page.text


def test_another_organisers_client_is_not_paid_again(
    app: Flask, season: Season, opens: Opens
) -> None:
    with app.app_context(), writing() as session:
        key = session.execute(
            text("SELECT key FROM client WHERE organiser_id <> :mine ORDER BY id LIMIT 1"),
            {"mine": season.organiser_id},
        ).scalar_one()
    finance = opens(FINANCE)
    for path in ("pay-again", "take-back-again"):
        finance.post(f"{LIST}/{path}", 404, client=key)
        finance.post(f"{LIST}/{path}", 404, client="")

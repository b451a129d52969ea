"""The browser without a screen sees what is wrong with a page, and acts as a browser does."""

from collections.abc import Callable

import pytest
from flask import Flask, request
from sqlalchemy import insert

from sosku_groups.core.database import db
from sosku_groups.core.tables import Base
from tests.pages.client import Browser

GOOD = """<!doctype html>
<html lang="fi"><head><meta charset="utf-8"><title>Ryhmät</title>
<link rel="stylesheet" href="/static/app.css"></head>
<body><a href="#main">Sisältöön</a><main id="main"><h1>Ryhmät</h1>{}</main></body></html>"""

FORM = """<form method="post" action="/send" hx-post="/send">
<input type="hidden" name="csrf_token" value="token">
<label for="name">Nimi</label><input id="name" name="name" value="Aino">
<label>Viesti <textarea name="note">Hei</textarea></label>
<label for="kind">Muoto</label>
<select id="kind" name="kind"><option value="a">A</option>
<option value="b" selected>B</option></select>
<fieldset><legend>Päivä</legend>
<label><input type="radio" name="day" value="ma" checked> ma</label>
<label><input type="radio" name="day" value="ti"> ti</label></fieldset>
<label><input type="checkbox" name="sure" value="yes"> Varmasti</label>
<button name="mark" value="present">Paikalla</button>
<button name="mark" value="absent" formaction="/other">Poissa</button>
<button type="button" name="never" value="1">Ei lähetä</button>
</form>"""

FAULTS = {
    "a second h1": ("<h1>Toinen</h1>", "2 × <h1>"),
    "an id that is there twice": ('<p id="a"></p><p id="a"></p>', "id 'a' is empty or there twice"),
    "a field without a label": ('<input name="q">', "no label for input 'q'"),
    "an empty label": ('<label for="q"></label><input id="q" name="q">', "no label for input 'q'"),
    "a label for nothing": ('<label for="gone">Haku</label>', "for of <label> points at 'gone'"),
    "a description that is not there": (
        '<p aria-describedby="gone">x</p>',
        "aria-describedby of <p> points at 'gone'",
    ),
    "a link to nowhere on the page": ('<a href="#gone">x</a>', "href of <a> points at 'gone'"),
    "a tap with a target that is not there": (
        '<p hx-target="#gone">x</p>',
        "hx-target of <p> points at 'gone'",
    ),
    "a link without words": ('<a href="/x"></a>', "has no words"),
    "a button without words": ("<button></button>", "has no words"),
    "a picture without alt": ('<img src="/static/x.svg">', "has no alt"),
    "an inline style": ('<p style="color:red">x</p>', "style= on <p>"),
    "an inline script": ("<script>1</script>", "an inline <script>"),
    "an inline handler": ('<p onclick="x()">x</p>', "onclick= on <p>"),
    "a javascript: address": ('<a href="javascript:x()">x</a>', "href='javascript:x()'"),
    "a script from another site": (
        '<script src="https://example.org/x.js"></script>',
        "comes from 'https://example.org/x.js'",
    ),
    "a form without a token": ('<form method="post"><button>x</button></form>', "0 csrf_token"),
    "a token in an address": (
        '<form><input type="hidden" name="csrf_token" value="x"><button>x</button></form>',
        "carries a token",
    ),
    "a list item in a paragraph": ("<p><ul><li>x</li></ul></p>", "invalid HTML"),
    "an element left open": ("<div><p>x", "invalid HTML"),
    "a row outside a table": ("<tr><td>x</td></tr>", "invalid HTML"),
    "a file that is not there": (
        '<img alt="" src="/static/gone.svg">',
        "/static/gone.svg is missing",
    ),
}

Serve = Callable[..., Browser]


@pytest.fixture
def engine_name() -> str:
    """What a page looks like does not hang on the engine."""
    return "sqlite"


@pytest.fixture
def serve(app: Flask) -> Serve:
    """Serves a text at /page, and at /send what was sent there."""

    def serving(text: str, headers: dict[str, str] | None = None) -> Browser:
        def sent() -> str:
            pairs = " ".join(f"{k}={v}" for k, v in sorted(request.form.items(multi=True)))
            said = f"<p>{request.method} {pairs} {request.query_string.decode()}</p>"
            return said if "HX-Request" in request.headers else GOOD.format(said)

        for path in ("/send", "/other"):
            app.add_url_rule(path, path, sent, methods=["GET", "POST"])
        app.add_url_rule("/page", "page", lambda: (text, headers or {}))
        app.config["WTF_CSRF_ENABLED"] = False
        return Browser(app)

    return serving


def test_a_good_page_has_no_fault(serve: Serve) -> None:
    page = serve(GOOD.format(FORM)).get("/page")
    assert (page.title, page.h1, page.lang) == ("Ryhmät", "Ryhmät", "fi")
    assert page.links == {"Sisältöön": "#main"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(fault: str, serve: Serve) -> None:
    markup, named = FAULTS[fault]
    with pytest.raises(AssertionError) as told:
        serve(GOOD.format(markup)).get("/page")
    assert named in str(told.value)


@pytest.mark.parametrize(
    ("page", "named"),
    [
        (GOOD.replace(' lang="fi"', ""), "lang is None"),
        (GOOD.replace("<title>Ryhmät</title>", "<title></title>"), "1 × <title>"),
        (GOOD.replace("<h1>Ryhmät</h1>", ""), "0 × <h1>"),
        (GOOD.replace("<!doctype html>", ""), "invalid HTML"),
    ],
)
def test_a_fault_of_the_frame_is_seen(page: str, named: str, serve: Serve) -> None:
    with pytest.raises(AssertionError) as told:
        serve(page.format("")).get("/page")
    assert named in str(told.value)


@pytest.mark.parametrize(
    ("header", "value", "named"),
    [
        ("Content-Security-Policy", "default-src *", "default-src '*'"),
        ("Content-Security-Policy", "default-src 'self'", "lets others frame the page"),
        (
            "Content-Security-Policy",
            "default-src 'self'; frame-ancestors 'none'; script-src 'unsafe-inline'",
            "is lax",
        ),
        ("X-Content-Type-Options", "sniff", "not nosniff"),
        ("Referrer-Policy", "unsafe-url", "Referrer-Policy is 'unsafe-url'"),
        ("Cache-Control", "public", "not no-store"),
    ],
)
def test_a_lax_header_is_seen(header: str, value: str, named: str, serve: Serve) -> None:
    with pytest.raises(AssertionError) as told:
        serve(GOOD.format(""), {header: value}).get("/page")
    assert named in str(told.value)


def test_an_answer_that_tells_nothing_of_htmx_is_seen(app: Flask, serve: Serve) -> None:
    browser = serve(GOOD.format(""))
    app.after_request_funcs[None].insert(0, lambda answer: (answer.vary.clear(), answer)[1])
    with pytest.raises(AssertionError, match="without HX-Request"):
        browser.get("/page")


def test_an_unexpected_status_is_seen(serve: Serve) -> None:
    browser = serve(GOOD.format(""))
    with pytest.raises(AssertionError, match="404, not 200"):
        browser.get("/gone")
    assert browser.get("/gone", 404).status == 404


def test_a_form_sends_what_it_shows_and_what_was_changed(serve: Serve) -> None:
    browser = serve(GOOD.format(FORM))
    form = browser.get("/page").form("Paikalla")
    page = browser.submit(form, name="Eino", day="ti", sure=True)
    assert (
        "POST csrf_token=token day=ti kind=b mark=present name=Eino note=Hei sure=yes" in page.text
    )
    page = browser.submit(form.button("Poissa"))
    assert page.path == "/other"
    assert "day=ma kind=b mark=absent name=Aino note=Hei" in page.text


def test_a_form_offers_no_more_than_it_shows(serve: Serve) -> None:
    browser = serve(GOOD.format(FORM))
    form = browser.get("/page").form(action="/send")
    with pytest.raises(AssertionError, match="no field"):
        browser.submit(form, hidden="x")
    with pytest.raises(AssertionError, match="kind offers"):
        browser.submit(form, kind="c")
    with pytest.raises(AssertionError, match="day offers"):
        browser.submit(form, day="su")
    with pytest.raises(AssertionError, match="no button"):
        form.button("Ei lähetä")


def test_a_tap_is_sent_as_htmx_does_and_wants_a_piece(app: Flask, serve: Serve) -> None:
    browser = serve(GOOD.format(FORM))
    form = browser.get("/page").form("Paikalla")
    assert "mark=absent" in browser.tap(form.button("Poissa")).text
    app.view_functions["/send"] = lambda: GOOD.format("")
    with pytest.raises(AssertionError, match="whole page"):
        browser.tap(form)


def test_a_tap_needs_a_form_that_htmx_knows(serve: Serve) -> None:
    browser = serve(GOOD.format(FORM.replace(' hx-post="/send"', "")))
    with pytest.raises(AssertionError, match="no hx-post"):
        browser.tap(browser.get("/page").forms[0])


def test_a_tap_on_a_row_answers_a_row(app: Flask, serve: Serve) -> None:
    browser = serve(GOOD.format(FORM))
    app.view_functions["/send"] = lambda: "<tr id='r'><td>Aino</td></tr>"
    assert browser.tap(browser.get("/page").forms[0]).by_id("r").tag == "tr"


def test_a_page_that_writes_while_it_is_read_is_seen(app: Flask, serve: Serve) -> None:
    browser = serve(GOOD.format(""))

    def write() -> str:
        db.session.execute(insert(Base.metadata.tables["organiser"]).values(name="x"))
        db.session.rollback()
        return GOOD.format("")

    app.view_functions["page"] = write
    with pytest.raises(AssertionError, match="reading a page wrote"):
        browser.get("/page")


def test_words_of_blocks_stand_apart_and_those_of_spans_together(serve: Serve) -> None:
    markup = "<ul><li>Aino</li><li>Ei<b>no</b></li></ul><p>9,00&nbsp;€</p><!-- x -->"
    assert "Aino Eino 9,00 €" in serve(GOOD.format(markup)).get("/page").text

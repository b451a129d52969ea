"""A browser without a screen that checks by itself every page and piece it is given.

`get` and `submit` are a browser without JavaScript, `tap` is htmx. What any page must be (one h1,
labelled fields, valid HTML, nothing inline, safe headers …) fails the test that met it, and so does
a page that writes anything but the use log while it is read.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from sosku_groups.accounts.rules import DEMO_PASSWORD
from tests.pages.forms import Button, Form
from tests.pages.page import Page, Piece
from tests.pages.watch import only_reading

TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


class Browser:
    """One person's browser."""

    def __init__(self, app: Flask, language: str = "fi") -> None:
        self.app = app
        self.client = app.test_client()
        self.headers = {"Accept-Language": language}

    # Whole pages, as without JavaScript

    def get(self, path: str, status: int = 200) -> Page:
        """Open a page, following redirects."""
        return self.page(self.load(path, follow_redirects=True), status)

    def follow(self, page: Piece, text: str, status: int = 200) -> Page:
        """Open a link of the page."""
        return self.get(page.link(text), status)

    def submit(self, form: "Form | Button", status: int = 200, **fields: Any) -> Page:
        """Send a form and give the page that comes after."""
        method, path, data = self.sending(form, fields)
        if method == "get":
            return self.get(f"{urlsplit(path).path}?{urlencode(data, doseq=True)}", status)
        response = self.client.post(path, data=data, headers=self.headers, follow_redirects=True)
        return self.page(response, status)

    def fetch(self, path: str, status: int = 200) -> TestResponse:
        """Load what is no page: a file, a feed."""
        response = self.load(path)
        assert response.status_code == status, f"{path}: {response.status}"
        return response

    # Pieces, as with htmx

    def tap(self, form: "Form | Button", status: int = 200, **fields: Any) -> Piece:
        """Send a form as htmx does and give the answered piece; a page when htmx is sent on."""
        method, path, data = self.sending(form, fields, htmx=True)
        page = (form.form if isinstance(form, Button) else form).page
        headers = self.tapping(page.path)
        if method == "get":
            response = self.client.get(path, query_string=data, headers=headers)
        else:
            response = self.client.post(path, data=data, headers=headers)
        return self.piece(response, status)

    def get_piece(self, path: str, status: int = 200) -> Piece:
        """Load a piece as htmx does."""
        return self.piece(self.load(path, headers=self.tapping(path)), status)

    # What a page does not offer

    def post(self, path: str, status: int = 200, *, tap: bool = False, **fields: Any) -> Piece:
        """Send what no form on a page offers, with a good token."""
        data = {"csrf_token": self.token(), **fields}
        headers = self.tapping(path) if tap else self.headers
        response = self.client.post(path, data=data, headers=headers, follow_redirects=not tap)
        return self.piece(response, status) if tap else self.page(response, status)

    def token(self) -> str:
        """A token that the service takes from this browser."""
        for path in ("/", "/sign-in"):
            page = self.get(path)
            for form in page.forms:
                if form.method == "post":
                    return str(form.values()["csrf_token"][0])
        raise AssertionError("no form with a token")

    def sign_in(self, email: str, password: str = DEMO_PASSWORD) -> None:
        """Sign in without a look at the pages on the way: `arrive` looks at them."""
        path = "/sign-in"
        token = TOKEN.search(self.client.get(path, headers=self.headers).get_data(as_text=True))
        assert token, "no token on the sign-in page"
        data = {"csrf_token": token[1], "email": email, "password": password}
        response = self.client.post(path, data=data, headers=self.headers)
        assert response.status_code == 303, f"{email} cannot sign in: {response.status}"

    def kept_in_cookie(self) -> str:
        """What the session's cookie holds: signed, but readable to whoever holds the browser."""
        with self.client.session_transaction() as kept:
            return repr(dict(kept))

    def arrive(self, email: str, password: str = DEMO_PASSWORD) -> Page:
        """Sign in as a person does and give the first page."""
        form = self.get("/sign-in").form(field="password")
        page = self.submit(form, email=email, password=password)
        assert page.path != "/sign-in", f"{email} cannot sign in: {page.text}"
        return page

    # Inside

    def load(self, path: str, **options: Any) -> TestResponse:
        """The answer to a GET, which must write nothing but the use log."""
        with only_reading(self.app):
            return self.client.get(path, **{"headers": self.headers, **options})

    def tapping(self, path: str) -> dict[str, str]:
        """The headers that htmx adds."""
        return {**self.headers, "HX-Request": "true", "HX-Current-URL": f"http://localhost{path}"}

    def sending(
        self, form: "Form | Button", fields: dict[str, Any], *, htmx: bool = False
    ) -> tuple[str, str, dict[str, list[Any]]]:
        """The method, the address and what is sent."""
        button, form = (form, form.form) if isinstance(form, Button) else (None, form)
        data = form.values(**fields)
        # A browser sends along the pressed button, else the form's first.
        pressed = button or (form.buttons[0] if form.buttons else None)
        if pressed and pressed.element.get("name"):
            data[pressed.element.attrib["name"]] = [pressed.value]
        element = pressed.element if pressed else form.element
        if not htmx:
            return form.method, element.get("formaction") or form.action, data
        for method in ("post", "get"):
            for carrier in (element, form.element):
                if path := carrier.get(f"hx-{method}"):
                    return method, path, data
        raise AssertionError(
            f"the form to {form.action!r} has no hx-post: a tap loads a whole page"
        )

    def page(self, response: TestResponse, status: int) -> Page:
        """The answer as a checked page."""
        assert response.status_code == status, self.unexpected(response, status)
        assert response.mimetype == "text/html", f"{response.request.path}: {response.mimetype}"
        page = Page(response)
        self.check_files(page)
        return page

    def piece(self, response: TestResponse, status: int) -> Piece:
        """The answer as a checked piece, or the page that htmx is sent to."""
        if "HX-Redirect" in response.headers:
            return self.get(response.headers["HX-Redirect"], status)
        assert response.status_code == status, self.unexpected(response, status)
        assert not 300 <= response.status_code < 400, "htmx would follow a redirect into the piece"
        assert not response.get_data(as_text=True).lstrip().lower().startswith("<!doctype"), (
            f"{response.request.path} answers a tap with a whole page"
        )
        return Piece(response)

    def unexpected(self, response: TestResponse, status: int) -> str:
        """Why an answer is not what the test wants, with what it says."""
        said = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True).partition("<main")[2])
        where = f"{response.request.method} {response.request.path}"
        return f"{where}: {response.status_code}, not {status}: {' '.join(said.split())[:400]}"

    def check_files(self, page: Page) -> None:
        """Every script, style and picture of the page is there."""
        folder = Path(str(self.app.static_folder))
        for element in page.elements:
            address = element.get("src") or (element.get("href") if element.tag == "link" else None)
            if address and address.startswith("/static/"):
                name = urlsplit(address).path.removeprefix("/static/")
                assert (folder / name).is_file(), f"{page.path}: {address} is missing"


# Opens a browser in which the person with that address is signed in.
Opens = Callable[[str], Browser]

"""The browser itself: it runs scripts, holds to the policy, and its checks can fail."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

PAGE = """<!doctype html><html lang="fi"><head><title>Ryhmät</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Ryhmät</h1>{}</main></body></html>"""


@pytest.fixture
def serve(app: Flask) -> Callable[[str], None]:
    """Serves a text at /page."""

    def serving(text: str) -> None:
        app.add_url_rule("/page", "page", lambda: PAGE.format(text))

    return serving


def test_a_good_page_passes_on_a_phone(
    serve: Callable[[str], None], phone: Page, check_page: Callable[[Page], None]
) -> None:
    serve("<p>Tapaaminen</p>")
    phone.goto("/page")
    expect(phone.get_by_role("heading", name="Ryhmät")).to_be_visible()
    assert phone.evaluate("matchMedia('(pointer: coarse)').matches")
    check_page(phone)


def test_axe_and_the_width_are_checked(
    serve: Callable[[str], None], phone: Page, check_page: Callable[[Page], None]
) -> None:
    serve('<img src="/static/app.css" width="10">')
    phone.goto("/page")
    with pytest.raises(AssertionError, match="image-alt"):
        check_page(phone)
    phone.set_content(PAGE.format("<p>" + "x" * 400 + "</p>"))
    with pytest.raises(AssertionError, match="px wide"):
        check_page(phone)


def test_inline_script_does_not_run_and_is_reported(
    serve: Callable[[str], None], tablet: Page, errors: list[str]
) -> None:
    serve("<script>document.title = 'Murrettu'</script>")
    tablet.goto("/page")
    assert tablet.title() == "Ryhmät"
    assert "Content Security Policy" in errors.pop(0)

"""What a person does in the browser, step by step."""

from playwright.sync_api import Locator, Page, expect


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in and wait for the first page."""
    page.goto("/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def set_pin(page: Page, pin: str) -> None:
    """Set a PIN on the page for it."""
    page.goto("/pin")
    page.locator("#pin").fill(pin)
    page.locator("#pin_again").fill(pin)
    with page.expect_navigation(url="**/profile"):
        page.get_by_role("button", name="Aseta PIN-koodi").click()


def settled(page: Page) -> None:
    """Wait until no tap is under way."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def follow(link: Locator) -> None:
    """Press what leads to another page, and wait until that page is there.

    A click alone may end while the old page still stands, or is just being taken down.
    """
    with link.page.expect_navigation():
        link.click()

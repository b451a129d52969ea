"""What a person does in the browser, step by step."""

from playwright.sync_api import Page, expect


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in and wait for the first page."""
    page.goto("/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def settled(page: Page) -> None:
    """Wait until no tap is under way."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)

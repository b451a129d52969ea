"""What a person sees and taps on a roster whose taps go by the outbox."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import sign_in
from tests.factories.groups import PASSWORD
from tests.factories.rosters import Rosters


def row(page: Page, made: Rosters, number: int) -> Locator:
    """A person's row."""
    return page.locator(f"#row-{made.people[number].key}")


def key(page: Page, made: Rosters, number: int, mark: str) -> Locator:
    """The button of a mark in a person's row."""
    return row(page, made, number).locator(f".roster-row__marks [value={mark}]")


def bar(page: Page) -> Locator:
    """What tells of marks that wait."""
    return page.locator("#outbox")


def ready(page: Page) -> None:
    """Sign in as the instructor, and wait until *today* has copied its rosters."""
    sign_in(page, "ilona@example.fi", PASSWORD)
    expect(page.locator("#copies")).to_contain_text("lista aukeaa tällä laitteella")


def marked(page: Page, made: Rosters, number: int, mark: str, state: str = "waiting") -> None:
    """Wait until a person's row shows the mark in that state."""
    expect(key(page, made, number, mark)).to_have_attribute("aria-pressed", "true")
    expect(row(page, made, number)).to_have_attribute("data-sending", state)

"""A person's tablet: a real browser that opens the roster, is tapped, and is signed in again."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page
from playwright.sync_api import Error as PlaywrightError

from tests.browser.conftest import TABLET
from tests.browser.device import kept
from tests.factories.groups import PASSWORD
from tests.factories.rosters import Rosters
from tests.faults.network import Network
from tests.faults.schedule import MARKS

PATIENCE = 120
LOADS_WITHIN = 15
NOTED_WITHIN = 3
# The waits of the page's own scripts take a twentieth of their time, as those before sending
# again; a fifth the one of four seconds, after which other tablets' marks are asked for. The one
# after which an answer is given up (15 or 20 seconds) ends when the test says so, so that nothing
# hangs on how fast the machine is. What the device's clock says stays as it is.
QUICK = """{
  const wait = globalThis.setTimeout;
  const late = [];
  globalThis.setTimeout = (work, long = 0, ...rest) => {
    if (![15000, 20000].includes(long)) {
      return wait(work, long / (long > 3500 && long < 4500 ? 5 : 20), ...rest);
    }
    late.push(work);
    return wait(work, long, ...rest);
  };
  globalThis.timeIsUp = () => { for (const work of late.splice(0)) work(); };
}"""
# What the page says of itself when only half of it came.
HALF_A_PAGE = "Unexpected end of JSON input"
# Tells what stood before the person's eyes at each tap, before any script of the page knows of it.
WATCH = r"""addEventListener("submit", ({ target, submitter }) => {
  const row = target.closest("[data-outbox] [data-row]");
  const found = /\/marks\/([\w-]+)(\/undo\?to=(\w*))?$/.exec(target.getAttribute("action"));
  if (!row || !found) return;
  noteTap({
    client: found[1],
    mark: found[2] ? found[3] : submitter.value,
    shown: row.querySelector(".key[aria-pressed=true]")?.value ?? "",
    conflict: row.classList.contains("has-conflict"),
  });
}, true)"""
# No tap of the row is under way any longer: it was answered, or shown as waiting.
AT_REST = """client => !document.querySelector(
  `#row-${client} .htmx-request, #row-${client} [aria-busy=true], #row-${client} .is-sending`)"""


@dataclass(frozen=True)
class Tapped:
    """One tap as the person saw it: the mark, and what the row showed at that moment."""

    client: str
    mark: str
    shown: str
    conflict: bool


@dataclass
class Screen:
    """One tablet with its person and its network."""

    browser: Browser
    network: Network
    email: str
    made: Rosters
    taps: list[Tapped] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    context: BrowserContext = field(init=False)
    page: Page = field(init=False)

    def __post_init__(self) -> None:
        """Take the tablet into the hand."""
        self.context = self.browser.new_context(
            base_url=self.network.address,
            locale="fi-FI",
            timezone_id="Europe/Helsinki",
            **TABLET,
        )
        self.context.add_init_script(QUICK)
        self.context.add_init_script(WATCH)
        self.context.expose_function("noteTap", lambda told: self.taps.append(Tapped(**told)))
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.note(str(error)))

    def note(self, error: str) -> None:
        """Keep an error of the page's scripts."""
        if HALF_A_PAGE not in error:
            self.errors.append(error)

    @property
    def roster(self) -> str:
        """The roster's address."""
        return f"/meetings/{self.made.meeting.key}"

    def row(self, person: int) -> Locator:
        """A person's row."""
        return self.page.locator(f"#row-{self.made.people[person].key}")

    # ------------------------------------------------------------------------------ going there

    def open(self, path: str, *, fresh: bool = False) -> None:
        """Go to a page, signing in where that is asked, until it is there whole.

        `fresh`: and is no copy of the device's own, as it shows when the service is slow.
        """
        deadline = time.monotonic() + PATIENCE
        while not self.opened(path) or (fresh and self.shows_copy()):
            assert time.monotonic() < deadline, f"{path} does not open: {self.page.url}"

    def opened(self, path: str) -> bool:
        """Try once to open a page; whether it is there whole."""
        try:
            # Half a page never ends loading.
            self.page.goto(path, timeout=LOADS_WITHIN * 1000)
            if self.page.locator("input[name=password]:visible").count():
                self.give_password()
            if not self.page.url.endswith(path):
                return False
            return bool(self.page.locator("#announcer").count()) and self.is_right(path)
        except PlaywrightError:  # the page did not come
            return False

    def shows_copy(self) -> bool:
        """Whether the page is the device's own copy."""
        return bool(self.page.locator("html[data-copy-at]").count())

    def is_right(self, path: str) -> bool:
        """Whether it is the wanted page, and not the one that says that there is no network."""
        if path != self.roster:
            return bool(self.page.locator("#copies").count())
        return self.page.locator("[data-outbox] [data-row]").count() == len(self.made.people)

    def give_password(self) -> None:
        """Sign in on the form at hand."""
        self.page.locator("input[name=email]").fill(self.email)
        self.page.locator("input[name=password]").fill(PASSWORD)
        with self.page.expect_navigation():
            self.page.locator("input[name=password]").press("Enter")

    def at_roster(self) -> None:
        """Be at the roster; where the network stays away and there is no copy it comes back."""
        if self.page.url.endswith(self.roster) and self.is_right(self.roster):
            return
        for _ in range(3):
            if self.opened(self.roster):
                return
        self.network.up = True
        self.open(self.roster)

    # ----------------------------------------------------------------------------------- tapping

    def tap(self, person: int, mark: str) -> None:
        """Tap a mark, and go on once the row shows what became of it."""
        self.press(self.key(person, mark))
        self.rests(person)

    def tap_twice(self, person: int, mark: str) -> None:
        """Tap another mark before the first is answered."""
        other = MARKS[(MARKS.index(mark) + 2) % len(MARKS)]
        self.press(self.key(person, other))
        self.press(self.key(person, mark))
        self.rests(person)

    def undo(self, person: int) -> None:
        """Take the person's mark back; where there is none to take back, mark."""
        button = self.row(person).locator(".roster-row__tools form[action*='/undo'] button")
        self.press_or(button, person, MARKS[0])

    def choose(self, person: int, mark: str) -> None:
        """Choose in the first conflict that is shown; where there is none, mark."""
        choices = self.page.locator(".roster-row__choices button")
        chosen = choices.nth(MARKS.index(mark) % max(choices.count(), 1))
        self.press_or(chosen, person, mark)

    def press_or(self, button: Locator, person: int, mark: str) -> None:
        """Tap the button; where there is none, or it goes away under the finger, mark."""
        before = len(self.taps)
        try:
            if button.count():
                button.tap(timeout=LOADS_WITHIN * 1000)
        except PlaywrightError:
            pass
        if len(self.taps) == before:
            self.press(self.key(person, mark))
        for number in range(len(self.made.people)):
            self.rests(number)

    def key(self, person: int, mark: str) -> Locator:
        """The button of a mark."""
        return self.row(person).locator(f".roster-row__marks [value={mark}]")

    def press(self, button: Locator) -> None:
        """Tap, and wait until the tap has been noted; again where the row moved away beneath it."""
        before, deadline = len(self.taps), time.monotonic() + PATIENCE
        while len(self.taps) == before:
            assert time.monotonic() < deadline, "no tap is noted"
            button.tap()
            again = time.monotonic() + NOTED_WITHIN
            while len(self.taps) == before and time.monotonic() < again:
                self.page.wait_for_timeout(20)

    def rests(self, person: int) -> None:
        """Wait until no tap of the row is under way."""
        client = self.made.people[person].key
        self.until(lambda: bool(self.page.evaluate(AT_REST, client)), "a tap is never answered")

    def until(self, holds: Callable[[], bool], why: str) -> None:
        """Wait for a state; the browser goes on meanwhile, and gives up what the network keeps."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, why
            if self.network.keeps_waiting:
                self.page.evaluate("globalThis.timeIsUp?.()")
            self.page.wait_for_timeout(20)

    # ---------------------------------------------------------------------------- what it keeps

    def told(self) -> str:
        """Where it stands, for whoever looks into a failure."""
        try:
            bar = " ".join(" ".join(self.page.locator("#outbox").all_text_contents()).split())
            waiting = kept(self.page, "waiting")
        except PlaywrightError as error:
            return f"{self.email} at {self.page.url}: {error}"
        last = "\n".join(self.network.last)
        return f"{self.email} at {self.page.url}: {bar!r}, {len(waiting)} wait: {waiting}\n{last}"

    def entries(self) -> list[dict[str, Any]]:
        """Everything that was ever tapped, as the device keeps it, in the order of the taps."""
        both = kept(self.page, "waiting") + kept(self.page, "sent")
        return sorted(both, key=lambda entry: int(entry["seq"]))

    def sent_or_signed_in(self) -> bool:
        """Whether nothing waits; where the bar says that signing in helps, that is done."""
        link = self.page.locator("#outbox a")
        if not link.count():
            return self.all_sent()
        with suppress(PlaywrightError):  # the page did not come
            with self.page.expect_navigation(timeout=LOADS_WITHIN * 1000):
                link.tap()
            if self.page.locator("input[name=password]:visible").count():
                self.give_password()
        self.at_roster()
        return False

    def all_sent(self) -> bool:
        """Whether nothing waits, and the bar that tells of it has gone."""
        return not kept(self.page, "waiting") and self.page.locator("#outbox").is_hidden()

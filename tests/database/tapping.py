"""A process of its own that taps on a roster, for the tests of races.

`python -m tests.database.tapping URL NOW EMAIL MEETING MARK CLIENT…` signs in, says "ready", waits
for a line and then sends its taps; it prints one status a tap. MARK "rest" presses "all present".
"""

import sys
from dataclasses import replace
from datetime import datetime

from tests.conftest import plain_settings
from tests.factories.groups import PASSWORD
from tests.pages.client import Browser


def main(url: str, now: str, email: str, meeting: str, mark: str, *clients: str) -> None:
    """Tap on each client in turn."""
    from sosku_groups.factory import create_app

    at = datetime.fromisoformat(now)
    browser = Browser(create_app(replace(plain_settings(url), clock=lambda: at)))
    browser.sign_in(email, PASSWORD)
    address = f"/meetings/{meeting}"
    token = browser.get(address).form(action="/all-present").values()["csrf_token"][0]
    print("ready", flush=True)
    sys.stdin.readline()
    for client in clients:
        path = f"{address}/all-present" if mark == "rest" else f"{address}/marks/{client}"
        answer = browser.client.post(
            path, data={"csrf_token": token, "mark": mark}, headers={"HX-Request": "true"}
        )
        print(answer.status_code, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

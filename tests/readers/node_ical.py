"""node-ical reads the year too: a program in Node, which a Python machine need not have.

`npm install --prefix FOLDER node-ical`, then
`NODE_MODULES=FOLDER/node_modules pytest tests/readers/node_ical.py`.
"""

import os
from pathlib import Path

from tests.readers.programs import by_icalendar, by_node_ical
from tests.readers.test_readers import Subscribed, subscribed  # noqa: F401  the fixture


def test_node_ical_sees_the_same_year(
    subscribed: Subscribed,  # noqa: F811
    tmp_path: Path,
) -> None:
    feed = subscribed.fetch()
    seen = by_node_ical(feed, tmp_path, Path(os.environ["NODE_MODULES"]))
    assert len(seen) == 109
    assert seen == by_icalendar(feed)

"""What is refused half way leaves nothing behind."""

import pytest
from flask import Flask

from sosku_groups.accounts.queries import organisers
from sosku_groups.core.database import reading, writing
from sosku_groups.core.text import Refused, sentence
from tests.factories.season import staff


def stop_half_way() -> None:
    """Write something, then be refused."""
    with writing() as session:
        staff(session)
        raise Refused(sentence("no"))


def test_a_change_that_is_refused_half_way_is_not_kept(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(Refused):
            stop_half_way()
        with reading() as session:
            assert organisers(session) == []

"""Whoever asks only what may have changed finds every breach that asking all over finds."""

from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.orm import Session

from sosku_groups.core.database import db
from sosku_groups.invariants.queries import INVARIANTS
from tests.database.plays import Player
from tests.database.test_invariants import (
    BREAKS,
    CHAIN,
    SEALED,
    SEED,
    TODAY,
    Broken,
    Undone,
    take_guards_away,
)
from tests.model.watch import Watch
from tests.rules.seasons import Season, make_season


def test_each_break_is_found_by_asking_what_may_have_changed(session: Session) -> None:
    other = Player(session, "Another")
    other.play(Season(make_season(1).steps[:4]))
    player = Player(session)
    player.play(make_season(SEED))
    watches = {each.organiser_id: Watch(db.engine) for each in (other, player)}

    def asked() -> set[str]:
        return {
            text
            for organiser_id, watch in watches.items()
            for text in watch.breaches(session, TODAY, organiser_id)
        }

    take_guards_away(session)
    mistakes = []
    for invariant, (break_it, others) in BREAKS.items():
        assert asked() == set()
        assert all(watch.holding == INVARIANTS.keys() for watch in watches.values())
        with suppress(Undone), session.begin_nested():
            break_it(Broken(session, player.organiser_id, other.organiser_id))
            session.expire_all()
            found = asked()
            if found != {invariant} | others | ({CHAIN} if break_it in SEALED else set()):
                mistakes.append(f"{break_it.__name__}: {sorted(found)}")
            raise Undone
        session.expire_all()
        for watch in watches.values():
            watch.forget()
    assert not mistakes, "\n".join(mistakes)


def test_a_step_asks_only_what_it_may_have_changed(session: Session) -> None:
    player = Player(session)
    player.play(make_season(SEED))
    watch = Watch(db.engine)
    assert watch.breaches(session, TODAY, player.organiser_id) == {}
    session.execute(text("UPDATE waiting SET position = position + 1"))
    waiting = "No two wait on the same place of a waiting list"
    assert INVARIANTS.keys() - watch.holding == {waiting}

"""What a file does, as it is kept between preview and confirmation."""

import json
from datetime import date, datetime, time, timedelta, timezone

from sosku_groups.core.days import Month
from sosku_groups.core.incoming import Change, Fault, Outcome
from sosku_groups.core.money import Cents
from sosku_groups.core.text import sentence
from sosku_groups.imports.files import figures, pack, unpack
from sosku_groups.imports.rules import (
    AT_ONCE_LINES,
    COLUMN_WORDS,
    IMPORTERS,
    KIND_NAMES,
    KIND_WORDS,
    MOST_TOLD,
    SILENCE,
    STATE_NAMES,
    Kind,
    State,
    has_stalled,
    is_small,
)

NOW = datetime(2026, 9, 16, 12, 0, tzinfo=timezone(timedelta(hours=3)))


def test_an_outcome_comes_back_as_it_was_through_json() -> None:
    said = sentence(
        ("{n} day", "{n} days"),
        n=2,
        day=date(2026, 9, 1),
        at=time(9, 30),
        sum=Cents(-900),
        month=Month(2026, 9),
        several=(sentence("first"), "x", 3, (date(2026, 1, 1),)),
    )
    outcome = Outcome(
        rows=4,
        added=1,
        changed=1,
        unchanged=1,
        faults=[Fault(None, None, "=1+1", said), Fault(3, "Alkaa", "", said)],
        changes=[Change(2, "B1", said)],
        touches_closed=[said],
        needs_reason=True,
    )
    account = unpack(json.loads(json.dumps(pack(outcome))))
    assert list(account.faults) == outcome.faults
    assert list(account.changes) == outcome.changes
    assert list(account.closed) == outcome.touches_closed
    assert type(account.closed[0].values["sum"]) is Cents
    assert (account.rows, account.added, account.changed, account.unchanged) == (4, 1, 1, 1)
    assert account.needs_reason
    assert not account.idle


def test_long_lists_are_cut_and_counted_and_at_last_only_figures_stay() -> None:
    faults = [Fault(line, None, "", sentence("x")) for line in range(MOST_TOLD + 7)]
    kept = pack(Outcome(rows=9, faults=faults))
    account = unpack(kept)
    assert (len(account.faults), account.faults_all) == (MOST_TOLD, MOST_TOLD + 7)
    account = unpack(figures(kept))
    assert (account.faults, account.faults_all, account.rows) == ([], MOST_TOLD + 7, 9)


def test_a_file_without_effect_is_idle() -> None:
    assert unpack(pack(Outcome(rows=3, unchanged=3))).idle
    assert unpack({}).idle
    assert not unpack(pack(Outcome(rows=3, added=1))).idle


def test_a_short_file_is_read_at_once_whatever_ends_its_lines() -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        assert is_small(b"x;y" + end * (AT_ONCE_LINES - 1))
        assert not is_small(b"x;y" + end * AT_ONCE_LINES)


def test_only_silent_work_has_stalled() -> None:
    late = NOW + SILENCE + timedelta(seconds=1)
    assert not has_stalled(State.READING, NOW, NOW + SILENCE)
    assert has_stalled(State.READING, NOW, late)
    assert has_stalled(State.WRITING, NOW, late)
    assert not has_stalled(State.PREVIEW, NOW, late)


def test_every_kind_and_state_has_its_words_and_its_people() -> None:
    for words in (KIND_NAMES, KIND_WORDS, COLUMN_WORDS, IMPORTERS):
        assert list(words) == list(Kind)
    assert list(STATE_NAMES) == list(State)

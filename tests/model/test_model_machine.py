"""In any order of whatever may be done the service and the model agree, and invariants hold."""

import os
import time
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Machine
from tests.model.play import Play

# How many runs on each engine, of so many rules each; a rule may be several steps. All of the
# night: `python3 run.py nightly`, which is 50,000 steps and more on each engine.
RUNS = int(os.environ.get("MODEL_RUNS", "14"))
RULES = 50
NIGHTLY = RUNS > 100
# By night several processes share the runs, each with chances of its own.
PARTS = 8 if NIGHTLY else 1
RUNS_OF_A_PART = -(-RUNS // PARTS)
TOLD_EVERY = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_the_service_does_as_the_rules_say_whatever_comes_next(
    worlds: dict[date, Play], part: int
) -> None:
    begun = time.monotonic()

    def tell() -> None:
        seconds = time.monotonic() - begun
        print(
            f"part {part}: {Run.runs} runs, {Run.steps} steps, {Run.closes} lists, {seconds:.0f} s",
            flush=True,
        )

    class Run(Machine):
        runs = 0

        def teardown(self) -> None:
            super().teardown()
            type(self).runs += 1
            if NIGHTLY and Run.runs % TOLD_EVERY == 0:
                tell()

    # By night invariants are asked after each step, by day after every so many.
    Run.worlds, Run.every = list(worlds.values()), 1 if NIGHTLY else 3
    run_state_machine_as_test(
        Run,
        settings=settings(
            max_examples=RUNS_OF_A_PART,
            stateful_step_count=RULES,
            derandomize=not NIGHTLY,
            deadline=None,
            database=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        ),
    )
    tell()
    # A run now and then ends a few steps before its last.
    assert Run.steps >= RUNS_OF_A_PART * RULES * 0.95
    assert Run.closes >= RUNS_OF_A_PART // 2, "hardly anything was closed"

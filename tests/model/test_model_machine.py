"""In any order of whatever may be done the service and the model agree, and invariants hold."""

import os
import time
from datetime import date

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Machine
from tests.model.play import Play

# How many runs on each engine, of so many rules each; a rule may be several steps. All of the
# night: `python3 run.py nightly`.
RUNS = int(os.environ.get("MODEL_RUNS", "14"))
RULES = 50
NIGHTLY = RUNS > 100


def test_the_service_does_as_the_rules_say_whatever_comes_next(worlds: dict[date, Play]) -> None:
    class Run(Machine):
        def teardown(self) -> None:
            super().teardown()
            if NIGHTLY:
                print(f"{Run.steps} steps, {Run.closes} lists", flush=True)

    # Each step of the night asks every invariant; by day each close and every so many steps do.
    Run.worlds, Run.every = list(worlds.values()), 1 if NIGHTLY else 15
    begun = time.monotonic()
    run_state_machine_as_test(
        Run,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=RULES,
            derandomize=not NIGHTLY,
            deadline=None,
            database=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        ),
    )
    print(f"{Run.steps} steps, {Run.closes} lists, {time.monotonic() - begun:.0f} s")
    assert Run.steps >= RUNS * RULES
    assert Run.closes >= RUNS // 2, "hardly anything was closed"

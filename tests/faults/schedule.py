"""What people do and what befalls them, drawn from a seed: the same seed draws the same again."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

MARKS = ("present", "remote", "excused", "justified", "absent")


class Do(StrEnum):
    """One thing that somebody does, or that happens to a tablet or to the service."""

    TAP = "taps a mark"
    TWICE = "taps two marks at once"
    UNDO = "takes the last mark back"
    CHOOSE = "chooses in a conflict"
    RELOAD = "loads the page again"
    REST = "waits until all is sent"
    OUT = "loses the network"
    BACK = "has the network again"
    SIGNED_OUT = "is signed out by the service"
    SIGN_IN = "signs in again"
    CRASH = "kills the service"
    NEW_KEY = "starts the service with another key"
    COPY = "copies the database"
    RESTORE = "sets the database back to the copy"


@dataclass(frozen=True)
class Step:
    """What is done, on which tablet, to which of the people, with which mark."""

    do: Do
    tablet: int = 0
    person: int = 0
    mark: str = ""


@dataclass(frozen=True)
class Schedule:
    """Whose tablets there are, and what happens one after the other."""

    seed: int
    tablets: tuple[str, ...]
    steps: list[Step]

    @property
    def restores(self) -> bool:
        """Whether the database is set back in it."""
        return any(step.do is Do.RESTORE for step in self.steps)


# What each schedule has besides taps, in turn by its seed; more comes by chance.
THEMES = (
    (Do.OUT, Do.NEW_KEY),
    (Do.OUT, Do.RESTORE),
    (Do.SIGNED_OUT, Do.CRASH),
    (Do.RESTORE,),
    (Do.OUT,),
    (Do.RELOAD, Do.CRASH),
    (Do.SIGNED_OUT, Do.RESTORE),
    (Do.OUT, Do.OUT, Do.NEW_KEY),
)
# How often these come by chance before a tap.
BY_CHANCE = {Do.RELOAD: 0.05, Do.OUT: 0.03, Do.REST: 0.06, Do.SIGNED_OUT: 0.01, Do.CRASH: 0.01}
# Whose tablets there are: two people's, one alone, or two of one person; in turn by the seed.
TOGETHER = ("ilona@example.fi", "kaisa@example.fi")
ALONE = ("ilona@example.fi",)
SAME_USER = ("ilona@example.fi", "ilona@example.fi")
TABLETS = (TOGETHER, TOGETHER, ALONE, TOGETHER, SAME_USER)


def drawn(seed: int, marks: int, people: int) -> Schedule:
    """The schedule of a seed, with so many taps."""
    chance = Random(f"schedule {seed}")
    tablets = TABLETS[seed % len(TABLETS)]
    events = at_random_places(THEMES[seed % len(THEMES)], marks, chance)
    steps: list[Step] = []
    ends: dict[int, list[Step]] = {}
    for number in range(marks):
        tablet = chance.randrange(len(tablets))
        happening = events.get(number, []) + [
            do for do, share in BY_CHANCE.items() if chance.random() < share
        ]
        for do in happening:
            steps.append(Step(do, tablet))
            if do in ENDS:
                after = number + chance.randint(1, 8)
                ends.setdefault(min(after, marks), []).append(Step(ENDS[do], tablet))
        steps.append(tapped(chance, tablet, people))
        steps += ends.pop(number + 1, [])
    return Schedule(seed, tablets, steps)


# What is begun ends some taps later.
ENDS = {Do.OUT: Do.BACK, Do.SIGNED_OUT: Do.SIGN_IN, Do.NEW_KEY: Do.SIGN_IN}


def at_random_places(theme: tuple[Do, ...], marks: int, chance: Random) -> dict[int, list[Do]]:
    """Before which tap each of the theme's events comes."""
    found: dict[int, list[Do]] = {}
    for do in theme:
        at = chance.randrange(marks // 3, marks)
        found.setdefault(at, []).append(do)
        if do is Do.RESTORE:
            # The copy is some taps older.
            found.setdefault(chance.randrange(at), []).insert(0, Do.COPY)
    return found


def tapped(chance: Random, tablet: int, people: int) -> Step:
    """One tap, as often of each kind as people tap."""
    do = chance.choices((Do.TAP, Do.TWICE, Do.UNDO, Do.CHOOSE), (76, 6, 12, 6))[0]
    return Step(do, tablet, chance.randrange(people), chance.choice(MARKS))

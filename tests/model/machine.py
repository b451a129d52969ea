"""The state machine: whatever people of an organiser may do, in any order."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sosku_groups.core.database import begin_write
from tests.model.books import DAY, Meeting, MonthList, end_of
from tests.model.play import Play
from tests.model.worlds import CLIENTS, FOREST, PLACES

Any = TypeVar("Any")
WHICH = st.integers(0, 96)
CLIENT = st.sampled_from(sorted(CLIENTS))
GROUP = st.sampled_from(sorted(PLACES))
MARK = st.sampled_from(("present", "remote", "absent", "excused", "justified", None))
WORDS = st.lists(st.sampled_from(("absent", "remote", "justified")), max_size=6)
TIMES = st.sampled_from(
    ((time(10), time(12)), (time(22, 30), time(0, 30)), (time(23), time(1)), (time(2), time(4, 30)))
)
HOUR = st.sampled_from((time(0, 5), time(12), time(23, 55)))
YES_OR_NO = st.booleans()
MOSTLY = st.sampled_from((True, True, True, True, False))
TOO_MUCH = st.sampled_from((0, 0, 0, 0, 0, 100, -100))
KIND = st.sampled_from(("office", "home", "remote"))
POLICY = st.sampled_from(
    (
        ("rate", 1050),
        ("rate", 800),
        ("rate", 0),
        ("days-a-week", 1),
        ("days-a-week", None),
        ("minutes-a-day", 120),
        ("minutes-a-day", None),
        ("set-off", 0),
        ("set-off", 1),
    )
)


class Machine(RuleBasedStateMachine):
    """One run; the test that starts it sets `worlds` and how often invariants are asked."""

    worlds: Sequence[Play] = ()
    every = 10
    # Of all runs together, for the test to tell.
    steps = 0
    closes = 0

    def __init__(self) -> None:
        super().__init__()
        self.play: Play | None = None

    @initialize(which=st.integers(0, 3))
    def begin(self, which: int) -> None:
        """One of the four times of the year."""
        world = self.worlds[which]
        begin_write(world.session)
        self.play = world.again(world.session, self.every)

    def teardown(self) -> None:
        """Everything still agrees; then nothing of it has been."""
        if self.play is None:
            return
        try:
            if self.play.sound:
                self.play.finish()
            type(self).steps += self.play.steps
            type(self).closes += self.play.closes
        finally:
            self.play.session.rollback()

    @property
    def now(self) -> Play:
        """The run."""
        assert self.play
        return self.play

    def pick(self, some: Sequence[Any], which: int) -> Any:
        """One of them."""
        return some[which % len(some)]

    def near(self, which: int) -> Meeting:
        """A meeting of the weeks around today."""
        today = self.now.books.today
        around = [m for m in self.now.books.meetings if abs((m.day - today).days) < 45]
        return self.pick(around or self.now.books.meetings, which)

    def day(self, which: int) -> date:
        """A day, mostly of the months around today."""
        return self.now.books.today + (which - 64) * DAY

    def past_month(self, which: int) -> date:
        """This month, which cannot be closed yet, or one of the two before."""
        month = self.now.books.today.replace(day=1)
        for _ in range((0, 1, 1, 1, 2)[which % 5]):
            month = (month - DAY).replace(day=1)
        return month

    def owing(self) -> list[str]:
        """The clients who carry a rest."""
        return [number for number in sorted(CLIENTS) if self.now.books.rest(number)[0]]

    # ----------------------------------------------------------------------------------- time

    @rule(days=st.integers(1, 20), hour=HOUR)
    def days_pass(self, days: int, hour: time) -> None:
        self.now.wait_until(self.now.books.today + timedelta(days=days), hour)

    @rule(words=WORDS, approves=YES_OR_NO)
    def the_month_ends(self, words: list[str], approves: bool) -> None:
        month = self.now.books.today.replace(day=1)
        self.now.wait_until(end_of(month) + DAY)
        made = self.closed(month, words)
        if made and approves:
            self.now.approve(made)
            self.now.export(made)

    @rule(which=WHICH, words=WORDS)
    def mark_and_close(self, which: int, words: list[str]) -> None:
        self.closed(self.past_month(which), words)

    @rule(which=WHICH, words=WORDS, mark=MARK)
    def correct_and_close(self, which: int, words: list[str], mark: str | None) -> None:
        self.change_a_mark(which, mark, reason=True)
        self.closed(self.past_month(which), words)

    def closed(self, month: date, words: list[str]) -> MonthList | None:
        """Everybody marked, who has no account left out, and the month closed."""
        if not self.now.books.accounts["005"]:
            self.now.leave_out(month, "005")
        self.now.register(end_of(month), words)
        if len(words) != 1:
            self.now.choose_all()
        return self.now.close(month)

    # ---------------------------------------------------------------------------------- marks

    @rule(client=CLIENT, which=WHICH, mark=MARK, leads=YES_OR_NO, reason=MOSTLY)
    def tap(self, client: str, which: int, mark: str | None, leads: bool, reason: bool) -> None:
        self.now.tap(client, self.near(which), mark, leads=leads, reason=reason)

    @rule(which=WHICH, mark=MARK, reason=MOSTLY)
    def change_a_mark(self, which: int, mark: str | None, reason: bool) -> None:
        marked = [pair for pair, stood in sorted(self.now.books.stood.items()) if stood[-1]]
        if marked:
            client, number = self.pick(marked[::-1], which)
            self.now.tap(client, self.now.books.meetings[number], mark, reason=reason)

    @rule(which=WHICH, mark=MARK, leads=YES_OR_NO, back=st.integers(0, 3))
    def tap_blindly(self, which: int, mark: str | None, leads: bool, back: int) -> None:
        """Somebody marks who has not seen what others marked since; another does the same."""
        changed = sorted(self.now.books.changed.items())
        pair, marks = self.pick(changed[::-1], which) if changed else (("001", which % 9), [])
        meeting, sight = self.now.books.meetings[pair[1]], max(len(marks) - back, 0)
        self.now.tap(pair[0], meeting, mark, leads=leads, sight=sight)
        self.now.tap(pair[0], meeting, mark, leads=not leads, sight=sight)

    @precondition(lambda self: self.play and self.play.books.conflicts)
    @rule(which=WHICH, mark=MARK, stands=YES_OR_NO)
    def choose(self, which: int, mark: str | None, stands: bool) -> None:
        client, number = self.pick(sorted(self.now.books.conflicts), which)
        meeting = self.now.books.meetings[number]
        self.now.choose(
            client, meeting, self.now.books.mark_of(client, meeting) if stands else mark
        )

    @rule(which=WHICH)
    def undo(self, which: int) -> None:
        changed = sorted(self.now.books.stood)
        if changed:
            client, number = self.pick(changed[::-1], which)
            self.now.undo(client, self.now.books.meetings[number])

    @rule(which=WHICH)
    def mark_all(self, which: int) -> None:
        meeting = self.near(which)
        if meeting.day <= self.now.books.today:
            self.now.mark_all(meeting)

    @rule(words=WORDS)
    def bring_marks_up_to_date(self, words: list[str]) -> None:
        self.now.register(self.now.books.today, words)

    # ------------------------------------------------------------------------------- meetings

    @rule(which=WHICH, pays=YES_OR_NO)
    def cancel(self, which: int, pays: bool) -> None:
        self.now.cancel(self.near(which), pays=pays)

    @rule(which=WHICH)
    def restore(self, which: int) -> None:
        cancelled = [meeting for meeting in self.now.books.meetings if meeting.cancelled]
        if cancelled:
            self.now.restore(self.pick(cancelled, which))

    @rule(which=WHICH, days=st.integers(-9, 9), times=TIMES)
    def move(self, which: int, days: int, times: tuple[time, time]) -> None:
        meeting = self.near(which)
        self.now.move(meeting, meeting.day + days * DAY, *times)

    @rule(group=GROUP, which=WHICH, times=TIMES)
    def add_meeting(self, group: str, which: int, times: tuple[time, time]) -> None:
        self.now.add_meeting(group, self.day(which), *times)

    @rule(client=CLIENT, kind=KIND, which=WHICH, times=TIMES)
    def meet_alone(self, client: str, kind: str, which: int, times: tuple[time, time]) -> None:
        self.now.meet_alone(client, kind, self.day(which), *times)

    # ------------------------------------------------------------------ decisions and places

    @rule(client=CLIENT, gap=st.sampled_from((-1, 0, 0, 0, 1, 1, 9)), days=st.integers(0, 95))
    def renew(self, client: str, gap: int, days: int) -> None:
        own = [d.end for d in self.now.books.decisions.values() if d.client == client]
        first = max(own) + (1 + gap) * DAY
        number = f"Q{len(self.now.books.decisions)}"
        self.now.decide(number, client, first, first + days * DAY, money=days % 5 > 0)

    @rule(client=CLIENT, which=WHICH, days=st.integers(0, 40))
    def backdate(self, client: str, which: int, days: int) -> None:
        number = f"Q{len(self.now.books.decisions)}"
        first = self.day(which)
        self.now.decide(number, client, first, first + days * DAY)

    @rule(which=WHICH, days=st.integers(-1, 96))
    def end_early(self, which: int, days: int) -> None:
        decision = self.pick(list(self.now.books.decisions.values()), which)
        self.now.end(decision.number, decision.first + days * DAY)

    @rule(which=WHICH)
    def run_on(self, which: int) -> None:
        self.now.end(self.pick(sorted(self.now.books.decisions), which), None)

    @rule(which=WHICH, grants=YES_OR_NO, days=st.integers(-1, 60))
    def grant(self, which: int, grants: bool, days: int) -> None:
        decision = self.pick(list(self.now.books.decisions.values()), which)
        self.now.grant(
            decision.number, (decision.first + days * DAY, decision.last) if grants else None
        )

    @rule(client=CLIENT, group=GROUP, which=WHICH, days=st.sampled_from((None, 7, 30)))
    def enrol(self, client: str, group: str, which: int, days: int | None) -> None:
        first = self.day(which)
        self.now.enrol(client, group, first, first + days * DAY if days else None)

    @rule(which=WHICH, days=st.sampled_from((None, -1, 0, 30, 60)))
    def end_enrolment(self, which: int, days: int | None) -> None:
        index = which % len(self.now.books.enrolments)
        first = self.now.books.enrolments[index].first
        self.now.end_enrolment(index, None if days is None else first + days * DAY)

    @rule(client=CLIENT, which=WHICH, reason=MOSTLY)
    def exclude(self, client: str, which: int, reason: bool) -> None:
        self.now.exclude(client, self.near(which).day, reason=reason)

    @rule(which=WHICH)
    def include(self, which: int) -> None:
        excluded = sorted(self.now.books.exclusions)
        if excluded:
            self.now.include(*self.pick(excluded, which))

    @precondition(lambda self: self.play and not self.play.books.accounts["005"])
    @rule()
    def an_account_comes(self) -> None:
        self.now.give_account("005")

    @rule(policy=POLICY, which=WHICH)
    def set_policy(self, policy: tuple[str, int | None], which: int) -> None:
        self.now.set_policy(policy[0], self.day(which), policy[1])

    # ---------------------------------------------------------------------------------- lists

    @rule(which=WHICH, who=st.sampled_from(("finance", "finance", "both")))
    def close(self, which: int, who: str) -> None:
        self.now.close(self.past_month(which), who)

    @rule(which=WHICH, client=CLIENT)
    def leave_out(self, which: int, client: str) -> None:
        self.now.leave_out(self.past_month(which), client)

    @rule(which=WHICH, client=CLIENT)
    def take_back_in(self, which: int, client: str) -> None:
        self.now.take_back_in(self.past_month(which), client)

    def newest(self, which: int) -> MonthList:
        """A list, the newest more often than older ones."""
        return self.pick(self.now.books.lists[::-1][:3], which // 2)

    @precondition(lambda self: self.play and self.play.books.lists)
    @rule(which=WHICH, who=st.sampled_from(("approver", "approver", "both")))
    def approve(self, which: int, who: str) -> None:
        self.now.approve(self.newest(which), who)

    @precondition(lambda self: self.play and self.play.books.lists)
    @rule(which=WHICH)
    def return_(self, which: int) -> None:
        self.now.return_(self.newest(which))

    @precondition(lambda self: self.play and self.play.books.lists)
    @rule(which=WHICH, pays=YES_OR_NO)
    def export_and_pay(self, which: int, pays: bool) -> None:
        each = self.newest(which)
        self.now.export(each)
        if pays:
            self.now.pay(each)

    @precondition(lambda self: self.play and self.play.books.lists)
    @rule(which=WHICH, client=CLIENT, rejects=st.integers(0, 31), too_much=TOO_MUCH)
    def tell(self, which: int, client: str, rejects: int, too_much: int) -> None:
        each = self.newest(which)
        paid = [number for number, payee in each.payees.items() if payee.payment > 0]
        outcomes = {
            number: "rejected" if rejects >> place & 1 else "paid"
            for place, number in enumerate(paid if rejects % 3 else [client])
        }
        self.now.tell(each, outcomes, too_much=too_much)

    @precondition(lambda self: self.play and self.rejected())
    @rule(which=WHICH, back=YES_OR_NO)
    def pay_again(self, which: int, back: bool) -> None:
        each, client = self.pick(self.rejected(), which)
        if back:
            self.now.take_back_again(each, client)
        else:
            self.now.pay_again(each, client)

    def rejected(self) -> list[tuple[MonthList, str]]:
        """Payments of which something was told, the rejected ones more often."""
        told = [
            (each, client, result)
            for each in self.now.books.lists
            for client, result in sorted(each.results.items())
        ]
        rejected = [(each, client) for each, client, result in told if result == "rejected"]
        return [*rejected * 3, *((each, client) for each, client, _ in told)]

    @precondition(lambda self: self.play and self.owing())
    @rule(which=WHICH, part=st.integers(1, 3))
    def ask_to_let_go(self, which: int, part: int) -> None:
        client = self.pick(self.owing(), which)
        self.now.ask_to_let_go(client, -self.now.books.rest(client)[0] * part // 2)

    @precondition(lambda self: self.play and self.play.books.asked)
    @rule(which=WHICH)
    def let_go(self, which: int) -> None:
        self.now.let_go(self.pick(sorted(self.now.books.asked), which))

    @precondition(lambda self: self.play and self.owing())
    @rule(which=WHICH)
    def set_off(self, which: int) -> None:
        client = self.pick(self.owing(), which)
        self.now.set_off(client, -self.now.books.rest(client)[0] // 2 + which % 3)

    @rule(kept=CLIENT, merged=CLIENT)
    def merge(self, kept: str, merged: str) -> None:
        self.now.merge(kept, merged)

    @precondition(lambda self: self.play and self.play.books.merged)
    @rule(which=WHICH)
    def part(self, which: int) -> None:
        self.now.part(self.pick(sorted(self.now.books.merged), which))

    @rule(client=CLIENT, which=WHICH)
    def a_mark_goes_and_comes_back(self, client: str, which: int) -> None:
        """Present, told, taken away, told, present again: each close tells the difference."""
        meeting = self.pick(self.now.days_meetings(self.near(which).day, FOREST) or [None], which)
        if meeting is None or meeting.day > self.now.books.today:
            return
        for mark in ("present", "absent", "present"):
            self.now.tap(client, meeting, mark)
            self.now.close(meeting.day.replace(day=1))

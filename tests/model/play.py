"""The service and the model side by side: every step is done in both, and both must agree."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor
from sosku_groups.allowances import actions as allowances
from sosku_groups.allowances.models import ListLine
from sosku_groups.allowances.models import MonthList as StoredList
from sosku_groups.allowances.queries import (
    all_lists,
    draft_of,
    get_list,
    lines_of_list,
    paid_anew,
    payees_of,
    waiting,
)
from sosku_groups.allowances.rules import Sums
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.allowances.rules.lines import Line
from sosku_groups.attendance import actions as attendance
from sosku_groups.attendance.queries import changes_of, open_conflicts
from sosku_groups.attendance.rules import Mark
from sosku_groups.clients.actions import change_client
from sosku_groups.clients.models import Client
from sosku_groups.clients.queries import find_client_by_number
from sosku_groups.core.days import Month, Span
from sosku_groups.core.languages import say
from sosku_groups.core.text import Refused
from sosku_groups.decisions import actions as decisions
from sosku_groups.decisions.models import ServiceDecision
from sosku_groups.enrolment import actions as enrolment
from sosku_groups.enrolment.models import Enrolment as StoredEnrolment
from sosku_groups.groups import actions as groups
from sosku_groups.groups.models import Group
from sosku_groups.groups.models import Meeting as StoredMeeting
from sosku_groups.groups.rules import MeetingKind
from sosku_groups.invariants.queries import breaches
from sosku_groups.ledger import actions as ledger
from sosku_groups.ledger.queries import exclusions_of
from sosku_groups.merging import actions as merging
from sosku_groups.payments import actions as payments
from sosku_groups.policies.rules import Kind, PolicyRow
from sosku_groups.steering import actions as steering
from tests.factories.decisions import decision_data
from tests.model import books as model_books
from tests.model.books import DAY, Enrolment, Meeting, MonthList, No, end_of
from tests.model.lists import Ledger
from tests.model.watch import Watch

HELSINKI = ZoneInfo("Europe/Helsinki")
REASON = "model"


def plain(number: str, lines: Iterable[Line | ListLine]) -> list[model_books.Line]:
    """Lines of the service as the model writes them."""
    return [
        model_books.Line(
            number,
            line.day,
            not line.correction,
            line.cents,
            line.group_name,
            line.decision_number,
            line.benefit_number,
        )
        for line in lines
    ]


def six(sums: Sums) -> tuple[int, ...]:
    """The six sums as the model writes them."""
    return (
        sums.days,
        sums.day_cents,
        sums.correction_cents,
        sums.carried_in,
        sums.to_pay,
        sums.carried_out,
    )


def order(line: model_books.Line) -> tuple[str, date]:
    """By client and date."""
    return line.client, line.day


@dataclass
class Play:
    """One organiser's people acting; what they do is done to the model too."""

    session: Session
    organiser_id: int
    unit_id: int
    staff: dict[str, Actor]
    books: Ledger
    at: datetime
    watch: Watch
    meeting_ids: dict[int, int] = field(default_factory=dict)
    enrolment_ids: dict[int, int] = field(default_factory=dict)
    group_ids: dict[str, int] = field(default_factory=dict)
    # Invariants are asked after every so many changes.
    every: int = 10
    steps: int = 0
    changes: int = 0
    closes: int = 0
    # False from the moment in which the two may differ.
    sound: bool = True

    def again(self, session: Session, every: int) -> "Play":
        """The same beginning, for another run."""
        self.watch.forget()
        copied = {
            name: deepcopy(getattr(self, name))
            for name in ("books", "meeting_ids", "enrolment_ids", "group_ids")
        }
        return replace(self, session=session, every=every, steps=0, changes=0, closes=0, **copied)

    # ------------------------------------------------------------------------------ the two

    def both(self, model: Callable[[], object], service: Callable[[], object]) -> bool:
        """Do it in the model and in the service: both do it, or both refuse."""
        said, self.sound = None, False
        try:
            model()
        except No as no:
            said = str(no)
        why = None
        before = self.session.begin_nested()
        try:
            service()
            self.session.flush()
        except Refused as refused:
            before.rollback()
            why = say(refused.why, "en")
        else:
            before.commit()
        assert why is None or said is not None, f"the service refuses: {why}"
        assert why is not None or said is None, f"the service lets pass what is refused by: {said}"
        self.steps += 1
        if said is None:
            self.look()
        self.sound = True
        return said is None

    def look(self) -> None:
        """After a change: a client's part of the next list agrees; now and then all invariants."""
        self.changes += 1
        numbers = sorted({decision.client for decision in self.books.decisions.values()})
        month = self.books.today.replace(day=1)
        if self.changes % 3:
            month = (month - DAY).replace(day=1)
        if numbers:
            self.compare_draft(numbers[self.changes % len(numbers)], month)
        if self.changes % self.every == 0:
            broken = self.watch.breaches(self.session, self.books.today, self.organiser_id)
            assert not broken, broken

    def check(self) -> None:
        """No invariant is broken, each asked anew: after a close, a return, and at the end."""
        found = breaches(self.session, self.books.today, organiser_id=self.organiser_id)
        assert not found, [say(each, "en") for each in found]
        split = open_conflicts(self.session, self.organiser_id, date.min, date.max)
        pairs = {(row.client_id, row.meeting_id) for row in split}
        assert pairs == {
            (self.client(client).id, self.meeting_ids[number])
            for client, number in self.books.conflicts
        }

    def compare_draft(self, number: str, month: date) -> None:
        """What a close of the month would tell of the client now."""
        number = self.books.person(number)
        found = draft_of(self.session, self.organiser_id, Month.of(month), self.client(number).id)
        wanted = self.books.draft(number, month)
        ours = [(plain(number, d.lines), six(d.sums), d.again) for d in found.drafts]
        theirs = [(wanted[0], wanted[1].sums, wanted[1].again)] if wanted else []
        assert ours == theirs, f"the draft of {number} for {month:%Y-%m}"

    # --------------------------------------------------------------------------- who and what

    def actor(self, who: str) -> Actor:
        """One of the staff, now."""
        return replace(self.staff[who], at=self.at)

    def client(self, number: str) -> Client:
        """The client with that number."""
        found = find_client_by_number(self.session, self.organiser_id, number)
        assert found
        return found

    def decision(self, number: str) -> ServiceDecision:
        """The decision with that number."""
        return self.session.scalars(
            select(ServiceDecision).where(
                ServiceDecision.organiser_id == self.organiser_id, ServiceDecision.number == number
            )
        ).one()

    def meeting(self, meeting: Meeting) -> StoredMeeting:
        """The service's row of a meeting."""
        return self.session.get_one(StoredMeeting, self.meeting_ids[meeting.number])

    def group(self, name: str) -> Group:
        """The service's row of a group."""
        return self.session.get_one(Group, self.group_ids[name])

    def stored(self, each: MonthList) -> StoredList:
        """The service's row of a list."""
        return get_list(self.session, self.organiser_id, each.name)

    def days_meetings(self, day: date, group: str = "") -> list[Meeting]:
        """The meetings of a day, of all groups and clients or of one group."""
        return [m for m in self.books.meetings if m.day == day and group in ("", m.group)]

    def wait_until(self, day: date, hour: time = time(12)) -> None:
        """Let time pass; never back."""
        at = datetime.combine(day, hour, HELSINKI).astimezone(UTC)
        if at > self.at:
            self.at, self.books.today = at, day

    # ------------------------------------------------------------------------------ decisions

    def decide(
        self, number: str, client: str, first: date, last: date, *, money: bool = True
    ) -> bool:
        """A new decision of a client."""
        known = find_client_by_number(self.session, self.organiser_id, client)
        data = decision_data(
            number,
            client,
            last_name=f"Asiakas {client}",
            valid_from=first,
            valid_to=last,
            money=Span(first, last) if money else None,
            unit="Toimipiste",
            iban=known.iban if known else self.account(client),
        )
        return self.both(
            lambda: self.books.decide(number, client, first, last, money=money),
            lambda: decisions.take_in_one(
                self.session, self.actor("coordinator"), data, client=known, reason=REASON
            ),
        )

    def account(self, client: str) -> str | None:
        """An account whose digits agree, for those who have one."""
        if not self.books.accounts[client]:
            return None
        body = f"{int(client):014d}"
        return f"FI{98 - int(f'{body}151800') % 97:02d}{body}"

    def give_account(self, client: str) -> bool:
        """An account told by whoever had none."""
        row = self.client(client)

        def model() -> None:
            self.books.accounts[client] = True

        return self.both(
            model,
            lambda: change_client(
                self.session,
                self.actor("coordinator"),
                client=row,
                last_name=row.last_name,
                first_names=row.first_names,
                language=row.language,
                iban=self.account(client),
                non_disclosure=row.non_disclosure,
                hides_address=row.hides_address,
            ),
        )

    def end(self, number: str, on: date | None) -> bool:
        """A decision ended early, or running on."""
        return self.both(
            lambda: self.books.end(number, on),
            lambda: decisions.end_decision(
                self.session,
                self.actor("coordinator"),
                decision=self.decision(number),
                ended_on=on,
                reason=REASON,
            ),
        )

    def grant(self, number: str, money: tuple[date, date] | None) -> bool:
        """Money granted on other days of a decision."""
        known = self.books.decisions[number]
        return self.both(
            lambda: self.books.grant(number, money),
            lambda: decisions.set_grants(
                self.session,
                self.actor("coordinator"),
                decision=self.decision(number),
                benefit_number=f"E{number}",
                money=Span(*money) if money else None,
                travel=Span(known.first, known.last),
                reason=REASON,
            ),
        )

    def exclude(self, client: str, day: date, *, reason: bool = True) -> bool:
        """A date with expense compensation."""
        return self.both(
            lambda: self.books.exclude(client, day, reason=reason),
            lambda: ledger.exclude(
                self.session,
                self.actor("coordinator"),
                client=self.client(client),
                day=day,
                why="kulukorvaus",
                reason=REASON if reason else "",
            ),
        )

    def include(self, client: str, day: date) -> bool:
        """The date taken back."""
        [row] = [e for e in exclusions_of(self.session, self.client(client).id) if e.day == day]
        return self.both(
            lambda: self.books.include(client, day),
            lambda: ledger.include(
                self.session, self.actor("coordinator"), exclusion=row, reason=REASON
            ),
        )

    def set_policy(self, kind: str, first: date, value: int | None) -> bool:
        """Another dated value, proposed and confirmed; of the same day the later one holds."""
        row = PolicyRow(Kind(kind), "", first, value)

        def service() -> None:
            asked = steering.propose_policy(
                self.session, self.actor("coordinator"), row=row, source="§ 8", why=REASON
            )
            steering.confirm_policy(self.session, self.actor("approver"), proposal=asked)

        return self.both(lambda: self.books.set_policy(kind, first, value), service)

    # ------------------------------------------------------------------- groups and their places

    def enrol(self, client: str, group: str, first: date, last: date | None = None) -> bool:
        """A place in a group."""
        place = Enrolment(client, group, first, last)

        def service() -> None:
            made = enrolment.enrol(
                self.session,
                self.actor("coordinator"),
                group=self.group(group),
                client=self.client(client),
                first_day=first,
                last_day=last,
            )
            self.enrolment_ids[len(self.enrolment_ids)] = made.id

        return self.both(lambda: self.books.enrol(place), service)

    def end_enrolment(self, index: int, last: date | None) -> bool:
        """Another last day of a place."""
        place = self.books.enrolments[index]
        stored = self.session.get_one(StoredEnrolment, self.enrolment_ids[index])
        return self.both(
            lambda: self.books.end_enrolment(place, last),
            lambda: enrolment.change_enrolment(
                self.session,
                self.actor("coordinator"),
                enrolment=stored,
                group=self.group(place.group),
                first_day=place.first,
                last_day=last,
                reason=REASON,
            ),
        )

    def add_meeting(self, group: str, day: date, starts: time, ends: time) -> bool:
        """An extra meeting of a group."""
        meeting = Meeting(len(self.books.meetings), day, starts, ends, group)

        def service() -> None:
            self.meeting_ids[meeting.number] = groups.add_extra_meeting(
                self.session,
                self.actor("coordinator"),
                group=self.group(group),
                day=day,
                starts_at=starts,
                ends_at=ends,
                place="Sali",
                reason=REASON,
            ).id

        return self.both(lambda: self.books.add_meeting(meeting), service)

    def meet_alone(self, client: str, kind: str, day: date, starts: time, ends: time) -> bool:
        """A meeting of one client."""
        meeting = Meeting(len(self.books.meetings), day, starts, ends, "", client, kind)

        def service() -> None:
            self.meeting_ids[meeting.number] = groups.add_individual_meeting(
                self.session,
                self.actor("coordinator"),
                client_id=self.client(client).id,
                unit_id=self.unit_id,
                kind=MeetingKind(kind),
                day=day,
                starts_at=starts,
                ends_at=ends,
                reason=REASON,
            ).id

        return self.both(lambda: self.books.add_meeting(meeting), service)

    def move(self, meeting: Meeting, day: date, starts: time, ends: time) -> bool:
        """A meeting at another time."""
        stored = self.meeting(meeting)
        return self.both(
            lambda: self.books.move(meeting, day, starts, ends),
            lambda: groups.move_meeting(
                self.session,
                self.actor("coordinator"),
                meeting=stored,
                day=day,
                starts_at=starts,
                ends_at=ends,
                place=stored.place,
                reason=REASON,
            ),
        )

    def cancel(self, meeting: Meeting, *, pays: bool = False) -> bool:
        """A meeting cancelled; its day may still pay."""
        return self.both(
            lambda: self.books.cancel(meeting, pays=pays),
            lambda: groups.cancel_meeting(
                self.session,
                self.actor("coordinator"),
                meeting=self.meeting(meeting),
                reason=REASON,
                pays=pays,
            ),
        )

    def restore(self, meeting: Meeting) -> bool:
        """A cancelled meeting that takes place after all."""
        return self.both(
            lambda: self.books.restore(meeting),
            lambda: groups.restore_meeting(
                self.session,
                self.actor("coordinator"),
                meeting=self.meeting(meeting),
                reason=REASON,
            ),
        )

    # ---------------------------------------------------------------------------------- marks

    def tap(
        self, client: str, meeting: Meeting, mark: str | None, *, leads: bool = False,
        reason: bool = True, sight: int | None = None,
    ) -> bool:  # fmt: skip
        """A mark set to what is wanted; `sight`: after how many changes it was seen last."""
        return self.both(
            lambda: self.books.mark(client, meeting, mark, leads=leads, reason=reason, sight=sight),
            lambda: attendance.mark(
                self.session,
                self.actor("instructor" if leads else "coordinator"),
                meeting=self.meeting(meeting),
                client_id=self.client(client).id,
                mark=Mark(mark) if mark else None,
                reason=REASON if reason else "",
                based_on=None if sight is None else self.change_id(client, meeting, sight),
            ),
        )

    def change_id(self, client: str, meeting: Meeting, sight: int) -> int:
        """What a tablet would say that it had seen after so many changes."""
        one = self.client(client).id
        found = changes_of(self.session, self.meeting_ids[meeting.number], one)
        return [0, *(change.id for change in found.get(one, []))][sight]

    def choose(self, client: str, meeting: Meeting, mark: str | None) -> bool:
        """One of two marks that differ chosen by a coordinator; what stands can be chosen too."""
        return self.tap(client, meeting, mark)

    def choose_all(self) -> None:
        """What stands chosen wherever two marks differ."""
        for client, number in sorted(self.books.conflicts):
            meeting = self.books.meetings[number]
            self.choose(client, meeting, self.books.mark_of(client, meeting))

    def undo(self, client: str, meeting: Meeting) -> bool:
        """The last change taken back."""
        back = self.books.before_last(client, meeting)
        return self.both(
            lambda: self.books.mark(client, meeting, back, leads=False, reason=True),
            lambda: attendance.undo(
                self.session,
                self.actor("coordinator"),
                meeting=self.meeting(meeting),
                client_id=self.client(client).id,
                reason=REASON,
            ),
        )

    def mark_all(self, meeting: Meeting) -> bool:
        """Whoever is on the roster without a mark is present."""

        def model() -> None:
            missing = [
                client
                for client in self.books.accounts
                if self.books.on_roster(client, meeting)
                and self.books.mark_of(client, meeting) is None
            ]
            split = set(self.books.conflicts)
            for client in missing:
                self.books.mark(client, meeting, "present", leads=False, reason=True)
            # Whoever marks all the rest has chosen nothing.
            self.books.conflicts = split

        return self.both(
            model,
            lambda: attendance.mark_rest_present(
                self.session,
                self.actor("coordinator"),
                meeting=self.meeting(meeting),
                reason=REASON,
            ),
        )

    def register(self, last: date, marks: Iterable[str]) -> None:
        """Every past meeting's unmarked: the first gets a mark of these, the others are present."""
        first = min((meeting.day for meeting in self.books.meetings), default=last)
        words = iter(marks)
        missing = self.books.unmarked(first, min(last, self.books.today))
        for number in dict.fromkeys(meeting.number for _, meeting in missing):
            meeting = self.books.meetings[number]
            client = next(client for client, other in missing if other is meeting)
            self.tap(client, meeting, next(words, "present"))
            self.mark_all(meeting)

    # ---------------------------------------------------------------------------------- lists

    def leave_out(self, month: date, client: str) -> bool:
        """A client left to the list after the next one of a month."""
        return self.both(
            lambda: self.books.leave_out(month, client),
            lambda: allowances.leave_out(
                self.session,
                self.actor("finance"),
                month=Month.of(month),
                clients=[self.client(client)],
                reason=REASON,
            ),
        )

    def take_back_in(self, month: date, client: str) -> bool:
        """The client is on the list after all."""
        return self.both(
            lambda: self.books.take_back_in(month, client),
            lambda: allowances.take_back_in(
                self.session,
                self.actor("finance"),
                month=Month.of(month),
                client=self.client(client),
            ),
        )

    def close(self, month: date, who: str = "finance") -> MonthList | None:
        """A month closed; the list agrees line by line and sum by sum."""
        made = self.both(
            lambda: self.books.close(month, who),
            lambda: allowances.close_month(self.session, self.actor(who), month=Month.of(month)),
        )
        if not made:
            return None
        self.closes += 1
        each, self.sound = self.books.lists[-1], False
        self.compare_list(each)
        self.check()
        self.sound = True
        return each

    def settle(self, month: date, marks: Iterable[str] = ()) -> MonthList | None:
        """Everybody marked as the month has passed, and the month closed."""
        self.wait_until(end_of(month) + DAY)
        self.register(end_of(month), marks)
        return self.close(month)

    def compare_list(self, each: MonthList) -> None:
        """The stored list says what the model's does."""
        stored = self.stored(each)
        payees = payees_of(self.session, stored)
        numbers = {payee.client_id: payee.client_number for payee in payees}
        lines = lines_of_list(self.session, stored)
        told = [line for row in lines for line in plain(numbers[row.client_id], [row])]
        assert sorted(told, key=order) == sorted(each.lines, key=order), each.name
        found = {
            payee.client_number: (
                payee.days,
                payee.day_cents,
                payee.correction_cents,
                payee.carried_in_cents,
                payee.to_pay_cents,
                payee.carried_out_cents,
            )
            for payee in payees
        }
        assert found == {number: payee.sums for number, payee in each.payees.items()}, each.name
        totals = [sum(column) for column in zip(*found.values(), strict=True)]
        assert totals == [
            stored.days,
            stored.day_cents,
            stored.correction_cents,
            stored.carried_in_cents,
            stored.to_pay_cents,
            stored.carried_out_cents,
        ], each.name
        anew = paid_anew(self.session, [stored.id]).get(stored.id, 0)
        # A returned list pays nothing anew: what waited for it waits for the next one.
        wanted = sum(wish.cents for wish in self.books.wishes if wish.on is each)
        assert anew == wanted, each.name

    def approve(self, each: MonthList, who: str = "approver") -> bool:
        """A list approved."""
        return self.both(
            lambda: self.books.approve(each, who),
            lambda: allowances.approve_list(
                self.session, self.actor(who), month_list=self.stored(each)
            ),
        )

    def return_(self, each: MonthList) -> bool:
        """A list returned."""
        done = self.both(
            lambda: self.books.return_(each),
            lambda: allowances.return_list(
                self.session, self.actor("approver"), month_list=self.stored(each), reason=REASON
            ),
        )
        if done:
            self.check()
        return done

    def export(self, each: MonthList) -> bool:
        """The payments file fetched."""
        return self.both(
            lambda: self.books.export(each),
            lambda: payments.export_file(
                self.session,
                self.actor("finance"),
                month_list=self.stored(each),
                kind=FileKind.PAYMENTS,
                file_format=FileFormat.CSV,
            ),
        )

    def pay(self, each: MonthList) -> bool:
        """A list's payments made."""
        return self.both(
            lambda: self.books.pay(each),
            lambda: allowances.mark_paid(
                self.session, self.actor("finance"), month_list=self.stored(each)
            ),
        )

    def tell(self, each: MonthList, outcomes: dict[str, str], *, too_much: int = 0) -> bool:
        """What became of some payments of a list, as a file tells it."""
        results = {
            client: (outcome, self.payment(each, client) + too_much)
            for client, outcome in outcomes.items()
        }
        why = {"paid": "", "rejected": "tili suljettu"}
        rows = [
            f"{each.name};{client};{outcome};{cents // 100},{cents % 100:02d};{why[outcome]}"
            for client, (outcome, cents) in results.items()
        ]
        content = "\n".join(["lista;asiakasnumero;tulos;summa;syy", *rows])

        def service() -> None:
            outcome = payments.import_results(
                self.session, self.actor("finance"), content=content.encode()
            )
            if outcome.faults:
                raise Refused(outcome.faults[0].expected)

        return self.both(lambda: self.books.tell(each, results), service)

    def payment(self, each: MonthList, client: str) -> int:
        """What the list pays to the client; a made-up sum where it pays nothing."""
        payee = each.payees.get(client)
        return payee.payment if payee and payee.payment > 0 else 900

    def pay_again(self, each: MonthList, client: str) -> bool:
        """A rejected payment put on the next list."""
        return self.both(
            lambda: self.books.pay_again(each, client),
            lambda: payments.pay_again(
                self.session,
                self.actor("finance"),
                month_list=self.stored(each),
                client=self.client(client),
            ),
        )

    def take_back_again(self, each: MonthList, client: str) -> bool:
        """A payment not put on the next list after all."""
        return self.both(
            lambda: self.books.take_back_again(each, client),
            lambda: payments.take_back_again(
                self.session,
                self.actor("finance"),
                month_list=self.stored(each),
                client=self.client(client),
            ),
        )

    def ask_to_let_go(self, client: str, cents: int) -> bool:
        """A second person asked to let so much of a rest go."""
        return self.both(
            lambda: self.books.ask_to_let_go(client, cents),
            lambda: allowances.ask_to_let_go(
                self.session,
                self.actor("finance"),
                client=self.client(client),
                cents=cents,
                reason=REASON,
            ),
        )

    def let_go(self, client: str) -> bool:
        """What was asked, confirmed."""
        asked = waiting(self.session, self.organiser_id)[self.client(client).id]
        return self.both(
            lambda: self.books.let_go(client),
            lambda: allowances.confirm_letting_go(
                self.session, self.actor("approver"), asked=asked
            ),
        )

    def set_off(self, client: str, cents: int) -> bool:
        """A held rest that may meet coming money."""
        return self.both(
            lambda: self.books.set_off(client, cents),
            lambda: allowances.set_off_held(
                self.session,
                self.actor("finance"),
                client=self.client(client),
                cents=cents,
                reason=REASON,
            ),
        )

    # -------------------------------------------------------------------------------- merging

    def merge(self, kept: str, merged: str) -> bool:
        """Two records of one client."""
        return self.both(
            lambda: self.books.merge(kept, merged),
            lambda: merging.merge(
                self.session,
                self.actor("coordinator"),
                kept=self.client(kept),
                merged=self.client(merged),
                reason=REASON,
            ),
        )

    def part(self, merged: str) -> bool:
        """A merge taken back."""
        return self.both(
            lambda: self.books.part(merged),
            lambda: merging.take_back(
                self.session,
                self.actor("coordinator"),
                merged=self.client(merged),
                reason=REASON,
            ),
        )

    def finish(self) -> None:
        """At the end of a run: every list still says what it said, and every invariant holds."""
        states = {each.name: each.state for each in all_lists(self.session, self.organiser_id)}
        assert states == {each.name: each.state for each in self.books.lists}
        for each in self.books.lists:
            self.compare_list(each)
        self.check()

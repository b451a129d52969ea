"""The model's month lists: what is earned, what lists have told of it, and what is paid."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.model.books import (
    DAY,
    EARNING_KINDS,
    TAKES_PART,
    Books,
    Decision,
    Line,
    Meeting,
    MonthList,
    Payee,
    Wish,
    Worth,
    end_of,
    refuse_if,
)


@dataclass
class Ledger(Books):
    """Books with lists closed over them."""

    # Records of one person: the number that each merged one counts as.
    merged: dict[str, str] = field(default_factory=dict)

    # ------------------------------------------------------------------------------ merging

    def person(self, record: str) -> str:
        """The number under which the record counts."""
        return self.merged.get(record, record)

    def records(self, person: str) -> list[str]:
        """All records that count under the number."""
        return [record for record in sorted(self.accounts) if self.person(record) == person]

    def merge(self, kept: str, merged: str) -> None:
        """Two records are one person's; the one that carries a rest is kept."""
        refuse_if(kept == merged or kept in self.merged or merged in self.merged, "merged")
        refuse_if(merged in self.merged.values(), "kept for another")
        refuse_if(self.rest(merged)[0] < 0, "carries a rest")
        refuse_if(any(client == merged for _, client in self.out), "left out")
        self.merged[merged] = kept

    def part(self, merged: str) -> None:
        """Each counts for itself again, unless the person is left out of a coming list."""
        kept = self.merged[merged]
        refuse_if(any(client == kept for _, client in self.out), "left out")
        del self.merged[merged]

    # ------------------------------------------------------------------------------ earning

    def earning(self, person: str, day: date) -> list[Meeting]:
        """M2, G3: the meetings that earn on the date, the earliest first."""
        found = [
            meeting
            for meeting in self.meetings
            if meeting.day == day
            and any(self.earns_at(record, meeting) for record in self.records(person))
        ]
        return sorted(found, key=lambda meeting: (meeting.starts, meeting.number))

    def earns_at(self, record: str, meeting: Meeting) -> bool:
        """M2, G3: by the mark, or by being on the roster of a cancelled meeting that pays."""
        earns = self.mark_of(record, meeting) in TAKES_PART and meeting.kind in EARNING_KINDS
        if meeting.cancelled:
            return meeting.pays and (earns or self.on_roster(record, meeting))
        return earns

    def granting(self, person: str, day: date) -> Decision | None:
        """D4: the decision that grants money on the date; of two records' the one begun first."""
        found = [
            decision
            for decision in self.decisions.values()
            if self.person(decision.client) == person and decision.grants(day)
        ]
        return min(found, key=lambda decision: decision.first, default=None)

    def worth(self, person: str, day: date) -> Worth | None:
        """M1, M3, M4: what the date earns before the caps."""
        meetings, decision = self.earning(person, day), self.granting(person, day)
        rate = self.value("rate", day) or 0
        if not meetings or decision is None or rate <= 0:
            return None
        if any((record, day) in self.exclusions for record in self.records(person)):
            return None
        least = self.value("minutes-a-day", day)
        if least is not None and sum(meeting.minutes for meeting in meetings) < least:
            return None
        return Worth(rate, meetings[0], decision)

    def earned(self, person: str, last: date) -> dict[date, Worth]:
        """M1–M4: the person's paid dates up to a day, caps counting the earliest first."""
        paid: dict[date, Worth] = {}
        for day in sorted({meeting.day for meeting in self.meetings if meeting.day <= last}):
            worth = self.worth(person, day)
            monday = day - timedelta(days=day.weekday())
            week = sum(1 for other in paid if monday <= other < day)
            month = sum(1 for other in paid if other.replace(day=1) == day.replace(day=1))
            most_in_week = self.value("days-a-week", day)
            most_in_month = self.value("days-a-month", day)
            if (
                worth is None
                or (most_in_week is not None and week >= most_in_week)
                or (most_in_month is not None and month >= most_in_month)
            ):
                continue
            paid[day] = worth
        return paid

    # ------------------------------------------------------------------------------ telling

    def told(self, person: str) -> dict[date, list[Line]]:
        """What the lists in force have told, in the order they were closed."""
        found: dict[date, list[Line]] = {}
        for each in self.force:
            for line in each.lines:
                if self.person(line.client) == person:
                    found.setdefault(line.day, []).append(line)
        return found

    def lines(self, client: str, month: date) -> list[Line]:
        """L1: earned now less told before, up to the month's end."""
        last = end_of(month)
        now, told = self.earned(client, last), self.told(client)
        found = []
        for day in sorted({*now, *(day for day in told if day <= last)}):
            before, worth = told.get(day, []), now.get(day)
            cents = (worth.cents if worth else 0) - sum(line.cents for line in before)
            if cents == 0:
                continue
            ordinary = not before and month <= day <= last
            if worth:
                words = (
                    worth.meeting.group,
                    worth.decision.number,
                    f"E{worth.decision.number}",
                )
            else:
                # A reversal carries the numbers of the line that it reverses.
                words = ("", before[-1].decision, before[-1].benefit)
            found.append(Line(client, day, ordinary, cents, *words))
        return found

    def rest(self, client: str) -> tuple[int, int]:
        """L4: the rest carried on, and how much of it a person let be set off."""
        rest = permitted = 0
        for each in self.force:
            payee = each.payees.get(client)
            if payee is None:
                continue
            fresh = payee.day_cents + payee.corrections
            met = max(fresh, 0) - payee.to_pay
            rest = payee.carried_out + payee.let_go
            permitted = min(max(permitted - met, 0) + payee.set_off, -rest)
        return rest, permitted

    def payee(self, client: str, month: date, lines: list[Line]) -> Payee:
        """L4: what is paid now and what is carried on."""
        rest, permitted = self.rest(client)
        ordinary = [line.cents for line in lines if line.ordinary]
        corrections = sum(line.cents for line in lines if not line.ordinary)
        fresh = sum(ordinary) + corrections
        sets_off = bool(self.value("set-off", end_of(month)))
        to_pay = max(0, fresh + (rest if sets_off else max(rest, -permitted)))
        return Payee(len(ordinary), sum(ordinary), corrections, rest, to_pay, fresh + rest - to_pay)

    def draft(self, client: str, month: date) -> tuple[list[Line], Payee] | None:
        """The client's part of the list that a close would make; None for nothing."""
        lines = [] if client in self.merged else self.lines(client, month)
        again = sum(
            wish.cents
            for wish in self.wishes
            if wish.on is None and self.person(wish.client) == client
        )
        if not lines and not self.rest(client)[0] and not again:
            return None
        payee = self.payee(client, month, lines)
        payee.again = again
        return lines, payee

    def asked_about(self, month: date) -> list[tuple[str, Meeting]]:
        """A1, L5: who is unmarked in the month, and in those since the last closed day."""
        first = month if self.closed is None else min(month, self.closed + DAY)
        return self.unmarked(first, end_of(month))

    # -------------------------------------------------------------------------------- lists

    def close(self, month: date, closer: str) -> MonthList:
        """L1–L5: a list, unless something stands in the way or there is nothing to tell."""
        refuse_if(end_of(month) >= self.today, "L1")
        out = {person for of, person in self.out if of == month}
        missing = {self.person(client) for client, _ in self.asked_about(month)}
        refuse_if(bool(missing - out), "L5 unmarked")
        split = {
            self.person(client)
            for client, number in self.conflicts
            if self.meetings[number].day <= end_of(month)
        }
        refuse_if(bool(split - out), "L5 conflict")
        lines: list[Line] = []
        payees: dict[str, Payee] = {}
        for client in sorted(self.accounts):
            draft = self.draft(client, month)
            if draft is None or client in out:
                continue
            lines += draft[0]
            payees[client] = draft[1]
            refuse_if(draft[1].payment > 0 and not self.accounts[client], "L5 account")
        anew = any(payee.again for payee in payees.values())
        refuse_if(not lines and not anew, "nothing to tell")
        number = 1 + sum(1 for each in self.lists if each.month == month)
        made = MonthList(f"L{month:%Y-%m}-{number}", month, lines, payees, closer)
        made.out = {record for record in self.accounts if self.person(record) in out}
        self.lists.append(made)
        for wish in self.wishes:
            if wish.on is None and self.person(wish.client) in payees:
                wish.on = made
        self.out -= {(month, client) for client in out}
        return made

    def approve(self, each: MonthList, who: str) -> None:
        """L3: a closed one, by another person."""
        refuse_if(each.state != "closed" or each.closer == who, "L3")
        each.state = "approved"

    def return_(self, each: MonthList) -> None:
        """L3: a closed one that no later one builds on."""
        refuse_if(each.state != "closed" or self.force[-1] is not each, "L3")
        each.state = "returned"
        stuck = any(self.rest(merged)[0] < 0 for merged in self.merged)
        each.state = "closed" if stuck else "returned"
        refuse_if(stuck, "a merged record would carry a rest")
        for wish in self.wishes:
            if wish.on is each:
                wish.on = None
        self.out |= {(each.month, self.person(record)) for record in each.out}

    def leave_out(self, month: date, record: str) -> None:
        """L5: not on the month's next list; of a merged record, the person."""
        self.out.add((month, self.person(record)))

    def take_back_in(self, month: date, record: str) -> None:
        """On the list after all."""
        self.out.discard((month, self.person(record)))

    def export(self, each: MonthList) -> None:
        """L3: files leave when the list is approved."""
        refuse_if(each.state in ("closed", "returned"), "L3")
        if each.state == "approved":
            each.state = "exported"

    def pay(self, each: MonthList) -> None:
        """L3: after the export."""
        refuse_if(each.state != "exported", "L3")
        each.state = "paid"

    # ------------------------------------------------------------------------------ results

    def tell(self, each: MonthList, results: dict[str, tuple[str, int]]) -> None:
        """What became of payments: all of it or nothing; nothing unknown, repeated or larger."""
        refuse_if(bool(results) and each.state not in ("exported", "paid"), "not fetched")
        for client, (outcome, cents) in results.items():
            payee = each.payees.get(client)
            refuse_if(payee is None or payee.payment <= 0, "not paid by this list")
            refuse_if(payee is not None and cents != payee.payment, "another sum")
            refuse_if(each.results.get(client, outcome) != outcome, "told otherwise")
        new = {client: outcome for client, (outcome, _) in results.items()}
        fresh = new.keys() - each.results.keys()
        each.results |= new
        paid = {client for client, payee in each.payees.items() if payee.payment > 0}
        if fresh and paid <= each.results.keys():
            each.state = "paid"

    def wish_of(self, each: MonthList, client: str) -> Wish | None:
        """The wish to pay one payment anew."""
        found = [wish for wish in self.wishes if wish.each is each and wish.client == client]
        return found[0] if found else None

    def pay_again(self, each: MonthList, client: str) -> None:
        """A rejected payment goes on the next list, once."""
        refuse_if(each.results.get(client) != "rejected", "not rejected")
        refuse_if(self.wish_of(each, client) is not None, "once")
        self.wishes.append(Wish(each, client, each.payees[client].payment))

    def take_back_again(self, each: MonthList, client: str) -> None:
        """Not paid anew after all, as long as it waits."""
        wish = self.wish_of(each, client)
        if wish is not None:
            refuse_if(wish.on is not None, "on a list")
            self.wishes = [other for other in self.wishes if other is not wish]

    # -------------------------------------------------------------------------------- rests

    def carrier(self, client: str) -> Payee:
        """The client's row that carries the rest on."""
        return [each.payees[client] for each in self.force if client in each.payees][-1]

    def ask_to_let_go(self, client: str, cents: int) -> None:
        """L4: no more than the rest, once at a time."""
        refuse_if(client in self.asked, "asked already")
        refuse_if(not 0 < cents <= -self.rest(client)[0], "L4")
        self.asked[client] = cents

    def let_go(self, client: str) -> None:
        """L4: a second person's word; the rest must still be as large."""
        refuse_if(self.asked[client] > -self.rest(client)[0], "L4")
        self.carrier(client).let_go += self.asked.pop(client)

    def set_off(self, client: str, cents: int) -> None:
        """L4: where rests are held, so much may meet coming money."""
        rest, permitted = self.rest(client)
        following = self.closed + DAY if self.closed else None
        holds = following is not None and not self.value("set-off", end_of(following))
        refuse_if(not holds or not 0 < cents <= -rest - permitted, "L4")
        self.carrier(client).set_off += cents

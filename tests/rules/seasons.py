"""Made-up seasons: files, closes and what happens between them, from a number alone.

A season is played twice, through the service and through the oracle's books.
"""

from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from itertools import count
from random import Random

from tests.rules.oracle import (
    DAY,
    Books,
    Decision,
    Enrolment,
    Group,
    Person,
    Rules,
    end_of,
    written,
)

WORDS = ("paikalla", "paikalla", "paikalla", "etänä", "ilmoitti", "hyväksytty", "poissa")
LAST_NAMES = ("Äijälä", "Niemi", "=1+1", "von Öster", "Åström", "-Lehto")
FIRST_NAMES = ("Aino", "Väinö Ilmari", "Åsa", "+Eero", "Matti")
YES_NO = {True: "kyllä", False: "ei"}
LONGEST = 88  # days: within three calendar months wherever they begin
REASON = "oikaisu"


@dataclass(frozen=True)
class Step:
    """One thing that happens: what, on which day, with its facts."""

    what: str
    day: date
    kind: str = ""
    content: bytes = b""
    month: date | None = None
    clients: tuple[str, ...] = ()
    group: str = ""
    meeting_day: date | None = None
    pays: bool = False
    values: tuple[tuple[str, date, int], ...] = ()
    expected: object = None


@dataclass
class Season:
    """The steps in their order; each close carries what the oracle expects of it."""

    steps: list[Step] = field(default_factory=list)
    books: Books = field(default_factory=Books)


class Maker:
    """Makes one season; every choice comes from the seed."""

    def __init__(self, seed: int, *, restless: bool) -> None:
        self.chance = Random(seed)
        self.restless = restless
        self.season = Season()
        self.books = self.season.books
        first = self.chance.choice([(2026, 8), (2026, 11), (2027, 1), (2028, 1), (2026, 2)])
        self.months = [date(*first, 1)]
        for _ in range(self.chance.choice([2, 3])):
            self.months.append(end_of(self.months[-1]) + DAY)
        self.today = self.months[0]

    def make(self) -> Season:
        """A season: first the files that it stands on, then month by month."""
        self.policies()
        self.decisions_at_first()
        self.groups()
        self.enrolments()
        for month in self.months:
            self.play(month)
        return self.season

    def step(self, what: str, **facts: object) -> None:
        """Note a step of today."""
        self.season.steps.append(Step(what, self.today, **facts))  # type: ignore[arg-type]

    def file(self, kind: str, header: str, rows: list[list[str]]) -> None:
        """Note a file that comes in; rows in no order."""
        if not rows:
            return
        self.chance.shuffle(rows)
        text = "\r\n".join([header, *(";".join(row) for row in rows)]) + "\r\n"
        encoding = self.chance.choice(["utf-8", "utf-8-sig", "cp1252"])
        self.step("import", kind=kind, content=text.encode(encoding))

    # ------------------------------------------------------------------------- what stands first

    def policies(self) -> None:
        """Now and then other policies than the default."""
        rules = Rules()
        values: list[tuple[str, date, int]] = []
        always = date(2020, 1, 1)
        if self.chance.random() < 0.4:
            first = self.months[1] + timedelta(days=self.chance.randrange(28))
            rules.rate.append((first, 1050))
            values.append(("rate", first, 1050))
        if self.chance.random() < 0.3:
            rules.week_cap = self.chance.choice([1, 2])
            values.append(("days-a-week", always, rules.week_cap))
        if self.chance.random() < 0.3:
            rules.month_cap = self.chance.choice([3, 5])
            values.append(("days-a-month", always, rules.month_cap))
        if self.chance.random() < 0.3:
            rules.least_minutes = self.chance.choice([90, 120])
            values.append(("minutes-a-day", always, rules.least_minutes))
        if self.chance.random() < 0.4:
            rules.first_days, rules.quiet_days = self.chance.choice([(14, 7), (30, 0), (1, 10)])
            values.append(("travel-start-days", always, rules.first_days))
            values.append(("travel-keep-days", always, rules.quiet_days))
        self.books.rules = rules
        self.step("policies", values=tuple(values))

    def decisions_at_first(self) -> None:
        """Clients and their rows of decisions."""
        chance = self.chance
        numbers = chance.sample(range(1, 999), chance.randint(6, 12))
        for n in numbers:
            number = ("00" if chance.random() < 0.5 else "") + str(n)
            iban = finnish_iban(chance.randrange(10**14))
            person = Person(number, chance.choice(LAST_NAMES), chance.choice(FIRST_NAMES), iban)
            self.books.people[number] = person
            first = self.months[0] + timedelta(days=chance.randint(-60, 40))
            for place in range(chance.randint(1, 4)):
                last = first + timedelta(days=chance.randint(20, LONGEST - 1))
                ended = None
                if chance.random() < 0.25:
                    ended = first + timedelta(days=chance.randint(0, (last - first).days))
                decision = Decision(
                    f"0{number}-{place}",
                    number,
                    first,
                    last,
                    ended,
                    chance.random() < 0.85,
                    chance.random() < 0.7,
                )
                self.books.decisions[decision.number] = decision
                gap = chance.choice([0, 0, 0, 1, 2, 9])
                first = (ended or last) + timedelta(days=1 + gap)
        self.decisions_file(list(self.books.decisions.values()))

    def decisions_file(self, decisions: list[Decision]) -> None:
        """Decisions as a file."""
        header = (
            "Päätösnumero;Asiakasnumero;Sukunimi;Etunimet;Asiointikieli;Päätöspäivä;Alkaa;Päättyy;"
            "Päätetty;Toimipiste;Suunnitelma;Tavoitteet;Toimintaraha;Matkatuki;Etuuspäätös;"
            "Tilinumero"
        )
        rows = []
        for each in decisions:
            person = self.books.people[each.client]
            rows.append(
                [
                    each.number,
                    each.client,
                    person.last_name,
                    person.first_names,
                    "fi",
                    written(each.first - 10 * DAY),
                    written(each.first),
                    each.last.isoformat(),
                    written(each.ended) if each.ended else "",
                    "Itäinen",
                    "",
                    "",
                    YES_NO[each.money],
                    YES_NO[each.travel],
                    each.benefit,
                    person.iban,
                ]
            )
        self.file("decisions", header, rows)

    def groups(self) -> None:
        """Weekly groups, no two of a day at the same hour."""
        chance = self.chance
        rows = []
        for n, weekday in enumerate(chance.choices(range(7), k=chance.randint(3, 6))):
            starts = time(8 + 2 * n, chance.choice([0, 15, 30]))
            minutes = chance.choice([45, 60, 90, 150])
            end = starts.hour * 60 + starts.minute + minutes
            group = Group(
                f"Ryhmä {n}",
                weekday,
                starts,
                time(end // 60 % 24, end % 60),
                self.months[0] + timedelta(days=chance.choice([0, 0, 5])),
                end_of(self.months[-1]) - timedelta(days=chance.choice([0, 0, 12])),
                chance.random() < 0.3,
            )
            self.books.groups[group.name] = group
            rows.append(
                [
                    group.name,
                    "muu",
                    "Itäinen",
                    "Sali",
                    "ma ti ke to pe la su".split()[weekday],
                    written(group.first),
                    written(group.last),
                    f"{group.starts:%H:%M}",
                    f"{group.ends:%H:%M}",
                    "30",
                    "etä" if group.remote else "lähi",
                ]
            )
        self.file(
            "groups",
            "ryhmä;teema;toimipiste;paikka;viikonpäivä;ensimmäinen;viimeinen;alkaa_klo;päättyy_klo;"
            "paikkoja;muoto",
            rows,
        )

    def enrolments(self) -> None:
        """Spans of days in groups, each with a decision that covers some of them."""
        rows = []
        for client in self.books.people:
            for group in self.books.groups.values():
                if self.chance.random() < 0.4:
                    continue
                first = group.first + timedelta(days=self.chance.choice([0, 0, 0, 10, 25]))
                last = None
                if self.chance.random() < 0.3:
                    last = first + timedelta(days=self.chance.randint(15, 60))
                place = Enrolment(client, group.name, first, last)
                if any(
                    decision.client == client
                    and decision.first <= (last or date.max)
                    and first <= (decision.ended or decision.last)
                    for decision in self.books.decisions.values()
                ):
                    self.books.enrolments.append(place)
                    rows.append(
                        [client, group.name, first.isoformat(), written(last) if last else ""]
                    )
        self.file("enrolments", "asiakasnumero;ryhmä;alkaa;päättyy", rows)

    # ---------------------------------------------------------------------------- month by month

    def play(self, month: date) -> None:
        """A month: meetings are cancelled and marked, it closes, and what is wrong is corrected."""
        chance = self.chance
        last = end_of(month)
        self.today = last + DAY
        self.cancel(month)
        self.exclude(month)
        self.mark_the_rest(last)
        self.close(month)
        for _ in range(chance.choice([0, 1, 1, 2, 3])):
            self.today += DAY
            if chance.random() < 0.7:
                self.correct(last)
            if chance.random() < 0.4:
                self.change_decisions()
            if chance.random() < 0.2:
                self.exclude(month)
            if chance.random() < 0.2:
                self.cancel(month)
            if self.restless and chance.random() < 0.5:
                self.change_rate()
            if chance.random() < 0.25:
                self.return_last()
            # What a change puts back on a roster has to be marked before the next close.
            self.mark_the_rest(last)
            earlier = [m for m in self.months if m <= month]
            self.close(month if chance.random() < 0.7 else chance.choice(earlier))

    def cancel(self, month: date) -> None:
        """Cancel a meeting or two; some of them still pay."""
        for group in self.books.groups.values():
            if self.chance.random() < 0.3:
                days = [month + timedelta(days=n) for n in range((end_of(month) - month).days + 1)]
                days = [day for day in days if group.meets(day)]
                if days:
                    day, pays = self.chance.choice(days), self.chance.random() < 0.5
                    self.books.cancelled[group.name, day] = pays
                    self.step("cancel", group=group.name, meeting_day=day, pays=pays)

    def exclude(self, month: date) -> None:
        """A few dates with expense compensation."""
        rows = []
        for client in self.books.people:
            if self.chance.random() < 0.3:
                day = month + timedelta(days=self.chance.randrange(28))
                self.books.exclusions.add((client, day))
                rows.append([client, written(day), "kulukorvaus"])
        self.file("exclusions", "asiakasnumero;päivä;syy", rows)

    def mark_the_rest(self, last: date) -> None:
        """Everybody who is on a roster up to the day and has no mark."""
        self.attendance({key: self.chance.choice(WORDS) for key in self.books.unmarked(last)})

    def correct(self, last: date) -> None:
        """Other marks than stand now, also of those who have left."""
        keys = sorted(
            key
            for key in self.books.marks
            if key[2] <= last and (key[1], key[2]) not in self.books.cancelled
        )
        chosen = self.chance.sample(keys, min(len(keys), self.chance.randint(1, 12)))
        self.attendance({key: self.chance.choice(WORDS) for key in chosen})

    def attendance(self, marks: dict[tuple[str, str, date], str]) -> None:
        """Marks as a file."""
        self.books.marks |= marks
        rows = [[client, group, written(day), word] for (client, group, day), word in marks.items()]
        self.file("attendance", "asiakasnumero;ryhmä;päivä;tila", rows)

    def change_decisions(self) -> None:
        """Decisions ended, opened again, or with other grants, under their own numbers."""
        changed = []
        for number in self.chance.sample(sorted(self.books.decisions), 2):
            old = self.books.decisions[number]
            kinds = ["end", "open", "money", "travel", *(["split"] * 3 if self.restless else [])]
            kind = self.chance.choice(kinds)
            if kind == "split" and old.first < (old.ended or old.last):
                new, rest = self.halves(old)
                self.books.decisions[rest.number] = rest
                changed.append(rest)
            elif kind == "end":
                length = ((old.ended or old.last) - old.first).days
                new = replace(old, ended=old.first + self.chance.randint(0, length) * DAY)
            elif kind == "open" and self.free_after(old):
                new = replace(old, ended=None)
            elif kind == "money":
                new = replace(old, money=not old.money)
            elif kind == "travel":
                new = replace(old, travel=not old.travel)
            else:
                continue
            self.books.decisions[number] = new
            changed.append(new)
        self.decisions_file(changed)

    def halves(self, old: Decision) -> tuple[Decision, Decision]:
        """A decision ended early, and another that begins the day after for the rest of it."""
        last = old.ended or old.last
        cut = old.first + self.chance.randrange((last - old.first).days) * DAY
        number = f"{old.number}/{len(self.books.decisions)}"
        rest = Decision(number, old.client, cut + DAY, last, None, old.money, old.travel)
        return replace(old, ended=cut), rest

    def change_rate(self) -> None:
        """Another rate from a day that may long be closed."""
        first = self.months[0] + self.chance.randrange(80) * DAY
        rates = self.books.rules.rate
        if first not in {begun for begun, _ in rates}:
            value = self.chance.choice([0, 800, 950, 1100])
            rates.append((first, value))
            self.step("policies", values=(("rate", first, value),))

    def free_after(self, decision: Decision) -> bool:
        """Whether nothing begins between the early end and the written last day."""
        return not any(
            other.client == decision.client and decision.first < other.first <= decision.last
            for other in self.books.decisions.values()
        )

    def return_last(self) -> None:
        """Return the list that was closed last, as long as nobody has approved it."""
        standing = [each for each in self.books.lists if not each.returned]
        if standing and standing[-1].name not in self.approved():
            standing[-1].returned = True
            self.step("return", kind=standing[-1].name)

    def approved(self) -> set[str]:
        """The lists that have been approved."""
        return {step.kind for step in self.season.steps if step.what == "approve"}

    def close(self, month: date) -> None:
        """Close a month, now and then without somebody; approve some lists."""
        out: set[str] = set()
        if self.chance.random() < 0.3:
            out = {self.chance.choice(sorted(self.books.people))}
        expected = self.books.close(month, out)
        self.step("close", month=month, clients=tuple(sorted(out)), expected=expected)
        if expected and self.chance.random() < 0.5:
            self.step("approve", kind=expected.name)


def make_season(seed: int, *, restless: bool = False) -> Season:
    """The season of a number; in a restless one the rate changes back in time too."""
    for attempt in count(seed, 10_000):
        season = Maker(attempt, restless=restless).make()
        # Now and then nobody earns anything; such a season would show nothing.
        if sum(1 for step in season.steps if step.expected) >= 2:
            return season
    raise AssertionError


def finnish_iban(account: int) -> str:
    """An account number whose digits agree."""
    body = f"{account:014d}"
    check = 98 - int(f"{body}151800") % 97
    return f"FI{check:02d}{body}"

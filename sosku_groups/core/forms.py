"""Forms as they are sent: read field by field, each fault kept at its field."""

from collections.abc import Iterable
from datetime import date, time

from werkzeug.datastructures import MultiDict

from sosku_groups.core.incoming import parse_clock, parse_day
from sosku_groups.core.letters import JOINERS, find_unseen, unseen
from sosku_groups.core.text import N_, Refused, Sentence, sentence

Errors = dict[str, Sentence]
Sent = MultiDict[str, str]


class Unclear(Refused):
    """A form that cannot be read; holds a sentence for each field that is to be mended."""

    def __init__(self, errors: Errors) -> None:
        field, why = next(iter(errors.items()))
        super().__init__(why, field)
        self.errors = errors


def errors_of(error: Refused | None) -> Errors:
    """The sentences of a refusal at the fields that it names."""
    if isinstance(error, Unclear):
        return error.errors
    return {error.field or "": error.why} if error else {}


class Reading:
    """A sent form, read field by field; what is wrong is kept until the end."""

    def __init__(self, form: Sent) -> None:
        """Begin with the form and no fault."""
        self.form = form
        self.errors: Errors = {}

    def sent(self, name: str, *, exact: bool = True) -> str:
        """What stands in the field; characters that nobody sees are its fault.

        `exact`: what is found or counted by it; neither a person's name nor free text.
        """
        found = self.form.get(name, "")
        if hidden := find_unseen(found, exact=exact):
            self.errors[name] = unseen(hidden)
        return found

    def text(self, name: str, most: int, missing: str = "", *, exact: bool = False) -> str:
        """A text of one line; `missing` is the sentence for an empty one, if it may not be."""
        found = " ".join(self.sent(name, exact=exact).split()).strip(JOINERS)
        return self.measured(name, found, most, missing)

    def paragraphs(self, name: str, most: int, missing: str = "") -> str:
        """A text of several lines; `missing` is the sentence for an empty one, if it may not be."""
        lines = self.sent(name, exact=False).strip().splitlines()
        found = "\n".join(" ".join(line.split()).strip(JOINERS) for line in lines)
        return self.measured(name, found, most, missing)

    def measured(self, name: str, found: str, most: int, missing: str) -> str:
        """A text that has been read; neither missing nor too long, else with a fault."""
        if missing and not found:
            self.errors.setdefault(name, sentence(missing))
        elif len(found) > most:
            self.errors.setdefault(name, sentence(N_("At most {most} characters."), most=most))
        return found

    def day(self, name: str, missing: str) -> date:
        """A date; `missing` is the sentence where there is none."""
        day = parse_day(self.sent(name))
        if day is None:
            self.errors.setdefault(name, sentence(missing))
        return day or date.min

    def clock(self, name: str, missing: str) -> time:
        """A time of day; `missing` is the sentence where there is none."""
        at = parse_clock(self.sent(name))
        if at is None:
            self.errors.setdefault(name, sentence(missing))
        return at or time.min

    def times(self) -> tuple[time, time]:
        """When a meeting starts and ends."""
        return (
            self.clock("starts_at", N_("Give the time when it starts, such as 9:30.")),
            self.clock("ends_at", N_("Give the time when it ends, such as 11:30.")),
        )

    def number(self, name: str, missing: str) -> int:
        """A whole number; `missing` is the sentence where there is none."""
        found = self.sent(name).strip()
        if found.isascii() and found.isdigit() and len(found) < 10:
            return int(found)
        self.errors.setdefault(name, sentence(missing))
        return 0

    def choice(self, name: str, offered: Iterable[str], missing: str) -> str:
        """One of what the form offers; `missing` is the sentence where none is chosen."""
        found = self.form.get(name, "")
        if found not in offered:
            self.errors[name] = sentence(missing)
        return found

    def finish(self) -> None:
        """Refuse the form when anything in it was wrong."""
        if self.errors:
            raise Unclear(self.errors)

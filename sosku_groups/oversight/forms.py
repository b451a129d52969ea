"""What an auditor looks for, as the address says it."""

from datetime import date

from sosku_groups.core.forms import Reading, Sent
from sosku_groups.core.text import N_
from sosku_groups.oversight.rules import EVENTS, Filters

FILTERS = ("first", "last", "client", "user", "event")


def read_filters(sent: Sent) -> Filters:
    """The filters; refused when a day is none, or an event is not offered."""
    form = Reading(sent)
    found = Filters(
        first=optional_day(form, "first"),
        last=optional_day(form, "last"),
        user=form.text("user", 22),
        client=form.text("client", 40, exact=True),
        event=form.choice("event", ("", *EVENTS), N_("Choose one of these.")),
        page=read_page(sent.get("page", "")),
    )
    form.finish()
    return found


def read_page(text: str) -> int:
    """The number of a page; the first where there is no such number."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def optional_day(form: Reading, name: str) -> date | None:
    """A date, or none where the field is empty."""
    if not form.form.get(name, "").strip():
        return None
    return form.day(name, N_("Give a date, such as 31.12.2026."))

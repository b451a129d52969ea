"""Policies in plain words."""

from collections.abc import Mapping

from sosku_groups.core.money import Cents
from sosku_groups.core.text import N_, Nn_, Sentence, sentence
from sosku_groups.ledger.rules import AT_MEETINGS, WAS
from sosku_groups.policies.rules import OPTIONAL, RANGES, Kind, PolicyRow, ProposalState

# The policies as a person looks for them, under headings.
SECTIONS: tuple[tuple[str, str, tuple[Kind, ...]], ...] = (
    (
        "money",
        N_("Activity money"),
        (Kind.RATE, Kind.DAYS_A_WEEK, Kind.DAYS_A_MONTH, Kind.MINUTES_A_DAY),
    ),
    ("travel", N_("Travel support"), (Kind.TRAVEL_START, Kind.TRAVEL_KEEP)),
    ("decisions", N_("Decisions"), (Kind.DECISION_MONTHS, Kind.ROW_MONTHS)),
    (
        "meetings",
        N_("Meetings and marks"),
        (Kind.CANCELLED_PAYS, Kind.MARK_DAYS, Kind.EXCUSE_AHEAD),
    ),
    ("lists", N_("Month lists"), (Kind.SET_OFF,)),
)
NAMES: Mapping[Kind, str] = {
    Kind.RATE: N_("Sum of an activity day"),
    Kind.EARNS: N_("Which marks earn"),
    Kind.DAYS_A_WEEK: N_("Paid days in a week"),
    Kind.DAYS_A_MONTH: N_("Paid days in a month"),
    Kind.MINUTES_A_DAY: N_("Least minutes in a day"),
    Kind.TRAVEL_START: N_("Travel support when it begins"),
    Kind.TRAVEL_KEEP: N_("Travel support after taking part"),
    Kind.DECISION_MONTHS: N_("Length of a decision"),
    Kind.ROW_MONTHS: N_("Length of decisions in an unbroken row"),
    Kind.CANCELLED_PAYS: N_("Pay for a cancelled meeting"),
    Kind.MARK_DAYS: N_("An instructor's time to change marks"),
    Kind.EXCUSE_AHEAD: N_("Apologies ahead of the meeting"),
    Kind.SET_OFF: N_("A rest carried from before"),
}
# What the policy is about, in a sentence or two, on its own page.
ABOUT: Mapping[Kind, str] = {
    Kind.RATE: N_("A client is paid this sum for each day on which some mark earns, once a day."),
    Kind.EARNS: N_("A day is paid, and the travel ticket kept, when one of its marks earns."),
    Kind.DAYS_A_WEEK: N_("From Monday to Sunday the earliest days are paid, up to this number."),
    Kind.DAYS_A_MONTH: N_("In a calendar month the earliest days are paid, up to this number."),
    Kind.MINUTES_A_DAY: N_(
        "A day is paid when its earning meetings were planned to last at least this long together."
    ),
    Kind.TRAVEL_START: N_(
        "When travel begins to be granted, the ticket is in force for so many days by itself."
    ),
    Kind.TRAVEL_KEEP: N_("Afterwards an earning mark keeps the ticket in force for so many days."),
    Kind.DECISION_MONTHS: N_("A service decision may last at most so many calendar months."),
    Kind.ROW_MONTHS: N_(
        "Decisions that follow each other without a gap may last at most so many calendar months."
    ),
    Kind.CANCELLED_PAYS: N_(
        "Whoever cancels a meeting chooses whether its day is paid; this is what is ticked then."
    ),
    Kind.MARK_DAYS: N_(
        "An instructor may change the marks of the own groups for so many days after the meeting; "
        "a coordinator until the month is closed, and then with a reason."
    ),
    Kind.EXCUSE_AHEAD: N_("No other mark can be made before the day of the meeting."),
    Kind.SET_OFF: N_("A client who has been paid too much carries a rest to the next list."),
}
# The value in words, 0 and "none" where they say something of their own.
NUMBERS: Mapping[Kind, tuple[str, str]] = {
    Kind.DAYS_A_WEEK: Nn_("at most {n} paid day a week", "at most {n} paid days a week"),
    Kind.DAYS_A_MONTH: Nn_("at most {n} paid day a month", "at most {n} paid days a month"),
    Kind.MINUTES_A_DAY: Nn_("at least {n} minute of meetings", "at least {n} minutes of meetings"),
    Kind.TRAVEL_START: Nn_("in force for the first {n} day", "in force for the first {n} days"),
    Kind.TRAVEL_KEEP: Nn_(
        "in force for {n} day from an earning mark", "in force for {n} days from an earning mark"
    ),
    Kind.DECISION_MONTHS: Nn_("at most {n} month at a time", "at most {n} months at a time"),
    Kind.ROW_MONTHS: Nn_("at most {n} month in a row", "at most {n} months in a row"),
    Kind.MARK_DAYS: Nn_(
        "until {n} day after the meeting has passed", "until {n} days after the meeting have passed"
    ),
}
NO_LIMIT = N_("no limit")
NOTHING_PAID = N_("nothing is paid")
SPECIAL: Mapping[tuple[Kind, int | None], str] = {
    (Kind.RATE, None): NOTHING_PAID,
    (Kind.RATE, 0): NOTHING_PAID,
    (Kind.EARNS, 1): N_("earns"),
    (Kind.EARNS, 0): N_("does not earn"),
    (Kind.DAYS_A_WEEK, None): NO_LIMIT,
    (Kind.DAYS_A_WEEK, 0): NOTHING_PAID,
    (Kind.DAYS_A_MONTH, None): NO_LIMIT,
    (Kind.DAYS_A_MONTH, 0): NOTHING_PAID,
    (Kind.MINUTES_A_DAY, None): NO_LIMIT,
    (Kind.MINUTES_A_DAY, 0): NO_LIMIT,
    (Kind.TRAVEL_START, 0): N_("an earning mark is needed from the first day on"),
    (Kind.TRAVEL_KEEP, 0): N_("the decision alone is enough"),
    (Kind.CANCELLED_PAYS, 1): N_("the day is paid unless it is chosen otherwise"),
    (Kind.CANCELLED_PAYS, 0): N_("the day is not paid unless it is chosen otherwise"),
    (Kind.MARK_DAYS, 0): N_("on the day of the meeting only"),
    (Kind.EXCUSE_AHEAD, 1): N_("may be marked ahead"),
    (Kind.EXCUSE_AHEAD, 0): N_("may not be marked ahead"),
    (Kind.SET_OFF, 1): N_("is set off against the next list's money"),
    (Kind.SET_OFF, 0): N_("is held until a person decides"),
}
STATE_NAMES = {
    ProposalState.WAITING: N_("waits for confirmation"),
    ProposalState.CONFIRMED: N_("confirmed"),
    ProposalState.REFUSED: N_("refused"),
    ProposalState.WITHDRAWN: N_("withdrawn"),
}

# Why a row of the kind changes no sum.
NO_SUM: Mapping[Kind, str] = {
    Kind.DECISION_MONTHS: N_(
        "No sum changes. Decisions that begin on the first day or later must keep to it; "
        "earlier ones stay as they are."
    ),
    Kind.ROW_MONTHS: N_(
        "No sum changes. Decisions that begin on the first day or later must keep to it; "
        "earlier ones stay as they are."
    ),
    Kind.CANCELLED_PAYS: N_(
        "No sum changes by itself: it is only what is ticked when a meeting is cancelled. "
        "Meetings that have been cancelled stay as they are."
    ),
    Kind.MARK_DAYS: N_("No sum changes: it says only who may change marks and until when."),
    Kind.EXCUSE_AHEAD: N_("No sum changes: it says only which marks may be made ahead."),
}
# Kinds of meetings as the heads of a table's columns.
MEETING_NAMES = {
    "group": N_("Group"),
    "office": N_("At the office"),
    "home": N_("At home"),
    "out": N_("Out and about"),
    "remote": N_("Remote"),
    "phone": N_("By phone"),
}


def value_in_words(kind: Kind, value: int | None) -> Sentence:
    """What the value says."""
    if (kind, value) in SPECIAL:
        return sentence(SPECIAL[kind, value])
    if kind == Kind.RATE:
        return sentence(N_("{sum} a day"), sum=Cents(value or 0))
    return sentence(NUMBERS[kind], n=value or 0) if value is not None else sentence(NO_LIMIT)


def range_in_words(kind: Kind) -> Sentence:
    """What may be written in the form, and what an empty field or 0 means."""
    least, most = RANGES[kind]
    if kind == Kind.RATE:
        return sentence(
            N_("Euros a day, from {least} to {most}."), least=Cents(least), most=Cents(most)
        )
    text = N_("A whole number from {least} to {most}.")
    if kind in OPTIONAL:
        text = N_("A whole number from {least} to {most}. Empty means no limit.")
    elif (kind, 0) in SPECIAL:
        text = N_("A whole number from {least} to {most}. 0 means: {naught}.")
        return sentence(text, least=least, most=most, naught=sentence(SPECIAL[kind, 0]))
    return sentence(text, least=least, most=most)


def naught(row: PolicyRow) -> bool:
    """Whether from the row's first day on nobody is paid anything."""
    paying = (Kind.RATE, Kind.DAYS_A_WEEK, Kind.DAYS_A_MONTH)
    return row.kind in paying and row.value == 0


def name_in_words(kind: Kind, key: str = "") -> Sentence:
    """What the policy is called; of an earning mark which mark and where."""
    if kind != Kind.EARNS or not key:
        return sentence(NAMES[kind])
    mark, _, meeting = key.partition("/")
    text = N_("“{mark}” {at_meeting}")
    return sentence(text, mark=sentence(WAS[mark]), at_meeting=sentence(AT_MEETINGS[meeting]))

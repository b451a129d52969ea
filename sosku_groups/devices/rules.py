"""What a device is called, which PIN may open it, and when its screen locks."""

import re
from datetime import datetime, timedelta
from itertools import pairwise

from sosku_groups.core.letters import check_seen, one_line
from sosku_groups.core.text import N_, Refused, sentence

COOKIE = "device"
KEPT_FOR = timedelta(days=365)
LONGEST_NAME = 80
LONGEST_REASON = 1000
# So many wrong ones in a row, and the PIN opens nothing here until the next password.
TRIES_OF_PIN = 5
PIN = re.compile(r"[0-9]{4,8}")
YEARS_OF_CENTURY = re.compile(r"(19|20)[0-9]{2}")
# The session's last human request is written down no more often.
NOTED_EVERY = timedelta(minutes=1)
SEEN_EVERY = timedelta(minutes=10)

# What a browser tells of itself, and what such a device is called; the first that fits.
KINDS = (
    ("iPad", N_("iPad")),
    ("iPhone", N_("iPhone")),
    ("Android", N_("Android device")),
    ("CrOS", N_("Chromebook")),
    ("Windows", N_("Windows computer")),
    ("Macintosh", N_("Mac")),
    ("Linux", N_("Linux computer")),
)
OTHER_KIND = N_("Device")


def kind_of(user_agent: str) -> str:
    """What kind of device the browser says that it runs on, as a text to be translated."""
    return next((words for sign, words in KINDS if sign in user_agent), OTHER_KIND)


def clean_name(name: str) -> str:
    """A device's name with single spaces; refused when empty or long."""
    return one_line(name, "name", most=LONGEST_NAME, missing=N_("The name is missing."))


def clean_reason(reason: str) -> str:
    """Why a device is revoked, in words."""
    reason = " ".join(reason.split())
    check_seen(reason, "reason")
    if not reason:
        raise Refused(sentence(N_("Write why the device is revoked.")), "reason")
    if len(reason) > LONGEST_REASON:
        raise Refused(sentence(N_("At most {most} characters."), most=LONGEST_REASON), "reason")
    return reason


def check_pin(pin: str, again: str) -> None:
    """Refuse a PIN that is none, or that anybody would try first."""
    if not PIN.fullmatch(pin):
        raise Refused(sentence(N_("A PIN has 4 to 8 digits.")), "pin")
    if is_trivial(pin):
        raise Refused(
            sentence(N_("This PIN is too easy to guess. Choose digits in no order.")), "pin"
        )
    if pin != again:
        raise Refused(sentence(N_("The two PINs differ.")), "pin_again")


def is_trivial(pin: str) -> bool:
    """Whether the digits are all one, a run up or down, a repeated pair, or a year."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    repeated = len(pin) % 2 == 0 and pin == pin[:2] * (len(pin) // 2)
    return steps <= {0} or steps in ({1}, {9}) or repeated or bool(YEARS_OF_CENTURY.fullmatch(pin))


def is_idle(seen: float, now: datetime, limit: timedelta | None) -> bool:
    """Whether the last human request, in seconds, lies longer ago than the screen stays open."""
    return limit is not None and now.timestamp() - seen > limit.total_seconds()

"""Characters that nobody sees: found, shown, refused.

They come along from other programs: marks of direction around a date, a joiner of words, a soft
hyphen, a byte order mark. Two numbers or names that look alike would not be equal.
"""

import unicodedata

from sosku_groups.core.text import N_, Refused, Sentence, sentence

# Between two letters they decide how these are written, in Persian and in languages of India, and
# between two pictures they make one: in names of people and in free text they are part of what is
# written. Numbers, and names by which something is found, are compared letter by letter: not there.
JOINERS = "\u200c\u200d"
# They are read as a space, or as a new line where there may be several.
SPACES = "\t\n\r"
UNSEEN = ("Cc", "Cf")
AROUND = 30


def is_unseen(letter: str, *, exact: bool = True) -> bool:
    """Whether nobody sees the character; `exact`: joiners are not wanted either."""
    if letter in SPACES or (letter in JOINERS and not exact):
        return False
    return unicodedata.category(letter) in UNSEEN


def find_unseen(text: str, *, exact: bool = True) -> str | None:
    """The first character that nobody sees, as `U+200B`; None when there is none."""
    # Nearly every text is printable as a whole, which is asked fast.
    if text.isprintable():
        return None
    return next((code(letter) for letter in text if is_unseen(letter, exact=exact)), None)


def code(letter: str) -> str:
    """A character by its number, `U+200B`."""
    return f"U+{ord(letter):04X}"


def plain(text: str, *, exact: bool = True) -> str:
    """The text without the characters that nobody sees."""
    if text.isprintable():
        return text
    return "".join(letter for letter in text if not is_unseen(letter, exact=exact))


def shown(text: str) -> str:
    """The text around the first character that nobody sees, each such as `[U+200B]`."""
    first = next((place for place, letter in enumerate(text) if is_unseen(letter)), 0)
    return "".join(
        f"[{code(letter)}]" if is_unseen(letter) else letter
        for letter in text[max(first - AROUND, 0) :]
    )


def unseen(found: str) -> Sentence:
    """What is said at the field of a form that holds one."""
    text = N_("There is an invisible character here ({code}). Clear the field and type it again.")
    return sentence(text, code=found)


def check_seen(text: str, field: str, *, exact: bool = False) -> None:
    """Refuse a text that holds a character which nobody sees."""
    found = find_unseen(text, exact=exact)
    if found is not None:
        raise Refused(unseen(found), field)


def one_line(text: str, field: str, *, most: int, missing: str) -> str:
    """A name with single spaces; Refused when it is empty, too long or holds what nobody sees."""
    text = " ".join(text.split())
    check_seen(text, field)
    if not text:
        raise Refused(sentence(missing), field)
    if len(text) > most:
        raise Refused(sentence(N_("At most {most} characters."), most=most), field)
    return text

"""What the pages of closed lists send, as values."""

from collections.abc import Mapping
from datetime import date
from typing import IO, Protocol

from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.core.incoming import LARGEST, parse_day
from sosku_groups.core.text import N_, Refused, sentence


class SentFile(Protocol):
    """A file as a form sends it."""

    filename: str | None
    stream: IO[bytes]

    def close(self) -> None:
        """Let it go."""


def read_file(sent: Mapping[str, str]) -> tuple[FileKind, FileFormat]:
    """Which file is wanted."""
    try:
        return FileKind(sent.get("kind", "")), FileFormat(sent.get("format", ""))
    except ValueError:
        raise Refused(sentence(N_("There is no such file."))) from None


def read_pay_day(text: str) -> date:
    """The day on which the bank is to pay."""
    day = parse_day(text)
    if day is None:
        raise Refused(sentence(N_("Give the day of payment.")), "pay_day")
    return day


def read_content(sent: SentFile | None) -> bytes:
    """The bytes of the chosen file."""
    if sent is None or not sent.filename:
        raise Refused(sentence(N_("Choose a file.")), "file")
    content = sent.stream.read(LARGEST + 1)
    sent.close()
    return content

"""What the form of an import sends."""

import ntpath

from werkzeug.datastructures import FileStorage

from sosku_groups.core.incoming import LARGEST
from sosku_groups.core.text import N_, Refused, sentence

LONGEST_NAME = 200


def read_file(sent: FileStorage | None) -> tuple[str, bytes]:
    """The chosen file's own name and its bytes."""
    if sent is None or not sent.filename:
        raise Refused(sentence(N_("Choose a file.")), "file")
    content = sent.stream.read(LARGEST + 1)
    sent.close()
    if len(content) > LARGEST:
        raise Refused(sentence(N_("The file is too large: 20 MB is the most.")), "file")
    name = "".join(letter for letter in ntpath.basename(sent.filename) if letter.isprintable())
    return name[-LONGEST_NAME:] or "?", content

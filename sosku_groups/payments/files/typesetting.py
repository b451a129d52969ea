"""A process of its own that sets list.typ: JSON comes in, the PDF goes out.

Typst keeps what it has laid out; here its memory goes with the process. It is run as a file, so
it imports nothing of the service.
"""

import json
import re
import sys
from pathlib import Path

import typst

TEMPLATE = Path(__file__).with_name("list.typ")
UNDRAWN = re.compile(r'the text `"(.+)"` could not be displayed', re.DOTALL)
MOST_TRIES = 200


def typeset(data: str, at: int) -> bytes:
    """The PDF of the data; a letter that the font lacks is written as its number."""
    for _ in range(MOST_TRIES):
        try:
            made = typst.compile(
                TEMPLATE.read_bytes(),
                sys_inputs={"data": data},
                # The first: drawn alike for ever; the second: read aloud in its order.
                pdf_standards=["a-2a", "ua-1"],
                ignore_system_fonts=True,
                timestamp=at,
            )
        except typst.TypstError as error:
            undrawn = UNDRAWN.search(error.message)
            if undrawn is None:
                raise
            for letter in set(undrawn[1]):
                data = data.replace(letter, f"[U+{ord(letter):04X}]")
        else:
            if isinstance(made, bytes):
                return made
    raise RuntimeError("no PDF could be made")


if __name__ == "__main__":
    sent = json.load(sys.stdin)
    sys.stdout.buffer.write(typeset(json.dumps(sent["data"], ensure_ascii=False), sent["at"]))

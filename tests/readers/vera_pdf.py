"""veraPDF judges the PDFs of a list: a program in Java, which a Python machine need not have.

`VERAPDF=FOLDER/verapdf pytest tests/readers/vera_pdf.py`, with the command that veraPDF's
installer leaves there.
"""

import os
import subprocess
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from pypdf import PdfWriter

from sosku_groups.allowances.files import LineRow, day_rows, written
from sosku_groups.allowances.rules.files import FileFormat, FileKind
from sosku_groups.payments.files import pdf, printed
from tests.rules.test_list_files import AT, FACTS, payee, table

NAMES = ("Äijälä-Öörn Åke", "Šimůnek", "Łuczak", "#eval(1+1)", "*b* _i_ $x^2$", "漢 Aalto", "5 €")
FLAVOURS = ("ua1", "2a")


def judged(flavour: str, *files: Path) -> dict[str, str]:
    """The verdict on each file, by its name: PASS or FAIL."""
    command = [os.environ["VERAPDF"], "--flavour", flavour, "--format", "text"]
    done = subprocess.run(
        [*command, *map(str, files)], capture_output=True, text=True, check=False, timeout=600
    )
    told = (line.split() for line in done.stdout.splitlines())
    return {Path(words[1]).name: words[0] for words in told if words[:1] in (["PASS"], ["FAIL"])}


def kept(folder: Path, name: str, content: bytes) -> Path:
    """The bytes as a file."""
    file = folder / name
    file.write_bytes(content)
    return file


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Each kind of PDF: some pages, one without rows, and one in volumes."""
    payees = [payee(f"{n:03}", NAMES[n % len(NAMES)], again=900 * (n % 2)) for n in range(120)]
    payments = table(*payees)
    lines = [
        LineRow(f"{n:03}", date(2026, 9, 1) + timedelta(n % 30), n % 9 == 0, 900, "Metsäpolku",
                "P1", "paikalla, 9,00 €")
        for n in range(150)
    ]  # fmt: skip
    days = written(FileKind.DAYS, FileFormat.CSV, day_rows("L2026-09-1", "2026-09", lines), at=AT)
    travel = written(FileKind.TRAVEL, FileFormat.CSV, [], at=AT)
    made = [
        kept(tmp_path, f"{kind}.pdf", printed(kind, content, FACTS))
        for kind, content in (
            (FileKind.PAYMENTS, payments),
            (FileKind.DAYS, days),
            (FileKind.TRAVEL, travel),
        )
    ]
    monkeypatch.setattr(pdf, "ROWS_A_VOLUME", 50)
    with ZipFile(BytesIO(printed(FileKind.PAYMENTS, payments, FACTS))) as archive:
        volumes = [kept(tmp_path, name, archive.read(name)) for name in archive.namelist()]
    assert len(volumes) == 3
    return made + volumes


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_each_pdf_is_what_it_says_it_is(files: list[Path], flavour: str) -> None:
    assert judged(flavour, *files) == {file.name: "PASS" for file in files}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_pdf_without_tags_is_not(tmp_path: Path, flavour: str) -> None:
    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(200, 200)
    writer.write(out)
    assert judged(flavour, kept(tmp_path, "bare.pdf", out.getvalue())) == {"bare.pdf": "FAIL"}

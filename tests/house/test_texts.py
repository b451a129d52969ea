"""Every text is there in every language, and what is compiled is what was written."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from sosku_groups.core.languages import LANGUAGES
from tests.house.project import PACKAGE, ROOT
from tests.house.texts import Text, catalogue, compiled, faults, said, texts_in_code

FOLDER = PACKAGE / "translations"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    wanted = texts_in_code(ROOT)
    assert len(wanted) > 100, "the texts were not found"
    assert not (wrong := list(faults(wanted, catalogue(FOLDER, language)))), "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_was_written(language: str) -> None:
    written = {str(m.id): said(m) for m in catalogue(FOLDER, language) if m.id and all(said(m))}
    read = {str(as_written(m.id)): said(m) for m in compiled(FOLDER, language) if m.id}
    assert read == written


def as_written(text: object) -> object:
    """A text's id as it is in a .po; from a .mo that of a plural is a list."""
    return tuple(text) if isinstance(text, list) else text


def test_english_is_said_as_it_is_written_in_the_code() -> None:
    for message in catalogue(FOLDER, "en"):
        if message.id:
            own = [message.id] if isinstance(message.id, str) else list(message.id)
            assert said(message) == own


def test_texts_are_found_in_code_and_templates(tmp_path: Path) -> None:
    (tmp_path / "babel.cfg").write_text((ROOT / "babel.cfg").read_text())
    (tmp_path / "sosku_groups/groups").mkdir(parents=True)
    (tmp_path / "templates/groups").mkdir(parents=True)
    (tmp_path / "sosku_groups/groups/rules.py").write_text(
        'A = N_("Later {day}.")\nB = Nn_("{n} day", "{n} days")\nC = gettext("Now")\n'
    )
    (tmp_path / "templates/groups/page.html").write_text(
        '<p>{{ _("In a page") }}{% trans n=n %}One{% pluralize %}Many{% endtrans %}</p>'
    )
    wanted: set[Text] = {"Later {day}.", ("{n} day", "{n} days"), "Now", "In a page"}
    assert texts_in_code(tmp_path) == wanted | {("One", "Many")}


@pytest.mark.parametrize(
    ("text", "translation", "fault"),
    [
        ("Save", None, "missing: 'Save'"),
        ("Save", "", "not translated: 'Save'"),
        ("From {day}", "Alkaen {päivä}", "other values than 'From {day}': 'Alkaen {päivä}'"),
        ("From %(day)s", "Alkaen", "other values than 'From %(day)s': 'Alkaen'"),
        (
            ("{n} day of {name}", "{n} days of {name}"),
            ("yksi päivä", "{n} päivää: {name}"),
            "other values than ('{n} day of {name}', '{n} days of {name}'): 'yksi päivä'",
        ),
        (("{n} day", "{n} days"), ("{n} päivä", ""), "not translated: ('{n} day', '{n} days')"),
    ],
)
def test_a_fault_of_a_catalogue_is_named(
    text: Text, translation: str | tuple[str, str] | None, fault: str
) -> None:
    catalogue = Catalog(locale="fi")
    if translation is not None:
        catalogue.add(text, translation)
    assert list(faults({text}, catalogue)) == [fault]


def test_unsure_and_unused_texts_are_named() -> None:
    catalogue = Catalog(locale="fi")
    catalogue.add("Save", "Tallenna", flags=["fuzzy"])
    catalogue.add("Gone", "Mennyt")
    assert list(faults({"Save"}, catalogue)) == ["no longer used: 'Gone'", "unsure: 'Save'"]


# A non-disclosure order (spärrmarkering) is no mark.
MARKING = re.compile(r"(?<!spärr)markering", re.IGNORECASE)


def test_swedish_calls_a_mark_by_one_word_and_a_note_by_another() -> None:
    """`anteckning` is a mark, as in `närvaroanteckning`; what is written beside it a `notering`."""
    texts = {str(message.id): " ".join(said(message)) for message in catalogue(FOLDER, "sv")}
    assert [text for text in texts.values() if MARKING.search(text)] == []
    notes = [said for text, said in texts.items() if re.search(r"(?i)\b(the|a) note\b", text)]
    assert len(notes) == 4
    assert [said for said in notes if "nteckning" in said] == []

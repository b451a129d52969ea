"""Templates hold no code, are all used, and say what they want."""

from pathlib import Path

import pytest

from tests.house import templates
from tests.house.project import PACKAGE, TEMPLATES


def test_no_template_holds_style_script_or_handler() -> None:
    assert not (found := list(templates.inline_code(TEMPLATES))), "\n".join(found)


def test_every_template_is_drawn() -> None:
    assert not (found := list(templates.unused_templates(TEMPLATES, PACKAGE))), "\n".join(found)


def test_every_template_that_is_asked_for_is_there() -> None:
    assert not (found := list(templates.missing_templates(TEMPLATES, PACKAGE))), "\n".join(found)


def test_every_macro_is_called() -> None:
    assert not (found := list(templates.unused_macros(TEMPLATES))), "\n".join(found)


def test_every_piece_opens_with_what_it_wants() -> None:
    assert not (found := list(templates.pieces_without_words(TEMPLATES))), "\n".join(found)


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ('<p style="color: red">', "an inline style"),
        ("<style>p { color: red }</style>", "an inline style"),
        ("<script>alert(1)</script>", "an inline script"),
        ('<a onclick="go()">', "an inline handler"),
        ('<a hx-on:click="go()">', "an inline handler"),
        ('<a href="javascript:go()">', "a javascript: address"),
        ("{{ name|safe }}", "a text marked as safe"),
    ],
)
def test_code_in_a_template_is_found(markup: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f'{{# style="" in a comment #}}\n<h1>{markup}</h1>')
    (found,) = templates.inline_code(tmp_path)
    assert found.startswith(f"page.html: {fault}: ")


def test_ordinary_markup_is_no_code(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<link rel="stylesheet"><script src="/a.js"></script><p class="on" data-on-time="x">'
    )
    assert list(templates.inline_code(tmp_path)) == []


def test_unused_and_missing_templates_and_macros_are_found(tmp_path: Path) -> None:
    folder, package = tmp_path / "templates", tmp_path / "package"
    folder.mkdir()
    package.mkdir()
    (package / "views.py").write_text('render_template("page.html")\n')
    (folder / "page.html").write_text(
        '{% from "parts.html" import used %}{{ used() }}{% include "_gone.html" %}'
        '{{ fixed("_piece.html") }}'
    )
    (folder / "_piece.html").write_text("{# A piece. #}<p></p>")
    (folder / "parts.html").write_text(
        "{% macro used() %}{% endmacro %}{% macro unused() %}{% endmacro %}"
    )
    (folder / "_forgotten.html").write_text("<p></p>")
    assert list(templates.unused_templates(folder, package)) == ["_forgotten.html"]
    assert list(templates.missing_templates(folder, package)) == ["_gone.html"]
    assert list(templates.unused_macros(folder)) == ["parts.html: unused"]
    assert list(templates.pieces_without_words(folder)) == ["_forgotten.html"]

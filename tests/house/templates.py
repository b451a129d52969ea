"""What the house wants of templates, as functions that name each fault."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, meta, nodes

INLINE = {
    "an inline style": re.compile(r"<style|\sstyle\s*="),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc\s*=)"),
    "an inline handler": re.compile(r"\s(?:hx-)?on[a-z:-]+\s*="),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "a text marked as safe": re.compile(r"\|\s*safe\b|autoescape\s+false"),
}

ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


def parsed(folder: Path) -> dict[str, nodes.Template]:
    """Every template by its name."""
    return {
        path.relative_to(folder).as_posix(): ENVIRONMENT.parse(path.read_text())
        for path in sorted(folder.rglob("*.html"))
    }


def inline_code(folder: Path) -> Iterator[str]:
    """Style, script and handlers inside templates, where the content policy forbids them."""
    for path in sorted(folder.rglob("*.html")):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
        for fault, pattern in INLINE.items():
            if found := pattern.search(text):
                yield f"{path.relative_to(folder)}: {fault}: {found[0].strip()}"


def unused_templates(folder: Path, package: Path) -> Iterator[str]:
    """Templates that no view draws and no drawn template needs."""
    templates = parsed(folder)
    named = names_in_code(package) & set(templates)
    used: set[str] = set()
    while named:
        used |= named
        named = {needed for name in named for needed in needs(templates[name])} & set(templates)
        named -= used
    yield from sorted(set(templates) - used)


def names_in_code(package: Path) -> set[str]:
    """Every string in the code; a view names its template in one."""
    return {
        node.value
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def needs(template: nodes.Template) -> set[str]:
    """The templates that a template includes, imports, extends or shows as a fixed piece."""
    pieces = {
        call.args[0].value
        for call in template.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name == "fixed"
        if isinstance(call.args[0], nodes.Const)
    }
    return pieces | {name for name in meta.find_referenced_templates(template) if name}


def missing_templates(folder: Path, package: Path) -> Iterator[str]:
    """Templates that are asked for and not there."""
    templates = parsed(folder)
    asked = {name for name in names_in_code(package) if re.fullmatch(r"[\w/.-]+\.html", name)}
    for template in templates.values():
        asked |= needs(template)
    yield from sorted(asked - set(templates))


def unused_macros(folder: Path) -> Iterator[str]:
    """Macros that nothing calls."""
    templates = parsed(folder)
    called = {name for template in templates.values() for name in calls(template)}
    for name, template in templates.items():
        for macro in template.find_all(nodes.Macro):
            if macro.name not in called:
                yield f"{name}: {macro.name}"


def calls(template: nodes.Template) -> Iterator[str]:
    """The names of the macros that a template calls, its own and imported ones."""
    renamed = {
        name[1]: name[0]
        for imported in template.find_all(nodes.FromImport)
        for name in imported.names
        if isinstance(name, tuple)
    }
    for call in template.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name):
            yield renamed.get(call.node.name, call.node.name)
        elif isinstance(call.node, nodes.Getattr):
            yield call.node.attr


def pieces_without_words(folder: Path) -> Iterator[str]:
    """Pieces that do not open with a comment saying what they want."""
    for path in sorted(folder.rglob("_*.html")):
        if not path.read_text().lstrip().startswith("{#"):
            yield path.relative_to(folder).as_posix()

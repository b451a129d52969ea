"""The texts in code and templates, and what the catalogues make of them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

# N_ marks a text for later, Nn_ a text with its plural.
KEYWORDS: dict[str, Any] = {**DEFAULT_KEYWORDS, "N_": None, "Nn_": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")

Text = str | tuple[str, ...]


def texts_in_code(root: Path) -> set[Text]:
    """Every text that the code or a template wants said in the reader's language."""
    with (root / "babel.cfg").open() as config:
        read: Any = parse_mapping_cfg
        methods, options = read(config)
    found = set()
    for folder in ("sosku_groups", "templates"):
        # The patterns of babel.cfg begin at the top.
        prefixed = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods]
        own = {pattern.removeprefix(f"{folder}/"): value for pattern, value in options.items()}
        for *_, text, _, _ in extract_from_dir(root / folder, prefixed, own, keywords=KEYWORDS):
            found.add(text)
    return found


def catalogue(folder: Path, language: str) -> Catalog:
    """One language's texts as people edit them."""
    with (folder / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def compiled(folder: Path, language: str) -> Catalog:
    """One language's texts as the service reads them."""
    with (folder / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        return read_mo(file)


def said(message: Message) -> list[str]:
    """The translations of a message, one for each plural form."""
    strings: Any = message.string
    return [strings] if isinstance(strings, str) else list(strings or [])


def faults(wanted: set[Text], texts: Catalog) -> Iterator[str]:
    """Texts that are missing, empty, unsure, too many, or lose a value on the way."""
    messages = {message.id: message for message in texts if message.id}
    yield from (f"missing: {text!r}" for text in sorted(wanted - set(messages), key=str))
    yield from (f"no longer used: {text!r}" for text in sorted(set(messages) - wanted, key=str))
    yield from (f"kept as obsolete: {text!r}" for text in texts.obsolete)
    for text, message in messages.items():
        forms = said(message)
        if not all(forms) or (isinstance(text, tuple) and len(forms) < texts.num_plurals):
            yield f"not translated: {text!r}"
        if message.fuzzy:
            yield f"unsure: {text!r}"
        yield from (
            f"other values than {text!r}: {form!r}"
            for form in forms
            if form and not same_values(text, form)
        )


def same_values(text: Text | list[str], form: str) -> bool:
    """Whether a translation names its text's values; the form of a plural may leave the number."""
    own = names(text) if isinstance(text, str) else frozenset().union(*map(names, text))
    number = frozenset() if isinstance(text, str) else {"n", "num"}
    return own - number <= names(form) <= own


def names(text: str) -> frozenset[str]:
    """The values that a text names."""
    return frozenset(a or b for a, b in PLACEHOLDER.findall(text))

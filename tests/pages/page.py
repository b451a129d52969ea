"""A page or a piece of one, which checks itself: what it must be wherever it is met."""

import re
from collections.abc import Iterator
from typing import Any, cast
from xml.etree.ElementTree import Element

import html5lib
from html5lib.html5parser import ParseError
from werkzeug.test import TestResponse

from tests.pages.forms import FIELDS, Form, kind
from tests.pages.words import words

LANGUAGES = {"fi", "sv", "en"}
WITHOUT_LABEL = {"hidden", "submit", "button", "reset", "image"}
# A piece that is a row or an option is no valid child of the parser's default, a div.
CONTAINERS = {"tr": "tbody", "td": "tr", "th": "tr", "tbody": "table", "option": "select"}


class Piece:
    """An answer of the service, checked; a whole page is a Page."""

    whole = False

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.path = response.request.path
        self.html = response.get_data(as_text=True)
        self.tree = self.parse()
        # The tag of a comment is a function.
        self.elements = [each for each in self.tree.iter() if isinstance(cast(Any, each.tag), str)]
        self.parents = {child: parent for parent in self.elements for child in parent}
        self.ids = [element.attrib["id"] for element in self.elements if "id" in element.attrib]
        self.check()
        # What stands in a template is on no page until a script brings it out.
        hidden = {inner for each in self.all("template") for inner in each.iter()}
        self.elements = [each for each in self.elements if each not in hidden]

    # What is asked of it

    @property
    def text(self) -> str:
        """All text, in one line."""
        return words(self.tree)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements with this name and these attributes; `class_` and `aria_label` work."""
        wanted = {key.strip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            element
            for element in self.elements
            if tag in ("*", element.tag)
            and all(
                value in element.get(key, "").split()
                if key == "class"
                else element.get(key) == value
                for key, value in wanted.items()
            )
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        """The only element with this name and these attributes."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} × <{tag} {attributes}> at {self.path}"
        return found[0]

    def by_id(self, wanted: str) -> Element:
        """The element with this id."""
        return self.one("*", id=wanted)

    @property
    def links(self) -> dict[str, str]:
        """Where each link leads, by its text."""
        return {
            self.name(link): link.attrib["href"] for link in self.all("a") if "href" in link.attrib
        }

    def link(self, text: str) -> str:
        """Where the link leads whose text is or holds this."""
        found = {href for name, href in self.links.items() if name == text}
        found = found or {href for name, href in self.links.items() if text in name}
        assert len(found) == 1, f"{len(found)} links “{text}” at {self.path}: {sorted(self.links)}"
        return found.pop()

    @property
    def forms(self) -> list["Form"]:
        """All forms, in their order."""
        return [Form(self, element) for element in self.all("form")]

    def form(self, button: str = "", *, action: str = "", field: str = "") -> "Form":
        """The only form with this button, action (or its end) or field."""
        found = [
            form
            for form in self.forms
            if (not button or form.find_button(button))
            and (not action or form.action == action or form.action.endswith(action))
            and (not field or field in form.names)
        ]
        assert len(found) == 1, (
            f"{len(found)} forms {button or action or field!r} at {self.path}: "
            f"{[(form.action, [b.text for b in form.buttons]) for form in self.forms]}"
        )
        return found[0]

    def name(self, element: Element) -> str:
        """What a screen reader calls an element."""
        if label := element.get("aria-label"):
            return label
        if ids := element.get("aria-labelledby", "").split():
            return " ".join(words(self.by_id(each)) for each in ids if each in self.ids)
        pictures = [picture.get("alt", "") for picture in element.iter("img")]
        return " ".join([words(element), *pictures]).strip()

    # What is asked of it always

    def parse(self) -> Element:
        """Read strictly: any fault that a browser would mend is named."""
        first = re.search(r"<(\w+)", self.html)
        container = CONTAINERS.get(first[1].lower() if first else "", "div")
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        try:
            parsed = (
                parser.parse(self.html)
                if self.whole
                else parser.parseFragment(self.html, container=container)
            )
        except ParseError as fault:
            line, _ = parser.errors[-1][0]
            lines = self.html.splitlines()
            where = lines[min(line, len(lines)) - 1].strip() if lines else ""
            raise AssertionError(
                f"invalid HTML at {self.path}, line {line}: {fault}: {where}"
            ) from None
        assert isinstance(parsed, Element)
        return parsed

    def check(self) -> None:
        """Run every check and tell all that is wrong at once."""
        faults = list(self.faults())
        assert not faults, f"{self.path}:\n  " + "\n  ".join(faults)

    def faults(self) -> Iterator[str]:
        """What is wrong with any answer, page or piece."""
        yield from header_faults(self.response)
        twice = {each for each in self.ids if self.ids.count(each) > 1 or not each.strip()}
        yield from (f"id {each!r} is empty or there twice" for each in sorted(twice))
        for element in self.elements:
            yield from inline_faults(element)
            yield from self.name_faults(element)
            yield from self.form_faults(element)

    def name_faults(self, element: Element) -> Iterator[str]:
        """Fields without a label, links and buttons without words, pictures without either."""
        if element.tag in FIELDS and kind(element) not in WITHOUT_LABEL:
            if not (self.labels(element) or self.name_by_attribute(element)):
                yield f"no label for {element.tag} {element.get('name')!r}"
        elif (
            (element.tag == "a" and "href" in element.attrib)
            or element.tag in {"button", "summary", "label", "legend", "th", "h1", "h2", "h3"}
        ) and not self.name(element):
            yield f"<{element.tag} {element.attrib}> has no words"
        elif kind(element) in {"submit", "button"} and element.tag == "input":
            if not element.get("value"):
                yield f"an input button {element.get('name')!r} has no words"
        elif element.tag == "img" and "alt" not in element.attrib:
            yield f"<img src={element.get('src')!r}> has no alt"

    def name_by_attribute(self, element: Element) -> str:
        """The name that an element's own attributes give it."""
        if element.get("aria-label") or element.get("aria-labelledby"):
            return self.name(element)
        return ""

    def labels(self, field: Element) -> list[str]:
        """The words of the labels around a field or for it."""
        found = [words(label) for label in self.all("label", for_=field.get("id", "\0"))]
        parent = self.parents.get(field)
        while parent is not None:
            if parent.tag == "label":
                found.append(words(parent))
            parent = self.parents.get(parent)
        return [label for label in found if label]

    def form_faults(self, element: Element) -> Iterator[str]:
        """A form that writes without a token, or reads with one in its address."""
        if element.tag != "form":
            return
        form = Form(self, element)
        if form.method not in ("get", "post"):
            yield f"form {form.action!r} has the method {form.method!r}"
        tokens = [
            field.get("value") for field in form.controls if field.get("name") == "csrf_token"
        ]
        if form.method == "post" and (len(tokens) != 1 or not tokens[0]):
            yield f"form {form.action!r} has {len(tokens)} csrf_token fields"
        if form.method == "get" and (tokens or "hx-post" in element.attrib):
            yield f"form {form.action!r} is sent with GET, yet carries a token or hx-post"


class Page(Piece):
    """A whole page, checked."""

    whole = True

    @property
    def title(self) -> str:
        """The page's title."""
        return words(self.one("title"))

    @property
    def h1(self) -> str:
        """The page's only first heading."""
        return words(self.one("h1"))

    @property
    def lang(self) -> str:
        """The page's language."""
        return self.one("html").get("lang", "")

    def faults(self) -> Iterator[str]:
        """What is wrong with a page, on top of what a piece can have wrong."""
        yield from super().faults()
        if self.one("html").get("lang") not in LANGUAGES:
            yield f"lang is {self.one('html').get('lang')!r}"
        for tag in ("title", "h1", "main"):
            found = [words(element) for element in self.all(tag)]
            if len(found) != 1 or not found[0]:
                yield f"{len(found)} × <{tag}>: {found}"
        for element in self.elements:
            for attribute, target in references(element):
                if target not in self.ids:
                    yield f"{attribute} of <{element.tag}> points at {target!r}, which is not here"


def references(element: Element) -> Iterator[tuple[str, str]]:
    """The ids that an element points at."""
    for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls", "form"):
        for target in element.get(attribute, "").split():
            yield attribute, target
    for attribute in ("href", "hx-target", "hx-indicator"):
        value = element.get(attribute, "")
        if re.fullmatch(r"#\S+", value):
            yield attribute, value[1:]


def inline_faults(element: Element) -> Iterator[str]:
    """Script, style and handlers in the page itself, and things from other sites."""
    if element.tag == "style" or (element.tag == "script" and "src" not in element.attrib):
        yield f"an inline <{element.tag}>"
    for attribute, value in element.attrib.items():
        if attribute == "style" or attribute.startswith(("on", "hx-on")):
            yield f"{attribute}= on <{element.tag}>"
        if attribute in {"href", "src", "action", "formaction"}:
            if value.strip().lower().startswith("javascript:"):
                yield f"{attribute}={value!r}"
            if element.tag in {"script", "link", "img"} and not value.startswith(("/", "data:")):
                yield f"<{element.tag}> comes from {value!r}"


def header_faults(response: TestResponse) -> Iterator[str]:
    """Headers that are missing or too lax."""
    policy = response.headers.get("Content-Security-Policy", "")
    directives = dict(
        part.strip().partition(" ")[::2] for part in policy.split(";") if part.strip()
    )
    if directives.get("default-src") not in ("'none'", "'self'"):
        yield f"Content-Security-Policy has default-src {directives.get('default-src')!r}"
    if "unsafe" in policy or "*" in policy:
        yield f"Content-Security-Policy is lax: {policy}"
    if directives.get("frame-ancestors") not in ("'none'", "'self'"):
        yield "Content-Security-Policy lets others frame the page"
    if response.headers.get("X-Content-Type-Options") != "nosniff":
        yield "X-Content-Type-Options is not nosniff"
    if response.headers.get("Referrer-Policy") not in ("same-origin", "no-referrer"):
        yield f"Referrer-Policy is {response.headers.get('Referrer-Policy')!r}"
    if "hx-request" not in {
        part.strip().lower() for part in response.headers.get("Vary", "").split(",")
    }:
        yield f"Vary is {response.headers.get('Vary')!r}, without HX-Request"
    if "no-store" not in response.headers.get("Cache-Control", ""):
        yield f"Cache-Control is {response.headers.get('Cache-Control')!r}, not no-store"

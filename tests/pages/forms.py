"""A form on a page: its fields, its buttons, and what it would send."""

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from tests.pages.words import words

if TYPE_CHECKING:
    from tests.pages.page import Piece

FIELDS = {"input", "select", "textarea"}


def kind(element: Element) -> str:
    """The type of an input, the name of any other element."""
    return element.get("type", "text") if element.tag == "input" else element.tag


class Form:
    """A form on a page, with what it would send."""

    def __init__(self, page: "Piece", element: Element) -> None:
        self.page = page
        self.element = element
        self.action = element.get("action") or page.path
        self.method = element.get("method", "get").lower()
        inside = set(element.iter())
        own = element.get("id", "\0")
        self.controls = [
            control
            for control in page.elements
            if control.tag in FIELDS | {"button"}
            and (control.get("form") == own or (control in inside and "form" not in control.attrib))
        ]

    @property
    def names(self) -> set[str]:
        """The names of its fields."""
        return {control.attrib["name"] for control in self.controls if "name" in control.attrib}

    @property
    def buttons(self) -> list["Button"]:
        """What sends the form."""
        return [
            Button(self, control)
            for control in self.controls
            if (control.tag == "button" and control.get("type", "submit") == "submit")
            or (control.tag == "input" and control.get("type") in ("submit", "image"))
        ]

    def find_button(self, wanted: str) -> "Button | None":
        """The button with these words or this value, if there is one."""
        for button in self.buttons:
            if wanted in (button.text, button.value):
                return button
        return None

    def button(self, wanted: str) -> "Button":
        """The button with these words or this value."""
        found = self.find_button(wanted)
        assert found, f"no button {wanted!r} among {[button.text for button in self.buttons]}"
        return found

    def values(self, **changed: Any) -> dict[str, list[Any]]:
        """What the form sends when its fields are left as they are, but for the changed ones."""
        unknown = set(changed) - self.names
        assert not unknown, (
            f"no field {sorted(unknown)} in the form, which has {sorted(self.names)}"
        )
        data: dict[str, list[Any]] = {}
        for control in self.controls:
            name = control.get("name")
            if not name or control.tag == "button" or "disabled" in control.attrib:
                continue
            if name in changed:
                data[name] = chosen(self, name, changed[name])
            else:
                data.setdefault(name, []).extend(given(control))
        return {name: sent for name, sent in data.items() if sent}


def given(control: Element) -> list[str]:
    """What an untouched control sends."""
    match kind(control):
        case "submit" | "button" | "reset" | "image" | "file":
            return []
        case "checkbox" | "radio":
            return [control.get("value", "on")] if "checked" in control.attrib else []
        case "textarea":
            return ["".join(control.itertext()).removeprefix("\n")]
        case "select":
            options = list(control.iter("option"))
            picked = [option for option in options if "selected" in option.attrib]
            if not picked and "multiple" not in control.attrib:
                picked = options[:1]
            return [option.get("value", words(option)) for option in picked]
        case _:
            return [control.get("value", "")]


def chosen(form: Form, name: str, wanted: Any) -> list[Any]:
    """What a control sends after a person has changed it; only what it offers can be chosen."""
    controls = [control for control in form.controls if control.get("name") == name]
    if kind(controls[0]) == "file":
        content, filename = wanted
        return [(BytesIO(content), filename)]
    if wanted is None or wanted is False:
        return []
    offered = None
    if kind(controls[0]) == "select":
        offered = [o.get("value", words(o)) for o in controls[0].iter("option")]
    elif kind(controls[0]) in ("radio", "checkbox"):
        offered = [control.get("value", "on") for control in controls]
    if wanted is True and offered:
        return offered[:1]
    sent = (
        [str(each) for each in wanted] if isinstance(wanted, list | tuple | set) else [str(wanted)]
    )
    assert offered is None or set(sent) <= set(offered), f"{name} offers {offered}, not {sent}"
    return sent


@dataclass
class Button:
    """A button that sends its form."""

    form: Form
    element: Element

    @property
    def text(self) -> str:
        """The words on it."""
        return self.form.page.name(self.element) or self.element.get("value", "")

    @property
    def value(self) -> str:
        """What it adds to the form."""
        return self.element.get("value", "")

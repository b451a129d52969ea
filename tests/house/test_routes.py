"""Every route is listed with its roles, writes only by POST, and refuses the signed-out."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, Rule

from tests.house.routes import ANYONE, OWN_TRANSACTION, ROUTES
from tests.pages.client import Browser

# What a placeholder of an address can hold; nothing of it needs to exist.
VALUES: dict[str, Any] = {
    "int": 1,
    "uuid": "2f1cbd4a-6ab5-4bb3-8c27-0f7f1a0a7a11",
    "any": "decisions",
}
TEXTS = ("2026-09", "x", "1")


def routes(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Every method and rule of the app."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"{method} {rule.rule}", rule


def who(app: Flask, rule: Rule) -> str:
    """Whom the view lets in, as the list writes it."""
    if rule.endpoint == "static":
        return ANYONE
    allowed = getattr(app.view_functions[rule.endpoint], "allowed_roles", None)
    return " ".join(sorted(allowed)) if allowed else "nobody has said, with @allows"


def value(converter: BaseConverter, text: str) -> Any:
    """Something that a placeholder takes."""
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return VALUES.get(type(converter).__name__.removesuffix("Converter").lower(), text)


def address(app: Flask, rule: Rule) -> str:
    """Some address of the rule."""
    adapter = app.url_map.bind("localhost")
    for text in TEXTS:
        values = {name: value(converter, text) for name, converter in rule._converters.items()}
        built: str = adapter.build(rule.endpoint, values)
        path = urlsplit(built).path
        method = next(iter((rule.methods or {"GET"}) - {"HEAD", "OPTIONS"}))
        if adapter.test(path, method=method):
            return path
    raise AssertionError(f"no address found for {rule.rule}: add a text to TEXTS")


def check_list(app: Flask, listed: dict[str, str]) -> None:
    """Compare the list with the app, both ways."""
    found = {name: who(app, rule) for name, rule in routes(app)}
    wrong = [
        f'    "{name}": "{found.get(name, "no such route")}",  # listed: {listed.get(name, "no")}'
        for name in sorted(set(found) | set(listed))
        if found.get(name) != listed.get(name)
    ]
    assert not wrong, "tests/house/routes.py and the views differ:\n" + "\n".join(wrong)


@pytest.fixture
def engine_name() -> str:
    """Routes are the same whatever lies below."""
    return "sqlite"


def test_every_route_is_listed_with_its_roles(app: Flask) -> None:
    check_list(app, ROUTES)


def test_an_unlisted_a_changed_and_a_missing_route_are_named(app: Flask) -> None:
    app.add_url_rule("/unlisted", "unlisted", lambda: "")
    listed = {**ROUTES, "GET /gone": ANYONE, "GET /static/<path:filename>": "finance"}
    with pytest.raises(AssertionError) as told:
        check_list(app, listed)
    for name in ("GET /unlisted", "GET /gone", "GET /static/<path:filename>"):
        assert name in str(told.value)


def test_what_changes_something_is_sent_with_post_and_commits(app: Flask) -> None:
    for name, rule in routes(app):
        writes = getattr(app.view_functions[rule.endpoint], "writes", False)
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        assert methods in ({"GET"}, {"POST"}), f"{name}: a view answers GET or POST, not both"
        wanted = methods == {"POST"} and name not in OWN_TRANSACTION
        assert writes == wanted, f"{name}: @writes is for POST, and for each POST"


def test_the_signed_out_are_sent_to_the_sign_in(app: Flask) -> None:
    closed = [(name, rule) for name, rule in routes(app) if who(app, rule) != ANYONE]
    assert closed, "the service has no closed page"
    browser = Browser(app)
    token = {"csrf_token": browser.token()}
    for name, rule in closed:
        send = browser.client.post if name.startswith("POST") else browser.client.get
        data = token if name.startswith("POST") else None
        page = send(address(app, rule), data=data)
        assert page.status_code in (302, 303), f"{name}: {page.status}"
        assert urlsplit(page.location).path == "/sign-in", name
        piece = send(address(app, rule), data=data, headers={"HX-Request": "true"})
        assert piece.status_code == 401, f"{name}: {piece.status}"
        assert urlsplit(piece.headers["HX-Redirect"]).path == "/sign-in", name
        assert "<form" not in piece.text, name


def test_nothing_is_taken_without_a_token(app: Flask) -> None:
    posts = [(name, rule) for name, rule in routes(app) if name.startswith("POST")]
    assert posts, "the service takes nothing"
    for name, rule in posts:
        answer = app.test_client().post(address(app, rule))
        assert answer.status_code == 403, f"{name}: {answer.status}"

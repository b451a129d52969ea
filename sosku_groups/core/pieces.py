"""Pieces of pages that tell of nobody: drawn once a language, and kept."""

from typing import cast

from flask import Flask, current_app
from markupsafe import Markup

from sosku_groups.core.languages import catalogue
from sosku_groups.core.web import gettext, language


def install(app: Flask) -> None:
    """Let templates draw fixed pieces, and translate by the one catalogue of the language."""
    app.jinja_env.globals["fixed"] = fixed
    app.extensions["fixed"] = {}
    # Flask-Babel finds the reader's catalogue anew for each text of a page, and a page has dozens.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=gettext,
        ngettext=lambda one, many, n: catalogue(language()).ngettext(one, many, n),
        newstyle=True,
    )


def fixed(template: str, **choices: bool | str) -> Markup:
    """The piece in the reader's language; besides that it depends on its few choices alone.

    It sees nothing of the request or of who is signed in, so that it can be anybody's.
    """
    kept = cast(dict[object, Markup], current_app.extensions["fixed"])
    key = (template, language(), *choices.items())
    if key not in kept or current_app.jinja_env.auto_reload:
        drawn = current_app.jinja_env.get_template(template).render(choices)
        kept[key] = Markup(drawn)  # noqa: S704 - drawn by a template, which escapes
    return kept[key]

"""How every command opens the service, knows who acts, and says what a rule refuses."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, NoReturn

import click
from flask import Flask
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from sosku_groups.accounts import queries as accounts
from sosku_groups.accounts.rules import Actor, Role, parse_role
from sosku_groups.closings.actions import found_organiser
from sosku_groups.core import languages
from sosku_groups.core.database import OldTables, bring_up, let_go
from sosku_groups.core.days import Month
from sosku_groups.core.settings import Settings
from sosku_groups.core.text import N_, NotFound, Refused, Sentence, sentence
from sosku_groups.factory import create_app

REFUSED = 1


class Voice:
    """Says sentences in the acting person's language, on standard error."""

    language = languages.DEFAULT

    def __call__(self, said: Sentence) -> str:
        """The sentence as text."""
        return languages.say(said, self.language)


say = Voice()


def refuse(said: Sentence | str) -> NoReturn:
    """Say why not, and leave with status 1."""
    click.echo(say(said) if isinstance(said, Sentence) else said, err=True)
    sys.exit(REFUSED)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn what rules and the database refuse into a sentence and status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Refused as error:
            refuse(error.why)
        except NotFound:
            refuse(sentence(N_("There is no such thing, or it is not yours to see.")))
        except OldTables:
            refuse(
                sentence(
                    N_("The tables are of another version. Upgrade them with: sosku-groups upgrade")
                )
            )
        except IntegrityError:
            refuse(sentence(N_("Somebody changed the same thing at the same time. Try again.")))
        except OperationalError as error:
            refuse(
                sentence(
                    N_("The database does not answer: {why}"), why=str(error.orig).split("\n")[0]
                )
            )

    return run


@contextmanager
def service() -> Iterator[Flask]:
    """The app with its tables up, in its context."""
    app = create_app(Settings.from_environment())
    try:
        bring_up(app)
        with app.app_context():
            yield app
    finally:
        let_go(app)


def acting(session: Session, app: Flask, email: str) -> Actor:
    """The user who acts; refused when there is none of that name."""
    user = accounts.find_user(session, email)
    if user is None or not user.active:
        raise Refused(sentence(N_("There is no active user {email}."), email=email))
    say.language = user.language
    return accounts.actor_of(user, at=app.config["SETTINGS"].clock(), device="command line")


class MonthType(click.ParamType[Month]):
    """A month as 2026-09."""

    name = "month"

    def convert(self, value: Any, param: Any, ctx: Any) -> Month:
        """Read the month or fail as wrong usage."""
        try:
            return Month.parse(value)
        except ValueError:
            self.fail(f"{value} is not a month such as 2026-09", param, ctx)


class RoleType(click.ParamType[Role]):
    """A role's name."""

    name = "role"

    def convert(self, value: Any, param: Any, ctx: Any) -> Role:
        """Read the role or fail as wrong usage."""
        try:
            return parse_role(value)
        except ValueError:
            self.fail(f"{value} is none of: {', '.join(Role)}", param, ctx)


BY = click.option("--by", "email", required=True, metavar="EMAIL", help="The acting user.")
JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")


def the_organiser(session: Session, name: str, settings: Settings, at: Any) -> int:
    """The organiser by name, the only one, or a new one in an empty database."""
    known = accounts.organisers(session)
    if not known:
        return found_organiser(session, name or settings.organiser_name, at=at).id
    if name:
        found = accounts.find_organiser(session, name)
        return (found or found_organiser(session, name, at=at)).id
    if len(known) > 1:
        refuse(sentence(N_("There are several organisers: add --organiser NAME.")))
    return known[0].id


def organiser_known(session: Session, name: str, app: Flask) -> int:
    """The organiser by name, or the only one; refused where there is none such."""
    if not accounts.organisers(session):
        refuse(sentence(N_("There is no organiser yet: add a user first.")))
    if name and accounts.find_organiser(session, name) is None:
        refuse(sentence(N_("There is no organiser {name}."), name=name))
    return the_organiser(session, name, app.config["SETTINGS"], None)

"""Signing in and out, each role's home, the own profile, users and units."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from sosku_groups.accounts import actions, forms, queries
from sosku_groups.accounts.access import (
    ANYONE,
    SIGNED_IN,
    SignedIn,
    allows,
    cookieless,
    current_actor,
    device,
    forget,
    home_of,
    is_signed_in,
    limiter,
    own_path,
    remember,
    to_sign_in,
)
from sosku_groups.accounts.rules import (
    DEMO_PASSWORD,
    LEAST_PASSWORD,
    ROLE_NAMES,
    Reach,
    Role,
    check_may_give,
)
from sosku_groups.core.database import writing
from sosku_groups.core.forms import errors_of
from sosku_groups.core.languages import LANGUAGES
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.core.web import database, see_other, settings, tell, writes

bp = Blueprint("accounts", __name__)


# -------------------------------------------------------------------------- home, health, sign-in


@bp.get("/")
@allows(ANYONE)
def home() -> ResponseReturnValue:
    """The page where each role's day begins."""
    return redirect(home_of(current_actor()), 303) if is_signed_in() else to_sign_in()


@bp.get("/health")
@allows(ANYONE)
@cookieless
def health() -> Response:
    """Whether the service reaches its database."""
    if not queries.is_reachable(database()):
        return Response("the database does not answer\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")


@bp.get("/sign-in")
@allows(ANYONE)
def sign_in() -> ResponseReturnValue:
    """The form for signing in."""
    wanted = own_path(request.args.get("next", ""))
    if is_signed_in():
        return redirect(wanted or home_of(current_actor()), 303)
    return sign_in_page(wanted)


def sign_in_page(wanted: str, email: str = "", failed: bool = False) -> ResponseReturnValue:
    """The form; in the demo with everybody's sign-in name and the one password."""
    people = queries.demo_users(database()) if settings().demo else []
    page = render_template(
        "accounts/sign_in.html",
        wanted=wanted,
        email=email,
        failed=failed,
        pause=int(actions.PAUSE.total_seconds() // 60),
        people=people,
        role_names=ROLE_NAMES,
        password=DEMO_PASSWORD,
    )
    return page, 422 if failed else 200


@bp.post("/sign-in")
@allows(ANYONE)
@limiter.limit("30 per 15 minutes", deduct_when=lambda response: response.status_code == 422)
def let_in() -> ResponseReturnValue:
    """Sign in; a failed try is kept too, and nobody waits while the password is hashed."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    wanted, at = own_path(request.form.get("next", "")), settings().clock()
    right = actions.right_password(database(), email, password, cheap=settings().testing)
    with writing() as writer:
        language = session.get("language")
        user = actions.sign_in(
            writer, email, right=right, at=at, device=device(), language=language
        )
        if user is not None:
            actor = queries.actor_of(user, at=at, device=device())
            remember(writer, SignedIn(actor, user.key, user.stamp))
    if user is None:
        return sign_in_page(wanted, email, failed=True)
    return see_other_path(wanted or home_of(current_actor()))


def see_other_path(path: str) -> Response:
    """Send the browser on to a path."""
    return Response(status=303, headers={"Location": path})


@bp.post("/sign-out")
@allows(ANYONE)
@writes
def sign_out() -> ResponseReturnValue:
    """Sign out of this browser."""
    forget()
    return see_other("accounts.sign_in")


@bp.post("/language")
@allows(ANYONE)
@writes
def choose_language() -> ResponseReturnValue:
    """Read in another language from now on."""
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES and is_signed_in() and current_actor().pass_id is None:
        actions.set_language(database(), current_actor(), language=chosen)
    elif chosen in LANGUAGES:
        session["language"] = chosen
    return see_other_path(own_path(request.args.get("next", "")) or "/")


# -------------------------------------------------------------------------------- own profile


@bp.get("/profile")
@allows(SIGNED_IN)
def profile() -> ResponseReturnValue:
    """The own name, roles and password."""
    return profile_page()


def profile_page(error: Refused | None = None) -> ResponseReturnValue:
    """The profile, with what was refused."""
    actor = current_actor()
    names = queries.unit_names(database(), actor.organiser_id)
    page = render_template(
        "accounts/profile.html",
        actor=actor,
        grants=[(ROLE_NAMES[role], names.get(unit or 0)) for role, unit in in_order(actor.grants)],
        errors=errors_of(error),
        least=LEAST_PASSWORD,
    )
    return page, 422 if error else 200


def in_order(grants: Iterable[tuple[Role, int | None]]) -> forms.Pairs:
    """Roles as the enumeration has them, those for everywhere first."""
    order = list(Role)
    return sorted(grants, key=lambda grant: (order.index(grant[0]), grant[1] or 0))


@bp.post("/profile/password")
@allows(SIGNED_IN)
@limiter.limit("20 per 15 minutes", deduct_when=lambda response: response.status_code == 422)
@writes
def change_password() -> ResponseReturnValue:
    """Give oneself another password."""
    typed = {name: request.form.get(name, "") for name in ("current", "new", "again")}
    try:
        user = actions.change_own_password(
            database(), current_actor(), **typed, cheap=settings().testing
        )
    except Refused as error:
        return profile_page(error)
    remember(database(), SignedIn(current_actor(), user.key, user.stamp))
    tell(sentence(N_("The password has been changed. Other devices are signed out.")))
    return see_other("accounts.profile")


# -------------------------------------------------------------------------------------- users


@bp.get("/users")
@allows(Role.ADMINISTRATOR)
def users() -> ResponseReturnValue:
    """All users with their roles."""
    organiser_id = current_actor().organiser_id
    return render_template(
        "accounts/users.html",
        users=queries.administered(database(), current_actor()),
        unit_names=queries.unit_names(database(), organiser_id),
        role_names=ROLE_NAMES,
    )


@bp.get("/users/new")
@allows(Role.ADMINISTRATOR)
def new_user() -> ResponseReturnValue:
    """The form for a new user."""
    return user_page(None)


@bp.post("/users/new")
@allows(Role.ADMINISTRATOR)
@writes
def add_user() -> ResponseReturnValue:
    """Make a user."""
    actor = current_actor()
    try:
        user = actions.add_user(
            database(),
            organiser_id=actor.organiser_id,
            email=request.form.get("email", ""),
            at=actor.at,
            by=actor,
            **asked(),
        )
    except Refused as error:
        return user_page(None, error)
    tell(sentence(N_("{name} can now sign in."), name=user.name))
    return see_other("accounts.users")


def asked() -> dict[str, Any]:
    """What the form says of a user, new or old."""
    unit_ids = {unit.key: unit.id for unit in unit_choices()}
    return {
        "name": request.form.get("name", ""),
        "grants": forms.read_grants(request.form, unit_ids),
        "password": request.form.get("password", ""),
        "cheap": settings().testing,
    }


@bp.get("/users/<key>")
@allows(Role.ADMINISTRATOR)
def user(key: str) -> ResponseReturnValue:
    """One user, to be changed."""
    return user_page(key)


@bp.post("/users/<key>")
@allows(Role.ADMINISTRATOR)
@writes
def change_user(key: str) -> ResponseReturnValue:
    """Change a user's name, roles, standing or password."""
    actor = current_actor()
    found = queries.get_user(database(), actor, key)
    active = "active" in request.form
    try:
        actions.change_user(database(), actor, user=found, active=active, **asked())
    except Refused as error:
        return user_page(key, error)
    tell(sentence(N_("Saved.")))
    return see_other("accounts.users")


def user_page(key: str | None, error: Refused | None = None) -> ResponseReturnValue:
    """The form of a user: new (no key) or standing, or as it was typed and refused."""
    found = queries.get_user(database(), current_actor(), key) if key else None
    page = render_template(
        "accounts/user.html",
        user=found,
        grants=forms.grants_of(found.grants if found else [], unit_choices()),
        typed=request.form if error else None,
        units=unit_choices(),
        everywhere=reach().everywhere,
        further=forms.FURTHER,
        role_names=ROLE_NAMES,
        errors=errors_of(error),
        least=LEAST_PASSWORD,
    )
    return page, 422 if error else 200


def reach() -> Reach:
    """The units that the person administers."""
    return current_actor().reach(Role.ADMINISTRATOR)


def unit_choices() -> list[forms.Place]:
    """The units that the person administers."""
    return [
        forms.Place(unit.id, unit.key, unit.name)
        for unit in queries.units(database(), current_actor().organiser_id, reach())
    ]


# -------------------------------------------------------------------------------------- units


@bp.get("/units")
@allows(Role.ADMINISTRATOR)
def units() -> ResponseReturnValue:
    """All units, and the form for another."""
    return units_page()


def units_page(error: Refused | None = None) -> ResponseReturnValue:
    """The units, with what was refused."""
    page = render_template(
        "accounts/units.html",
        units=unit_choices(),
        may_add=reach().everywhere,
        typed=request.form.get("name", ""),
        errors=errors_of(error),
    )
    return page, 422 if error else 200


@bp.post("/units")
@allows(Role.ADMINISTRATOR)
@writes
def add_unit() -> ResponseReturnValue:
    """Make a unit."""
    check_may_give(current_actor(), [(Role.ADMINISTRATOR, None)])
    try:
        unit = actions.add_unit(database(), current_actor(), name=request.form.get("name", ""))
    except Refused as error:
        return units_page(error)
    tell(sentence(N_("The unit {name} has been added."), name=unit.name))
    return see_other("accounts.units")


@bp.get("/units/<key>")
@allows(Role.ADMINISTRATOR)
def unit(key: str) -> ResponseReturnValue:
    """One unit, to be renamed."""
    return unit_page(key)


def unit_page(key: str, error: Refused | None = None) -> ResponseReturnValue:
    """The form of one unit, with what was refused."""
    found = queries.get_unit(database(), current_actor(), key)
    page = render_template(
        "accounts/unit.html",
        unit=found,
        typed=request.form.get("name", found.name),
        errors=errors_of(error),
    )
    return page, 422 if error else 200


@bp.post("/units/<key>")
@allows(Role.ADMINISTRATOR)
@writes
def rename_unit(key: str) -> ResponseReturnValue:
    """Give a unit another name."""
    actor = current_actor()
    found = queries.get_unit(database(), actor, key)
    try:
        actions.rename_unit(database(), actor, unit=found, name=request.form.get("name", ""))
    except Refused as error:
        return unit_page(key, error)
    tell(sentence(N_("Saved.")))
    return see_other("accounts.units")

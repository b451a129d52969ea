"""Builds the app; the only module that knows every feature."""

from datetime import timedelta

from flask import Flask

from sosku_groups.accounts import access
from sosku_groups.accounts import actions as accounts_actions
from sosku_groups.accounts import views as accounts_views
from sosku_groups.allowances import views as allowances_views
from sosku_groups.allowances.queries import earned, told_sums, untold
from sosku_groups.attendance.queries import marked_among, people_of_meeting
from sosku_groups.bookings import views as bookings_views
from sosku_groups.calendars import views as calendars_views
from sosku_groups.calendars.actions import end_with_roles
from sosku_groups.casework import views as casework_views
from sosku_groups.core import database, pieces, web
from sosku_groups.core.sessions import Sessions
from sosku_groups.core.settings import ROOT, Settings
from sosku_groups.corrections import queries as corrections
from sosku_groups.decisions import views as decisions_views
from sosku_groups.devices import views as devices_views
from sosku_groups.enrolment import views as enrolment_views
from sosku_groups.enrolment.queries import places
from sosku_groups.entries import views as entries_views
from sosku_groups.entries.queries import how_many_wait
from sosku_groups.groups import views as groups_views
from sosku_groups.groups.queries import Above, stand_under
from sosku_groups.imports import views as imports_views
from sosku_groups.merging import views as merging_views
from sosku_groups.oversight import views as oversight_views
from sosku_groups.payments import views as payments_views
from sosku_groups.staff_events import views as staff_events_views
from sosku_groups.steering import views as steering_views
from sosku_groups.substitutes import views as substitutes_views
from sosku_groups.substitutes.queries import by_pass
from sosku_groups.tablet import views as tablet_views
from sosku_groups.travel import views as travel_views


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application with the given settings, else those of the environment."""
    settings = settings or Settings.from_environment()
    here = ROOT if (ROOT / "templates").exists() else ROOT / "sosku_groups"
    app = Flask(
        "sosku_groups",
        template_folder=str(here / "templates"),
        static_folder=str(here / "static"),
        instance_path=str(settings.instance_path),
    )
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        MAX_CONTENT_LENGTH=web.LARGEST_UPLOAD + 64 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.behind_https,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        # Twelve hours from signing in, not from the last look; and no cookie with every answer.
        SESSION_REFRESH_EACH_REQUEST=False,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        WTF_CSRF_TIME_LIMIT=None,
        **database.configuration(settings),
    )
    app.session_interface = Sessions()
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    database.install(app)
    web.install(app)
    pieces.install(app)
    access.install(app)
    devices_views.install(app)
    calendars_views.install(app)
    app.register_blueprint(accounts_views.bp)
    app.register_blueprint(allowances_views.bp)
    app.register_blueprint(bookings_views.bp)
    app.register_blueprint(calendars_views.bp)
    app.register_blueprint(casework_views.bp)
    app.register_blueprint(decisions_views.bp)
    app.register_blueprint(devices_views.bp)
    app.register_blueprint(enrolment_views.bp)
    app.register_blueprint(entries_views.bp)
    app.register_blueprint(groups_views.bp)
    app.register_blueprint(merging_views.bp)
    app.register_blueprint(oversight_views.bp)
    app.register_blueprint(imports_views.bp)
    app.register_blueprint(payments_views.bp)
    app.register_blueprint(staff_events_views.bp)
    app.register_blueprint(steering_views.bp)
    app.register_blueprint(substitutes_views.bp)
    app.register_blueprint(tablet_views.bp)
    app.register_blueprint(travel_views.bp)
    access.badge("entries.reviews", how_many_wait)
    access.badge_asked("tablet.today", "tablet.unmarked")
    access.stand_under(access.Above(by_pass=by_pass, arrived=devices_views.arrived))
    accounts_actions.stand_under(end_with_roles)
    stand_under(Above(marked=marked_among, enrolled=places))
    corrections.stand_under(
        corrections.Above(untold=untold, earned=earned, told=told_sums, people=people_of_meeting)
    )
    return app

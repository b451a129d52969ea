"""A bare Flask + SQLAlchemy app to compare with: the same work, and nothing else.

The tap: sign-in by Flask-Login, CSRF check by Flask-WTF, one upsert, one audit row, a durable
commit and a fragment. The page: fifteen ORM rows in a template.
"""

from datetime import UTC, datetime

from flask import Flask, render_template_string
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect, generate_csrf
from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

from sosku_groups.core.database import begin_write, prepare


class Base(DeclarativeBase):
    """The bare tables."""


class Member(Base, UserMixin):  # type: ignore[misc]
    """Somebody who signs in."""

    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Person(Base):
    """Somebody on the list."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    first_names: Mapped[str]
    last_name: Mapped[str]


class Tick(Base):
    """One mark."""

    __tablename__ = "tick"
    __table_args__ = (UniqueConstraint("meeting_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    mark: Mapped[str]
    at: Mapped[datetime]
    person: Mapped[Person] = relationship()


class Trail(Base):
    """One audit row."""

    __tablename__ = "trail"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    member_id: Mapped[int]
    event: Mapped[str]
    person_id: Mapped[int]


MARKS = ("present", "remote", "excused", "justified", "absent")
ROW = """
<li id="row-{{ person.id }}"><h2>{{ person.first_names }} {{ person.last_name }}</h2>
<form method="post" action="/meetings/1/marks/{{ person.id }}">
<input type="hidden" name="csrf_token" value="{{ token }}">
{% for each in marks %}<button name="mark" value="{{ each }}"
 aria-pressed="{{ 'true' if each == mark else 'false' }}">{{ each }}</button>{% endfor %}
</form><p>{{ effect }}</p></li>
"""
PAGE = (
    "<!doctype html><html lang='fi'><head><title>Roster</title></head><body><h1>Roster</h1><ul>"
    "{% for tick in ticks %}{% set person = tick.person %}{% set mark = tick.mark %}"
    + ROW
    + "{% endfor %}</ul></body></html>"
)


def bare_app(url: str) -> Flask:
    """The bare app with one meeting of fifteen people."""
    app = Flask("bare")
    app.config.update(
        SECRET_KEY="bare",
        SQLALCHEMY_DATABASE_URI=url,
        WTF_CSRF_TIME_LIMIT=None,
        SQLALCHEMY_ENGINE_OPTIONS={"connect_args": {"check_same_thread": False}},
    )
    db = SQLAlchemy(app, disable_autonaming=True)
    CSRFProtect(app)
    manager = LoginManager(app)
    with app.app_context():
        prepare(db.engine)
        Base.metadata.create_all(db.engine)
        begin_write(db.session())
        db.session.add(Member(id=1, name="Oili"))
        for number in range(1, 16):
            db.session.add(Person(id=number, first_names=f"Aino {number}", last_name="Aalto"))
        db.session.flush()
        for number in range(1, 16):
            db.session.add(
                Tick(meeting_id=1, person_id=number, mark="present", at=datetime.now(UTC))
            )
        db.session.commit()

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(key: str) -> Member | None:
        return db.session.get(Member, int(key))

    @app.get("/in")
    def sign_in() -> str:
        login_user(db.session.get(Member, 1))
        return str(generate_csrf())

    @app.post("/meetings/1/marks/<int:person_id>")
    def mark(person_id: int) -> str:
        from flask import request

        wanted = request.form["mark"]
        db.session.rollback()
        begin_write(db.session())
        member_id = current_user.id
        upsert = insert(Tick).values(
            meeting_id=1, person_id=person_id, mark=wanted, at=datetime.now(UTC)
        )
        db.session.execute(
            upsert.on_conflict_do_update(
                index_elements=["meeting_id", "person_id"],
                set_={"mark": upsert.excluded.mark, "at": upsert.excluded.at},
            )
        )
        db.session.add(
            Trail(at=datetime.now(UTC), member_id=member_id, event="marked", person_id=person_id)
        )
        person = db.session.get_one(Person, person_id)
        answer = render_template_string(
            ROW, person=person, token=generate_csrf(), marks=MARKS, mark=wanted, effect="9,00 €"
        )
        db.session.commit()
        return answer

    app.view_functions["mark"] = login_required(mark)

    @app.get("/meetings/1")
    @login_required  # type: ignore[untyped-decorator]
    def page() -> str:
        ticks = db.session.scalars(
            select(Tick).options(joinedload(Tick.person)).order_by(Tick.person_id)
        ).all()
        return render_template_string(
            PAGE, ticks=ticks, token=generate_csrf(), marks=MARKS, effect="9,00 €"
        )

    return app

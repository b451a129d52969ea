"""The roster on paper: printed with boxes, and typed in later."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from sosku_groups.accounts.access import allows, current_actor, log_reading
from sosku_groups.attendance.actions import mark
from sosku_groups.attendance.rules import Mark, Way
from sosku_groups.core.text import N_, Nn_, Refused, Sentence, sentence
from sosku_groups.core.web import database, see_other, tell, writes
from sosku_groups.tablet import forms, queries
from sosku_groups.tablet.queries import Sheet
from sosku_groups.tablet.rules import (
    KEY_WORDS,
    MOST_ON_PAPER,
    PAPER_KEYS,
    SPARE_LINES,
    paper_density,
    paper_sheets,
)
from sosku_groups.tablet.views.blueprint import HOLDERS, bp
from sosku_groups.tablet.views.rows import heads


@bp.get("/meetings/<key>/paper")
@allows(*HOLDERS)
def paper(key: str) -> ResponseReturnValue:
    """The roster on A4 with a box for each mark, and lines for who comes besides."""
    sheet = on_paper(key)
    log_reading("attendance.roster_printed", [p.client_id for p in sheet.expected], key)
    return render_template(
        "tablet/paper.html",
        sheet=sheet,
        meeting=sheet.meeting,
        spare=range(SPARE_LINES),
        most=MOST_ON_PAPER,
        sheets=paper_sheets(len(sheet.expected)),
        density=paper_density(len(sheet.expected)),
        called=queries.names_of_substitute(sheet),
        **heads(sheet),
    )


def on_paper(key: str) -> Sheet:
    """The roster as it lies on paper: names as short as on a tablet, whoever prints it."""
    session, actor = database(), current_actor()
    meeting = queries.get_roster_meeting(session, actor, key)
    return queries.sheet(session, actor, meeting)


@bp.get("/meetings/<key>/typing")
@allows(*HOLDERS)
def typing(key: str) -> ResponseReturnValue:
    """The paper's rows in its order, to be typed in by keyboard alone."""
    return typing_page(on_paper(key))


def typing_page(sheet: Sheet, errors: dict[str, Sentence] | None = None) -> ResponseReturnValue:
    """The rows, or as they were typed with what was refused."""
    log_reading("attendance.roster_read", [p.client_id for p in sheet.expected], sheet.meeting.key)
    offered = sheet.offer.marks
    page = render_template(
        "tablet/typing.html",
        sheet=sheet,
        meeting=sheet.meeting,
        # What was typed is shown again, also when no mark can be made any more.
        choices=[(m.value, KEY_WORDS[m], PAPER_KEYS[m]) for m in Mark if errors or m in offered],
        typed=request.form if errors else None,
        errors=errors or {},
        **heads(sheet),
    )
    return page, 422 if errors else 200


@bp.post("/meetings/<key>/typing")
@allows(*HOLDERS)
@writes
def type_in(key: str) -> ResponseReturnValue:
    """Let what was typed stand, all of it or nothing, as marks from paper."""
    sheet = on_paper(key)
    wishes = forms.read_typed(request.form, [person.key for person in sheet.expected])
    errors = refused_of(sheet, wishes)
    if errors:
        database().rollback()
        return typing_page(on_paper(key), errors)
    words = Nn_("{n} mark was typed in.", "{n} marks were typed in.")
    told = sentence(words, n=len(wishes)) if wishes else sentence(N_("Nothing was changed."))
    tell(told, "success" if wishes else "info")
    return see_other("tablet.roster", key=key)


def refused_of(sheet: Sheet, wishes: dict[str, forms.Typed]) -> dict[str, Sentence]:
    """Set each mark that was typed; the sentences of those that may not be set, by client key."""
    errors = {}
    # In one order for all, so that two who type at once wait for each other and not in a ring.
    for person in sorted(sheet.expected, key=lambda one: one.client_id):
        if person.key in wishes:
            try:
                set_typed(sheet, person.client_id, wishes[person.key])
            except Refused as error:
                errors[person.key] = error.why
    return errors


def set_typed(sheet: Sheet, client_id: int, wish: forms.Typed) -> None:
    """Let one mark from paper stand."""
    mark(
        database(),
        current_actor(),
        meeting=sheet.meeting,
        client_id=client_id,
        mark=wish.mark,
        based_on=wish.seen,
        way=Way.PAPER,
    )

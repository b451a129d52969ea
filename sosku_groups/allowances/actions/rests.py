"""What people decide of carried rests: letting go takes two, setting off a held one takes one (L4).

All of it is decided of the rest as it stands: the list that carries it is written down, and once
a later list has begun with it, or that list is returned, nothing more is decided of it.
"""

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role
from sosku_groups.allowances.models import RestDecision
from sosku_groups.allowances.queries import holds_rests, rest_list_id, rests, waiting
from sosku_groups.allowances.rules import Rest, RestKind, check_part, check_whole, reason_given
from sosku_groups.audit.actions import record
from sosku_groups.clients.models import Client
from sosku_groups.closings.queries import hold_alone
from sosku_groups.core.text import N_, NotAllowed, NotFound, Refused, sentence


def hold_rest(session: Session, actor: Actor, client: Client) -> Rest:
    """The client's rest, with closing and other decisions kept waiting."""
    if client.organiser_id != actor.organiser_id:
        raise NotFound
    hold_alone(session, actor.organiser_id)
    return rests(session, actor.organiser_id).get(client.id, Rest())


def ask_to_let_go(
    session: Session, actor: Actor, *, client: Client, cents: int, reason: str
) -> RestDecision:
    """Ask that so much of a client's rest be let go; it counts when another person confirms it."""
    check_whole(actor, Role.FINANCE)
    rest = hold_rest(session, actor, client)
    reason = reason_given(reason, N_("Write why the rest is let go."))
    if client.id in waiting(session, actor.organiser_id):
        raise Refused(sentence(N_("A second person has already been asked about this rest.")))
    asked = decision(actor, client, RestKind.LET_GO, check_part(cents, rest.cents), reason)
    return added(session, actor, asked, "allowances.rest_let_go_asked")


def confirm_letting_go(session: Session, actor: Actor, *, asked: RestDecision) -> None:
    """Let a rest go as another person has asked; the next list begins with what is left."""
    check_whole(actor, Role.APPROVER, Role.FINANCE)
    client = hold_asked(session, actor, asked)
    if asked.asked_by == actor.user_id:
        raise NotAllowed(sentence(N_("You asked for this, so somebody else confirms it.")))
    rest = rests(session, actor.organiser_id).get(client.id, Rest())
    check_part(asked.cents, rest.cents)
    decide(session, actor, asked)
    session.flush()
    note(session, actor, asked, "allowances.rest_let_go")


def withdraw(session: Session, actor: Actor, *, asked: RestDecision) -> None:
    """Withdraw what was asked, as long as nobody has confirmed it."""
    check_whole(actor, Role.FINANCE)
    hold_asked(session, actor, asked)
    asked.withdrawn_at, asked.withdrawn_by = actor.at, actor.user_id
    session.flush()
    note(session, actor, asked, "allowances.rest_let_go_withdrawn")


def set_off_held(
    session: Session, actor: Actor, *, client: Client, cents: int, reason: str
) -> RestDecision:
    """Let so much of a held rest be set off against the client's coming money."""
    check_whole(actor, Role.FINANCE)
    rest = hold_rest(session, actor, client)
    if not holds_rests(session, actor.organiser_id):
        raise Refused(sentence(N_("Rests are set off without a decision, so none is needed.")))
    reason = reason_given(reason, N_("Write on what grounds the rest is set off."))
    cents = check_part(cents, rest.cents + rest.permitted)
    made = decision(actor, client, RestKind.SET_OFF, cents, reason)
    decide(session, actor, made)
    return added(session, actor, made, "allowances.rest_set_off")


def hold_asked(session: Session, actor: Actor, asked: RestDecision) -> Client:
    """The client of what still waits for a second person, with other changes kept waiting."""
    if asked.organiser_id != actor.organiser_id:
        raise NotFound
    hold_alone(session, actor.organiser_id)
    session.refresh(asked)
    if asked.confirmed_at is not None or asked.withdrawn_at is not None:
        raise Refused(sentence(N_("This has already been confirmed or withdrawn.")))
    return session.get_one(Client, asked.client_id)


def decide(session: Session, actor: Actor, made: RestDecision) -> None:
    """Bind it to the list that carries the rest, with who decides and when."""
    list_id = rest_list_id(session, actor.organiser_id, made.client_id)
    made.list_id, made.confirmed_at, made.confirmed_by = list_id, actor.at, actor.user_id


def decision(actor: Actor, client: Client, kind: RestKind, cents: int, reason: str) -> RestDecision:
    """A new decision on a rest, asked now."""
    return RestDecision(
        organiser_id=actor.organiser_id,
        client_id=client.id,
        kind=kind,
        cents=cents,
        reason=reason,
        asked_at=actor.at,
        asked_by=actor.user_id,
    )


def added(session: Session, actor: Actor, made: RestDecision, event: str) -> RestDecision:
    """Keep a new decision, and log it."""
    session.add(made)
    session.flush()
    note(session, actor, made, event)
    return made


def note(session: Session, actor: Actor, made: RestDecision, event: str) -> None:
    """Log what was asked or decided of a client's rest."""
    record(
        session,
        actor,
        event,
        client_id=made.client_id,
        subject=made.key,
        reason=made.reason,
        detail={"cents": made.cents},
    )

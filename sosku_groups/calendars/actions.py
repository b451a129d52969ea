"""Making and revoking the secret addresses of feeds."""

import secrets

from sqlalchemy.orm import Session

from sosku_groups.accounts.rules import Actor, Role, check_role
from sosku_groups.audit.actions import record
from sosku_groups.calendars.models import FeedAddress
from sosku_groups.calendars.rules import LONGEST_LABEL, Subscriber, hash_of
from sosku_groups.core.letters import check_seen
from sosku_groups.core.text import N_, Refused, sentence
from sosku_groups.decisions.queries import get_client


def make_address(session: Session, actor: Actor, *, client: Subscriber, label: str) -> str:
    """Make an address and give its secret of 256 bits, of which only the hash is kept (C1)."""
    check_role(actor, Role.SOCIAL_WORKER, Role.COORDINATOR)
    seen = get_client(session, actor, client.key)
    label = " ".join(label.split())
    check_seen(label, "label")
    if len(label) > LONGEST_LABEL:
        raise Refused(sentence(N_("At most {most} characters."), most=LONGEST_LABEL), "label")
    secret = secrets.token_urlsafe(32)
    address = FeedAddress(
        client_id=seen.id,
        label=label,
        secret_hash=hash_of(secret),
        made_at=actor.at,
        made_by=actor.user_id,
    )
    session.add(address)
    session.flush()
    record(session, actor, "calendars.address_made", client_id=seen.id, subject=address.key)
    return secret


def revoke_address(
    session: Session, actor: Actor, *, client: Subscriber, address: FeedAddress
) -> bool:
    """Make an address answer as if it had never been (C3); False when it is revoked already."""
    check_role(actor, Role.SOCIAL_WORKER, Role.COORDINATOR)
    seen = get_client(session, actor, client.key)
    if address.revoked_at is not None:
        return False
    address.revoked_at = actor.at
    address.revoked_by = actor.user_id
    address.secret_hash = None
    session.flush()
    record(session, actor, "calendars.address_revoked", client_id=seen.id, subject=address.key)
    return True

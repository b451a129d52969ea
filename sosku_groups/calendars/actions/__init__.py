"""Making and revoking addresses, keeping feeds, and noting when they were fetched."""

from sosku_groups.calendars.actions.addresses import (
    choose_title,
    end_addresses,
    erase,
    make_address,
    new_address,
    revoke_address,
)
from sosku_groups.calendars.actions.fetches import Fetch, note_fetches
from sosku_groups.calendars.actions.kept import Made, begin_feed, keep, make, settle
from sosku_groups.calendars.actions.staff import (
    end_with_roles,
    make_own_address,
    make_room_address,
    make_unit_address,
    revoke_own_address,
    revoke_unit_address,
)

__all__ = [
    "Fetch",
    "Made",
    "begin_feed",
    "choose_title",
    "end_addresses",
    "end_with_roles",
    "erase",
    "keep",
    "make",
    "make_address",
    "make_own_address",
    "make_room_address",
    "make_unit_address",
    "new_address",
    "note_fetches",
    "revoke_address",
    "revoke_own_address",
    "revoke_unit_address",
    "settle",
]

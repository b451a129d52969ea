"""Finding feeds by their secrets, what a feed holds, addresses, and who has to be called."""

from sosku_groups.calendars.queries.addresses import (
    address_behind,
    addresses_of,
    get_address,
    makers_of,
    owned_by,
    owner_of,
)
from sosku_groups.calendars.queries.calls import (
    Call,
    Calls,
    calls_of,
    get_changed_meeting,
    last_fetch,
)
from sosku_groups.calendars.queries.clients import (
    client_content,
    client_ends,
    client_owners,
    records,
)
from sosku_groups.calendars.queries.contents import content_of
from sosku_groups.calendars.queries.kept import Finder, Found, Known, Lookup
from sosku_groups.calendars.queries.staff import places_of, rooms_of

__all__ = [
    "Call",
    "Calls",
    "Finder",
    "Found",
    "Known",
    "Lookup",
    "address_behind",
    "addresses_of",
    "calls_of",
    "client_content",
    "client_ends",
    "client_owners",
    "content_of",
    "get_address",
    "get_changed_meeting",
    "last_fetch",
    "makers_of",
    "owned_by",
    "owner_of",
    "places_of",
    "records",
    "rooms_of",
]

"""What is looked for in the use log, and what its events are called."""

from dataclasses import dataclass
from datetime import date

from sosku_groups.core.text import N_


@dataclass(frozen=True)
class Filters:
    """What an auditor looks for; empty values let everything through. Pages count from 1."""

    first: date | None = None
    last: date | None = None
    user: str = ""
    client: str = ""
    event: str = ""
    page: int = 1


# Every event that the code records stands here, or a test fails.
EVENTS = {
    "accounts.password_changed": N_("Changed the own password"),
    "accounts.payer_account_set": N_("Set the account that payments are made from"),
    "accounts.sign_in_failed": N_("Failed to sign in"),
    "accounts.signed_in": N_("Signed in"),
    "accounts.unit_added": N_("Added a unit"),
    "accounts.unit_renamed": N_("Renamed a unit"),
    "accounts.user_added": N_("Added a user"),
    "accounts.user_changed": N_("Changed a user"),
    "allowances.approved": N_("Approved a month list"),
    "allowances.client_month_read": N_("Read a client's month for payment"),
    "allowances.close_begun": N_("Began to close a month"),
    "allowances.closed": N_("Closed a month"),
    "allowances.file_fetched": N_("Fetched a file of a month list"),
    "allowances.file_read": N_("Fetched a file with the client's line"),
    "allowances.left_out": N_("Left a client out of the month list"),
    "allowances.list_read": N_("Read a month list"),
    "allowances.listed": N_("Put a client on a month list"),
    "allowances.month_read": N_("Read a month before closing"),
    "allowances.paid": N_("Noted a month list as paid"),
    "allowances.paying_again_asked": N_("Put a payment on the next list again"),
    "allowances.paying_again_taken_back": N_("Took a payment off the next list again"),
    "allowances.result_told": N_("Took in the result of a client's payment"),
    "allowances.rest_let_go": N_("Let a rest go"),
    "allowances.rest_let_go_asked": N_("Asked to let a rest go"),
    "allowances.rest_let_go_withdrawn": N_("Withdrew the wish to let a rest go"),
    "allowances.rest_read": N_("Read a client's rest"),
    "allowances.rest_set_off": N_("Let a held rest be set off"),
    "allowances.returned": N_("Returned a month list"),
    "allowances.taken_back_in": N_("Took a client back onto the month list"),
    "attendance.conflict_found": N_("Marked otherwise than somebody else had"),
    "attendance.conflict_settled": N_("Settled two marks that differed"),
    "attendance.entry_applied": N_("Took a reviewed mark in"),
    "attendance.entry_differs": N_("Sent a mark under the name of another"),
    "attendance.entry_dismissed": N_("Set a reviewed mark aside"),
    "attendance.entry_kept": N_("Sent a mark that a coordinator reviews"),
    "attendance.mark_read": N_("Read the history of a mark"),
    "attendance.marked": N_("Marked attendance"),
    "attendance.meeting_listed": N_("Saw the client on a list of meetings"),
    "attendance.note_written": N_("Wrote a note on attendance"),
    "attendance.review_read": N_("Read a mark that waits for review"),
    "attendance.roster_printed": N_("Printed a roster"),
    "attendance.roster_read": N_("Read a roster"),
    "attendance.taken_back": N_("Took a mark back"),
    "attendance.visit_handled": N_("Handled a visit without money"),
    "calendars.address_made": N_("Made a calendar address"),
    "calendars.address_revoked": N_("Revoked a calendar address"),
    "calendars.addresses_read": N_("Read the calendar addresses"),
    "clients.changed": N_("Changed a client's details"),
    "clients.exclusions_read": N_("Read the days with expense compensation"),
    "clients.listed": N_("Saw the client on a list of clients"),
    "clients.merged": N_("Merged two records of a client"),
    "clients.merges_read": N_("Looked at the merging of a client's records"),
    "clients.month_read": N_("Read a client's month"),
    "clients.opened": N_("Opened another worker's client with a reason"),
    "clients.parted": N_("Took the merging of a client's records back"),
    "clients.read": N_("Read a client's page"),
    "decisions.added": N_("Added a decision"),
    "decisions.changed": N_("Changed a decision"),
    "decisions.ended": N_("Ended a decision early"),
    "decisions.form_read": N_("Opened the form of a decision"),
    "decisions.grants_changed": N_("Changed the grants of a decision"),
    "decisions.reopened": N_("Took back the early end of a decision"),
    "enrolment.changed": N_("Changed an enrolment"),
    "enrolment.enrolled": N_("Enrolled a client in a group"),
    "enrolment.members_read": N_("Read the members of a group"),
    "enrolment.put_on_waiting_list": N_("Put a client on a waiting list"),
    "enrolment.taken_off_waiting_list": N_("Took a client off a waiting list"),
    "enrolment.waiting_list_ordered": N_("Changed the order of a waiting list"),
    "groups.effect_read": N_("Saw what a change does to closed days"),
    "groups.group_added": N_("Added a group"),
    "groups.group_changed": N_("Changed a group"),
    "groups.meeting_added": N_("Added a meeting"),
    "groups.meeting_cancelled": N_("Cancelled a meeting"),
    "groups.meeting_moved": N_("Moved a meeting"),
    "groups.meeting_read": N_("Read an individual meeting"),
    "groups.meeting_restored": N_("Restored a cancelled meeting"),
    "imports.brought": N_("Uploaded a file"),
    "imports.discarded": N_("Threw a file away"),
    "imports.preview_read": N_("Read what a file would do"),
    "imports.taken_in": N_("Took a file in"),
    "ledger.excluded": N_("Recorded a day with expense compensation"),
    "ledger.exclusion_changed": N_("Changed a day with expense compensation"),
    "ledger.included": N_("Removed a day with expense compensation"),
    "oversight.log_read": N_("Read the use log"),
    "payments.file_begun": N_("Began to make a long file of a month list"),
    "policies.confirmed": N_("Confirmed a policy"),
    "policies.effect_read": N_("Read what a policy would change"),
    "policies.proposed": N_("Proposed a policy"),
    "policies.refused": N_("Refused a proposed policy"),
    "policies.withdrawn": N_("Withdrew a proposed policy"),
    "travel.code_shown": N_("Saw a ticket code"),
    "travel.desk_read": N_("Saw the client at the travel desk"),
    "travel.given": N_("Gave a ticket out"),
    "travel.lost": N_("Noted a ticket as lost"),
    "travel.returned": N_("Noted a ticket as returned"),
    "travel.tickets_read": N_("Read a client's tickets"),
}

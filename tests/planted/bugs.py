"""The bugs: where a guard stands, what takes its place, and which tests must go red."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

GUARDS = "tests/database/test_audit_guards.py tests/database/test_list_guards.py"
LISTS = "tests/database/test_allowances.py"
RESTS = "tests/database/test_rests.py"
SEQUENCE = "tests/model/test_model_sequences.py::test_"
LIST = f"{LISTS}::test_"
GAP = f"{SEQUENCE}a_gap_of_a_day_is_later_filled_by_a_backdated_decision"
MIDNIGHT = f"{SEQUENCE}a_meeting_over_midnight_on_the_last_of_a_month_is_that_months"
AGAIN = f"{SEQUENCE}present_then_closed_then_absent_then_present"
CANCELLED = f"{SEQUENCE}a_meeting_cancelled_after_marks_before_closing"
CLOCK = f"{SEQUENCE}a_day_on_which_the_clock_changes"
NEIGHBOUR = f"{SEQUENCE}another_organiser_of_the_same_days_changes_nothing"
PARTING = "tests/database/test_parting.py::test_"
RESULTS = "tests/database/test_payment_results.py::test_"
RECOUNTED = "tests/database/test_recounting.py::test_"
AT_ONCE = (
    f"{LIST}of_two_who_close_at_once_one_is_told "
    f"{LIST}of_two_who_approve_and_return_at_once_one_is_told"
)
FIRST = "migrations/versions/0001_main_job.py"
SECOND = "migrations/versions/0002_audited_money.py"
THIRD = "migrations/versions/0003_tablets.py"
ACTIONS = "sosku_groups/allowances/actions"
RULES = "sosku_groups/allowances/rules"
QUERIES = "sosku_groups/allowances/queries"
PAYMENTS = "sosku_groups/payments/actions"
CHECK = "sosku_groups/invariants/queries"
DAYS = "sosku_groups/ledger/rules"
SENT = "tests/database/test_entry_guards.py"
UNDECIDED = "tests/database/test_undecided.py::test_"
CORE_DAYS = "sosku_groups/core/days"
SENDING = "static/outbox/send.js"
FAULTS = "tests/faults/test_faulty_network.py"
OFFLINE = "tests/browser/test_offline.py::test_"
ENTRIES = "tests/database/test_entries.py::test_"
LOCK = "tests/browser/test_lock.py::test_"
DOOR = "tests/pages/test_door.py::test_"
FEEDS = "tests/pages/test_calendars_kept.py::test_"
FEED_DOOR = "tests/pages/test_calendars_door.py::test_"
FIFTH = "migrations/versions/0005_feeds.py"
SEVENTH = "migrations/versions/0007_grounds_at_once.py"
STAFF_FEEDS = "tests/database/test_staff_feeds.py::test_"
FETCHED = "tests/database/test_booking_files.py::test_"


@dataclass(frozen=True)
class Bug:
    """One guard taken away: after `anchor`, in the module or folder, `old` becomes `new`."""

    what: str
    place: str
    anchor: str
    old: str
    new: str
    tests: str
    engine: str = "sqlite"

    def file(self, root: Path = ROOT) -> Path:
        """The one file of the place in which the guard stands."""
        path = root / self.place
        found = [path] if path.is_file() else sorted({*path.glob("*.py"), path.with_suffix(".py")})
        having = [file for file in found if file.is_file() and self.planted(file.read_text())]
        if len(having) != 1:
            raise LookupError(f"{self.what}: the guard stands in {len(having)} files")
        return having[0]

    def planted(self, text: str) -> str | None:
        """The text with the bug in it; None where the guard is not there."""
        head, anchor, tail = text.partition(self.anchor)
        if not anchor or self.old not in tail:
            return None
        return head + anchor + tail.replace(self.old, self.new, 1)


def written_once(table: str) -> Bug:
    """A table of the first migration that may be written anew."""
    return Bug(
        f"rows of {table} may be changed and deleted",
        FIRST,
        "APPEND_ONLY = (",
        f'"{table}"',
        '"feed_address"',
        GUARDS,
    )


BUGS = (
    # What the database itself keeps.
    *map(written_once, ("mark_change", "audit_entry", "list_line", "payee", "list_file")),
    Bug(
        "rows of policy may be changed",
        SECOND,
        "APPEND_ONLY = (",
        ', "policy")',
        ")",
        "tests/database/test_audit_guards.py tests/database/test_steering.py",
    ),
    Bug("a seal may be changed", SECOND, "APPEND_ONLY = (", '"list_seal", ', "", GUARDS),
    Bug(
        "lines may be added to a list with files",
        FIRST,
        "ROWS_OF_A_LIST = (",
        '"list_line", "payee"',
        '"payee", ',
        "tests/database/test_frozen_lists.py",
    ),
    Bug("a list's sum may be changed", FIRST, "FROZEN = (", '"to_pay_cents", ', "", GUARDS),
    Bug(
        "a list goes any way",
        FIRST,
        "STEPS = (",
        "('closed', 'returned')",
        "('approved', 'paid'), ('closed', 'returned')",
        GUARDS,
    ),
    Bug(
        "a list is approved by whoever closed it, says the table",
        FIRST,
        '"month_list"',
        "approved_by <> closed_by",
        "approved_by <> -1",
        f"{LISTS} {GUARDS} tests/database/test_migrations.py",
    ),
    Bug(
        "a rest is let go by one person, says the table",
        FIRST,
        '"rest_decision"',
        "confirmed_by <> asked_by",
        "confirmed_by <> -1",
        f"{RESTS} {GUARDS} tests/database/test_migrations.py",
    ),
    Bug(
        "what was decided of a rest may be decided anew",
        FIRST,
        "SETTLED = ",
        '"OLD.confirmed_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL"',
        '"OLD.withdrawn_at IS NOT NULL"',
        f"{RESTS} {GUARDS}",
    ),
    Bug(
        "decisions may share their last day",
        FIRST,
        "OVERLAP = ",
        "NEW.valid_from <= COALESCE(other",
        "NEW.valid_from < COALESCE(other",
        GUARDS,
    ),
    Bug(
        "decisions may share a day",
        FIRST,
        "ex_service_decision_overlap",
        "COALESCE(ended_on, valid_to), '[]')",
        "COALESCE(ended_on, valid_to), '[)')",
        GUARDS,
        "postgresql",
    ),
    Bug(
        "two standing marks at a meeting",
        FIRST,
        '"standing_mark"',
        'sa.UniqueConstraint(\n            "meeting_id", "client_id"',
        'sa.UniqueConstraint(\n            "id", "client_id"',
        "tests/database/test_migrations.py tests/database/test_attendance_races.py",
    ),
    Bug(
        "a line may stand on nothing",
        SECOND,
        "LINE_FAULTS = {",
        '"a line has no ground": UNGROUNDED,',
        "",
        GUARDS,
    ),
    Bug(
        "a date may be told twice",
        SECOND,
        "LINE_FAULTS = {",
        '"a date is told twice": TOLD_TWICE,',
        "",
        GUARDS,
    ),
    Bug(
        "less than nothing may be told",
        SECOND,
        "LINE_FAULTS = {",
        '"less than nothing is told of a date": TOLD_BELOW,',
        "",
        GUARDS,
    ),
    Bug(
        "a list may be sealed while its sums differ",
        SECOND,
        "def add_sqlite_guards",
        '"list_seal_sums", "INSERT", "list_seal", SUMS_DIFFER',
        '"list_seal_sums", "INSERT", "list_seal", "1 = 0"',
        GUARDS,
    ),
    Bug(
        "a line may be of nobody",
        SEVENTH,
        "CREATE TRIGGER list_line_payee",
        "WHEN NOT EXISTS",
        "WHEN 1 = 0 AND NOT EXISTS",
        GUARDS,
        "sqlite",
    ),
    Bug(
        "lines of nobody may be copied in",
        SEVENTH,
        '"payee": (',
        "FROM fresh EXCEPT",
        "FROM fresh WHERE 1 = 0 EXCEPT",
        GUARDS,
        "postgresql",
    ),
    Bug(
        "lines may refer to no tap",
        SEVENTH,
        '"mark_change": (',
        "IS NOT NULL AND NOT EXISTS",
        "IS NULL AND NOT EXISTS",
        GUARDS,
        "postgresql",
    ),
    Bug(
        "lines may refer to no rate",
        SEVENTH,
        '"policy": (',
        "WHERE policy_id IS NOT NULL",
        "WHERE policy_id IS NULL",
        GUARDS,
        "postgresql",
    ),
    Bug(
        "lines may be copied into a list with files",
        SEVENTH,
        "def keep_sealed_by_statement",
        "SELECT 1 FROM list_file WHERE list_file",
        "SELECT 1 FROM list_file WHERE 1 = 0 AND list_file",
        "tests/database/test_frozen_lists.py",
        "postgresql",
    ),
    Bug(
        "a chain may begin anew",
        SECOND,
        "CHAIN_BROKEN = ",
        "NEW.previous_hash <> COALESCE((",
        "NEW.previous_hash <> '' AND NEW.previous_hash <> COALESCE((",
        GUARDS,
    ),
    Bug(
        "a list is signed anew",
        SECOND,
        "SIGNED_ANEW = ",
        "NEW.{name} <> OLD.{name})",
        "NEW.{name} <> NEW.{name})",
        "tests/database/test_list_signatures.py",
    ),
    Bug(
        "who was left out of a list is written anew",
        SECOND,
        '"left_out": (',
        "LISTED,",
        '"1 = 0",',
        "tests/database/test_list_signatures.py",
    ),
    Bug(
        "more is given back to parted records than up to nothing",
        SECOND,
        "GIVES_BACK = (",
        '"), 0) <= 0 AND EXISTS',
        '"), 0) <= 900 AND EXISTS',
        f"{PARTING}no_more_is_given_back_without_a_mark_than_up_to_nothing",
    ),
    Bug(
        "an unsealed list goes on", SECOND, "UNSEALED = (", "NEW.state <> 'closed'", "1 = 0", GUARDS
    ),
    # Locks and transactions.
    Bug(
        "a close does not wait for another",
        "sosku_groups/closings/queries",
        "def hold_alone",
        ".with_for_update()",
        "",
        AT_ONCE,
        "postgresql",
    ),
    Bug(
        "a writing transaction begins as a reading one",
        "sosku_groups/core/database",
        "def wait_for_turn(",
        'driver.execute("BEGIN IMMEDIATE")',
        'driver.execute("BEGIN")',
        f"{AT_ONCE} tests/database/test_attendance_races.py",
    ),
    Bug(
        "half of what is refused is kept",
        "sosku_groups/core/database",
        "def writing(",
        "        session.rollback()",
        "        session.commit()",
        "tests/database/test_transactions.py",
    ),
    Bug(
        "a commit that failed keeps its lock",
        "sosku_groups/core/database",
        "def let_go_of_locks",
        "connection is not None and connection.in_transaction",
        "connection is None",
        "tests/database/test_busy.py",
    ),
    # Closing.
    Bug(
        "a list is not sealed",
        ACTIONS,
        "def close_month",
        "    seal(session, month_list)\n",
        "",
        LISTS,
    ),
    Bug(
        "a month that runs is closed",
        RULES,
        "def check_past",
        "month.last >= today",
        "month.last > today",
        f"{SEQUENCE}a_month_ends_at_midnight_also_when_the_clock_has_changed_that_day",
    ),
    Bug(
        "who is unmarked stops nobody",
        QUERIES,
        "def ready",
        "self.blocking_unmarked or ",
        "",
        f"{SEQUENCE}one_who_is_unmarked_stops_the_list_until_left_out",
    ),
    Bug(
        "who has no account stops nobody",
        QUERIES,
        "def ready",
        "self.blocking_accounts or ",
        "",
        f"{SEQUENCE}one_without_an_account_stops_the_list_until_it_is_known",
    ),
    Bug(
        "who is left out is on the list",
        QUERIES,
        "def included",
        " if d.client.id not in self.left_out_ids",
        "",
        f"{LIST}who_is_left_out_comes_along_on_the_next_list_with_lines_and_rest",
    ),
    Bug(
        "the border moves back with an earlier month",
        ACTIONS,
        "def close_month",
        "max(closed, month.last)",
        "month.last",
        f"{SEQUENCE}a_list_of_an_earlier_month_opens_no_later_one",
    ),
    Bug(
        "returned lists have told",
        QUERIES,
        "def told(",
        "MonthList.state != State.RETURNED",
        "MonthList.number > 0",
        f"{SEQUENCE}a_list_told_and_returned_is_told_again",
    ),
    Bug(
        "returned lists carry rests",
        QUERIES,
        "def rests(",
        "MonthList.state != State.RETURNED",
        "MonthList.number > 0",
        f"{LIST}a_returned_list_carries_nothing",
    ),
    Bug(
        "a list is approved by whoever closed it",
        ACTIONS,
        "def approve_list",
        "month_list.closed_by == actor.user_id",
        "month_list.closed_by == -1",
        f"{LIST}the_closer_does_not_approve",
    ),
    Bug(
        "a list is approved twice",
        ACTIONS,
        "def approve_list",
        "    check_step(state, State.APPROVED)\n",
        "",
        f"{AT_ONCE} {SEQUENCE}a_list_told_and_returned_is_told_again",
    ),
    Bug(
        "an earlier list is returned",
        ACTIONS,
        "def return_list",
        "    check_is_last(latest_in_force(session, actor.organiser_id), month_list)\n",
        "",
        f"{LIST}only_the_list_closed_last_is_returned",
    ),
    Bug(
        "files leave before the approval",
        PAYMENTS,
        "def check_fetching",
        "State(month_list.state) in (State.CLOSED, State.RETURNED)",
        "State(month_list.state) is State.RETURNED",
        "tests/database/test_list_files.py::test_what_is_not_approved_has_no_pdf_and_no_payment_file",
    ),
    Bug(
        "who asked to let a rest go confirms it",
        ACTIONS,
        "def confirm_letting_go",
        "asked.asked_by == actor.user_id",
        "asked.asked_by == -1",
        RESTS,
    ),
    Bug(
        "more than the rest is let go",
        RULES,
        "def check_part",
        "cents > -rest",
        "cents > 1 - rest",
        f"tests/rules/test_rests.py {RESTS}",
    ),
    # Payments.
    Bug(
        "what a table may have paid is paid again",
        PAYMENTS,
        "def hold_back",
        "if table_fetched(session, month_list):",
        "if not payment:",
        f"{RESULTS}what_was_held_back_but_may_have_been_paid_by_the_table_needs_a_result_first",
    ),
    Bug(
        "what a table has paid is paid by a payment file",
        PAYMENTS,
        "def check_unpaid",
        "is State.PAID or results_of_list",
        "is State.PAID and results_of_list",
        f"{RESULTS}what_the_table_has_paid_is_not_paid_by_a_payment_file",
    ),
    Bug(
        "a list is paid meanwhile, and then by the payment file prepared before",
        PAYMENTS,
        "def fetch_file",
        "    check_unpaid(session, month_list, file_format)\n",
        "",
        f"{RESULTS}what_the_table_has_paid_is_not_paid_by_a_payment_file",
    ),
    Bug(
        "check overlooks who is paid twice by a payment file",
        CHECK,
        "def astray",
        "known != [iban, cents] or seen[number] > 1",
        "known != [iban, cents]",
        f"{RECOUNTED}a_changed_payment_file_is_found",
    ),
    Bug(
        "check overlooks whom a payment file leaves out",
        CHECK,
        "def astray",
        "if not seen[number] and in_payment_area(iban)",
        "if not seen and in_payment_area(iban)",
        f"{RECOUNTED}a_changed_payment_file_is_found",
    ),
    Bug(
        "check overlooks the sums of a payment file",
        CHECK,
        "def payment_files",
        "if set(totals) != {",
        "if not set(totals) & {",
        f"{RECOUNTED}a_changed_payment_file_is_found",
    ),
    Bug(
        "check overlooks a record that was merged by hand",
        CHECK,
        "def merges",
        "in sorted(named.keys() | counted.keys())",
        "in sorted(named)",
        f"{RECOUNTED}a_merge_of_which_only_one_row_tells_is_found",
    ),
    Bug(
        "check overlooks a policy that nobody proposed",
        CHECK,
        "def policies",
        "by_people is (asked is None) or ",
        "",
        f"{RECOUNTED}a_policy_without_its_proposal_is_found",
    ),
    # Sums.
    Bug(
        "what is negative is paid",
        RULES,
        "def sums_of",
        "max(fresh + against, 0)",
        "fresh + against",
        "tests/rules/test_allowances.py",
    ),
    Bug(
        "a rest is forgotten as it is carried on",
        RULES,
        "def sums_of",
        "carried_out=fresh + carried_in - to_pay",
        "carried_out=fresh - to_pay",
        "tests/rules/test_allowances.py",
    ),
    Bug(
        "a rest is set off with the wrong sign",
        RULES,
        "def sums_of",
        "carried_in if set_off else",
        "-carried_in if set_off else",
        "tests/rules/test_allowances.py",
    ),
    Bug(
        "the month's last day is not told",
        RULES,
        "def lines_of",
        "if day > last:",
        "if day >= last:",
        MIDNIGHT,
    ),
    Bug(
        "a correction passes for an ordinary line",
        RULES,
        "def is_correction",
        "return told or",
        "return told and",
        "tests/rules/test_allowances.py",
    ),
    # Days.
    Bug(
        "a span does not hold its last day",
        CORE_DAYS,
        "def covers",
        "self.first <= day <= self.last",
        "self.first <= day < self.last",
        "tests/rules/test_core_days.py tests/rules/test_ledger_days.py",
    ),
    Bug(
        "spans that share a day are apart",
        CORE_DAYS,
        "def overlaps",
        "self.first <= other.last",
        "self.first < other.last",
        "tests/rules/test_core_days.py tests/rules/test_decisions.py",
    ),
    Bug(
        "three months are a day longer",
        CORE_DAYS,
        "def end_after_months",
        "first.day) - ONE_DAY",
        "first.day)",
        "tests/rules/test_core_days.py",
    ),
    Bug(
        "the date is London's",
        CORE_DAYS,
        "def local_day",
        ".astimezone(ZONE)",
        "",
        f"{SEQUENCE}a_month_ends_at_midnight_also_when_the_clock_has_changed_that_day",
    ),
    Bug(
        "a grant outlives its decision",
        "sosku_groups/ledger/queries",
        "def granted",
        "row.last)",
        "last)",
        f"{GAP} tests/database/test_ledger_queries.py",
    ),
    Bug(
        "a meeting over midnight lasts less than nothing",
        DAYS,
        "def minutes",
        "end - start + 24 * 60",
        "end - start",
        f"tests/rules/test_ledger_days.py {CLOCK}",
    ),
    Bug(
        "an excluded date earns",
        DAYS,
        "def worth_of",
        "if day in excluded:",
        "if not day:",
        "tests/rules/test_ledger_days.py",
    ),
    Bug(
        "a cap lets one day more pass",
        DAYS,
        "def capped",
        "taken >= most",
        "taken > most",
        "tests/rules/test_ledger_days.py",
    ),
    Bug(
        "a cancelled meeting earns",
        DAYS,
        "def mark_earns",
        "at.pays or not at.cancelled",
        "at.meeting_id",
        f"tests/rules/test_ledger_days.py {CANCELLED}",
    ),
    Bug(
        "a cancelled meeting that does not pay pays its roster",
        "sosku_groups/attendance/queries",
        "PAID = (",
        "Meeting.cancelled_at.is_not(None), Meeting.pays",
        "Meeting.cancelled_at.is_not(None),",
        CANCELLED,
    ),
    Bug(
        "many clients' cancelled meetings pay though they do not",
        "sosku_groups/attendance/queries",
        "class Register",
        "held.cancelled and held.pays",
        "held.cancelled",
        CANCELLED,
    ),
    Bug(
        "who was expected at a cancelled meeting that pays is forgotten",
        "sosku_groups/attendance/queries",
        "class Register",
        "self.expected[client_id].add(",
        "self.expected[client_id].discard(",
        f"{SEQUENCE}a_cancelled_meeting_that_pays_pays_whoever_was_expected",
    ),
    Bug(
        "a rate begins a day late",
        "sosku_groups/policies/rules",
        "def row(",
        "bisect_right(",
        "bisect_left(",
        "tests/rules/test_policies.py",
    ),
    Bug(
        "the first of two rows from one day holds",
        "sosku_groups/policies/queries",
        "ALL = (",
        "Policy.edition, Policy.id",
        "Policy.edition.desc(), Policy.id",
        f"{SEQUENCE}a_rate_changed_backwards_over_a_closed_month",
    ),
    Bug(
        "the minutes of one meeting count for each merged record",
        DAYS,
        "def earning_minutes",
        "{at.meeting_id: at",
        "{id(at): at",
        f"{SEQUENCE}a_meeting_of_two_merged_records_lasts_once",
    ),
    # Who and what.
    Bug(
        "anybody is marked",
        "sosku_groups/attendance/actions/tap",
        "def mark(",
        "        check_expected(session, meeting, client_id, before, window.coordinates, reason)\n",
        "",
        GAP,
    ),
    Bug(
        "a mark lies in the future",
        "sosku_groups/attendance/rules",
        "def check_time",
        "window.day <= window.today",
        "window.day >= window.today",
        "tests/rules/test_attendance.py",
    ),
    Bug(
        "a closed day is corrected without a reason",
        "sosku_groups/attendance/rules",
        "def check_window",
        "window.closed and not reason.strip()",
        "False",
        AGAIN,
    ),
    Bug(
        "decisions overlap, says the rule",
        "sosku_groups/decisions/rules",
        "def check_against",
        "term.span.overlaps(other.span)",
        "term.number == other.number",
        "tests/rules/test_decisions.py",
    ),
    Bug(
        "a row of decisions has no end",
        "sosku_groups/decisions/rules",
        "def check_against",
        "row[-1].last_day > latest",
        "term.last_day < term.valid_from",
        "tests/rules/test_decisions.py",
    ),
    Bug(
        "a full group takes one more",
        "sosku_groups/enrolment/rules",
        "def check_fits",
        "most > capacity",
        "most > capacity + 1",
        "tests/rules/test_enrolment.py",
    ),
    Bug(
        "a meeting with marks moves to another day",
        "sosku_groups/groups/rules",
        "def check_movable",
        "marked and day != new_day",
        "False",
        "tests/rules/test_groups.py",
    ),
    # Organisers.
    Bug(
        "another organiser's list is found",
        QUERIES,
        "def get_list",
        "MonthList.organiser_id == organiser_id, ",
        "",
        f"{SEQUENCE}a_list_told_and_returned_is_told_again",
    ),
    Bug(
        "another organiser's unmarked stop the close",
        "sosku_groups/enrolment/queries/rosters",
        "def rosters(",
        "Meeting.organiser_id == organiser_id,\n        Meeting.group_id",
        "Meeting.group_id",
        NEIGHBOUR,
    ),
    Bug(
        "the file of another organiser's list is fetched",
        ACTIONS,
        "def hold_list",
        "month_list.organiser_id != actor.organiser_id",
        "False",
        f"{LIST}another_organisers_list_and_client_are_not_found",
    ),
    # What tablets sent.
    Bug("what a tablet sent is written anew", THIRD, "APPEND_ONLY = (", '"mark_entry",', "", SENT),
    Bug(
        "what was decided of a reviewed mark is decided anew",
        THIRD,
        '"entry_review": (',
        "\"OLD.state <> 'waiting'\"",
        '"1 = 0"',
        SENT,
    ),
    Bug(
        "a handled visit is handled anew",
        THIRD,
        '"visit": (',
        "\"OLD.state <> 'waiting'\"",
        '"1 = 0"',
        SENT,
    ),
    Bug(
        "a conflict is settled twice",
        THIRD,
        '"mark_conflict": (',
        '"OLD.settled_at IS NOT NULL"',
        '"1 = 0"',
        SENT,
    ),
    Bug(
        "two conflicts of a mark are open",
        THIRD,
        '"uq_mark_conflict_open",\n            ["meeting_id", "client_id"],',
        "unique=True",
        "unique=False",
        SENT,
    ),
    Bug(
        "a mark made blindly is no conflict",
        "sosku_groups/attendance/actions",
        "blind = ",
        "seen[based_on] != standing",
        "False",
        f"{UNDECIDED}a_conflict_stops_the_closing_until_it_is_settled",
    ),
    Bug(
        "a conflict stops nobody",
        QUERIES,
        "def ready",
        "self.blocking_conflicts or ",
        "",
        f"{UNDECIDED}a_conflict_stops_the_closing_until_it_is_settled",
    ),
    Bug(
        "a mark that waits for review stops nobody",
        QUERIES,
        "def ready",
        " or self.blocking_reviews",
        "",
        f"{UNDECIDED}a_mark_that_waits_for_review_stops_the_closing_until_it_is_decided",
    ),
    # The tablet's outbox, and what comes of it.
    Bug(
        "a tablet gives a mark up that was answered 400 or 404",
        SENDING,
        "async function deliver(",
        "  if (got.status === 200) return",
        "  if ([400, 404, 410].includes(got.status)) {\n"
        "    await noteEntry(entry.id, { refused: true });\n"
        '    return "refused";\n'
        "  }\n"
        "  if (got.status === 200) return",
        FAULTS,
    ),
    Bug(
        "a tablet sends the newest mark of a person first",
        SENDING,
        "function nextOf(",
        "if (!heads.has(lane(entry))) heads.set",
        "heads.set",
        FAULTS,
    ),
    Bug(
        "a tablet's mark made blindly is no conflict",
        "sosku_groups/attendance/actions/conflicts.py",
        "blind = eyes.mark",
        ' != (standing or "")',
        " is False",
        FAULTS,
    ),
    Bug(
        "what a restored service has lost is not sent again",
        SENDING,
        "export async function recoverSent",
        "await sendAgain(unknown)",
        "void unknown",
        f"{OFFLINE}two_tabs_send_once_and_what_the_service_lost_is_sent_again",
    ),
    Bug(
        "half an answer takes a row away",
        SENDING,
        "async function deliver(",
        " && got.text.includes(`row-${entry.client}`)",
        "",
        f"{OFFLINE}an_answer_that_broke_off_takes_no_row_away",
    ),
    Bug(
        "the same mark sent again is another mark",
        "sosku_groups/entries/actions/receiving.py",
        "def receive",
        "known = received.get(sent.entry)",
        "known = None",
        "tests/faults/test_any_order.py",
    ),
    Bug(
        "an older mark comes upon a newer one after a restore",
        "sosku_groups/entries/actions/receiving.py",
        "def receive",
        "raise Earlier",
        "pass",
        f"{ENTRIES}the_mark_before_this_one_comes_first",
    ),
    Bug(
        "a conflict is settled by somebody who has not seen it",
        "sosku_groups/attendance/actions/conflicts.py",
        "was_told = ",
        "eyes.told is not False and ",
        "",
        f"{ENTRIES}who_marks_again_before_an_answer_has_seen_no_conflict",
    ),
    # The lock and the door.
    Bug(
        "a screen that nobody touches stays open",
        "static/lock.js",
        "function look()",
        "Math.abs(Date.now() - at) > limit",
        "false",
        f"{LOCK}all_tabs_are_covered_after_a_while_and_a_pin_uncovers_them",
    ),
    Bug(
        "the service never locks",
        "sosku_groups/devices/rules.py",
        "def is_idle",
        "now.timestamp() - seen > limit.total_seconds()",
        "False",
        "tests/pages/test_devices.py::test_a_screen_that_nobody_touches_is_locked",
    ),
    Bug(
        "polls keep the screen open",
        "sosku_groups/devices/views/doorway.py",
        "def is_somebody",
        'not says("unattended") and ',
        "",
        "tests/pages/test_devices.py::test_polls_do_not_keep_the_screen_open",
    ),
    Bug(
        "a substitute's code opens after midnight",
        "sosku_groups/substitutes/rules.py",
        "def ends_at",
        "instant(last + ONE_DAY, time(0))",
        "instant(last + ONE_DAY, time(3))",
        f"{DOOR}a_pass_ends_at_midnight_and_with_its_giver",
    ),
    Bug(
        "a visit without money is forgotten",
        "sosku_groups/tablet/actions.py",
        "def welcome",
        "note_visit(session, actor, meeting=meeting, client_id=client.id)",
        "pass",
        f"{DOOR}without_a_place_or_a_decision_the_visit_waits",
    ),
    # Calendars.
    Bug(
        "a shortened decision leaves meetings in the calendar",
        FIFTH,
        '"service_decision": (',
        '"valid_from", "valid_to", "ended_on"',
        '"valid_from", "valid_to"',
        f"{FEEDS}what_is_kept_is_what_would_be_made_anew",
    ),
    Bug(
        "what changes while a feed is made is forgotten",
        "sosku_groups/calendars/actions/kept.py",
        "def keep(",
        "seen = settled.notes <= made.known.notes",
        "seen = True",
        f"{FEEDS}what_changes_while_a_feed_is_made_leaves_it_stale",
    ),
    Bug(
        "a cancelled meeting is told of after its day",
        "sosku_groups/calendars/rules.py",
        "def last_seen",
        "occasion.day if occasion.cancelled else occasion.day + DAYS_BACK",
        "occasion.day + DAYS_BACK",
        "tests/rules/test_calendars.py::test_a_cancelled_meeting_is_seen_until_its_day_has_passed",
    ),
    Bug(
        "a fetch at the moment of the change counts as one after it",
        "sosku_groups/calendars/rules.py",
        "def has_met",
        "changed_at + AFTER",
        "changed_at - AFTER",
        "tests/pages/test_calendars_calls.py::"
        "test_who_fetched_surely_after_the_change_is_not_called",
    ),
    Bug(
        "an address outlives the service",
        "sosku_groups/calendars/queries/clients.py",
        "def client_content",
        "today > ends",
        "today is None",
        f"{FEED_DOOR}an_address_ends_thirty_days_after_the_service",
    ),
    # The staff's calendars, and what is read back from others.
    Bug(
        "an instructor makes events for others",
        "sosku_groups/staff_events/rules.py",
        "def check_makes",
        "facts.for_unit or facts.people != {actor.user_id}",
        "False",
        "tests/rules/test_staff_events.py::"
        "test_coordinators_make_the_units_and_instructors_their_own",
    ),
    Bug(
        "a colleague's calendar tells where a client lives",
        "sosku_groups/calendars/queries/staff.py",
        "def of_meeting",
        'meeting.place if meeting.kind in ON_SITE_KINDS else ""',
        "meeting.place",
        f"{STAFF_FEEDS}no_client_sings_in_a_feed_of_the_staff",
    ),
    Bug(
        "a calendar's address outlives the role that it stands on",
        "sosku_groups/calendars/actions/staff.py",
        "def end_with_roles",
        "not may_read(unit_of(session, address), grants)",
        "False",
        f"{STAFF_FEEDS}an_address_ends_with_the_role_that_it_stands_on",
    ),
    Bug(
        "a name that is looked at leads elsewhere when it is asked again",
        "sosku_groups/bookings/files/fetching.py",
        "def connected",
        "create_connection((found, port)",
        "create_connection((host, port)",
        f"{FETCHED}the_connection_goes_to_the_address_that_was_looked_at",
    ),
    Bug(
        "one public address opens a private network",
        "sosku_groups/bookings/files/fetching.py",
        "def looked_at",
        "not all(may_be_asked",
        "not any(may_be_asked",
        f"{FETCHED}a_name_with_one_private_address_among_its_own_is_not_asked",
    ),
    Bug(
        "what was read counts before it is taken in",
        "sosku_groups/bookings/queries.py",
        "def told_of_unit",
        "BookingRow.in_use.is_(True)",
        "BookingRow.id > 0",
        "tests/database/test_bookings.py::test_nothing_counts_before_it_is_taken_in",
    ),
    Bug(
        "an error tells the row that was refused",
        "sosku_groups/core/outages.py",
        "def without_values",
        "told is not None and",
        "told is None and",
        "tests/database/test_asking.py::test_no_value_stands_in_an_error",
        engine="postgresql",
    ),
    Bug(
        "a value that is missing is taken for none",
        "sosku_groups/core/asking.py",
        "def values",
        "not self.needed <= named.keys()",
        "False",
        "tests/database/test_asking.py::test_a_value_that_is_missing_is_no_null",
    ),
    Bug(
        "a line of no list goes unseen",
        "sosku_groups/invariants/queries/lists.py",
        "def strays",
        "MonthList.id.is_(None)",
        "MonthList.id == 0",
        "tests/database/test_invariants.py::test_each_invariant_holds_and_is_named_when_its_data_are_broken",
    ),
    Bug(
        "a change that was kept is said to be lost",
        "sosku_groups/core/web.py",
        "def keep_now",
        "g.kept = True",
        "g.kept = False",
        "tests/pages/test_tablet.py::test_a_fault_after_the_mark_was_kept_says_that_it_was",
    ),
    Bug(
        "a payment file whose making died can never be made",
        "templates/payments/payment_file.html",
        "Fetch the payment file",
        'making|rejectattr("stalled")|list',
        "making",
        "tests/pages/test_long_files.py::test_a_payment_file_whose_making_died_is_made_for_another_day",
    ),
    Bug(
        "a shadow of the session's cookie counts before it",
        "sosku_groups/core/sessions.py",
        "def open_session",
        "reversed(sent)",
        "sent",
        "tests/pages/test_sessions.py",
    ),
    Bug(
        "a substitute corrects, and sees the history",
        "sosku_groups/tablet/views/roster.py",
        "def refused_tap",
        " and actor.only_meeting is None",
        "",
        f"{DOOR}a_substitute_corrects_nothing_and_sees_no_history",
    ),
    Bug(
        "a mark that was lost meanwhile comes after the newer one",
        SENDING,
        "async function round(",
        "sentBefore(entry, sent)",
        "sentBefore(entry, (await allEntries()).sent)",
        "tests/browser/test_mishaps.py::"
        "test_a_mark_that_turns_out_to_be_lost_comes_before_the_newer_one",
    ),
    Bug(
        "what another person's tab is answered is shown",
        "static/outbox/rows.js",
        "export function watchRows(",
        "if (detail.entry.by === user) answered",
        "answered",
        "tests/browser/test_mishaps.py::"
        "test_what_another_persons_tab_is_answered_is_not_shown_here",
    ),
    Bug(
        "the use log forgets the substitute",
        "sosku_groups/audit/actions.py",
        "def record_many",
        "if actor.pass_id is not None:",
        "if False:",
        f"{DOOR}the_use_log_bears_both_names",
    ),
)

"""Every address of the service, and who is let in: roles, the signed-in, or anyone."""

ANYONE = "anyone"
SIGNED_IN = "signed-in"

ROUTES: dict[str, str] = {
    "GET /static/<path:filename>": ANYONE,
    # accounts
    "GET /": ANYONE,
    "GET /health": ANYONE,
    "GET /sign-in": ANYONE,
    "POST /sign-in": ANYONE,
    "POST /sign-out": ANYONE,
    "POST /language": ANYONE,
    "GET /profile": SIGNED_IN,
    "POST /profile/password": SIGNED_IN,
    "GET /users": "administrator",
    "GET /users/new": "administrator",
    "POST /users/new": "administrator",
    "GET /users/<key>": "administrator",
    "POST /users/<key>": "administrator",
    "GET /units": "administrator",
    "POST /units": "administrator",
    "GET /units/<key>": "administrator",
    "POST /units/<key>": "administrator",
    # allowances
    "GET /months": "approver coordinator finance",
    "GET /months/<month>": "approver coordinator finance",
    "GET /months/<month>/clients/<key>": "finance",
    "POST /months/<month>/close": "finance",
    "POST /months/<month>/leave-out": "finance",
    "POST /months/<month>/take-back-in": "finance",
    "GET /lists/<name>": "approver coordinator finance",
    "POST /lists/<name>/approve": "approver",
    "POST /lists/<name>/return": "approver finance",
    "POST /lists/<name>/paid": "finance",
    "POST /lists/<name>/files": "approver coordinator finance",
    "GET /rests": "approver finance",
    "GET /rests/<key>": "approver finance",
    "POST /rests/<key>/let-go": "finance",
    "POST /rests/<key>/set-off": "finance",
    "POST /rests/<key>/confirm": "approver finance",
    "POST /rests/<key>/withdraw": "finance",
    # calendars
    "GET /calendars/<secret>.ics": ANYONE,
    "GET /clients/<key>/calendars": "coordinator social-worker",
    "POST /clients/<key>/calendars": "coordinator social-worker",
    "POST /clients/<key>/calendars/<address_key>/revoke": "coordinator social-worker",
    # oversight
    "GET /log": "auditor",
    # casework
    "GET /clients": "coordinator social-worker",
    "POST /clients/open": "coordinator social-worker",
    "GET /clients/<key>": "coordinator social-worker",
    "GET /clients/<key>/months/<month>": "coordinator social-worker",
    "GET /clients/<key>/edit": "coordinator social-worker",
    "POST /clients/<key>/edit": "coordinator social-worker",
    "GET /clients/<key>/exclusions": "coordinator social-worker",
    "POST /clients/<key>/exclusions": "coordinator social-worker",
    "POST /clients/<key>/exclusions/<exclusion_key>/remove": "coordinator social-worker",
    "GET /clients/<key>/meetings/new": "coordinator social-worker",
    "POST /clients/<key>/meetings/new": "coordinator social-worker",
    # merging
    "GET /clients/<key>/merge": "coordinator",
    "POST /clients/<key>/merge": "coordinator",
    "POST /clients/<key>/merge/take-back": "coordinator",
    # decisions
    "GET /clients/new": "coordinator social-worker",
    "POST /clients/new": "coordinator social-worker",
    "GET /clients/<key>/decisions/new": "coordinator social-worker",
    "POST /clients/<key>/decisions/new": "coordinator social-worker",
    "GET /decisions/<key>/edit": "coordinator social-worker",
    "POST /decisions/<key>/edit": "coordinator social-worker",
    "GET /decisions/<key>/end": "coordinator social-worker",
    "POST /decisions/<key>/end": "coordinator social-worker",
    "GET /decisions/<key>/grants": "coordinator social-worker",
    "POST /decisions/<key>/grants": "coordinator social-worker",
    # enrolment
    "GET /groups/<key>/members": "coordinator instructor social-worker",
    "GET /groups/<key>/members/new": "coordinator social-worker",
    "POST /groups/<key>/members/new": "coordinator social-worker",
    "GET /clients/<key>/enrolments/new": "coordinator social-worker",
    "POST /clients/<key>/enrolments/new": "coordinator social-worker",
    "GET /enrolments/<key>": "coordinator social-worker",
    "POST /enrolments/<key>": "coordinator social-worker",
    "POST /waiting/<key>/move": "coordinator social-worker",
    "POST /waiting/<key>/remove": "coordinator social-worker",
    # groups
    "GET /groups": "coordinator instructor social-worker",
    "GET /groups/<key>": "coordinator instructor social-worker",
    "GET /groups/new": "coordinator",
    "POST /groups/new": "coordinator",
    "GET /groups/<key>/edit": "coordinator",
    "POST /groups/<key>/edit": "coordinator",
    "GET /groups/<key>/meetings/new": "coordinator",
    "POST /groups/<key>/meetings/new": "coordinator",
    "GET /meetings/<key>/move": "coordinator instructor social-worker",
    "POST /meetings/<key>/move": "coordinator instructor social-worker",
    "GET /meetings/<key>/cancel": "coordinator instructor social-worker",
    "POST /meetings/<key>/cancel": "coordinator instructor social-worker",
    "GET /meetings/<key>/restore": "coordinator instructor social-worker",
    "POST /meetings/<key>/restore": "coordinator instructor social-worker",
    # imports
    "GET /imports": "coordinator finance instructor social-worker",
    "GET /imports/<any(decisions, groups, enrolments, attendance, exclusions):kind>": (
        "coordinator finance instructor social-worker"
    ),
    "POST /imports/<any(decisions, groups, enrolments, attendance, exclusions):kind>": (
        "coordinator finance instructor social-worker"
    ),
    "GET /imports/<any(decisions, groups, enrolments, attendance, exclusions):kind>/template.csv": (
        "coordinator finance instructor social-worker"
    ),
    "GET /imports/<key>": "coordinator finance instructor social-worker",
    "GET /imports/<key>/progress": "coordinator finance instructor social-worker",
    "POST /imports/<key>/confirm": "coordinator finance instructor social-worker",
    "POST /imports/<key>/discard": "coordinator finance instructor social-worker",
    "POST /imports/<key>/restart": "coordinator finance instructor social-worker",
    # tablet
    "GET /today": "coordinator instructor social-worker",
    "GET /meetings/<key>": "coordinator instructor social-worker",
    "POST /meetings/<key>/marks/<client_key>": "coordinator instructor social-worker",
    "POST /meetings/<key>/marks/<client_key>/undo": "coordinator instructor social-worker",
    "POST /meetings/<key>/all-present": "coordinator instructor social-worker",
    "GET /meetings/<key>/marks/<client_key>": "coordinator instructor social-worker",
    "POST /meetings/<key>/marks/<client_key>/note": "coordinator instructor social-worker",
}

# A view commits with @writes. What does not has a reason of its own.
OWN_TRANSACTION = {
    "POST /sign-in": "a failed try is kept too, though the answer is a refusal",
}

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
}

# A view commits with @writes. What does not has a reason of its own.
OWN_TRANSACTION = {
    "POST /sign-in": "a failed try is kept too, though the answer is a refusal",
}

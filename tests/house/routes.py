"""Every address of the service, and who is let in: roles, the signed-in, or anyone."""

ANYONE = "anyone"
SIGNED_IN = "signed-in"

ROUTES: dict[str, str] = {
    "GET /static/<path:filename>": ANYONE,
}

# A view commits with @writes. These have reasons of their own not to.
OWN_TRANSACTION = {
    "POST /sign-in": "a failed try is kept too, though the answer is a refusal",
    "POST /sign-out": "only the browser's cookie changes",
}

"""Every address of the service, and who is let in: roles, the signed-in, or anyone."""

ANYONE = "anyone"
SIGNED_IN = "signed-in"

ROUTES: dict[str, str] = {
    "GET /static/<path:filename>": ANYONE,
}

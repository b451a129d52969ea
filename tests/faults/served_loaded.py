"""What the process holds from which services are forked."""

import werkzeug.serving  # noqa: F401

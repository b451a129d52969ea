"""What the process holds from which services are forked."""

import werkzeug.serving  # noqa: F401

import sosku_groups.factory  # noqa: F401

"""What the process from which commands are forked loads once."""

import sosku_groups.cli.checking
import sosku_groups.cli.months
import sosku_groups.clients.queries
import sosku_groups.invariants.queries  # noqa: F401

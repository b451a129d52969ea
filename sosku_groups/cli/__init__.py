"""The command line: everything that the browser does in bulk, for scripts and timers.

Exit status: 0 done, 1 refused by a rule, 2 wrong usage.
"""

import click

from sosku_groups.cli.checking import check
from sosku_groups.cli.feeds import calendar
from sosku_groups.cli.intake import bring_in
from sosku_groups.cli.months import month
from sosku_groups.cli.payments import payment
from sosku_groups.cli.policies import policy
from sosku_groups.cli.server import serve, try_out, upgrade
from sosku_groups.cli.staff import user


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Group activity of social rehabilitation."""


for command in (upgrade, serve, try_out, user, bring_in, month, payment, policy, calendar, check):
    main.add_command(command)

__all__ = ["main"]

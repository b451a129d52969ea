"""`python -m sosku_groups.cli` is `sosku-groups`."""

from sosku_groups.cli import main

main()

"""What a change does to closed days, seen before it is done (A4, D5, L1)."""

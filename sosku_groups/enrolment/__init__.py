"""Who is in which group, the waiting list and the roster of a day."""

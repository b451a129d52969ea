"""Group activity of social rehabilitation: from a tap on a tablet to the month's list."""

"""What a day is worth and why."""

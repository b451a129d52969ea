"""What organisers decide for themselves, as dated rows."""

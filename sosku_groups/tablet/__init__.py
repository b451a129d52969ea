"""The instructor's screens: today and the roster."""

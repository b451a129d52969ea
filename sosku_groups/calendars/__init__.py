"""iCal feeds and their secret addresses."""

"""Themed groups, weekly patterns and meetings."""

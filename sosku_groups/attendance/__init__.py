"""Marks and their history."""

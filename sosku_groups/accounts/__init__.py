"""Organisers, units, staff, roles and sign-in."""

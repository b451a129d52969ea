"""Substitutes: a code for one meeting that ends at midnight."""

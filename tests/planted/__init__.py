"""Bugs planted one at a time, each of which the tests must see."""

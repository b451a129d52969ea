"""Tablets: who uses which, the screen's lock, and a lost one that is revoked."""

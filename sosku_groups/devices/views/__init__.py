"""Devices: known, locked, revoked, wiped."""

from sosku_groups.devices.views import lock, pages, revoked
from sosku_groups.devices.views.blueprint import bp
from sosku_groups.devices.views.doorway import arrived, install

__all__ = ["arrived", "bp", "install", "lock", "pages", "revoked"]

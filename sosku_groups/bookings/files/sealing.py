"""Addresses of calendars as sealed bytes: whoever knows one reads the calendar."""

from collections.abc import Sequence

from cryptography.fernet import InvalidToken

from sosku_groups.core.sealing import sealer

PURPOSE = b"sosku-groups: addresses of calendars"


class Unreadable(Exception):
    """The address was sealed with a key that is not at hand."""


def sealed(address: str, secrets: Sequence[str]) -> bytes:
    """The address as bytes that tell nothing."""
    return sealer(secrets, PURPOSE).encrypt(address.encode())


def opened(stored: bytes, secrets: Sequence[str]) -> str:
    """The address again; Unreadable when none of the secrets fits."""
    try:
        return sealer(secrets, PURPOSE).decrypt(bytes(stored)).decode()
    except InvalidToken:
        raise Unreadable from None

"""Ticket codes as sealed bytes: a code is a bearer secret, and the database never holds it."""

from base64 import urlsafe_b64decode
from binascii import Error
from collections.abc import Sequence

import segno
from cryptography.fernet import InvalidToken

from sosku_groups.core.sealing import sealer

PURPOSE = b"sosku-groups: ticket codes"
VERSION = 0x80
# Version, time, initialisation vector, one block and the signature.
SHORTEST = 1 + 8 + 16 + 16 + 32


class Unreadable(Exception):
    """The code was sealed with a key that is not at hand."""


class Vault:
    """Seals with the first of the secrets, opens with any of them: so a secret can be changed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Derive a key of this one purpose from each secret."""
        self._fernet = sealer(secrets, PURPOSE)

    def seal(self, code: str) -> bytes:
        """The code as bytes that tell nothing."""
        return self._fernet.encrypt(code.encode())

    def open(self, sealed: bytes) -> str:
        """The code again; Unreadable when none of the secrets fits."""
        try:
            return self._fernet.decrypt(bytes(sealed)).decode()
        except InvalidToken:
            raise Unreadable from None


def qr_picture(code: str) -> str:
    """The code as a QR code, a data: address of a picture: it is never a file of its own."""
    return segno.make(code, micro=False, error="m").png_data_uri(scale=6, border=4)


def is_sealed(stored: bytes) -> bool:
    """Whether the bytes have the form of a sealed code; needs no key."""
    try:
        token = urlsafe_b64decode(bytes(stored))
    except Error:
        return False
    return len(token) >= SHORTEST and token[0] == VERSION

"""What is kept sealed in the database: a key of one purpose, derived from each secret."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def sealer(secrets: Sequence[str], purpose: bytes) -> MultiFernet:
    """Seals with the first of the secrets, opens with any of them: so a secret can be changed."""
    return MultiFernet([Fernet(derived(secret, purpose)) for secret in secrets])


def derived(secret: str, purpose: bytes) -> bytes:
    """A Fernet key from a secret, by HKDF-SHA256 (RFC 5869)."""
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
    return urlsafe_b64encode(key)

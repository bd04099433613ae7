"""Random public names for rows and secrets."""

import hashlib
import secrets
import string

ALPHABET = string.digits + string.ascii_letters


def public_id() -> str:
    """Return 14 random base62 characters (83 bits): for URLs, so that ids cannot be guessed."""
    return random_text(14)


def random_text(length: int) -> str:
    """Return `length` random base62 characters (5.95 bits each)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def digest(secret: str) -> bytes:
    """Return the SHA-256 of a random secret (32 bytes); enough where the secret has 128+ bits."""
    return hashlib.sha256(secret.encode()).digest()

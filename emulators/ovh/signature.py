"""The request signature: SHA-1 over secret, consumer key, method, URL, body and time."""

import hashlib
import hmac

WINDOW = 300  # seconds a timestamp may be off


def sign(secret: str, consumer_key: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    """What `X-Ovh-Signature` must hold; `url` and `body` exactly as they were sent."""
    head = "+".join((secret, consumer_key, method.upper(), url, "")).encode()
    digest = hashlib.sha1(head + body + b"+" + timestamp.encode(), usedforsecurity=False)
    return f"$1${digest.hexdigest()}"


def is_signed(given: str, expected: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())

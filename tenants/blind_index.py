"""Fingerprints by which encrypted values are found and kept unique."""

import hashlib
import hmac

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def fingerprint(purpose: str, value: str) -> bytes:
    """Return HMAC-SHA-256 (32 bytes) of `purpose`, a zero byte and `value` under BLIND_INDEX_KEY.

    Equal values show as equal, so give each column its own purpose ("bot-token"), with the tenant
    in it unless uniqueness is wanted across tenants. Normalise the value first (case, spaces).

    Raises:
        ValueError: the purpose is empty or contains a zero byte.
        ImproperlyConfigured: BLIND_INDEX_KEY is empty.
    """
    if not purpose or "\0" in purpose:
        raise ValueError("A fingerprint needs a purpose without zero bytes.")
    key = settings.BLIND_INDEX_KEY
    if not key:
        raise ImproperlyConfigured("BLIND_INDEX_KEY is empty.")
    message = f"{purpose}\0{value}".encode()
    return hmac.digest(key.encode(), message, hashlib.sha256)

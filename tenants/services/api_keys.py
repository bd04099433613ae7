"""API keys: `bh_live_<10 prefix>_<32 secret>_<6 check>`, all base62.

The fixed start lets secret scanners find leaked keys; the check (CRC-32 of all before it) tells a
mistyped key from a wrong one without a query. Only the SHA-256 of the secret is stored: with 190
random bits it needs no slow hash.
"""

from __future__ import annotations

import hmac
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from tenants.ids import ALPHABET, digest, random_text
from tenants.models import ApiKey
from tenants.scoping import unscoped
from tenants.services import audit

if TYPE_CHECKING:
    from tenants.models import User

START = "bh_live"
# Writing the last use at every call would make each read a write.
LAST_USED_STEP = timedelta(minutes=1)


def create(
    name: str,
    scopes: Sequence[str],
    *,
    actor: audit.Actor,
    created_by: User | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Create a key in the open scope; return its row and its text, which is never shown again.

    Raises:
        ValueError: a scope that does not exist, or none at all.
    """
    wanted = [ApiKey.Scope(value).value for value in dict.fromkeys(scopes)]
    if not wanted:
        raise ValueError("An API key needs a scope.")
    prefix, secret = random_text(10), random_text(32)
    with transaction.atomic():
        key: ApiKey = ApiKey.objects.create(
            name=name,
            prefix=prefix,
            secret_digest=digest(secret),
            scopes=wanted,
            created_by=created_by,
            expires_at=expires_at,
        )
        audit.record("api_key.created", actor=actor, target=key, scopes=wanted, expires=expires_at)
    text = f"{START}_{prefix}_{secret}"
    return key, f"{text}_{check(text)}"


def check(text: str) -> str:
    """Return the six base62 characters that end a key: the CRC-32 of what stands before."""
    number = zlib.crc32(text.encode())
    digits = []
    for _position in range(6):
        number, rest = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


def verify(text: str, *, now: datetime) -> ApiKey | None:
    """Return the key with its tenant, None if it is mistyped, unknown, expired or revoked.

    Call outside every scope: whose scope to open is what the key tells.
    """
    parts = text.split("_")
    # one key has one text: calls are counted by it (tenants/api_rates.py)
    if len(parts) != 5 or not text.startswith(f"{START}_") or not text.isascii():
        return None
    if check(text.rpartition("_")[0]) != parts[4]:
        return None
    with unscoped("a key says whose it is"):
        found = ApiKey.objects.filter(prefix=parts[2]).select_related("tenant").first()
    if found is None or not hmac.compare_digest(bytes(found.secret_digest), digest(parts[3])):
        return None
    if found.revoked_at or (found.expires_at and found.expires_at <= now):
        return None
    key: ApiKey = found
    return key


def note_use(key: ApiKey, *, now: datetime) -> None:
    """Keep when the key was last used, at most once a minute; needs its tenant's scope."""
    if key.last_used_at and key.last_used_at > now - LAST_USED_STEP:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_STEP)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def revoke(key: ApiKey, *, actor: audit.Actor, now: datetime) -> bool:
    """Revoke a key for good; return whether it worked until now."""
    with transaction.atomic():
        revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now) == 1
        if revoked:
            audit.record("api_key.revoked", actor=actor, target=key)
    return revoked

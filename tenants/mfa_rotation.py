"""Brings the secrets of second factors under the first key, as rotation.py does with columns.

allauth keeps them in a JSON column of its own table; tenants/adapters.py encrypts them.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from tenants.encryption import KeyRing, ring
from tenants.rotation import Count

LABEL = "mfa.Authenticator"
# What MFAAdapter.encrypt() made: TOTP's secret and the seed of the recovery codes.
ENCRYPTED = ("secret", "seed")


def rotate_authenticators(
    *, batch: int = 500, dry_run: bool = False, using: str = "default"
) -> Count:
    """Bring the secrets of every second factor under the first key, `batch` rows at a time."""
    count, last = Count(), 0
    while True:
        with transaction.atomic(using=using):
            # locked: somebody may just be using up a recovery code, which is in the same column
            rows = Authenticator.objects.using(using).select_for_update().order_by("pk")
            found = list(rows.filter(pk__gt=last)[:batch])
            for row in found:
                if _renew(row, ring(), count) and not dry_run:
                    row.save(update_fields=["data"])
        if not found:
            return count
        last = found[-1].pk


def _renew(row: Any, keys: KeyRing, count: Count) -> bool:
    """Renew what is under an older key and tell whether anything was."""
    changed = False
    for name in ENCRYPTED:
        token = row.data.get(name)
        if token is None:
            continue
        if keys.is_current(token):
            count.current += 1
            continue
        renewed = keys.renew(token)
        if renewed is None:
            count.unreadable.append(f"{LABEL}.data of row {row.pk}")
        else:
            row.data[name] = renewed
            count.renewed += 1
            changed = True
    return changed

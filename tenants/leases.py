"""Leases: one holder at a time, taken over when the holder dies."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from tenants.models import Lease


def take(name: str, holder: str, *, seconds: float, now: datetime) -> bool:
    """Take or renew a lease; return whether `holder` has it now, for `seconds` from `now`."""
    until = now + timedelta(seconds=seconds)
    free = Lease.objects.filter(Q(until__lt=now) | Q(holder=holder), name=name)
    if free.update(holder=holder, until=until):
        return True
    try:
        with transaction.atomic():
            Lease.objects.create(name=name, holder=holder, until=until)
    except IntegrityError:
        return False
    return True


def drop(name: str, holder: str) -> None:
    """Give a lease back before its time."""
    Lease.objects.filter(name=name, holder=holder).delete()

"""Leases: one holder at a time, taken over when the holder dies."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from tenants.models import Lease


def take(name: str, holder: str, *, seconds: float, now: datetime | None = None) -> bool:
    """Take or renew a lease; return whether `holder` has it now, for `seconds` from now on.

    The time is the database's: machines whose clocks differ still agree on who holds it. `now` is
    not used.
    """
    del now
    until = Now() + timedelta(seconds=seconds)
    if Lease.objects.filter(free("until", seconds) | Q(holder=holder), name=name).update(
        holder=holder, until=until
    ):
        return True
    try:
        with transaction.atomic():
            Lease.objects.create(name=name, holder=holder, until=until)
    except IntegrityError:
        return False
    return True


def free(field: str, seconds: float) -> Q:
    """Return the rows whose lease of `seconds` has ended, or was never taken, by that field.

    A lease that ends later than any could was written under a clock that was wrong: it is free.
    """
    impossible = Now() + timedelta(seconds=2 * seconds)
    return Q(**{field: None}) | Q(**{f"{field}__lte": Now()}) | Q(**{f"{field}__gt": impossible})


def drop(name: str, holder: str) -> None:
    """Give a lease back before its time."""
    Lease.objects.filter(name=name, holder=holder).delete()

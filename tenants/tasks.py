"""When the bottom layer works: mails about log-ins."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from tenants.services import account_mails


@shared_task
def send_account_mail(pk: int) -> None:
    """Send one mail, right after the request that wants it."""
    account_mails.deliver(pk, now=timezone.now())


@shared_task
def sweep_account_mails() -> None:
    """Send what waits for another try, or whose waking got lost."""
    account_mails.deliver_due(timezone.now())


@shared_task
def purge_account_mails() -> None:
    """Forget mails that were given up long ago."""
    account_mails.purge(timezone.now())

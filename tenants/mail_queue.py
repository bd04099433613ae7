"""The way of account mails out of a web request: into a row, and a task is woken."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from tenants.services import account_mails
from tenants.tasks import send_account_mail

log = logging.getLogger(__name__)


class MailQueue(BaseEmailBackend):
    """Takes mails as a mail server would, at once and whether or not the server answers."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the mails, and have them sent once their rows can be seen."""
        for message in email_messages:
            for mail in account_mails.queue(message, now=timezone.now()):
                if settings.NUDGE_SENDERS:
                    transaction.on_commit(partial(_wake, mail.pk), robust=True)
        return len(email_messages)


def _wake(pk: int) -> None:
    try:
        send_account_mail.apply_async((pk,), retry=False)
    except OperationalError as error:
        log.warning("account mail %s waits for the sweep: the broker is away (%s)", pk, error)

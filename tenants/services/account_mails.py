"""Mails about log-ins: kept as rows, sent outside any web request, tried again for a day.

Delivery is at least once: a sender that dies after the mail server took a mail leaves a claim that
ends, and the mail goes out again under the same Message-ID.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db.models import F

from tenants.models import AccountMail

log = logging.getLogger(__name__)

# Longer than a server may take that uses up EMAIL_TIMEOUT at each step of a mail.
CLAIM = timedelta(minutes=2)
# Backoff 10, 20, 40 … s, at most a quarter of an hour.
FIRST_BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(minutes=15)
# Whoever asked for a link has asked again by then.
GIVE_UP_AFTER = timedelta(hours=24)
KEEP_GIVEN_UP = timedelta(days=30)
AT_ONCE = 50


def queue(message: EmailMessage, *, now: datetime) -> list[AccountMail]:
    """Keep a rendered mail, one row a recipient, in the caller's transaction."""
    return [
        AccountMail.objects.create(
            address=address, content=_packed(message), due_at=now, created_at=now
        )
        for address in message.to
    ]


def deliver_due(now: datetime) -> None:
    """Send what is due, the oldest first; stop where the mail server does not answer."""
    due = AccountMail.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    for pk in list(due.values_list("pk", flat=True)[:AT_ONCE]):
        if not deliver(pk, now=now):
            return


def deliver(pk: int, *, now: datetime) -> bool:
    """Send one mail if it is due and nobody else is sending it; False: the server is away.

    Call outside any transaction: a mail server may take its time.
    """
    due = AccountMail.objects.filter(pk=pk, due_at__lte=now)
    if not due.update(due_at=now + CLAIM, attempts=F("attempts") + 1):
        return True
    try:
        _unpacked(AccountMail.objects.get(pk=pk)).send()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other mails go on
        _put_off(pk, error, now)
        return not _is_away(error)
    AccountMail.objects.filter(pk=pk).delete()
    return True


def purge(now: datetime) -> None:
    """Forget mails that were given up long ago."""
    AccountMail.objects.filter(due_at=None, created_at__lt=now - KEEP_GIVEN_UP).delete()


def _packed(message: EmailMessage) -> dict[str, Any]:
    return {
        "subject": str(message.subject),
        "body": str(message.body),
        "subtype": message.content_subtype,
        "from": message.from_email,
        "headers": message.extra_headers,
        "alternatives": [list(one) for one in getattr(message, "alternatives", [])],
    }


def _unpacked(mail: AccountMail) -> EmailMessage:
    content = mail.content
    headers = {"Message-ID": f"<{mail.public_id}@botharbor>", **content["headers"]}
    message = EmailMultiAlternatives(
        content["subject"], content["body"], content["from"], [mail.address], headers=headers
    )
    message.content_subtype = content["subtype"]
    for text, kind in content["alternatives"]:
        message.attach_alternative(text, kind)
    return message


def _put_off(pk: int, error: Exception, now: datetime) -> None:
    """Note what went wrong and when to try again; what is given up keeps no content."""
    row = AccountMail.objects.filter(pk=pk)
    attempts, created_at = row.values_list("attempts", "created_at").get()
    changes: dict[str, Any] = {"error": _in_words(error)[:300]}
    if _is_final(error) or now - created_at >= GIVE_UP_AFTER:
        log.error("account mail %s is given up: %s", pk, changes["error"])
        row.update(due_at=None, content=None, **changes)
        return
    log.warning("account mail %s waits: %s", pk, changes["error"])
    backoff = min(FIRST_BACKOFF * 2 ** min(attempts - 1, 10), LONGEST_BACKOFF)
    row.update(due_at=now + backoff, **changes)


def _is_final(error: Exception) -> bool:
    """Whether the server refuses this very mail for good (5xx: RFC 5321, 4.2.1).

    Other refusals (of our log-in, of the sender) are of the server's settings or ours: once these
    are mended the mail goes out.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _words in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _is_away(error: Exception) -> bool:
    of_one_mail = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
    # smtplib's own errors are OSErrors too
    return isinstance(error, OSError) and not isinstance(error, of_one_mail)


def _in_words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(_reply(*reply) for reply in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error)
    return type(error).__name__


def _reply(code: int, words: bytes | str) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return f"{code} {text}"

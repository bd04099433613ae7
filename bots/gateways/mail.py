"""E-mail through Django's back end (EMAIL_URL)."""

from __future__ import annotations

import smtplib

from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

from bots import blocks
from bots.gateways.courier import Courier, Letter, and_more
from bots.gateways.errors import Busy, Refused, Unreachable
from tenants import contention

SECONDS = 10


def connect(address: str) -> Courier:
    """Return the way to a mailbox."""
    return _Live(address)


class _Live:
    def __init__(self, address: str) -> None:
        self._address = address

    def deliver(self, letter: Letter) -> None:
        # header lines end at a line break: a title must not add one
        subject = " ".join(letter.title.split())
        contention.acts_outside()
        try:
            connection = get_connection(timeout=SECONDS)
            EmailMessage(
                f"[Botharbor] {subject}",
                _body(letter),
                to=[self._address],
                headers={
                    "Message-ID": f"<{letter.id}@botharbor>",
                    "Auto-Submitted": "auto-generated",
                },
                connection=connection,
            ).send()
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise judged(code, words) from None
        except smtplib.SMTPResponseException as error:
            raise judged(error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(_("The mail server cannot be reached."), unclear=True) from error


def _body(letter: Letter) -> str:
    parts = (letter.text, blocks.plain(letter.blocks), and_more(letter.left_out))
    return "\n\n".join(part for part in parts if part)


def judged(code: int, words: bytes | str) -> Refused | Busy:
    """Return the error for an SMTP reply: 4xx is for now, 5xx for good (RFC 5321, 4.2.1)."""
    if 400 <= code < 500:
        return Busy(300.0)
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return Refused(code, _("The mail server refuses: %(words)s") % {"words": text[:200]})

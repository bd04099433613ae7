"""The demo's mailbox: mails lie in files, so a newcomer can click their links without a server."""

from __future__ import annotations

import email
import re
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tenants.loopback import is_own_machine

NEWEST = 20
# What django.core.mail.backends.console writes behind each mail.
END_OF_MAIL = re.compile(rb"^-{79}\n", re.MULTILINE)


def is_open(request: HttpRequest) -> bool:
    """Tell whether mails lie in files that everybody at this demo may read.

    Never where others than this machine reach us: mails hold links for a new password.
    """
    backend = settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")
    return bool(backend and settings.EMULATORS and is_own_machine(request))


@require_GET
@never_cache
def mailbox(request: HttpRequest) -> HttpResponse:
    if not is_open(request):
        raise Http404
    return render(request, "tenants/demo_mail.html", {"mails": newest()})


def newest() -> list[dict[str, Any]]:
    """Return the newest mails, the latest first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    mails: list[dict[str, Any]] = []
    for file in files[:NEWEST]:
        texts = [text for text in END_OF_MAIL.split(file.read_bytes()) if text.strip()]
        mails += [parse(text) for text in reversed(texts)]
    return mails[:NEWEST]


def parse(text: bytes) -> dict[str, Any]:
    """Return what the page shows of a mail."""
    mail = email.message_from_bytes(text, _class=EmailMessage, policy=policy.default)
    body = mail.get_body(preferencelist=("plain",))
    date = mail["date"]
    return {
        "to": mail["to"],
        "subject": mail["subject"],
        "date": date.datetime if date else None,
        "body": linked(body.get_content() if body else ""),
    }


def linked(text: str) -> SafeString:
    """Return the escaped text with its addresses as links."""
    return mark_safe(urlize(text, autoescape=True))  # noqa: S308 - urlize escapes

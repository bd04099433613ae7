"""A tenant's own web service, told by a signed POST."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from bots.blocks import Block
from bots.gateways import public_http
from bots.gateways.courier import Courier, Letter
from bots.gateways.errors import Busy, Refused, Unreachable

SIGNATURE = "Botharbor-Signature"
EVENT_ID = "Botharbor-Event-Id"
# What a server says that will take the same request later (RFC 9110, RFC 6585, RFC 8470).
LATER = (408, 425, 429)
MAX_WAIT = 3600.0


def sign(body: bytes, secret: str, *, at: int) -> str:
    """Return the header's value for a body sent at a Unix time (seconds).

    The receiver computes HMAC-SHA256 of `<t>.<body>` under the secret, compares it with `v1` in
    constant time, and refuses a `t` more than five minutes off.
    """
    signature = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signature.hexdigest()}"


def connect(url: str, secret: str) -> Courier:
    """Return the way to a web service; calls nobody yet."""
    return _Live(url, secret)


class _Live:
    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret

    def deliver(self, letter: Letter) -> None:
        body = json.dumps(
            {
                "id": letter.id,
                "event": letter.event,
                "title": letter.title,
                "text": letter.text,
                "at": letter.at.isoformat(),
                "data": letter.data,
                "blocks": [_shown(block) for block in letter.blocks],
                "left_out": letter.left_out,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            EVENT_ID: letter.id,
            # computed at each try: the receiver looks at the time
            SIGNATURE: sign(body, self._secret, at=int(time.time())),
        }
        answer = public_http.post(self._url, body, headers)
        _judge(answer.status, answer.headers)


def _shown(block: Block) -> dict[str, Any]:
    return {
        "title": block.title,
        "facts": [{"label": label, "value": value} for label, value in block.facts],
        "text": block.text,
        "links": [{"label": label, "url": url} for label, url in block.links],
        "data": block.data,
    }


def _judge(status: int, headers: Mapping[str, str]) -> None:
    if 200 <= status < 300:
        return
    if status in LATER or (status == 503 and "retry-after" in headers):
        raise Busy(_seconds(headers.get("retry-after", "")))
    if status >= 500 or status < 200:
        reason = _("The service answered with status %(status)s.") % {"status": status}
        raise Unreachable(reason, unclear=True)
    if status < 400:
        raise Refused(status, _("The service redirects elsewhere: enter the final address."))
    raise Refused(status, _("The service answered with status %(status)s.") % {"status": status})


def _seconds(text: str) -> float:
    """Return the wait that Retry-After asks for; the form with a date counts as a minute."""
    return min(float(text), MAX_WAIT) if text.isascii() and text.isdigit() else 60.0

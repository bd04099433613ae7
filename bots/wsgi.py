"""Answers webhooks as the web server hands them over, before Django makes a request of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from bots import webhook
from bots.webhook import Answer

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
FAILED = Answer(500, b'{"error":"server_error"}')
HEADERS = {"Content-Type": "application/json"}
SECRET = b"x-telegram-bot-api-secret-token"
log = logging.getLogger(__name__)


class WebhooksFirst:
    """A WSGI application around Django's, whose work for any request is a tenth of an update's.

    The same answers as through `bots.middleware.WebhookFirst`, where another server or a test
    client calls Django itself.
    """

    def __init__(self, django: App) -> None:
        self.django = django

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a webhook; hand everything else to Django."""
        token = webhook.token_of(environ["PATH_INFO"])
        if not token:
            return self.django(environ, start_response)
        given = _answer(token, environ, environ["wsgi.input"].read)
        start_response(
            STATUS[given.status],
            [("Content-Length", str(len(given.body))), *HEADERS.items(), *given.headers.items()],
        )
        return (given.body,)

    # A web server that reads plain requests itself (config/fast_lane.py) asks here.
    prefix = webhook.PREFIX

    def take(
        self, path: str, headers: Mapping[bytes, bytes], body: bytes
    ) -> tuple[int, bytes, dict[str, str]] | None:
        """Answer the POST of an update: status, body, headers; None where it is none.

        The names of `headers` are in lower case.
        """
        token = webhook.token_of(path)
        if not token:
            return None
        meta = {
            "REQUEST_METHOD": "POST",
            "CONTENT_LENGTH": str(len(body)),
            webhook.TELEGRAM_HEADER: headers.get(SECRET, b"").decode("latin-1"),
        }
        given = _answer(token, meta, lambda _length: body)
        return given.status, given.body, {**HEADERS, **given.headers}


def _answer(token: str, meta: Environ, read: Callable[[int], bytes]) -> Answer:
    try:
        return webhook.answer(token, meta, read)
    except Exception:  # the process' edge: Telegram gets an answer whatever happens
        log.exception("a webhook failed")
        return FAILED
    finally:
        # what Django does at the end of a request: a broken or old connection is not kept
        connections[DEFAULT_DB_ALIAS].close_if_unusable_or_obsolete()

"""Answers webhooks as the web server hands them over, before Django makes a request of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from bots import webhook
from bots.webhook import Answer

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
FAILED = Answer(500, b'{"error":"server_error"}')
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
        try:
            given = webhook.answer(token, environ, environ["wsgi.input"].read)
        except Exception:  # the process' edge: Telegram gets an answer whatever happens
            log.exception("a webhook failed")
            given = FAILED
        finally:
            # what Django does at the end of a request: a broken or old connection is not kept
            connections[DEFAULT_DB_ALIAS].close_if_unusable_or_obsolete()
        start_response(
            STATUS[given.status],
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(given.body))),
                *given.headers.items(),
            ],
        )
        return (given.body,)

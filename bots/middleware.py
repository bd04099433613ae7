"""Takes webhooks out of the stack before anything that only pages need."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bots import webhook


class WebhookFirst:
    """Stands first: an update pays for no session, log-in, language or CSRF look-up (D16)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer webhooks; hand everything else on."""
        token = webhook.token_of(request.path_info)
        return webhook.receive(request, token) if token else self.get_response(request)

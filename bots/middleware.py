"""Takes webhooks out of the stack before anything that only pages need."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bots import webhook

PREFIX = "/api/webhook/"


class WebhookFirst:
    """Stands first: an update pays for no session, log-in, language or CSRF look-up (D16)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer webhooks; hand everything else on."""
        path = request.path_info
        if path.startswith(PREFIX) and path.endswith("/"):
            token = path[len(PREFIX) : -1]
            if token and "/" not in token:
                return webhook.receive(request, token)
        return self.get_response(request)

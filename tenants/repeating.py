"""Runs a press again that lost at the database; where that is not safe, people are asked to.

The whole request is run again, from a new request of the same bytes: log-in, session, tenant and
form are read anew, so nothing of the first try is left in objects. Webhooks never come here: they
have their own answer to a busy store.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from io import BytesIO

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from tenants import contention
from tenants.access import SAFE_METHODS
from tenants.contention import Watch
from tenants.views.errors import try_again

log = logging.getLogger(__name__)

TRIES = 3
# Seconds after which no other try begins: whoever waits had better be told. SQLite itself waits 20.
PATIENCE = 25.0
# bytes of a body that are kept for another try; a larger one is read as it comes
MAX_BODY = 1024 * 1024
# a log-in's steps live in the session and count attempts: people press again themselves
WITHOUT_REPEAT = "/accounts/"


class RepeatLost:
    """Stands outside of sessions and log-ins, so that another try finds them as they were."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request; a press that lost is run up to three times in all."""
        again = _again(request)
        if again is None:
            return self.get_response(request)
        end = time.monotonic() + PATIENCE
        for number in range(1, TRIES + 1):
            watch = Watch(until=end if number < TRIES else 0.0)
            with contention.watched(watch):
                response = self.get_response(request)
            if not watch.is_repeated:
                break
            contention.pause()
            request = again()
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a view that lost; None for any other error."""
        if not contention.lost(error):
            return None
        watch = contention.current()
        where = request.resolver_match.view_name if request.resolver_match else ""
        why = str(error).partition("\n")[0]
        if watch is not None and watch.repeat():
            log.info("%s lost at the database and is run again: %s", where, why)
            # thrown away; with this status no session is saved
            return HttpResponse(status=500)
        log.warning("%s lost at the database: %s", where, why)
        is_nothing_done = request.method in SAFE_METHODS if watch is None else watch.left_nothing
        return try_again(request, is_nothing_done=is_nothing_done)


def _again(request: HttpRequest) -> Callable[[], HttpRequest] | None:
    """Return what makes the request anew, None for one that is not run again.

    Its body is read here, before anybody else does.
    """
    if request.method in SAFE_METHODS or request.path_info.startswith(WITHOUT_REPEAT):
        return None
    # its paths are text by now; WSGI wants each byte as a character
    paths = {name: _wsgi(request.META[name]) for name in ("PATH_INFO", "SCRIPT_NAME")}
    environ = {**request.META, **paths}
    length = str(environ.get("CONTENT_LENGTH") or "0")
    if not length.isdecimal() or int(length) > MAX_BODY:
        return None
    try:
        body = request.body
    except UnreadablePostError:
        return None
    return lambda: WSGIRequest({**environ, "wsgi.input": BytesIO(body)})


def _wsgi(text: str) -> str:
    return text.encode().decode("latin-1")

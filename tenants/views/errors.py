"""Refusals: a page for people, JSON for programs."""

from __future__ import annotations

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _
from django.views import defaults

from tenants import contention

API_PREFIX = "/api/"


def _json(request: HttpRequest, status: int, code: str, message: str) -> JsonResponse | None:
    """Return the API's own form of an error, None for a page."""
    if not request.path.startswith(API_PREFIX):
        return None
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    answer = _json(request, 400, "bad_request", "Invalid request.")
    return answer or defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    answer = _json(request, 403, "permission_denied", "This is not allowed.")
    return answer or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    answer = _json(request, 404, "not_found", "There is nothing here.")
    return answer or defaults.page_not_found(request, exception)


def try_again(request: HttpRequest, *, is_nothing_done: bool) -> HttpResponse:
    """Ask to repeat what lost at the database; what it did before may or may not be known."""
    if is_nothing_done:
        said = _("Too much happened at the same moment, so nothing was changed. Please try again.")
    else:
        said = _("Too much happened at the same moment. Look what was done, then try again.")
    answer: HttpResponse | None = _json(request, 503, "try_again", said)
    if answer is None:
        # without context processors: they would ask the same database
        answer = HttpResponse(loader.render_to_string("503.html", {"said": said}), status=503)
    answer["Retry-After"] = "1"
    return answer


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    del args
    if contention.lost(sys.exc_info()[1]):
        # not in a view: a session that could not be saved, say
        return try_again(request, is_nothing_done=False)
    answer = _json(request, 500, "server_error", "Something went wrong on our side.")
    if answer:
        return answer
    # without context processors: they may be what broke
    return HttpResponse(loader.get_template("500.html").render(), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    del reason
    return HttpResponse(loader.render_to_string("403_csrf.html", {}, request), status=403)

"""Refusals: a page for people, JSON for programs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views import defaults

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


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    del args
    answer = _json(request, 500, "server_error", "Something went wrong on our side.")
    if answer:
        return answer
    # without context processors: they may be what broke
    return HttpResponse(loader.get_template("500.html").render(), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    del reason
    return HttpResponse(loader.render_to_string("403_csrf.html", {}, request), status=403)

"""Addresses of the log of decisions."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from traffic_guard.views import decisions, exports

urlpatterns: list[URLPattern | URLResolver] = [
    path("decisions/", decisions.index, name="decisions"),
    path("decisions/export.csv", exports.decisions, name="decisions_export"),
    path("decisions/<slug:public_id>/", decisions.page, name="decision"),
]

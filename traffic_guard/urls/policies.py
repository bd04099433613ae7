"""Addresses of the policies pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from traffic_guard.views import policies, policy

urlpatterns: list[URLPattern | URLResolver] = [
    path("policies/", policies.index, name="policies"),
    path("policies/workspace/", policy.of_tenant, name="policy"),
    path("policies/account/<slug:public_id>/", policy.of_account, name="policy_account"),
    path("policies/server/<slug:public_id>/", policy.of_server, name="policy_server"),
]

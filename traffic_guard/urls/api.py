"""Addresses of the REST API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from traffic_guard.api import (
    accounts,
    actions,
    decisions,
    history,
    packages,
    policies,
    preferences,
    servers,
    stops,
)

router = SimpleRouter()
router.register("accounts", accounts.AccountViewSet, basename="api-accounts")
router.register("servers", servers.ServerViewSet, basename="api-servers")
router.register("servers", history.ServerHistoryViewSet, basename="api-history")
router.register("packages", packages.PackageViewSet, basename="api-packages")
router.register("stops", stops.PlannedStopViewSet, basename="api-stops")
router.register("actions", actions.ActionViewSet, basename="api-actions")
router.register("decisions", decisions.DecisionViewSet, basename="api-decisions")

of_account, of_server = policies.AccountPolicyView, policies.ServerPolicyView
urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("batches/<slug:batch>/", actions.BatchView.as_view(), name="api-batch"),
    path("policy/", policies.PolicyView.as_view(), name="api-policy"),
    path("accounts/<slug:id>/policy/", of_account.as_view(), name="api-account-policy"),
    path("servers/<slug:id>/policy/", of_server.as_view(), name="api-server-policy"),
    path("settings/", preferences.SettingsView.as_view(), name="api-settings"),
    path("pause/", preferences.PauseView.as_view(), name="api-pause"),
    path("resume/", preferences.ResumeView.as_view(), name="api-resume"),
]

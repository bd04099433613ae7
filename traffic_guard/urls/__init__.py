"""Addresses of the product: the pages of a tenant, links in messages, and the REST API."""

from django.urls import URLPattern, URLResolver, include, path

from traffic_guard.urls import accounts, api, decisions, links, notifications, policies, servers

app_name = "traffic_guard"

pages: list[URLPattern | URLResolver] = [
    # first: `servers/new/` is no server
    *accounts.urlpatterns,
    *servers.urlpatterns,
    *policies.urlpatterns,
    *decisions.urlpatterns,
    *notifications.urlpatterns,
]

urlpatterns = [
    path("api/v1/traffic/", include(api.urlpatterns)),
    path("traffic/act/", include(links.urlpatterns)),
    path("t/<slug:slug>/traffic/", include(pages)),
]

"""Addresses of the accounts pages, of packages, and of servers entered by hand."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from traffic_guard.views import (
    account_actions,
    account_linking,
    accounts,
    packages,
    servers_manual,
)

one_account = [
    path("", accounts.page, name="account"),
    path("status/", accounts.status, name="account_status"),
    path("edit/", account_actions.edit, name="account_edit"),
    path("check/", account_actions.check, name="account_check"),
    path("rescan/", account_actions.rescan, name="account_rescan"),
    path("release/", account_actions.release, name="account_release"),
    path("disconnect/", account_actions.disconnect, name="account_disconnect"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", accounts.index, name="accounts"),
    path("accounts/new/", account_linking.create, name="account_new"),
    path("accounts/server/", servers_manual.create, name="server_new"),
    path("accounts/<slug:public_id>/", include(one_account)),
    path("servers/<slug:public_id>/hide/", servers_manual.hide, name="server_hide"),
    path("servers/<slug:public_id>/show/", servers_manual.show, name="server_show"),
    path("servers/<slug:public_id>/package/", packages.add, name="package_new"),
    path("packages/", packages.index, name="packages"),
    path("packages/<slug:public_id>/", packages.page, name="package"),
]

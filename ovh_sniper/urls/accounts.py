"""Addresses of the accounts pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from ovh_sniper.views import account_actions, account_linking, accounts

one_account = [
    path("", accounts.page, name="account"),
    path("status/", accounts.status, name="account_status"),
    path("edit/", account_actions.edit, name="account_edit"),
    path("check/", account_actions.check, name="account_check"),
    path("consent/", account_actions.consent, name="account_consent"),
    path("back/", account_actions.back, name="account_back"),
    path("disconnect/", account_actions.disconnect, name="account_disconnect"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", accounts.index, name="accounts"),
    path("accounts/new/", account_linking.create, name="account_new"),
    path("accounts/<slug:public_id>/", include(one_account)),
]

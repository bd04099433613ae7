"""Addresses of the bottom layer's pages."""

from django.urls import path

from tenants.views import account, api_keys, demo_mail, entrance, manage

app_name = "tenants"

urlpatterns = [
    path("", entrance.landing, name="landing"),
    path("new/", entrance.create, name="create"),
    path("t/", entrance.choose, name="choose"),
    path("t/<slug:slug>/settings/", manage.settings, name="settings"),
    path("t/<slug:slug>/members/", manage.members, name="members"),
    path("t/<slug:slug>/audit/", manage.audit, name="audit"),
    path("t/<slug:slug>/api-keys/", api_keys.index, name="api_keys"),
    path("t/<slug:slug>/api-keys/<slug:prefix>/revoke/", api_keys.revoke, name="revoke_api_key"),
    path("accounts/", account.profile, name="profile"),
    path("demo/mail/", demo_mail.mailbox, name="demo_mail"),
]

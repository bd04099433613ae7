"""Addresses of the notifications page."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from traffic_guard.views import notifications as page

ONE = "notifications/<slug:public_id>/test/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("notifications/", page.page, name="notifications"),
    path("notifications/test/", page.test_chats, name="notifications_test"),
    path(ONE, page.test_channel, name="notifications_channel_test"),
    path(ONE + "<int:number>/", page.test_result, name="notifications_channel_result"),
]

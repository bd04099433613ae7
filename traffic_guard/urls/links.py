"""Addresses of links in messages, which need no log-in."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from traffic_guard.views import links

urlpatterns: list[URLPattern | URLResolver] = [path("<str:signed>/", links.act, name="link")]

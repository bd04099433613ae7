"""Addresses of the settings pages."""

from __future__ import annotations

from django.urls import path

from ovh_sniper.views import settings

urlpatterns = [path("settings/", settings.page, name="settings")]
